"""The spinal canal on T2-weighted MR without labels: the column of bright fluid that runs through the whole scan."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image, Modality, Structure
from ..findings import Finding, Severity
from ..mask import Mask
from .axial import AxialFrame
from .body import Marked, disc
from .organ_settings import organ_setting, organ_span, organ_value
from .structures import structure_kinds

Floats = NDArray[np.float64]

ORIGIN = "outlined on T2-weighted MR"
_FLUID_IS_BRIGHT = re.compile(r"(?<![a-z0-9])(t2|t2w\w*|stir|tirm|haste)(?![a-z0-9*])", re.IGNORECASE)
_SHARES = (0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12)
"""The brightest share of all voxels that is looked at, the smallest first."""


@dataclass(frozen=True, eq=False)
class _Column:
    marked: Marked
    area_mm2: float


def canal_on_mr(image: Image) -> tuple[tuple[Structure, ...], tuple[Finding, ...]]:
    """Outline the spinal canal where the fluid in it is bright, as the name of the series says that it is.

    The outline is the fluid column with what it surrounds (cord, roots), widened by the setting `mr_canal_rim_mm`. On
    images whose name does not say T2, STIR, TIRM or HASTE nothing is outlined: on others a bright column is a vessel.

    Parameters
    ----------
    image : Image

    Returns
    -------
    structures : tuple of Structure
        ``spinal_canal``, not sure; or none.
    findings : tuple of Finding
        ``outline.canal`` (warn) that says what it rests on, or that nothing was found.
    """
    words = f"{image.source.series_description} {image.source.path}".replace("_", " ").replace("-", " ")
    if image.modality is Modality.CT or not _FLUID_IS_BRIGHT.search(words):
        return (), ()
    frame = AxialFrame(image.grid)
    column = _fluid_column(frame.coarse(image.voxels, 0.0), frame)
    if column is None:
        text = "No column of bright fluid runs through the scan: no outline of the spinal canal, not checked."
        return (), (Finding("outline.canal", Severity.WARN, text, about="spinal_canal"),)
    rim = ndimage.binary_dilation(column.marked, disc(organ_setting("mr_canal_rim_mm"), frame))
    whole = np.stack([ndimage.binary_fill_holes(plane) for plane in rim])
    mask = Mask.of(frame.on_grid(frame.fine(whole)), image.grid)
    kind = structure_kinds()["spinal_canal"]
    x, y, z = mask.centroid_mm
    limit = organ_value("mr_canal_rim_mm")
    text = (
        f"The spinal canal is outlined as the column of bright fluid with a section of {column.area_mm2:.0f} mm², "
        f"widened by {limit}: where it is compressed or the signal is poor the canal is wider; check it."
    )
    said = Finding("outline.canal", Severity.WARN, text, column.area_mm2, "mm2", limit, (x, y, z), "spinal_canal")
    return (Structure(kind.key, kind.role, mask, kind.key, ORIGIN, sure=False),), (said,)


def _fluid_column(signal: NDArray[np.float32], frame: AxialFrame) -> _Column | None:
    """The bright column that runs through nearly all slices, out to half the way down to what surrounds it.

    Where a second one is as bright as that half way it is not plain which is the canal: None.
    """
    spacing = frame.coarse_spacing_mm
    even = ndimage.gaussian_filter(signal, [min(1.0, 1.0 / step) for step in spacing])
    for share in _SHARES:
        core = _columns_above(even, float(np.quantile(even, 1.0 - share)), frame)
        if core:
            break
    else:
        return None
    marked = core[0].marked
    ring = ndimage.binary_dilation(marked, disc(7.0, frame)) & ~ndimage.binary_dilation(marked, disc(3.0, frame))
    half = 0.5 * (float(np.median(even[marked])) + float(np.median(even[ring])))
    whole = _columns_above(even, half, frame)
    if len(whole) > 1 or len(core) > 1:
        return None
    return whole[0] if whole else core[0]


def _columns_above(signal: NDArray[np.float32], level: float, frame: AxialFrame) -> list[_Column]:
    labels, count = ndimage.label(signal > level)
    columns = (_as_column(labels == number, frame) for number in _long_ones(labels, count))
    return [column for column in columns if column is not None]


def _long_ones(labels: NDArray[np.int32], count: int) -> list[int]:
    """Labels that are seen in nearly all slices."""
    boxes = ndimage.find_objects(labels, count)
    enough = organ_setting("mr_canal_span") * labels.shape[0]
    long = [n for n, box in enumerate(boxes, start=1) if box is not None and box[0].stop - box[0].start >= enough]
    return [n for n in long if np.count_nonzero((labels == n).any(axis=(1, 2))) >= enough]


def _as_column(marked: Marked, frame: AxialFrame) -> _Column | None:
    """A component as a column near the midline that runs on steadily with the section of a canal; else None."""
    _, row, column = frame.coarse_spacing_mm
    shown = np.flatnonzero(marked.any(axis=(1, 2)))
    areas = marked[shown].sum(axis=(1, 2)) * row * column
    low, high = organ_span("mr_canal_mm2")
    middles = np.asarray([ndimage.center_of_mass(marked[s]) for s in shown]) * (row, column)
    aside = np.abs(middles[:, 1] - 0.5 * marked.shape[2] * column)
    steps = np.abs(np.diff(middles, axis=0)).max(axis=1) if len(shown) > 1 else np.zeros(1)
    limit = max(organ_setting("mr_canal_step_mm"), 0.7 * frame.coarse_spacing_mm[0])
    plain = low <= float(np.median(areas)) <= high and float(areas.max()) <= 2.0 * high
    steady = float(np.quantile(steps, 0.95)) <= limit and float(np.median(aside)) <= organ_setting("mr_canal_aside_mm")
    return _Column(marked, float(np.median(areas))) if plain and steady else None
