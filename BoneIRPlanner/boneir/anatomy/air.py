"""Air within the patient: lungs on the one hand, gas in bowel and airways on the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked, disc, holes_in_slices, plane_cross
from .settings import setting


def outline_air(hu: NDArray[np.float32], body: Marked, frame: AxialFrame) -> tuple[Marked, Marked]:
    """Lungs and other gas on the coarse voxels.

    Lung is told from gas by its density: aerated tissue lies well above pure air, gas in bowel and airways does not.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    body : ndarray of bool, shape (s, p, l)
    frame : AxialFrame

    Returns
    -------
    lungs, gas : ndarray of bool, shape (s, p, l)
    """
    air = body & (hu < setting("air_hu"))
    labels, count = ndimage.label(air)
    inside = ndimage.binary_erosion(air, np.ones((1, 3, 3), bool))
    is_lung = _has_lung_density(labels, count, inside, hu, frame)
    lungs = is_lung[labels]
    airways = lungs & _airways(lungs, inside, hu, frame)
    gas = (air & ~lungs) | airways
    return _without_holes(lungs & ~airways, body, frame), gas


def _voxel_ml(frame: AxialFrame) -> float:
    return float(np.prod(frame.coarse_spacing_mm)) / 1000.0


def _has_lung_density(
    labels: NDArray[np.int32], count: int, inside: Marked, hu: NDArray[np.float32], frame: AxialFrame
) -> Marked:
    """Which labels are lung: large enough, and enough of their inner voxels between gas and soft tissue."""
    large = np.bincount(labels.ravel(), minlength=count + 1) * _voxel_ml(frame) >= setting("lung_ml")
    inner = np.bincount(labels[inside], minlength=count + 1)
    aerated = inside & (hu > setting("gas_hu"))
    share = np.bincount(labels[aerated], minlength=count + 1) / np.maximum(inner, 1)
    is_lung = large & (share >= setting("lung_share"))
    is_lung[0] = False
    return np.asarray(is_lung)


def _airways(lungs: Marked, inside: Marked, hu: NDArray[np.float32], frame: AxialFrame) -> Marked:
    """Islands of pure gas in single slices of what looked like lung: trachea and main bronchi."""
    labels, count = ndimage.label(lungs, plane_cross(0))
    _, row, column = frame.coarse_spacing_mm
    area = np.bincount(labels.ravel(), minlength=count + 1) * row * column
    inner = np.maximum(np.bincount(labels[inside], minlength=count + 1), 1)
    mean = np.bincount(labels[inside], weights=hu[inside], minlength=count + 1) / inner
    is_airway = (area <= setting("airway_mm2")) & (mean < setting("gas_hu"))
    is_airway[0] = False
    return np.asarray(is_airway[labels])


def _without_holes(lungs: Marked, body: Marked, frame: AxialFrame) -> Marked:
    """Lungs with their vessels: narrow gaps closed, and filled what is small and enclosed in a slice."""
    closed = ndimage.binary_closing(lungs, disc(setting("lung_vessel_mm"), frame)) | lungs
    holes = holes_in_slices(closed)
    labels, count = ndimage.label(holes, plane_cross(0))
    _, row, column = frame.coarse_spacing_mm
    small = np.bincount(labels.ravel(), minlength=count + 1) * row * column <= setting("lung_hole_mm2")
    small[0] = False
    return np.asarray((closed | small[labels]) & body)


def fine_air(coarse: Marked, body: Marked, voxels: NDArray[Any], frame: AxialFrame) -> Marked:
    """Lungs or gas on the voxels of the image, upright, with the edge where the HU say it is."""
    nearby = frame.fine(ndimage.binary_dilation(coarse, np.ones((1, 3, 3), bool)))
    fine = nearby & body & (frame.upright(voxels) < setting("air_hu"))
    fine |= frame.fine(ndimage.binary_erosion(coarse, np.ones((1, 3, 3), bool)))
    return fine
