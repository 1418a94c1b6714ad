"""Stacks: which slices of a series belong together, and in which order.

One series may hold several stacks: planes of different orientation or size, echoes, phases of contrast. Slices are
ordered by their place along the normal of their plane, never by file name or instance number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .dicom_header import PHASE_TAGS
from .dicom_slice import Slice

SAME_DIRECTION = 2e-3
"""Largest difference of unit vectors that count as parallel: a tenth of a degree, for headers that round."""
SAME_PLACE_MM = 0.01
"""Slices nearer than this lie in one place."""


@dataclass(frozen=True)
class Stack:
    """Parallel slices of one size, ordered along their normal.

    Parameters
    ----------
    slices : tuple of Slice
        No two of them lie in one place, unless the stack is no volume at all.
    repeated : tuple of (Slice, Slice)
        Slices left out because another one lies in the same place: (left out, kept).
    phase : str
        What tells this stack from another one of the same places ("AcquisitionNumber 2"), or "".
    """

    slices: tuple[Slice, ...]
    repeated: tuple[tuple[Slice, Slice], ...] = ()
    phase: str = ""

    @property
    def normal(self) -> NDArray[np.float64]:
        """LPS unit vector across the planes."""
        return np.cross(self.slices[0].row, self.slices[0].column)

    @property
    def depths_mm(self) -> NDArray[np.float64]:
        """Place of each slice along the normal, in mm."""
        return np.array([item.position_mm for item in self.slices]) @ self.normal

    @property
    def is_one_place(self) -> bool:
        """Whether all slices lie in one plane, as in fluoroscopy or perfusion."""
        return bool(np.ptp(self.depths_mm) < SAME_PLACE_MM)


def stacks_of(slices: Iterable[Slice]) -> tuple[Stack, ...]:
    """Sort the slices of a series into stacks, the largest first."""
    stacks = [stack for group in _parallel(slices) for stack in _one_phase_each(group)]
    return tuple(sorted(stacks, key=lambda stack: -len(stack.slices)))


def _parallel(slices: Iterable[Slice]) -> list[list[Slice]]:
    """Groups of equal size, pixel spacing and orientation."""
    groups: list[list[Slice]] = []
    for item in sorted(slices, key=lambda item: (item.instance, item.label)):
        home = next((group for group in groups if _alike(item, group[0])), None)
        if home is None:
            groups.append([item])
        else:
            home.append(item)
    return groups


def _alike(a: Slice, b: Slice) -> bool:
    return (
        a.size == b.size
        and np.allclose(a.spacing_mm, b.spacing_mm, rtol=1e-3)
        and np.allclose((*a.row, *a.column), (*b.row, *b.column), atol=SAME_DIRECTION, rtol=0)
        and ("LOCALIZER" in a.image_type) == ("LOCALIZER" in b.image_type)
    )


def _one_phase_each(group: list[Slice]) -> list[Stack]:
    """Split slices that lie in the same places by what tells them apart."""
    stack, repeated = _without_copies(_ordered(group))
    if Stack(stack).is_one_place or not _shares_places(stack):
        return [Stack(stack, repeated)]
    for n, keyword in enumerate(PHASE_TAGS):
        phases: dict[str, list[Slice]] = defaultdict(list)
        for item in stack:
            phases[item.phase[n] if n < len(item.phase) else ""].append(item)
        if len(phases) > 1 and not any(_shares_places(members) for members in phases.values()):
            names = {value: f"{keyword} {value}".strip() for value in phases}
            return [Stack(tuple(members), repeated, names[value]) for value, members in phases.items()]
    return _in_turns(stack, repeated)


def _in_turns(stack: Sequence[Slice], repeated: tuple[tuple[Slice, Slice], ...]) -> list[Stack]:
    """Nothing tells the slices of one place apart: take them by instance number, if every place has equally many."""
    places = _places(stack)
    counts = {len(place) for place in places}
    if len(counts) == 1:
        turns = [tuple(turn) for turn in zip(*places, strict=True)]
        return [Stack(turn, repeated, f"turn {n + 1}") for n, turn in enumerate(turns)]
    more = tuple((extra, place[0]) for place in places for extra in place[1:])
    return [Stack(tuple(place[0] for place in places), (*repeated, *more))]


def _ordered(group: Sequence[Slice]) -> tuple[Slice, ...]:
    depths = Stack(tuple(group)).depths_mm
    return tuple(group[n] for n in np.argsort(depths, kind="stable"))


def _without_copies(stack: Sequence[Slice]) -> tuple[tuple[Slice, ...], tuple[tuple[Slice, Slice], ...]]:
    """Leave out a second file with the same object in it."""
    kept: dict[tuple[str, int], Slice] = {}
    repeated = []
    for item in stack:
        key = (item.sop_uid or str(item.path), item.frame)
        if key in kept and _is_copy(item, kept[key]):
            repeated.append((item, kept[key]))
        else:
            kept[key if key not in kept else (str(item.path), item.frame)] = item
    return tuple(kept.values()), tuple(repeated)


def _is_copy(a: Slice, b: Slice) -> bool:
    """Some programs give every object the same UID, so the rest has to agree as well."""
    same_place = np.allclose(a.position_mm, b.position_mm, atol=SAME_PLACE_MM)
    return bool(same_place) and (a.instance, a.phase) == (b.instance, b.phase)


def _places(stack: Sequence[Slice]) -> list[list[Slice]]:
    """Slices by place, each place in the order of instance numbers."""
    depths = Stack(tuple(stack)).depths_mm
    places: list[list[Slice]] = []
    last = -np.inf
    for item, depth in zip(stack, depths, strict=True):
        if depth - last < SAME_PLACE_MM:
            places[-1].append(item)
        else:
            places.append([item])
            last = depth
    return [sorted(place, key=lambda item: (item.instance, item.label)) for place in places]


def _shares_places(stack: Sequence[Slice]) -> bool:
    return len(_places(stack)) < len(stack)
