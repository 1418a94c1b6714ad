"""Bones parted from each other: each grows from where it is sure, over the darkest bridges last."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .level_settings import level_setting

Marked = NDArray[np.bool_]
Labels = NDArray[np.int32]

_HU_STEP = 10.0
"""Bones are flooded in steps of this."""


def grow_apart(seeds: Labels, bone: Marked, hu: NDArray[np.float32], frame: AxialFrame) -> Labels:
    """Give every voxel of bone that hangs together with a seed to one of the seeds.

    The seeds are flooded over the CT numbers from the brightest down, so that they meet in the dark gaps of joints.

    Parameters
    ----------
    seeds : ndarray of int32, shape (s, p, l)
    bone : ndarray of bool, shape (s, p, l)
    hu : ndarray of float32, shape (s, p, l)
    frame : AxialFrame

    Returns
    -------
    ndarray of int32, shape (s, p, l)
        0 outside bone, and where bone does not hang together with a seed.
    """
    box = _box_around(seeds > 0, frame)
    dark = np.clip((level_setting("parting_brightest_hu") - hu[box]) / _HU_STEP, 0, 200).astype(np.uint8)
    dark[~bone[box]] = 255
    flooded = sitk.GetArrayFromImage(
        sitk.MorphologicalWatershedFromMarkers(
            sitk.GetImageFromArray(dark),
            sitk.GetImageFromArray(np.ascontiguousarray(seeds[box]).astype(np.uint16)),
            markWatershedLine=False,
            fullyConnected=True,
        )
    ).astype(np.int32)
    flooded[~bone[box]] = 0
    out = np.zeros(seeds.shape, np.int32)
    out[box] = _with_their_seeds(flooded, seeds[box])
    return out


def _with_their_seeds(labels: Labels, seeds: Labels) -> Labels:
    """Without the pieces of a label that do not touch its seed."""
    kept = np.zeros(labels.shape, np.int32)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        mine = labels[box] == number
        pieces, count = ndimage.label(mine, np.ones((3, 3, 3), bool))
        seeded = np.zeros(count + 1, bool)
        seeded[np.unique(pieces[mine & (seeds[box] == number)])] = True
        seeded[0] = False
        kept[box][seeded[pieces]] = number
    return kept


def _box_around(marked: Marked, frame: AxialFrame) -> tuple[slice, slice, slice]:
    """The box around what is marked, with a margin."""
    places = np.argwhere(marked)
    margin = np.ceil(level_setting("parting_around_mm") / np.asarray(frame.coarse_spacing_mm)).astype(int)
    low = np.maximum(places.min(axis=0) - margin, 0)
    high = np.minimum(places.max(axis=0) + margin + 1, marked.shape)
    a, b, c = (slice(int(x), int(y)) for x, y in zip(low, high, strict=True))
    return a, b, c
