"""How much room there is around one axis in bone, measured to the surface between the voxels."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..image.surface import Surface
from .corridor_reach import mouth_mm
from .in_bone import InBone

Floats = NDArray[np.float64]

_LEAST_SLANT, _MOST_SLANT = 0.5, np.sqrt(3.0)
"""Tangents of how slanted the surface of the entry is taken to be: never less than rough bone is, never over 60 deg."""
_AROUND_ENTRY_MM = 3.0
STEP_MM2 = 10.0
"""Surface that comes nearer than the radius over less than this is a step of the outline between voxels."""
_FIRST = 96
"""So many points hold that area nearly always."""
_STEP_MM = 0.5
_BEFORE_MM = 1.0
"""From so far before the surface it is told whether a screw may come from there."""


@dataclass(frozen=True)
class RoomAround:
    """What surrounds an axis; distances along it are counted from the place through which it goes.

    Parameters
    ----------
    enters_mm, leaves_mm : float
        Where the axis enters and leaves the bone; infinite where it does not within what was looked at.
    radius_mm : float
        Radius of the thickest cylinder about it that stays in bone as far as was asked.
    """

    enters_mm: float
    leaves_mm: float
    radius_mm: float

    @property
    def length_mm(self) -> float:
        """Way through the bone."""
        return self.leaves_mm - self.enters_mm


class AxisInBone:
    """Measures axes that lie near a first one.

    Parameters
    ----------
    bone : InBone
    middle, way : ndarray, shape (3,)
        A place on the first axis in LPS mm, and its unit vector from the entry to the tip.
    back_mm, ahead_mm : float
        How far it is looked at on either side.
    widest_mm : float
        How far around it the surface is looked at: no radius is larger.
    """

    def __init__(
        self, bone: InBone, middle: Floats, way: Floats, back_mm: float, ahead_mm: float, widest_mm: float = 20.0
    ) -> None:
        self.bone = bone
        self.back_mm, self.ahead_mm, self.widest_mm = back_mm, ahead_mm, widest_mm
        surface = bone.surface_near(middle - back_mm * way, middle + ahead_mm * way, widest_mm)
        offset = surface.points_mm - middle
        along = offset @ way
        beside = np.linalg.norm(offset - along[:, None] * way, axis=1)
        near = (beside < widest_mm) & (along > -back_mm - 5) & (along < ahead_mm + 5)
        self.surface = Surface(surface.points_mm[near], surface.normals[near], surface.areas_mm2[near], surface.step_mm)
        self._steps = np.arange(0.0, max(back_mm, ahead_mm) + _STEP_MM, _STEP_MM)

    def thinned(self, every: int) -> AxisInBone:
        """The same with one point of the surface in so many."""
        other, part = copy(self), slice(None, None, every)
        points, normals, areas = self.surface.points_mm, self.surface.normals, self.surface.areas_mm2
        other.surface = Surface(points[part], normals[part], every * areas[part], self.surface.step_mm)
        return other

    def ends(self, middle: Floats, way: Floats) -> tuple[float, float]:
        """Where the axis through `middle` enters and leaves the bone; infinite where it does not."""
        behind = self._out(middle, -way, self.back_mm)
        return -behind, self._out(middle, way, self.ahead_mm)

    def _out(self, middle: Floats, way: Floats, most_mm: float) -> float:
        steps = self._steps[self._steps <= most_mm + _STEP_MM]
        share = self.bone.share_at(middle + steps[:, None] * way)
        out = np.flatnonzero(share < 0.5)
        if not out.size:
            return np.inf
        n = int(out[0])
        if n == 0:
            return 0.0
        return float(steps[n] - _STEP_MM * (0.5 - share[n]) / (share[n - 1] - share[n]))

    def room(self, middle: Floats, way: Floats, to_mm: float | None) -> RoomAround:
        """The room around the axis through `middle`, as far as `to_mm` ahead of it; None is to the other side."""
        enters, leaves = self.ends(middle, way)
        if not np.isfinite(enters) or not np.isfinite(leaves):
            return RoomAround(enters, leaves, 0.0)
        if self.bone.is_barred(middle + (enters - _BEFORE_MM) * way):
            return RoomAround(enters, leaves, 0.0)
        if to_mm is None and self.bone.is_barred(middle + (leaves + _BEFORE_MM) * way):
            return RoomAround(enters, leaves, 0.0)
        if to_mm is not None and leaves < to_mm:
            return RoomAround(enters, leaves, 0.0)
        return RoomAround(enters, leaves, self.nearest(middle, way, to_mm)[0])

    def nearest(
        self, middle: Floats, way: Floats, to_mm: float | None, from_mm: float = -np.inf
    ) -> tuple[float, float]:
        """How near the surface beside the axis comes as far as `to_mm` ahead, and where along the axis.

        The last steps of the outline between voxels are left out; None is to the other side. What lies behind
        `from_mm`, the head of a screw, does not count.
        """
        enters, leaves = self.ends(middle, way)
        enters = max(enters, from_mm)
        along, beside = self.beside(middle, way)
        counts = self._not_at(along, beside, way, enters)
        if to_mm is None:
            counts &= self._not_at(-along, beside, way, -leaves)
        else:
            counts &= along <= to_mm
        apart, at, areas = beside[counts], along[counts], self.surface.areas_mm2[counts]
        first = np.argpartition(apart, _FIRST)[:_FIRST] if len(apart) > _FIRST else np.arange(len(apart))
        if areas[first].sum() < STEP_MM2:
            first = np.arange(len(apart))
        order = first[np.argsort(apart[first], kind="stable")]
        reached = int(np.searchsorted(np.cumsum(areas[order]), STEP_MM2))
        if reached >= len(order):
            return self.widest_mm, 0.0
        return float(apart[order[reached]]), float(at[order[reached]])

    def beside(self, middle: Floats, way: Floats) -> tuple[Floats, Floats]:
        """How far along the axis and how far beside it each point of the surface lies.

        What the steps of the outline take is given back: the nearest points are those of steps towards the axis.
        """
        offset = self.surface.points_mm - middle
        along = offset @ way
        square = np.einsum("ni,ni->n", offset, offset) - along * along
        return along, np.sqrt(np.maximum(square, 0.0)) + self.bone.steps_mm

    def farthest_mm(self, middle: Floats, way: Floats, radius_mm: float) -> float:
        """How far ahead of `middle` a cylinder of that radius stays in bone."""
        enters, leaves = self.ends(middle, way)
        along, beside = self.beside(middle, way)
        met = self._not_at(along, beside, way, enters) & (beside < radius_mm) & (along > 0)
        order = np.argsort(along[met], kind="stable")
        reached = np.searchsorted(np.cumsum(self.surface.areas_mm2[met][order]), STEP_MM2)
        return float(min(along[met][order[reached]], leaves)) if reached < len(order) else leaves

    def _not_at(self, along: Floats, beside: Floats, way: Floats, enters: float) -> NDArray[np.bool_]:
        """Points of the surface that are not those of the place where the axis passes it."""
        apart = np.minimum(beside * self._slant(along - enters, beside, way), mouth_mm())
        return np.asarray(apart < along - enters)

    def _slant(self, beyond: Floats, beside: Floats, way: Floats) -> float:
        """Tangent of the angle between an axis and the normal of the surface where it passes it."""
        near = beyond * beyond + beside * beside < _AROUND_ENTRY_MM**2
        if not near.any():
            return float(_MOST_SLANT)
        normal = (self.surface.normals[near] * self.surface.areas_mm2[near, None]).sum(axis=0)
        cosine = abs(float(normal @ way)) / max(float(np.linalg.norm(normal)), 1e-9)
        slant = np.sqrt(max(1.0 / max(cosine, 0.1) ** 2 - 1.0, 0.0))
        return float(np.clip(slant, _LEAST_SLANT, _MOST_SLANT))
