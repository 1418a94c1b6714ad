"""Vertebral bodies without the holes that a thin cortex or a lesion leaves in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from .axial import AxialFrame
from .body import Marked
from .disc_planes import DiscPlanes
from .level_settings import level_setting, level_span
from .spine_line import SpineLine

Floats = NDArray[np.float64]
Labels = NDArray[np.int32]


def fill_bodies(
    labels: Labels,
    numbers: list[int],
    sacrum: int | None,
    planes: DiscPlanes,
    line: SpineLine,
    hu: NDArray[np.float32],
    frame: AxialFrame,
) -> Labels:
    """Fill each vertebral body within its outline, level by level, between its discs.

    The section of a body is convex but for its back wall, which is left to the cut in front of the canal.

    Parameters
    ----------
    labels : ndarray of int32, shape (s, p, l)
    numbers : list of int
        Labels of the intervals between planes, from below.
    sacrum : int or None
        Label that is left as it is.
    planes : DiscPlanes
    line : SpineLine
    hu : ndarray of float32, shape (s, p, l)
    frame : AxialFrame

    Returns
    -------
    ndarray of int32, shape (s, p, l)
    """
    out = labels.copy()
    boxes = ndimage.find_objects(labels, max(numbers))
    (ahead, behind), (lowest, highest) = level_span("body_back_mm"), level_span("body_part")
    for n, number in enumerate(numbers):
        box = boxes[number - 1]
        if number == sacrum or box is None:
            continue
        window = _wider(box, labels.shape)
        local = _places(window, line, frame)
        aside = np.abs(local[..., 2])
        front = (local[..., 1] > ahead) & (local[..., 1] < behind) & (aside < level_setting("body_aside_mm"))
        low, high = planes.at(n, local[..., 1]), planes.at(n + 1, local[..., 1])
        share = (local[..., 0] - low) / np.maximum(high - low, 1e-6)
        mine = (labels[window] == number) & front
        mine &= aside < level_setting("body_wall_aside_mm")
        solid = _hulls(mine) & front & (share > lowest) & (share < highest)
        free = (labels[window] == 0) & (hu[window] > level_setting("body_marrow_hu"))
        out[window][solid & free] = number
    return out


def _wider(box: tuple[slice, ...], shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(max(0, part.start - 2), min(n, part.stop + 2)) for part, n in zip(box, shape, strict=True))


def _hulls(marked: Marked) -> Marked:
    """The convex hull of what is marked in each slice."""
    out = marked.copy()
    rows, columns = marked.shape[1:]
    grid = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), axis=-1)
    for plane in out:
        points = np.argwhere(plane)
        if len(points) < 8:
            continue
        try:
            hull = ConvexHull(points)
        except QhullError:  # all in one line
            continue
        plane |= (grid @ hull.equations[:, :2].T + hull.equations[:, 2] <= 1e-9).all(axis=-1)
    return out


def _places(window: tuple[slice, ...], line: SpineLine, frame: AxialFrame) -> Floats:
    """Station, back and left of every voxel of a window, shape (s, p, l, 3)."""
    index = np.stack(np.meshgrid(*(np.arange(part.start, part.stop) for part in window), indexing="ij"), axis=-1)
    flat = index.reshape(-1, 3) * np.asarray(frame.coarse_spacing_mm)
    return line.place(flat).reshape(index.shape)
