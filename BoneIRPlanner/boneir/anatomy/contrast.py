"""What contrast medium has made as bright as bone: vessels, kidneys and loops of bowel have no cortex."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked, disc, holes_in_slices
from .settings import setting

_AROUND = np.ones((3, 3, 3), bool)


def even_regions(hu: NDArray[np.float32], bright: Marked, frame: AxialFrame) -> Marked:
    """Even bright regions that lie in soft tissue, up to their edge.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    bright : ndarray of bool, shape (s, p, l)
        As bright as bone.
    frame : AxialFrame

    Returns
    -------
    ndarray of bool, shape (s, p, l)
    """
    mean = ndimage.uniform_filter(hu, 3)
    spread = ndimage.uniform_filter(hu * hu, 3) - mean * mean
    even = bright & (spread < setting("even_hu") ** 2) & (hu < setting("contrast_hu"))
    labels, count = ndimage.label(even)
    found = np.zeros(hu.shape, bool)
    enough = setting("contrast_ml") * 1000.0 / float(np.prod(frame.coarse_spacing_mm))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None or sizes[label] < enough:
            continue
        wide = tuple(slice(max(0, part.start - 6), part.stop + 6) for part in box)
        core, values = labels[wide] == label, hu[wide]
        level = float(values[core].mean())
        reach = bright[wide] & (values < level + 3 * setting("even_hu"))
        grown = ndimage.binary_dilation(core, iterations=3, mask=reach)
        if _lies_in_soft_tissue(values, grown, bright[wide], level):
            found[wide] |= grown
    return found


def _lies_in_soft_tissue(hu: NDArray[np.float32], grown: Marked, bright: Marked, level: float) -> bool:
    """Whether the ring around a region is darker nearly everywhere, brighter nowhere, and hardly any bone."""
    near = ndimage.binary_dilation(grown, _AROUND)
    ring = ndimage.binary_dilation(near, _AROUND) & ~near
    if not ring.any():
        return False
    values, step = hu[ring], setting("rim_step_hu")
    darker, brighter = float((values < level - step).mean()), float((values > level + step).mean())
    soft, bony = float((values < setting("contrast_surround_hu")).mean()), float(bright[ring].mean())
    return (
        darker >= setting("rim_darker_share")
        and brighter <= setting("rim_brighter_share")
        and soft >= setting("rim_soft_share")
        and bony <= setting("rim_bone_share")
    )


def without_cortex(
    labels: NDArray[np.int32], seeded: Marked, sizes: NDArray[np.float64], hu: NDArray[np.float32], frame: AxialFrame
) -> Marked:
    """Which separate pieces are thick and as bright inside as in their rim.

    Parameters
    ----------
    labels : ndarray of int32, shape (s, p, l)
        Pieces of what is as bright as bone.
    seeded : ndarray of bool, shape (labels,)
        Which of them count as bone so far.
    sizes : ndarray of float, shape (labels,)
        Their volumes in mL.
    hu : ndarray of float32, shape (s, p, l)
    frame : AxialFrame

    Returns
    -------
    ndarray of bool, shape (labels,)
    """
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


def pieces_beside(contrast: Marked, bone: Marked, frame: AxialFrame) -> Marked:
    """Pieces of bone, apart from the skeleton, that touch contrast medium: a renal pelvis, a wall of bowel."""
    if not contrast.any():
        return np.zeros(bone.shape, bool)
    labels, count = ndimage.label(bone, _AROUND)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    touches = np.bincount(labels[ndimage.binary_dilation(contrast, _AROUND)], minlength=count + 1)
    enough = setting("contrast_piece_ml") * 1000.0 / float(np.prod(frame.coarse_spacing_mm))
    beside = (touches > 0.1 * sizes) & (sizes < enough)
    sizes[0] = 0
    beside[[0, int(np.argmax(sizes))]] = False
    return np.asarray(beside[labels])
