"""What of a case and its assessment appears in pictures: surfaces, colours and the words of the legend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..assessment import Assessment
from ..case import Case, Role, Structure
from ..mask import Mask
from .colours import BONE, GREEN, LESION, ORANGE, PURPLE, SKIN, YELLOW, ZONE, Colour, picture_colour, shown_name
from .legend import Entry
from .stage import Stage
from .surfaces import surface_of, window_around
from .tools import Tool

_FINE_MM, _ORGAN_MM, _BONE_MM, _SKIN_MM = 0.0, 1.5, 2.0, 4.0
_SLICE_REACH_MM, _SPACE_REACH_MM = 150.0, 105.0
_ZONE_OPACITY, _BONE_OPACITY, _SKIN_OPACITY = 0.3, 0.32, 0.1
_THIN_OPACITY, _ORGAN_OPACITY = 0.6, 0.2
"""Of critical structures in space: nerves and vessels are seen, large organs only just, or they would hide the rest."""
_NEAR_MM = 20.0
"""Large organs are shown in space where they come about this close to a needle."""
_NAMES_IN_A_GROUP = 3


@dataclass(frozen=True)
class _Shown:
    """Something with an outline."""

    text: str
    colour: Colour
    mask: Mask


class Content:
    """The outlined things around the needles of a plan, on a stage.

    Parameters
    ----------
    stage : Stage
        Takes the surfaces.
    case : Case
    assessment : Assessment or None
    tools : tuple of Tool
        The instruments, at least one.
    """

    def __init__(self, stage: Stage, case: Case, assessment: Assessment | None, tools: tuple[Tool, ...]) -> None:
        ends = np.array([end for tool in tools for end in (tool.trajectory.entry_mm, tool.trajectory.tip_mm)])
        self.middle_mm: NDArray[np.float64] = (ends.min(axis=0) + ends.max(axis=0)) / 2
        self._near_needles = np.concatenate([_around(tool) for tool in tools])
        self._critical: list[_Shown] = []
        self._in_space: list[_Shown] = []
        self._aims = [_Shown(_lesion_text(item.name), LESION, item.mask) for item in case.lesions]
        zones = assessment.zones if assessment else ()
        shells = any(zone.inner is not None or zone.outer is not None for zone in zones)
        self._zones = [_Shown("Predicted zone", ZONE, zone.mask) for zone in zones]
        self._shells = [Entry("Thin blue: sure and possible extent")] if shells else []
        self._remarks = [Entry(f"Zone size: {zone.medium}") for zone in zones if zone.medium]
        around = window_around(case.image.grid, self.middle_mm, _SLICE_REACH_MM)
        near = window_around(case.image.grid, self.middle_mm, _SPACE_REACH_MM)
        outlines = stage.surfaces("Outlines", in_slices=True)
        thin = stage.surfaces("Sure and possible", in_slices=True, line_px=1)
        for number, shown in enumerate((*self._aims, *self._zones)):
            opacity = 1.0 if shown.colour == LESION else _ZONE_OPACITY
            _add(outlines, f"aim {number}", surface_of([shown.mask], around, _FINE_MM), shown.colour, opacity)
        for number, mask in enumerate(m for zone in zones for m in (zone.inner, zone.outer) if m is not None):
            _add(thin, f"shell {number}", surface_of([mask], around, _FINE_MM), ZONE, 0.0, in_space=False)
        for structure in case.of_role(Role.CRITICAL):
            self._add_critical(outlines, structure, around)
        bones = [item.mask for item in case.of_role(Role.BONE)]
        context = stage.surfaces("Bone", in_slices=False)
        _add(context, "bone", surface_of(bones, near, _BONE_MM), BONE, _BONE_OPACITY)
        skin = surface_of([item.mask for item in case.of_role(Role.BODY)], around, _SKIN_MM, closed=False)
        _add(context, "skin", skin, SKIN, _SKIN_OPACITY)

    def entries(self, points_mm: NDArray[np.float64]) -> list[Entry]:
        """The legend of a slice: what lies at any of these points."""
        return self._legend(self._critical, self._shells, lambda mask: bool(inside(mask, points_mm).any()))

    def entries_in_space(self) -> list[Entry]:
        """The legend of the view in space."""
        return [Entry("Bone", BONE), *self._legend(self._in_space, [], lambda mask: not mask.is_empty)]

    def _add_critical(self, outlines: Any, structure: Structure, around: Mask) -> None:
        colour = picture_colour(structure)
        thin = colour in (YELLOW, PURPLE)
        in_space = thin or bool(inside(structure.mask, self._near_needles).any())
        opacity = _THIN_OPACITY if thin else _ORGAN_OPACITY
        surface = surface_of([structure.mask], around, _ORGAN_MM)
        if _add(outlines, structure.name, surface, colour, opacity, in_space=in_space):
            shown = _Shown(shown_name(structure), colour, structure.mask)
            self._critical.append(shown)
            if in_space:
                self._in_space.append(shown)

    def _legend(self, critical: list[_Shown], shells: list[Entry], visible: Callable[[Mask], bool]) -> list[Entry]:
        entries = [Entry(item.text, item.colour) for item in (*self._aims, *self._zones) if visible(item.mask)]
        groups: dict[Colour, list[str]] = {}
        for item in critical:
            if visible(item.mask):
                groups.setdefault(item.colour, []).append(item.text)
        entries += [
            Entry(listed(groups[colour]), colour) for colour in (YELLOW, PURPLE, GREEN, ORANGE) if colour in groups
        ]
        if any(visible(item.mask) for item in self._zones):
            entries += [*shells, *self._remarks]
        return list(dict.fromkeys(entries))


def inside(mask: Mask, points_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the voxel around each point (n, 3) is marked; False outside of the grid."""
    if mask.is_empty:
        return np.zeros(len(points_mm), bool)
    index = np.rint(mask.grid.to_ijk(points_mm)).astype(int)[:, ::-1] - np.asarray(mask.corner)
    within = np.all((index >= 0) & (index < mask.voxels.shape), axis=1)
    found = np.zeros(len(points_mm), bool)
    k, j, i = index[within].T
    found[within] = mask.voxels[k, j, i]
    return found


def _around(tool: Tool) -> NDArray[np.float64]:
    """Places on and about a needle, shape (n, 3)."""
    way = tool.trajectory
    depths = np.arange(0.0, way.length_mm + _NEAR_MM, 4.0)
    line = np.asarray(way.entry_mm) + depths[:, None] * np.asarray(way.direction)
    steps = np.stack(np.meshgrid(*[(-1.0, -0.5, 0.0, 0.5, 1.0)] * 3), axis=-1).reshape(-1, 3) * _NEAR_MM
    steps = steps[np.linalg.norm(steps, axis=1) <= _NEAR_MM]
    return np.asarray((line[:, None, :] + steps).reshape(-1, 3))


def _lesion_text(name: str) -> str:
    return name if "lesion" in name.lower() else f"Lesion {name}"


def _add(surfaces: Any, name: str, surface: Any, colour: Colour, opacity: float, *, in_space: bool = True) -> bool:
    if surface is None:
        return False
    surfaces.add(name, surface, colour, opacity, in_space=in_space)
    return True


def listed(names: list[str]) -> str:
    """A few names, and how many more there are."""
    shown = ", ".join(names[:_NAMES_IN_A_GROUP])
    rest = len(names) - _NAMES_IN_A_GROUP
    return f"{shown} and {rest} more" if rest > 0 else shown
