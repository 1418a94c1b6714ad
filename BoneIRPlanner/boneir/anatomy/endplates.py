"""Endplates: the upper and the lower end of each vertebral body, as a thin layer of its outline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..case import Structure
from ..findings import Finding, Severity
from ..grid import Grid
from ..mask import Mask
from .level_names import ALL
from .organ_settings import organ_setting, organ_value
from .outline_conflicts import OURS
from .structures import structure_kinds
from .vertebra_frame import marked_at

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]

KEY = "endplates"
ORIGIN = "the ends of outlined vertebral bodies"
_VERTEBRAE = tuple(f"vertebra_{level}" for level in ALL if level != "C1")
"""C1 is a ring without a body."""
_NEAR_MM = 25.0
"""Up to this far from the middle of a vertebra the canal tells its direction."""
_COLUMN_MM = 2.0
_GAPS_MM = (0.0, 1.5, 3.0)
"""How far beyond the next voxel a disc may begin."""


def endplates(structures: Iterable[Structure], grid: Grid) -> tuple[tuple[Structure, ...], tuple[Finding, ...]]:
    """Outline the endplates of the vertebrae that are outlined, if the canal is, too.

    Where vertebrae were outlined by us an end counts only if most of it faces an outlined disc: where none is, nothing
    shows that the vertebra ends there, and an endplate in the wrong place is worse than none.

    Parameters
    ----------
    structures : iterable of Structure
        Of a case.
    grid : Grid
        Of its image.

    Returns
    -------
    structures : tuple of Structure
        ``endplates`` of all levels together, not sure; none where there are such already.
    findings : tuple of Finding
        ``outline.organ`` (note) that says what stands for them.
    """
    known = {item.kind or item.name: item for item in structures if not item.mask.is_empty}
    if "spinal_canal" not in known or KEY in known:
        return (), ()
    marked = np.zeros(grid.shape, bool)
    canal_mm = known["spinal_canal"].mask.points_mm()
    discs = known["intervertebral_discs"].mask if "intervertebral_discs" in known else Mask.of(marked, grid)
    for vertebra in (known[name] for name in _VERTEBRAE if name in known):
        for plate in endplates_of(vertebra.mask, canal_mm, discs if vertebra.origin == OURS else None):
            marked[plate.window] |= plate.voxels
    if not marked.any():
        return (), ()
    limit = organ_value("endplate_mm")
    text = (
        f"Endplates are the outermost {limit} of the outlined vertebral bodies at their ends, or one voxel where that "
        "is more, as far as discs show there; whether their bone is whole is not said by them."
    )
    found = Structure(KEY, structure_kinds()[KEY].role, Mask.of(marked, grid), KEY, ORIGIN, sure=False)
    return (found,), (Finding("outline.organ", Severity.NOTE, text, limit=limit, about=KEY),)


def endplates_of(vertebra: Mask, canal_mm: Floats, discs: Mask | None = None) -> tuple[Mask, Mask]:
    """The upper and the lower endplate of one vertebra.

    The body, all that lies in front of the canal, is cut into columns along the canal; each column ends in an endplate
    above and below. Columns that are much shorter than the body (roots of transverse processes, spurs), and ends at
    the border of the image, are none.

    Parameters
    ----------
    vertebra : Mask
        The whole vertebra.
    canal_mm : ndarray of float, shape (n, 3)
        LPS mm of the spinal canal.
    discs : Mask or None
        Discs that an end has to face for the most part; None for whatever the outline ends at.

    Returns
    -------
    upper, lower : Mask
        Empty where the canal is not outlined beside the vertebra, the body is cut off, or no disc is there.
    """
    kji, points = np.argwhere(vertebra.voxels), vertebra.points_mm()
    ways = _directions(points, canal_mm)
    plates = []
    for upward in (1.0, -1.0):
        marked = np.zeros(vertebra.voxels.shape, bool)
        if ways is not None:
            marked[tuple(kji[_outermost(points, upward, ways, vertebra.grid, discs)].T)] = True
        plates.append(Mask.within(marked, vertebra.corner, vertebra.grid))
    return plates[0], plates[1]


@dataclass(frozen=True, eq=False)
class _Ways:
    """A place in the canal beside a vertebra, unit vectors along the canal and to the back, where the canal begins."""

    middle: Floats
    up: Floats
    back: Floats
    front_mm: float


def _directions(points: Floats, canal: Floats) -> _Ways | None:
    """The canal beside a vertebra as a straight line; None where there is too little of it. Points (n, 3) in LPS mm."""
    centre = points.mean(axis=0)
    beside = canal[np.abs(canal[:, 2] - centre[2]) < _NEAR_MM]
    if not len(beside) or np.ptp(beside[:, 2]) < _NEAR_MM / 2:
        return None
    rise = np.column_stack([beside[:, 2] - centre[2], np.ones(len(beside))])
    slope, offset = np.linalg.lstsq(rise, beside[:, :2], rcond=None)[0]
    up, middle = np.append(slope, 1.0), np.append(offset, centre[2])
    up /= np.linalg.norm(up)
    back = middle - centre
    back -= back @ up * up
    back /= np.linalg.norm(back)
    return _Ways(middle, up, back, float(np.quantile((beside - middle) @ back, 0.02)))


def _outermost(points: Floats, upward: float, ways: _Ways, grid: Grid, discs: Mask | None) -> Marked:
    """Which points (n, 3) in LPS mm belong to the upper (1) or lower (-1) end of the body."""
    offset = points - ways.middle
    height, back, left = (offset @ way for way in (upward * ways.up, ways.back, np.cross(ways.back, ways.up)))
    steps = np.abs(ways.up @ grid.axes)
    along = int(np.argmax(steps))
    voxel = float(steps[along])
    pitch = max(_COLUMN_MM, 1.05 * max(grid.spacing_mm[axis] for axis in range(3) if axis != along))
    outermost = np.zeros(len(points), bool)
    is_body = np.flatnonzero(back < ways.front_mm)
    if not len(is_body):
        return outermost
    places = np.floor(np.column_stack([back, left])[is_body] / pitch).astype(np.int64)
    places -= places.min(axis=0)
    _, column = np.unique(places[:, 0] * (places[:, 1].max() + 1) + places[:, 1], return_inverse=True)
    height = height[is_body]
    top, bottom = (np.full(column.max() + 1, far) for far in (-np.inf, np.inf))
    np.maximum.at(top, column, height)
    np.minimum.at(bottom, column, height)
    tall = top - bottom + voxel
    ends = tall >= organ_setting("endplate_column_share") * np.median(tall)
    last = np.flatnonzero(height == top[column])
    beyond = points[is_body[last]] + upward * voxel * ways.up
    shown = np.ones(len(ends), bool)
    shown[column[last][~grid.contains(beyond)]] = False
    facing = np.full(len(ends), discs is None)
    if discs is not None:
        for more_mm in _GAPS_MM:
            facing[column[last][marked_at(discs, beyond + upward * more_mm * ways.up)]] = True
    if np.count_nonzero(ends & shown & facing) < organ_setting("endplate_share") * np.count_nonzero(ends):
        return outermost
    ends &= shown
    depth = max(organ_setting("endplate_mm"), voxel)
    # Half of the outermost voxel lies beyond its middle.
    chosen = ends[column] & (top[column] - height + voxel / 2 <= depth)
    outermost[is_body[chosen]] = True
    return outermost
