"""The patient's outline: everything within the skin, without table, blanket or air."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import OutlineError
from ..findings import Finding, Severity
from .axial import AxialFrame
from .settings import setting

Marked = NDArray[np.bool_]


def outline_body(hu: NDArray[np.float32], frame: AxialFrame) -> Marked:
    """The patient on the coarse voxels, lungs and bowel gas included.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    frame : AxialFrame

    Returns
    -------
    ndarray of bool, shape (s, p, l)

    Raises
    ------
    OutlineError
        If nothing in the image is as dense as a patient.
    """
    dense = hu > setting("skin_hu")
    # An opening wider than a table top parts the table from the skin that lies on it.
    solid = ndimage.binary_opening(dense, disc(setting("table_mm"), frame))
    labels, count = ndimage.label(solid)
    if count == 0:
        raise OutlineError(f"No body found: no voxel region of the image lies above {setting('skin_hu'):g} HU.")
    kept = _patient_parts(labels, count, hu)
    return fill_in_slices(ndimage.binary_dilation(kept, disc(frame.coarse_mm, frame)) & dense, frame)


def _patient_parts(labels: NDArray[np.int32], count: int, hu: NDArray[np.float32]) -> Marked:
    """The largest component, and others (an arm) that are large enough and hold bone."""
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    bony = np.bincount(labels[hu > setting("bone_seed_hu")], minlength=count + 1)
    soft = np.bincount(labels[np.abs(hu) < setting("soft_tissue_hu")], minlength=count + 1)
    share = setting("body_part_share")
    is_part = (sizes >= share * sizes.max()) & (bony > 0) & (soft > 0.5 * sizes)
    is_part[int(np.argmax(sizes))] = True
    return np.asarray(is_part[labels])


def fine_body(coarse: Marked, voxels: NDArray[Any], frame: AxialFrame) -> Marked:
    """The patient on the voxels of the image, upright: the skin where the HU say it is.

    Parameters
    ----------
    coarse : ndarray of bool, shape (s, p, l)
    voxels : ndarray, shape (k, j, i)
        The image in HU.
    frame : AxialFrame
    """
    one = np.ones((1, 3, 3), bool)
    inner = ndimage.binary_erosion(coarse, one, border_value=1)
    outer = ndimage.binary_dilation(coarse, one)
    body = frame.fine(outer) & (frame.upright(voxels) > setting("skin_hu"))
    body |= frame.fine(inner)
    return body


def field_of_view_findings(coarse: Marked, hu: NDArray[np.float32], frame: AxialFrame) -> tuple[Finding, ...]:
    """A finding where the skin lies outside the field of view, with the middle of the longest stretch that is cut."""
    cut = coarse & _edge_of_view(hu)
    rows = cut.sum(axis=(1, 2))
    s = int(np.argmax(rows))
    if rows[s] == 0:
        return ()
    labels, _ = ndimage.label(cut[s], np.ones((3, 3), bool))
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    p, left = np.argwhere(labels == int(np.argmax(sizes))).mean(axis=0)
    slices = int(np.count_nonzero(rows))
    text = (
        f"The skin is cut by the field of view in {slices * frame.coarse_spacing_mm[0]:.0f} mm of the scan: "
        "entry points and table contact there are not known; plan entries only where the skin is seen."
    )
    return (Finding("outline.field_of_view", Severity.WARN, text, place_mm=frame.place_mm((s, p, left)), about="body"),)


def _edge_of_view(hu: NDArray[np.float32]) -> Marked:
    """The last voxels that the scanner saw, to the sides: the border of the image, or of the circle within it."""
    _, rows, columns = hu.shape
    seen = np.ones((rows, columns), bool)
    y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    beyond = x**2 + y**2 > 1.02
    corners = hu[:, beyond]
    if corners.size and float(np.ptp(corners)) < 1.0:
        seen &= x**2 + y**2 <= 0.995
    edge = seen & ~ndimage.binary_erosion(seen, np.ones((3, 3), bool), border_value=0)
    return np.broadcast_to(edge, hu.shape)


def fill_in_slices(marked: Marked, frame: AxialFrame) -> Marked:
    """Fill what is enclosed in each axial slice; a short gap at the border of the image counts as closed."""
    closed = np.pad(marked, ((0, 0), (1, 1), (1, 1)))
    gap = setting("border_gap_mm")
    for axis, lines in ((1, (closed[:, 0, 1:-1], closed[:, -1, 1:-1])), (0, (closed[:, 1:-1, 0], closed[:, 1:-1, -1]))):
        sides = (marked[:, 0, :], marked[:, -1, :]) if axis else (marked[:, :, 0], marked[:, :, -1])
        reach = max(1, round(gap / frame.coarse_spacing_mm[2 if axis else 1]))
        for line, side in zip(lines, sides, strict=True):
            line[:] = ndimage.binary_closing(side, np.ones((1, reach), bool))
    return marked | holes_in_slices(closed)[:, 1:-1, 1:-1]


def holes_in_slices(marked: Marked, axis: int = 0) -> Marked:
    """What is enclosed by `marked` within each plane across `axis`."""
    labels, count = ndimage.label(~marked, plane_cross(axis))
    open_labels = np.zeros(count + 1, bool)
    for other in (a for a in range(3) if a != axis):
        for end in (0, -1):
            open_labels[np.take(labels, end, axis=other)] = True
    open_labels[0] = True
    return np.asarray(~open_labels[labels])


def plane_cross(axis: int) -> Marked:
    """Neighbours by face within the planes across `axis`."""
    cross = ndimage.generate_binary_structure(3, 1)
    for end in (0, 2):
        cross[tuple(end if a == axis else slice(None) for a in range(3))] = False
    return np.asarray(cross)


def disc(radius_mm: float, frame: AxialFrame) -> Marked:
    """A disc in the axial plane on coarse voxels, at least one voxel wide to each side; shape (1, p, l)."""
    _, row, column = frame.coarse_spacing_mm
    nr, nc = (max(1, int(radius_mm / step)) for step in (row, column))
    y, x = np.ogrid[-nr : nr + 1, -nc : nc + 1]
    reach = max(radius_mm, row, column)
    return np.asarray(((y * row) ** 2 + (x * column) ** 2 <= reach**2 + 1e-6)[None])


def ball(radius_mm: float, spacing_mm: tuple[float, float, float]) -> Marked:
    """A ball on voxels of any size; it is flat along an axis whose voxels are larger than the radius."""
    half = [int(radius_mm / step) for step in spacing_mm]
    a, b, c = (np.arange(-n, n + 1) * step for n, step in zip(half, spacing_mm, strict=True))
    square = a[:, None, None] ** 2 + b[None, :, None] ** 2 + c[None, None, :] ** 2
    return np.asarray(square <= radius_mm**2 + 1e-6)
