"""Bone on the voxels of the image: cortex by threshold, marrow by being enclosed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..mask import bounding_box
from .axial import AxialFrame
from .body import Marked, ball, disc, holes_in_slices, plane_cross
from .settings import setting
from .skeleton import Skeleton


def bone_envelope(bone: Marked, canal: Marked, hu: NDArray[np.float32], frame: AxialFrame) -> Marked:
    """Bone with its marrow on the coarse voxels: small gaps of the cortex closed, cavities filled.

    A cavity is enclosed in at least two of the axial, coronal and sagittal planes; a tunnel (a foramen) is so in one
    only, and stays open, as the canal does.

    Parameters
    ----------
    bone, canal : ndarray of bool, shape (s, p, l)
    hu : ndarray of float32, shape (s, p, l)
    frame : AxialFrame

    Returns
    -------
    ndarray of bool, shape (s, p, l)
    """
    box = bounding_box(bone | canal)
    if box is None:
        return np.zeros(bone.shape, bool)
    box = (slice(None), *box[1:])  # all slices: what lies beyond the scan counts as bone, what lies within does not
    envelope = np.zeros(bone.shape, bool)
    envelope[box] = _with_cavities(bone[box], canal[box], hu[box] > setting("marrow_hu"), frame)
    return envelope


def _with_cavities(bone: Marked, canal: Marked, not_gas: Marked, frame: AxialFrame) -> Marked:
    """Bone and its cavities, within the box that holds them."""
    closed = _closed(bone, setting("cortex_gap_mm"), frame)
    cavity = _enclosed(closed | canal, frame)
    # A thin cortex with wide gaps holds marrow as well: the cavities of a wider closing show it.
    closed |= _closed_by_box(closed | canal | cavity, setting("cortex_wide_gap_mm"), frame)
    cavity |= _enclosed(closed, frame)
    # From the cavities out through the gaps that were closed, but not through bone: a disc behind its plate stays out.
    steps = max(1, round(1.2 * setting("cortex_wide_gap_mm") / min(frame.coarse_spacing_mm)))
    open_ = (closed | cavity) & not_gas & ~bone & ~canal
    whole = bone | ndimage.binary_dilation(cavity & open_, iterations=steps, mask=open_)
    # Speckles of dark marrow close within the slice; across slices that would bridge thin discs.
    speckles = ndimage.binary_closing(np.pad(whole, 2), disc(setting("speckle_mm"), frame))[(slice(2, -2),) * 3]
    return np.asarray(whole | (speckles & not_gas & ~canal))


def _closed(marked: Marked, radius_mm: float, frame: AxialFrame) -> Marked:
    """Closing by a ball; beyond the image the marked set goes on as it ends."""
    reach = ball(radius_mm, frame.coarse_spacing_mm)
    pad = max(reach.shape)
    closed = ndimage.binary_closing(np.pad(marked, pad, mode="edge"), reach)[(slice(pad, -pad),) * 3]
    return np.asarray(closed | marked)


def _closed_by_box(marked: Marked, half_mm: float, frame: AxialFrame) -> Marked:
    """Closing by a box of that half width, which takes a fraction of the time of a ball."""
    size = [2 * int(half_mm / step) + 1 for step in frame.coarse_spacing_mm]
    padded = np.pad(marked, max(size), mode="edge").view(np.uint8)
    closed = ndimage.grey_closing(padded, size=size)[(slice(max(size), -max(size)),) * 3]
    return np.asarray(closed.astype(bool) | marked)


def _enclosed(solid: Marked, frame: AxialFrame) -> Marked:
    """What is a hole in at least two of the three sorts of planes."""
    votes = sum(_cavities(solid, axis, frame).astype(np.int8) for axis in range(3))
    return np.asarray(votes >= 2)


def _cavities(closed: Marked, axis: int, frame: AxialFrame) -> Marked:
    """Holes of limited area in the planes across `axis`; beyond the first and last slice all counts as bone."""
    padded = np.pad(closed, ((1, 1), (0, 0), (0, 0)), constant_values=True) if axis else closed
    holes = holes_in_slices(padded, axis)
    holes = holes[1:-1] if axis else holes
    labels, count = ndimage.label(holes, plane_cross(axis))
    area = float(np.prod([step for a, step in enumerate(frame.coarse_spacing_mm) if a != axis]))
    small = np.bincount(labels.ravel(), minlength=count + 1) * area <= setting("cavity_mm2")
    small[0] = False
    return np.asarray(small[labels])


def fine_cortex(voxels: NDArray[Any], body: Marked, skeleton: Skeleton, frame: AxialFrame) -> Marked:
    """Dense bone on the voxels of the image, upright: above the threshold after light smoothing, near the skeleton."""
    reach = disc(max(frame.coarse_spacing_mm[1:]), frame)
    near = frame.fine(ndimage.binary_dilation(skeleton.bone, reach))
    near &= body
    if skeleton.contrast.any():
        near &= ~frame.fine(skeleton.contrast)
    upright = frame.upright(voxels)
    dense = np.zeros(near.shape, bool)
    smooth = [axis for axis in (1, 2) if frame.spacing_mm[axis] < setting("smooth_below_mm")]
    for s in np.flatnonzero(near.any(axis=(1, 2))):
        dense[s] = near[s] & (_smoothed(upright[s], [axis - 1 for axis in smooth]) > setting("bone_hu"))
    return dense


def _smoothed(plane: NDArray[Any], axes: list[int]) -> NDArray[Any]:
    """A plane with weights 1-2-1 along each of `axes`."""
    values = plane.astype(np.int32)
    for axis in axes:
        values = ndimage.correlate1d(values, [1, 2, 1], axis=axis, mode="nearest") // 4
    return values


def fine_bone(cortex: Marked, envelope: Marked, canal: Marked, frame: AxialFrame) -> Marked:
    """Bone with its marrow on the voxels of the image, upright, without the spinal canal."""
    inner = envelope
    if max(frame.factors[1:]) > 1:
        # The outermost coarse layer is left to the cortex, which knows its edge better.
        inner = ndimage.binary_erosion(envelope, np.ones((1, 3, 3), bool), border_value=1)
    return np.asarray((cortex | frame.fine(inner)) & ~canal)
