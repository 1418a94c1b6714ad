"""Filling closed outlines of straight lines on a grid of pixels: which pixel centres lie within."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pixels_within(outlines: Sequence[Floats], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixel centres lie within closed outlines, where an outline within another one is a hole.

    A line of pixels is crossed by an outline an odd number of times before a pixel that lies within (the even-odd
    rule). Two outlines that touch or run over each other's border share no pixel and leave none out, because an edge
    counts where it starts and not where it ends.

    Parameters
    ----------
    outlines : sequence of ndarray, shape (n, 2)
        Corners (i, j) in pixels, in order; the last is joined to the first.
    shape : tuple of int
        Pixels along (j, i).

    Returns
    -------
    ndarray of bool, shape (j, i)
    """
    rows, columns = shape
    turns = np.zeros((rows, columns + 1), np.int64)
    for corners in outlines:
        row, where = _crossings(np.asarray(corners, float), rows)
        # A crossing turns every pixel centre at or beyond it.
        first = np.clip(np.ceil(where), 0, columns).astype(np.int64)
        np.add.at(turns, (row, first), 1)
    return np.asarray(np.cumsum(turns, axis=1)[:, :columns] % 2 == 1)


def _crossings(corners: Floats, rows: int) -> tuple[NDArray[np.int64], Floats]:
    """Rows of pixel centres that the edges cross, and where along i."""
    start, end = corners, np.roll(corners, -1, axis=0)
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    first = np.maximum(np.ceil(low), 0).astype(np.int64)
    last = np.minimum(np.ceil(high), rows).astype(np.int64)
    counts = np.maximum(last - first, 0)
    edge = np.repeat(np.arange(len(corners)), counts)
    before = np.cumsum(counts) - counts
    row = first[edge] + np.arange(int(counts.sum())) - before[edge]
    slope = (end[edge, 0] - start[edge, 0]) / (end[edge, 1] - start[edge, 1])
    return row, start[edge, 0] + slope * (row - start[edge, 1])
