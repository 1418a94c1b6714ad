"""The skeleton on coarse voxels, parted from what contrast medium has made as bright as bone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .body import Marked
from .canal import CanalCourse
from .contrast import even_regions, pieces_beside, without_cortex
from .settings import setting
from .spine_zone import spine_zone


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
    and a thick separate piece that is as bright inside as in its rim. A dense metastasis can look the same:
    `with_vertebrae` gives back what lies in the spine.

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
    contrast = even_regions(hu, bright, frame)
    contrast |= without_cortex(labels, seeded, sizes, hu, frame)[labels]
    bone = np.asarray(seeded[labels]) & ~contrast
    # What contrast medium held together is looked at again piece by piece: filled bowel beside a filled loop.
    again = _touching(bone, contrast, hu, frame)
    contrast |= again
    bone &= ~again & ~_on_the_skin(bone, body, frame)
    leftover = pieces_beside(contrast, bone, frame)
    return Skeleton(bone & ~leftover, contrast | leftover)


def _touching(bone: Marked, contrast: Marked, hu: NDArray[np.float32], frame: AxialFrame) -> Marked:
    """Pieces of bone that touch contrast medium and have no cortex, however large."""
    if not contrast.any():
        return np.zeros(bone.shape, bool)
    labels, count = ndimage.label(bone, np.ones((3, 3, 3), bool))
    touches = np.zeros(count + 1, bool)
    touches[np.unique(labels[ndimage.binary_dilation(contrast, np.ones((3, 3, 3), bool), iterations=2)])] = True
    touches[0] = False
    sizes = np.asarray(np.bincount(labels.ravel(), minlength=count + 1), np.float64)
    sizes *= float(np.prod(frame.coarse_spacing_mm)) / 1000.0
    # The largest piece is the skeleton, whatever it touches; the test leaves it out only where it is among the tested.
    tested = touches.copy()
    tested[int(np.argmax(sizes[1:])) + 1 if count else 0] = True
    return np.asarray((without_cortex(labels, tested, sizes, hu, frame) & touches)[labels])


def _on_the_skin(bone: Marked, body: Marked, frame: AxialFrame) -> Marked:
    """Small dense things that lie on the skin: markers, plates, clips of a dressing."""
    labels, count = ndimage.label(bone, np.ones((3, 3, 3), bool))
    depth = max(1, round(setting("on_skin_mm") / max(frame.coarse_spacing_mm[1:])))
    deep = ndimage.binary_erosion(body, np.ones((1, 3, 3), bool), iterations=depth, border_value=1)
    voxel_ml = float(np.prod(frame.coarse_spacing_mm)) / 1000.0
    small = np.bincount(labels.ravel(), minlength=count + 1) * voxel_ml < setting("on_skin_ml")
    small &= np.bincount(labels[deep], minlength=count + 1) == 0
    small[0] = False
    return np.asarray(small[labels])


def _at_end(labels: NDArray[np.int32], count: int) -> Marked:
    """Which labels are cut off by the first or last slice."""
    at_end = np.zeros(count + 1, bool)
    at_end[labels[0]] = True
    at_end[labels[-1]] = True
    return at_end


def with_vertebrae(skeleton: Skeleton, course: CanalCourse | None, frame: AxialFrame) -> Skeleton:
    """Give back to bone what was taken for contrast medium but lies where the vertebrae are.

    Vertebrae that are dense throughout have no cortex to be seen; the course of the canal tells where they are.

    Parameters
    ----------
    skeleton : Skeleton
    course : CanalCourse or None
    frame : AxialFrame

    Returns
    -------
    Skeleton
    """
    if course is None or not skeleton.contrast.any():
        return skeleton
    spine = spine_zone(course, skeleton.bone.shape, frame)
    labels, count = ndimage.label(skeleton.contrast, np.ones((3, 3, 3), bool))
    sizes = np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1)
    back = np.bincount(labels[spine], minlength=count + 1) > 0.5 * sizes
    back[0] = False
    vertebrae = back[labels]
    return Skeleton(skeleton.bone | vertebrae, skeleton.contrast & ~vertebrae)
