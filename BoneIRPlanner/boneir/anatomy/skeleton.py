"""The skeleton on coarse voxels, parted from what contrast medium has made as bright as bone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked, disc, holes_in_slices
from .settings import setting


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Bright voxels of the patient, upright and coarse.

    Parameters
    ----------
    bone : ndarray of bool, shape (s, p, l)
        Bone by its density.
    contrast : ndarray of bool, shape (s, p, l)
        As bright as bone, but without a cortex: contrast medium in vessels, bowel or kidneys.
    """

    bone: Marked
    contrast: Marked


def part_skeleton(hu: NDArray[np.float32], body: Marked, frame: AxialFrame) -> Skeleton:
    """Find bone by hysteresis, and part from it what has no cortex.

    Bone is brighter at its rim than inside and lies against more bone; a vessel, a kidney or a filled loop of bowel is
    brightest inside and lies in soft tissue or fat. Two rules follow: an even core whose whole surrounding is darker,
    and a thick separate piece that is as bright inside as at its rim.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    body : ndarray of bool, shape (s, p, l)
    frame : AxialFrame

    Returns
    -------
    Skeleton
    """
    bright = body & (hu > setting("bone_hu"))
    labels, count = ndimage.label(bright, np.ones((3, 3, 3), bool))
    seeded = np.bincount(labels[bright & (hu > setting("bone_seed_hu"))], minlength=count + 1) > 0
    voxel_ml = float(np.prod(frame.coarse_spacing_mm)) / 1000.0
    sizes = np.asarray(np.bincount(labels.ravel(), minlength=count + 1) * voxel_ml, np.float64)
    seeded &= (sizes >= setting("bone_piece_ml")) | _at_end(labels, count)
    seeded[0] = False
    contrast = _even_cores(hu, bright, frame)
    contrast |= _brighter_inside(labels, seeded, sizes, hu, frame)[labels]
    bone = np.asarray(seeded[labels]) & ~contrast
    leftover = _pieces_beside(contrast, bone, frame)
    return Skeleton(bone & ~leftover, contrast | leftover)


def _pieces_beside(contrast: Marked, bone: Marked, frame: AxialFrame) -> Marked:
    """Pieces of bone, apart from the skeleton, that touch contrast medium: a renal pelvis, a wall of bowel."""
    if not contrast.any():
        return np.zeros(bone.shape, bool)
    labels, count = ndimage.label(bone, np.ones((3, 3, 3), bool))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    touches = np.bincount(labels[ndimage.binary_dilation(contrast, np.ones((3, 3, 3), bool))], minlength=count + 1)
    enough = setting("contrast_piece_ml") * 1000.0 / float(np.prod(frame.coarse_spacing_mm))
    beside = (touches > 0.1 * sizes) & (sizes < enough)
    sizes[0] = 0
    beside[[0, int(np.argmax(sizes))]] = False
    return np.asarray(beside[labels])


def _at_end(labels: NDArray[np.int32], count: int) -> Marked:
    """Which labels are cut off by the first or last slice."""
    at_end = np.zeros(count + 1, bool)
    at_end[labels[0]] = True
    at_end[labels[-1]] = True
    return at_end


def _even_cores(hu: NDArray[np.float32], bright: Marked, frame: AxialFrame) -> Marked:
    """Even bright regions that lie in soft tissue, grown to their edge."""
    mean = ndimage.uniform_filter(hu, 3)
    spread = ndimage.uniform_filter(hu * hu, 3) - mean * mean
    even = bright & (spread < setting("even_hu") ** 2) & (hu < setting("metal_hu"))
    labels, count = ndimage.label(even)
    found = np.zeros(hu.shape, bool)
    enough = setting("contrast_ml") * 1000.0 / float(np.prod(frame.coarse_spacing_mm))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None or sizes[label] < enough:
            continue
        wide = tuple(slice(max(0, part.start - 4), part.stop + 4) for part in box)
        core = labels[wide] == label
        if _lies_in_soft_tissue(hu[wide], core):
            level = float(hu[wide][core].mean())
            reach = bright[wide] & (hu[wide] < level + 3 * setting("even_hu"))
            found[wide] |= ndimage.binary_dilation(core, iterations=3, mask=reach)
    return found


def _lies_in_soft_tissue(hu: NDArray[np.float32], core: Marked) -> bool:
    """Whether the ring around an even core is darker nearly everywhere, brighter nowhere, and mostly no bone."""
    near = ndimage.binary_dilation(core, np.ones((3, 3, 3), bool))
    ring = hu[ndimage.binary_dilation(near, np.ones((3, 3, 3), bool)) & ~near]
    level, step = float(hu[core].mean()), setting("rim_step_hu")
    darker, brighter = float((ring < level - step).mean()), float((ring > level + step).mean())
    soft = float((ring < setting("contrast_surround_hu")).mean())
    return darker >= setting("rim_darker_share") and brighter <= setting("rim_brighter_share") and soft >= 0.5


def _brighter_inside(
    labels: NDArray[np.int32], seeded: Marked, sizes: NDArray[np.float64], hu: NDArray[np.float32], frame: AxialFrame
) -> Marked:
    """Which separate pieces are thick and as bright inside as in their rim."""
    has_no_cortex = np.zeros(seeded.size, bool)
    if not seeded.any():
        return has_no_cortex
    skeleton = int(np.argmax(np.where(seeded, sizes, 0)))
    thick, rim = disc(setting("contrast_thick_mm") / 2, frame), disc(4.0, frame)
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None or label == skeleton or sizes[label] < setting("contrast_ml") or not seeded[label]:
            continue
        piece = np.pad(labels[box] == label, 1)
        piece |= holes_in_slices(piece)
        inner = ndimage.binary_erosion(piece, thick)
        if not inner.any():
            continue
        values = np.pad(hu[box], 1, mode="edge")
        shell = piece & ~ndimage.binary_erosion(piece, rim)
        # A cortex is the brightest part of a bone, wherever partial volumes have dimmed its outer edge.
        cortex, level = float(np.percentile(values[shell], 90)), float(np.median(values[inner]))
        has_no_cortex[label] = setting("metal_hu") > level > setting("cortex_share") * cortex
    return has_no_cortex
