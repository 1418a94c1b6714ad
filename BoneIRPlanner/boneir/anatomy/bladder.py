"""The urinary bladder: an ellipsoid of fluid in the midline, with the hip bones to both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked, ball
from .kidneys import Organ
from .organ_settings import organ_setting, organ_span
from .pooling import ellipsoid_likeness, pieces_without_necks, pool_factors, pooled, unpooled

Field = NDArray[np.float32]
Floats = NDArray[np.float64]

_NECK_MM = 9.0
_SMOOTH_MM = 4.0
_LOOK_MM = 12.0
"""How far beyond its own front, back, top and bottom bones to both sides are looked for."""


def find_bladder(hu: Field, body: Marked, bone: Marked, frame: AxialFrame) -> Organ | None:
    """The piece of fluid in the pelvis that looks most like the bladder; None where nothing does.

    A bladder that is empty, or holds excreted contrast medium, is not found. Its confidence is its likeness to the
    ellipsoid of its own moments, less what it lies off the midline.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    body, bone : ndarray of bool, shape (s, p, l)
    frame : AxialFrame
    """
    factors = pool_factors(frame)
    spacing = np.asarray(frame.coarse_spacing_mm) * factors
    rough, solid = pooled(hu, factors), pooled(bone, factors) > 0.3
    inside = pooled(body & ~bone, factors) > 0.8
    even = ndimage.gaussian_filter(rough, np.minimum(1.5, _SMOOTH_MM / spacing))
    low, high = organ_span("bladder_hu")
    fluid = inside & (even > low) & (even < high)
    best = Organ(np.zeros(0, bool), organ_setting("bladder_likeness"))
    for piece in pieces_without_necks(fluid, _NECK_MM, organ_span("bladder_ml"), spacing):
        worth = _likeness(piece, rough, solid, inside, spacing)
        best = Organ(piece, worth) if worth > best.confidence else best
    if best.marked.size == 0:
        return None
    # Smoothing has taken the rim of the content, and the wall is not as dark.
    whole = unpooled(best.marked, factors, hu.shape)
    wall = ball(organ_setting("bladder_wall_mm"), frame.coarse_spacing_mm)
    rim = ball(organ_setting("bladder_wall_mm") + _SMOOTH_MM, frame.coarse_spacing_mm)
    marked = ndimage.binary_dilation(whole, wall) | (ndimage.binary_dilation(whole, rim) & (hu < high))
    marked = whole | (marked & (hu > organ_setting("fat_edge_hu")))
    return Organ(np.asarray(marked & body & ~bone), best.confidence)


def _likeness(piece: Marked, hu: Field, bone: Marked, body: Marked, spacing: Floats) -> float:
    """How much a piece looks like a bladder; 0 where it is uneven, off the midline or without a hip on either side."""
    index = np.argwhere(piece)
    s, _, left = np.rint(index.mean(axis=0)).astype(int)
    reach = np.maximum(1, np.rint(_LOOK_MM / spacing)).astype(int)
    low, high = np.maximum(index.min(axis=0) - reach, 0), index.max(axis=0) + reach + 1
    sides = np.flatnonzero(bone[low[0] : high[0], low[1] : high[1]].any(axis=(0, 1)))
    to_left, to_right = sides[sides > index[:, 2].max()], sides[sides < index[:, 2].min()]
    if to_left.size == 0 or to_right.size == 0:
        return 0.0
    nearest = ((to_left.min() - left) * spacing[2], (left - to_right.max()) * spacing[2])
    columns = np.flatnonzero(body[s].any(axis=0))
    off = abs(left - 0.5 * (columns[0] + columns[-1])) * float(spacing[2])
    inner = ndimage.binary_erosion(piece)
    if max(nearest) > organ_setting("bladder_bone_mm") or off > organ_setting("bladder_midline_mm") or not inner.any():
        return 0.0
    if float(hu[inner].std()) > organ_setting("bladder_even_hu"):
        return 0.0
    return ellipsoid_likeness(piece, spacing) * float(1.0 - 0.5 * off / organ_setting("bladder_midline_mm"))
