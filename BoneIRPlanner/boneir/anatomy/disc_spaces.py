"""Intervertebral discs: what lies between the endplates of neighbouring bodies, column by column along the spine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked
from .level_settings import level_setting, level_span
from .levels import SpineParts
from .spine_line import STEP_MM

Floats = NDArray[np.float64]

_COLUMN_MM = 3.0
_NEAR_MM = 18.0
"""Endplates lie this near to the plane of their disc."""


def disc_spaces(parts: SpineParts, hu: NDArray[np.float32], frame: AxialFrame) -> Marked:
    """Discs between the named levels, on coarse voxels.

    Along the line of the spine stand columns; in each the disc reaches from the uppermost voxel of the body below to
    the lowermost of the body above. Where either has no endplate in a column, or they stand farther apart than a disc
    is high, there is none; nor where it shows in less than the setting `disc_share` of them.

    Parameters
    ----------
    parts : SpineParts
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    frame : AxialFrame

    Returns
    -------
    ndarray of bool, shape (s, p, l)
    """
    spacing = np.asarray(frame.coarse_spacing_mm)
    marked = np.zeros(hu.shape, bool)
    steps = np.ceil(level_setting("disc_high_mm") / spacing).astype(int)
    near = ndimage.maximum_filter(parts.labels > 0, size=2 * steps + 1)
    index = np.argwhere(near & (hu < level_setting("disc_bright_hu")))
    bone = np.argwhere(parts.labels > 0)
    column, height, _ = _columns(parts, index * spacing)
    bone_column, bone_height, bone_back = _columns(parts, bone * spacing)
    label = parts.labels[tuple(bone.T)]
    count = int(max(column.max(initial=0), bone_column.max(initial=0))) + 1
    inside = parts.labels[tuple(index.T)] == 0
    for n, (lower, upper) in enumerate(zip(parts.level_names, parts.level_names[1:], strict=False)):
        pair = [_number(parts, name) for name in (lower, upper)]
        if pair[0] == pair[1] or 0 in pair:
            continue
        close = np.abs(bone_height - parts.planes.at(n + 1, bone_back) * STEP_MM) < _NEAR_MM
        low, high = np.full(count, -np.inf), np.full(count, np.inf)
        for number, ends, take in ((pair[0], low, np.maximum), (pair[1], high, np.minimum)):
            own = close & (bone_column >= 0) & (label == number)
            take.at(ends, bone_column[own], bone_height[own])
        gap = high - low
        is_disc = (gap > 0) & (gap < level_setting("disc_high_mm"))
        at = np.maximum(column, 0)
        rim = 0.3 * spacing[0]
        within = inside & (column >= 0) & is_disc[at] & (height > low[at] + rim) & (height < high[at] - rim)
        # Where bone fills most of the space (thick slices, bridges) what is left of it is no outline of a disc.
        columns = int(np.count_nonzero(np.isfinite(gap)))
        volume_ml = int(np.count_nonzero(within)) * float(np.prod(spacing)) / 1000.0
        shown = len(np.unique(column[within])) >= level_setting("disc_share") * columns
        if shown and volume_ml >= level_setting("disc_least_ml"):
            marked[tuple(index[within].T)] = True
    return marked


def _number(parts: SpineParts, level: str) -> int:
    """The label of a level, 0 where it has none of its own."""
    key = level if level == "sacrum" else f"vertebra_{level}"
    return parts.names.index(key) + 1 if key in parts.names else 0


def _columns(parts: SpineParts, points: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Number of the column of each point (-1 beside the bodies), its height along the spine and its distance behind."""
    local = parts.line.place(points)
    back, left = local[:, 1], local[:, 2]
    (front, behind), aside = level_span("disc_back_mm"), level_setting("disc_aside_mm")
    wide = int(np.ceil(2 * aside / _COLUMN_MM)) + 1
    row = np.floor((back - front) / _COLUMN_MM).astype(np.int64)
    column = row * wide + np.floor((left + aside) / _COLUMN_MM).astype(np.int64)
    beside = (back <= front) | (back >= behind) | (np.abs(left) >= aside)
    return np.where(beside, -1, column), local[:, 0] * STEP_MM, back
