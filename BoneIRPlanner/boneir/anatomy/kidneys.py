"""Kidneys: ellipsoids of parenchyma in fat, beside the spine; each is found or it is not, nothing in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked, ball
from .organ_settings import organ_setting, organ_span
from .pooling import ellipsoid_likeness, pieces_without_necks, pool_factors, pooled, unpooled

Field = NDArray[np.float32]
Floats = NDArray[np.float64]

_BANDS = (
    ("kidney_low_hu", "kidney_high_hu"),
    ("kidney_low_hu", "kidney_plain_hu"),
    ("kidney_bright_hu", "kidney_high_hu"),
)
"""Plain parenchyma; parenchyma darker than liver and spleen beside it; parenchyma with contrast medium."""
_RADII_MM = (4.0, 6.0, 8.0, 10.0)
"""Necks up to twice this are cut before a kidney is looked at by itself."""
_SINUS_MM = 6.0
"""Radius of the closing that fills the fat of the sinus."""


@dataclass(frozen=True, eq=False)
class Organ:
    """An organ on coarse voxels.

    Parameters
    ----------
    marked : ndarray of bool, shape (s, p, l)
    confidence : float
        How much it looks like what it is taken for, 0..1.
    """

    marked: Marked
    confidence: float


@dataclass(frozen=True, eq=False)
class _View:
    """One side of the body on pooled voxels."""

    hu: Field
    even: Field
    middle: Floats
    side: int
    corner: tuple[int, int]
    spacing: Floats


def find_kidney(hu: Field, free: Marked, canal: Floats, side: int, frame: AxialFrame) -> Organ | None:
    """The piece of soft tissue beside the spine that looks most like a kidney; None where nothing does.

    Its confidence is the share of its surrounding that is fat (or much darker, with contrast medium), times its
    likeness to the ellipsoid of its own moments.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    free : ndarray of bool, shape (s, p, l)
        Body without bone.
    canal : ndarray of float, shape (s, 2)
        Middle of the spinal canal as coarse index; NaN where it is not known.
    side : int
        1 left, -1 right.
    frame : AxialFrame
    """
    factors = pool_factors(frame)
    spacing = np.asarray(frame.coarse_spacing_mm) * factors
    rough, open_ = pooled(hu, factors), pooled(free, factors) > 0.5
    middle = _middles(canal, factors, len(rough))
    zone = _zone(open_, middle, side, spacing)
    if not zone.any():
        return None
    box = tuple(slice(int(a.min()), int(a.max()) + 1) for a in np.nonzero(zone))
    even = np.asarray(ndimage.gaussian_filter(rough, np.minimum(1.0, 2.5 / spacing)))[box]
    view = _View(rough[box], even, middle[box[0]], side, (box[1].start, box[2].start), spacing)
    best = Organ(np.zeros(0, bool), organ_setting("kidney_likeness"))
    for low, high in _BANDS:
        inside = zone[box] & (view.hu > organ_setting(low)) & (even < organ_setting(high))
        for radius in _RADII_MM:
            for piece in pieces_without_necks(inside, radius, organ_span("kidney_ml"), spacing):
                if not _lies_well(piece, view):
                    continue
                whole = _with_sinus(piece, spacing)
                worth = _likeness(whole, view)
                best = Organ(whole, worth) if worth > best.confidence else best
    if best.marked.size == 0:
        return None
    marked = np.zeros(rough.shape, bool)
    marked[box] = best.marked
    return Organ(_refined(unpooled(marked, factors, hu.shape), hu, free, frame), best.confidence)


def _middles(canal: Floats, factors: tuple[int, int, int], count: int) -> Floats:
    """The middle of the canal in pooled slices, as pooled index."""
    blocks = canal[: count * factors[0]].reshape(count, factors[0], 2).mean(axis=1)
    in_plane = np.asarray(factors[1:])
    return np.asarray((blocks - (in_plane - 1) / 2) / in_plane)


def _zone(free: Marked, middle: Floats, side: int, spacing: Floats) -> Marked:
    """Beside and before the spine, where kidneys lie with a margin."""
    ahead = (middle[:, :1, None] - np.arange(free.shape[1])[None, :, None]) * spacing[1]
    aside = side * (np.arange(free.shape[2])[None, None, :] - middle[:, 1:, None]) * spacing[2]
    near, far = organ_span("kidney_zone_aside_mm")
    behind, before = organ_span("kidney_zone_ahead_mm")
    return np.asarray(free & (aside > near) & (aside < far) & (ahead > behind) & (ahead < before))


def _with_sinus(piece: Marked, spacing: Floats) -> Marked:
    reach = ball(_SINUS_MM, (float(spacing[0]), float(spacing[1]), float(spacing[2])))
    closed = ndimage.binary_closing(np.pad(piece, 3), reach)
    return np.asarray(ndimage.binary_fill_holes(closed)[(slice(3, -3),) * 3])


def _lies_well(piece: Marked, view: _View) -> bool:
    """Whether a piece has the place and the length of a kidney, and is not cut by the end of the scan."""
    if piece[0].any() or piece[-1].any():
        return False
    index = np.argwhere(piece)
    centre = index.mean(axis=0)
    canal = view.middle[round(float(centre[0]))]
    measured = {
        "kidney_ahead_mm": (canal[0] - view.corner[0] - centre[1]) * view.spacing[1],
        "kidney_aside_mm": view.side * (centre[2] + view.corner[1] - canal[1]) * view.spacing[2],
        "kidney_long_mm": (np.ptp(index[:, 0]) + 1) * view.spacing[0],
    }
    spans = {name: organ_span(name) for name in measured}
    return all(spans[name][0] < value < spans[name][1] for name, value in measured.items())


def _likeness(piece: Marked, view: _View) -> float:
    """How much a piece looks like a kidney: fat around it, an ellipsoid; 0 where it does not."""
    shell = ndimage.distance_transform_edt(~piece, sampling=view.spacing)
    begins = 0.7 * float(view.spacing.max())
    ring = view.even[(shell > begins) & (shell < begins + 4.0)]
    level = float(view.even[piece].mean())
    # With contrast medium whatever surrounds a kidney is much darker, fat or not.
    is_bright = level > organ_setting("kidney_bright_hu")
    dark = level - organ_setting("kidney_step_hu") if is_bright else organ_setting("fat_hu")
    fat, alike = float((ring < dark).mean()), ellipsoid_likeness(piece, view.spacing)
    return fat * alike if fat > organ_setting("kidney_fat") and alike > organ_setting("kidney_ellipsoid") else 0.0


def _refined(rough: Marked, hu: Field, free: Marked, frame: AxialFrame) -> Marked:
    """A piece of pooled blocks with its edge where fat begins."""
    spacing = frame.coarse_spacing_mm
    near = ndimage.binary_dilation(rough, ball(2.0, spacing))
    inner = ndimage.binary_erosion(rough, ball(4.0, spacing))
    return np.asarray(inner | (near & free & (hu > organ_setting("fat_edge_hu"))))
