"""From outlined bone to bones: each vertebra by its name, ribs, sacrum, hips, femora, shoulders and sternum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Structure
from ..findings import Finding
from ..mask import Mask
from .axial import AxialFrame
from .ball_joints import joints_of
from .body import Marked
from .bone_structures import bone_structures, fine_labels
from .canal import CanalCourse
from .disc_spaces import disc_spaces
from .foramina import root_findings, root_zones
from .levels import part_spine
from .structures import structure_kinds


def outline_bones(
    hu: NDArray[np.float32],
    voxels: NDArray[Any],
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
    voxels : ndarray, shape (s, p, l)
        The whole of it, upright.
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
        The bones, the holes of vertebral bodies closed in them; ``intervertebral_discs``, and ``nerve_roots``, the
        zones where roots leave; ``hip_joint_left`` and the like; none of these is sure.
    findings : tuple of Finding
        What the names of the levels rest on, and what leaves doubt.
    """
    if course is None:
        return (), ()
    envelope = frame.coarse(frame.on_grid(bone), 0.0) >= 0.5
    parts = part_spine(hu, voxels, dense, envelope, lungs, course, frame)
    if parts is None:
        return (), ()
    fine = fine_labels(parts.labels, bone, frame)
    fine[canal] = 0
    inside = frame.coarse(frame.on_grid(canal), 0.0) >= 0.5
    coarse = root_zones(parts, envelope, inside, frame)
    # Up to the bone: coarse voxels that are mostly bone are not among them.
    zones = frame.fine(ndimage.binary_dilation(coarse, np.ones((1, 3, 3), bool))) & ~bone & ~canal
    discs = frame.fine(disc_spaces(parts, hu, frame)) & ~canal & (fine == 0)
    made = [
        _soft(key, marked, origin, frame) for key, marked in (("intervertebral_discs", discs), ("nerve_roots", zones))
    ]
    soft = [item for item in made if not item.mask.is_empty]
    about_roots = root_findings(parts, frame) if zones.any() else ()
    joints, about_joints = joints_of(parts.balls, origin, frame)
    return (*bone_structures(parts, fine, origin, frame), *joints, *soft), (
        *parts.findings,
        *about_roots,
        *about_joints,
    )


def _soft(key: str, upright: Marked, origin: str, frame: AxialFrame) -> Structure:
    kind = structure_kinds()[key]
    return Structure(key, kind.role, Mask.of(frame.on_grid(upright), frame.grid), key, origin, sure=False)
