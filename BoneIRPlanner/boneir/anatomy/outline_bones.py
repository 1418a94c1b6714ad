"""From outlined bone to bones: each vertebra by its name, ribs, sacrum, hips, femora and sternum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..case import Structure
from ..findings import Finding
from .axial import AxialFrame
from .body import Marked
from .bone_structures import bone_structures, fine_labels
from .canal import CanalCourse
from .levels import part_spine


def outline_bones(
    hu: NDArray[np.float32],
    dense: Marked,
    bone: Marked,
    canal: Marked,
    lungs: Marked,
    course: CanalCourse | None,
    origin: str,
    frame: AxialFrame,
) -> tuple[tuple[Structure, ...], tuple[Finding, ...]]:
    """Part outlined bone into bones, as far as the spine's canal shows where it is.

    Parameters
    ----------
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    dense : ndarray of bool, shape (s, p, l)
        Dense bone on the coarse voxels.
    bone, canal : ndarray of bool, shape (s, p, l)
        Upright, on the voxels of the image.
    lungs : ndarray of bool, shape (s, p, l)
        On the coarse voxels.
    course : CanalCourse or None
    origin : str
        What the structures say of how they were made.
    frame : AxialFrame

    Returns
    -------
    structures : tuple of Structure
        The bones; the holes of vertebral bodies are closed in them.
    findings : tuple of Finding
        What the names of the levels rest on, and what leaves doubt.
    """
    if course is None:
        return (), ()
    envelope = frame.coarse(frame.on_grid(bone), 0.0) >= 0.5
    parts = part_spine(hu, dense, envelope, lungs, course, frame)
    if parts is None:
        return (), ()
    fine = fine_labels(parts.labels, bone, frame)
    fine[canal] = 0
    return bone_structures(parts, fine, origin, frame), parts.findings
