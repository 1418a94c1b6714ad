"""Outline a CT without labels: body, bone, spinal canal, lungs, gas, what contrast medium fills, organs at risk."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..case import Image, Modality, Structure
from ..errors import OutlineError
from ..findings import Finding, Severity
from ..mask import Mask
from .air import fine_air, outline_air
from .axial import AxialFrame
from .body import Marked, field_of_view_findings, fine_body, outline_body
from .bone import bone_envelope, fine_bone, fine_cortex
from .canal import CanalCourse, course_of_canal
from .canal_findings import canal_findings
from .canal_tube import fill_canal
from .outline_bones import outline_bones
from .outline_conflicts import OURS
from .outline_organs import Inside, outline_organs
from .settings import outline_values, setting
from .skeleton import Skeleton, part_skeleton, with_vertebrae
from .structures import structure_kinds
from .vertebral_marrow import vertebral_marrow

AIR_HU = -1024.0
_ROUGH = {"spinal_canal", "gas", "contrast_filled"}


def outline_structures(image: Image) -> tuple[tuple[Structure, ...], tuple[Finding, ...]]:
    """Outline what can be told on a CT by its numbers alone.

    Parameters
    ----------
    image : Image
        CT in HU, of any direction and spacing; the slices' axis is found from the direction.

    Returns
    -------
    structures : tuple of Structure
        ``body``, ``bone`` (marrow included), ``spinal_canal``, ``lungs``, ``gas`` and ``contrast_filled``, each only
        where there is one; then every vertebra that can be named, or ``vertebrae``, and ribs, sacrum, hips, femora and
        sternum as far as they are told apart; then vessels, kidneys, bladder, walls around gas and pleura.
    findings : tuple of Finding
        Where the outlines are cut, missing or doubtful.

    Raises
    ------
    OutlineError
        If the image is no CT, or shows no body.
    """
    if image.modality is not Modality.CT:
        raise OutlineError(f"Only CT can be outlined by its numbers, this image is {image.modality}: give labels.")
    frame = AxialFrame(image.grid)
    hu = frame.coarse(image.voxels, AIR_HU)
    body = outline_body(hu, frame)
    lungs, gas = outline_air(hu, body, frame)
    skeleton = part_skeleton(hu, body, frame)
    fine = fine_body(body, image.voxels, frame)
    course = course_of_canal(hu, body, skeleton.bone | skeleton.contrast, frame)
    skeleton = with_vertebrae(skeleton, course, frame)
    bone, canal = _bone_and_canal(image.voxels, hu, course, fine, skeleton, frame)
    bones, about_levels = outline_bones(
        hu, frame.upright(image.voxels), skeleton.bone, bone, canal, lungs, course, OURS, frame
    )
    upright = {
        "body": fine,
        "bone": bone,
        "spinal_canal": canal,
        "lungs": fine_air(lungs, fine & ~bone, image.voxels, frame),
        "gas": fine_air(gas, fine & ~bone, image.voxels, frame),
        "contrast_filled": frame.fine(skeleton.contrast) & fine & ~bone,
    }
    enough = setting("structure_ml") / image.grid.voxel_ml
    found = {key: marked for key, marked in upright.items() if np.count_nonzero(marked) > enough}
    inside = Inside(body, skeleton.bone, lungs, gas)
    organs, about_organs = outline_organs(hu, inside, course, bone, OURS, frame)
    structures = (*(_structure(key, marked, frame) for key, marked in found.items()), *bones, *organs)
    about_canal = (*canal_findings(course, skeleton.bone, frame), *about_levels)
    about_rest = (*_contrast_findings(skeleton, frame), *about_organs)
    return structures, (*field_of_view_findings(body, hu, frame), *about_canal, *about_rest)


def _bone_and_canal(
    voxels: NDArray[Any],
    hu: NDArray[np.float32],
    course: CanalCourse | None,
    fine: Marked,
    skeleton: Skeleton,
    frame: AxialFrame,
) -> tuple[Marked, Marked]:
    """Bone and canal on the voxels of the image, upright."""
    cortex = fine_cortex(voxels, fine, skeleton, frame)
    canal = np.zeros(fine.shape, bool) if course is None else fill_canal(course, cortex, fine, frame)
    inside = frame.coarse(frame.on_grid(canal), 0.0) >= 0.5
    solid = skeleton.bone
    if course is not None:
        solid = solid | vertebral_marrow(hu, skeleton, inside, course, frame)
    envelope = bone_envelope(solid, inside, hu, frame)
    return fine_bone(cortex, envelope, canal, frame), canal


def _structure(key: str, upright: Marked, frame: AxialFrame) -> Structure:
    kind = structure_kinds()[key]
    mask = Mask.of(frame.on_grid(upright), frame.grid)
    return Structure(key, kind.role, mask, kind.key, OURS, sure=key not in _ROUGH)


def _contrast_findings(skeleton: Skeleton, frame: AxialFrame) -> tuple[Finding, ...]:
    """A note that something is as bright as bone and was taken for contrast medium."""
    count = int(np.count_nonzero(skeleton.contrast))
    volume_ml = count * float(np.prod(frame.coarse_spacing_mm)) / 1000.0
    if volume_ml < setting("contrast_ml"):
        return ()
    middle = np.argwhere(skeleton.contrast)
    nearest = middle[int(np.argmin(np.square(middle - middle.mean(axis=0)).sum(axis=1)))]
    text = (
        f"{volume_ml:.0f} mL are as bright as bone but have no cortex; they are taken for contrast-filled vessels, "
        "bowel or kidneys and kept clear of; check that no dense lesion is among them."
    )
    s, p, left = (float(v) for v in nearest)
    place = frame.place_mm((s, p, left))
    limit = outline_values()["contrast_ml"]
    return (Finding("outline.contrast", Severity.WARN, text, volume_ml, "mL", limit, place, "contrast_filled"),)
