"""The image around a lesion: smoothed numbers, the bone that holds it, and healthy marrow to compare with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Case, Image, Role, Structure
from ..errors import OutlineError
from ..findings import Point
from ..mask import Mask, Window
from .settings import setting
from .structures import structure_kinds

Marked = NDArray[np.bool_]
_GENERAL = ("bone", "vertebrae")
_WIDE_STEP_MM = 2.5


@dataclass(frozen=True)
class Healthy:
    """Numbers of healthy marrow: median and robust standard deviation in HU, and of how many voxels."""

    median_hu: float
    spread_hu: float
    count: int


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """A window of the image around a place.

    Parameters
    ----------
    image : Image
    corner : tuple of int
        Array index (k, j, i) of its first voxel.
    hu : ndarray of float32, shape (k, j, i)
        Lightly smoothed.
    bone : ndarray of bool, shape (k, j, i)
        Bone that holds the place, as outlined.
    envelope : ndarray of bool, shape (k, j, i)
        The same with the gaps of its surface closed, without canal, lung and gas.
    """

    image: Image
    corner: tuple[int, int, int]
    hu: NDArray[np.float32]
    bone: Marked
    envelope: Marked

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Voxel size along (k, j, i)."""
        i, j, k = self.image.grid.spacing_mm
        return k, j, i

    def distance_from(self, marked: Marked) -> NDArray[np.float64]:
        """Distance of every voxel centre to the nearest marked one in mm; infinite where nothing is marked."""
        if not marked.any():
            return np.full(marked.shape, np.inf)
        return np.asarray(ndimage.distance_transform_edt(~marked, self.spacing_mm))

    def opened(self, marked: Marked, radius_mm: float) -> Marked:
        """What of `marked` a ball of that radius can reach from inside; the window's border does not count as edge."""
        inner = self.distance_from(~marked) > radius_mm
        return np.asarray(marked & (self.distance_from(inner) <= radius_mm))

    def mask_of(self, marked: Marked) -> Mask:
        """A mask on the grid of the image."""
        return Mask.within(marked, self.corner, self.image.grid)


def neighbourhood(case: Case, around: Mask | Point, reach_mm: float) -> Neighbourhood:
    """The window that reaches `reach_mm` beyond a place or mask.

    Raises
    ------
    OutlineError
        If no bone is outlined in the case.
    """
    low, high = _window(case, around, reach_mm)
    corner, shape = (low[0], low[1], low[2]), tuple(b - a for a, b in zip(low, high, strict=True))
    size = (shape[0], shape[1], shape[2])
    smooth = smooth_numbers(case.image, (slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])))
    bone = np.zeros(size, bool)
    for structure in _bones_at(case, around):
        bone |= structure.mask.part(corner, size)
    around_bone = Neighbourhood(case.image, corner, smooth, bone, bone)
    closed = _envelope(case, around_bone, setting("lesion_gap_mm"))
    if not isinstance(around, Mask):
        # Where the lesion has taken the surface away, only a wider closing holds the place.
        at = tuple(a - b for a, b in zip(case.image.grid.nearest_voxel(around), corner, strict=True))
        for gap_mm in (setting("lesion_wide_gap_mm"), setting("lesion_widest_gap_mm")):
            closed = closed if closed[at] else _envelope(case, around_bone, gap_mm)
    return Neighbourhood(case.image, corner, smooth, bone, closed)


def smooth_numbers(image: Image, window: Window) -> NDArray[np.float32]:
    """Lightly smoothed numbers of a window; not along steps that are wide already."""
    steps = np.asarray(image.grid.spacing_mm[::-1])
    part = image.voxels[window].astype(np.float32)
    return np.asarray(ndimage.gaussian_filter(part, smoothing_mm(steps) / steps, mode="nearest"))


def smoothing_mm(steps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of that smoothing along axes with these steps."""
    return np.where(steps_mm <= _WIDE_STEP_MM, setting("lesion_smooth_mm"), 0.0)


def _window(case: Case, around: Mask | Point, reach_mm: float) -> tuple[list[int], list[int]]:
    grid = case.image.grid
    if isinstance(around, Mask):
        first, last = list(around.corner), [c + n for c, n in zip(around.corner, around.voxels.shape, strict=True)]
    else:
        voxel = grid.nearest_voxel(around)
        first, last = list(voxel), [v + 1 for v in voxel]
    steps = [int(np.ceil(reach_mm / step)) for step in grid.spacing_mm[::-1]]
    low = [max(0, a - n) for a, n in zip(first, steps, strict=True)]
    high = [min(size, b + n) for b, n, size in zip(last, steps, grid.shape, strict=True)]
    return low, high


def _bones_at(case: Case, around: Mask | Point) -> list[Structure]:
    """The single bones at the place (a vertebra), or else all that is outlined as bone."""
    bones = case.of_role(Role.BONE)
    if not bones:
        raise OutlineError("The case has no outline of bone: outline it or give labels before a lesion is grown.")
    single = [bone for bone in bones if bone.kind not in _GENERAL and bone.name not in _GENERAL]
    holding = [bone for bone in single if _holds(bone.mask, around)]
    return holding or list(bones)


def _holds(mask: Mask, around: Mask | Point) -> bool:
    if isinstance(around, Mask):
        return bool((mask.part(around.corner, around.voxels.shape) & around.voxels).any())
    return mask.at(around)


def _envelope(case: Case, around: Neighbourhood, gap: float) -> Marked:
    """Bone with its surface closed over gaps, and its cavities; canal, lung and gas stay out."""
    grown = around.distance_from(around.bone) <= gap
    closed = around.distance_from(~grown) > gap
    envelope = ndimage.binary_fill_holes(closed | around.bone)
    for structure in case.structures:
        kind = structure_kinds().get(structure.kind)
        if kind is not None and kind.kin.key in ("cord", "lung", "bowel"):
            envelope &= ~structure.mask.part(around.corner, envelope.shape)
    return np.asarray(envelope)


def healthy_marrow(around: Neighbourhood, lesion: Marked) -> Healthy | None:
    """Numbers of the marrow near a lesion: inside the bone, off its cortex, off the lesion.

    Parameters
    ----------
    around : Neighbourhood
    lesion : ndarray of bool, shape (k, j, i)
        What is not to be counted, on the window.

    Returns
    -------
    Healthy or None
        None where too little marrow is near.
    """
    depth = around.distance_from(~around.bone)
    marrow = around.bone & (depth > setting("cortex_mm"))
    off = around.distance_from(lesion)
    marrow &= (off > setting("healthy_from_mm")) & (off < setting("healthy_to_mm"))
    values = around.hu[marrow]
    if values.size * around.image.grid.voxel_ml < setting("healthy_ml"):
        return None
    median = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - median)))
    return Healthy(median, max(spread, 1.0), int(values.size))
