"""From the slices of a stack to one array on its grid: values, order, tilt and uneven distances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError
from ..findings import Finding, Severity
from .dicom_layout import Layout
from .dicom_pixels import read_pixels, stored_numbers
from .dicom_slice import Slice
from .dicom_stack import Stack

_IN_PLACE = 1e-3
"""Shifts of less than this share of a voxel are the rounding of headers."""

ToValues = Callable[[Slice, NDArray[np.generic]], NDArray[np.generic]]
"""Turns the stored numbers of a slice into values."""


def read_volume(
    stack: Stack, layout: Layout, to_values: ToValues, outside: float, dtype: type[np.generic]
) -> tuple[NDArray[np.generic], tuple[Finding, ...]]:
    """Read the pixels of a stack and put them on the grid of its layout.

    Parameters
    ----------
    stack : Stack
    layout : Layout
    to_values : callable
        Turns the stored numbers of one slice into values; called from several threads.
    outside : float
        Value of voxels that a shift leaves without a measurement.
    dtype : type
        Type of the array.

    Returns
    -------
    ndarray, shape (k, j, i) of the grid, and what was found

    Raises
    ------
    ImageError
        If pixels cannot be read, or two files claim the same place with different pixels.
    """
    columns, rows = stack.slices[0].size
    volume: NDArray[np.generic] = np.empty((len(stack.slices), rows, columns), dtype)

    def take(n: int, stored: NDArray[np.generic]) -> None:
        volume[n] = to_values(stack.slices[n], stored)

    read_pixels(stack.slices, take)
    findings = _repeated_findings(stack)
    return (volume if layout.is_regular else on_layout(volume, layout, outside)), findings


def on_layout(slices: NDArray[np.generic], layout: Layout, outside: float) -> NDArray[np.generic]:
    """Put slices that are shifted or unevenly spaced on a regular grid.

    Each slice is shifted within its plane (bilinear); a voxel between two slices is interpolated linearly along the
    normal. Voxels beyond the slices take the value `outside`.

    Parameters
    ----------
    slices : ndarray, shape (n, rows, columns)
        Ordered along the normal.
    layout : Layout
    outside : float
    """
    out = np.empty(layout.grid.shape, slices.dtype)
    whole = np.issubdtype(slices.dtype, np.integer)
    kept: dict[int, NDArray[np.float32]] = {}
    for k in range(layout.grid.shape[0]):
        above = int(np.clip(np.searchsorted(layout.depth, k), 1, len(layout.depth) - 1))
        below = above - 1
        share = float((k - layout.depth[below]) / (layout.depth[above] - layout.depth[below]))
        kept = {n: kept[n] if n in kept else _shifted(slices[n], layout, n) for n in (below, above)}
        if share < _IN_PLACE:
            plane = kept[below]  # a slice in its place stays as it is
        elif share > 1 - _IN_PLACE:
            plane = kept[above]
        else:
            plane = kept[below] * (1 - share) + kept[above] * share
        plane = np.where(np.isnan(plane), outside, plane)
        out[k] = np.rint(plane) if whole else plane
    return out


def _shifted(pixels: NDArray[np.generic], layout: Layout, n: int) -> NDArray[np.float32]:
    """One slice within the plane of the grid; not a number where nothing was measured."""
    _, rows, columns = layout.grid.shape
    right, down = layout.shift[n]
    return _moved(_moved(pixels.astype(np.float32), float(down), rows).T, float(right), columns).T


def _moved(plane: NDArray[np.float32], by: float, length: int) -> NDArray[np.float32]:
    """Move along the first axis, which then has `length` voxels, interpolating linearly between measured ones only."""
    whole = int(np.floor(by + _IN_PLACE))
    part = by - whole
    out = np.full((length, plane.shape[1]), np.nan, np.float32)
    if part < _IN_PLACE:
        out[whole : whole + len(plane)] = plane
    else:
        out[whole + 1 : whole + len(plane)] = part * plane[:-1] + (1 - part) * plane[1:]
    return out


def _repeated_findings(stack: Stack) -> tuple[Finding, ...]:
    """Leave out what is there twice, but only if it is the same."""
    for copy, kept in stack.repeated:
        if copy.sop_uid and copy.sop_uid == kept.sop_uid:
            continue
        if not np.array_equal(stored_numbers(copy.path)[copy.frame], stored_numbers(kept.path)[kept.frame]):
            raise ImageError(
                f"{copy.path.parent.name}: {copy.label} and {kept.label} lie in the same place but show different "
                "pixels, and nothing in their headers tells which one belongs to the volume."
            )
    if not stack.repeated:
        return ()
    count = len(stack.repeated)
    return (
        Finding(
            code="image.repeated_slices",
            severity=Severity.NOTE,
            text=f"{count} slice{'s are' if count > 1 else ' is'} there twice (such as {stack.repeated[0][0].label}); "
            "the copies were left out.",
            measured=float(count),
        ),
    )
