"""Register: another image of the patient is laid over the planning image, as a whole and bone by bone."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .access.bones import is_named_bone
from .case import Case, Image, Modality, Role
from .errors import BoneIRError, CaseError
from .findings import Finding, Point, Severity
from .fusion.bend import bent_for_display
from .fusion.levels import best_level, named_findings, shown
from .fusion.points import landmark_distance_mm, motion_of_landmarks
from .fusion.quality import quality_of
from .fusion.record import BoneMotion, Registration
from .fusion.registration import best_of_pair, pair_of_bone, pair_of_images, register_bone
from .image.rigid import Rigid, placed
from .image.safe_file import file_name_for, write_safely
from .mask import Mask
from .plain import from_plain, to_json

_LEVEL = re.compile(r"vertebra_([CTL])(\d+)")
_MILDER = (Severity.STOP, Severity.WARN, Severity.NOTE)
_LEVELS_IN = {"C": 7, "T": 12, "L": 5}


def register(
    case: Case,
    moving: Image,
    name: str = "",
    *,
    through: Image | None = None,
    bones: Sequence[str] = (),
    landmarks_mm: tuple[ArrayLike, ArrayLike] | None = None,
    outlined: dict[str, Mask] | None = None,
    bend: bool = False,
    seed: int = 0,
) -> tuple[Case, Registration]:
    """Lay another image of the patient over the planning image of a case.

    No voxel is interpolated: the other image keeps its voxels, and its grid is put where it belongs.

    Parameters
    ----------
    case : Case
    moving : Image
        Of any modality. A PET is best registered `through` the CT of its own examination.
    name : str
        Unique among the images of the case; "" takes the modality.
    through : Image or None
        An image that lies in the same frame as `moving` (same scanner, same table) and is registered in its stead.
    bones : sequence of str
        Names of structures that are registered each for itself as well.
    landmarks_mm : pair of arrays, shape (n, 3), or None
        LPS mm of the same landmarks in the planning image and in the other one: a start, and a check.
    outlined : dict of str to Mask, or None
        Outlines of the other image, to compare the names of levels with.
    bend : bool
        Whether the image is also bent to fit the soft tissue: a further image of the case, for looking only.
    seed : int

    Returns
    -------
    Case
        With the other image where it belongs, and with findings where the registration is not good.
    Registration

    Raises
    ------
    ImageError
        If the images have nothing in common.
    CaseError
        If a bone is not outlined in the case.
    """
    for bone in bones:
        case.structure(bone)  # one that is missing is said before the image is registered
    carrier = moving if through is None else through
    name = name or _free_name(case, moving)
    start = () if landmarks_mm is None else (motion_of_landmarks(*landmarks_mm),)
    pair = pair_of_images(case.image, carrier, bones_of(case), seed=seed)
    motion = best_of_pair(pair, start)
    distance = None if landmarks_mm is None else landmark_distance_mm(*landmarks_mm, motion)
    quality = quality_of(pair, motion, about=name, landmarks_mm=distance)
    found = tuple(bone_motion(case, carrier, bone, motion, outlined, seed=seed) for bone in bones)
    lying = placed(moving, motion.inverse)
    carried = "" if through is None else f"{through.modality.value} {through.source.series_description}".strip()
    registration = Registration(
        name, case.image.uid, moving.uid, lying.uid, motion, quality, carried, found
    )  # fmt: skip
    others = (*(image for image in case.others if image.uid != lying.uid), lying)
    # No plan rests on an image that is only looked at: what is wrong with it does not stop one.
    said = [
        replace(item, severity=max(item.severity, Severity.WARN, key=_MILDER.index)) for item in registration.findings
    ]
    registered = replace(case, others=others).with_findings(said)
    if moving.modality is Modality.PET and through is None:
        text = (
            f"{name} was registered by itself: a PET shows too little anatomy for that; give the CT of its examination."
        )
        registered = registered.with_findings([Finding("registration.pet_alone", Severity.WARN, text, about=name)])
    if bend:
        bent, finding = bent_for_display(case.image, lying, seed=seed)
        registered = replace(registered, others=(*registered.others, bent)).with_findings([finding])
    return registered, registration


def bone_motion(
    case: Case, moving: Image, name: str, near: Rigid, outlined: dict[str, Mask] | None = None, *, seed: int = 0
) -> BoneMotion:
    """Find one bone of a case in another image, judge how well, and guard against the wrong level.

    Parameters
    ----------
    case : Case
    moving : Image
    name : str
        Of the structure.
    near : Rigid
        About where it lies; that of the whole image.
    outlined : dict of str to Mask, or None
        Outlines of the other image.
    seed : int

    Raises
    ------
    CaseError, ImageError
        If the bone is not outlined, or does not lie in the other image.
    """
    bone = case.structure(name).mask
    motion = register_bone(case.image, moving, bone, near, seed=seed)
    findings: tuple[Finding, ...] = ()
    if _LEVEL.fullmatch(name):
        motion, findings = best_level(
            case.image, moving, bone, motion, _levels_beside(case, name), shown(name), seed=seed
        )
        findings += named_findings(name, bone, motion, outlined or {})
    quality = quality_of(pair_of_bone(case.image, moving, bone, motion, seed=seed), motion, about=shown(name))
    return BoneMotion(name, motion, quality, findings)


def bones_of(case: Case) -> Mask | None:
    """All bone of a case; None where none is outlined."""
    bones = [item.mask for item in case.of_role(Role.BONE) if not item.mask.is_empty]
    if not bones:
        return None
    whole = np.zeros(case.image.grid.shape, bool)
    for mask in bones:
        whole[mask.window] |= mask.voxels
    return Mask.of(whole, case.image.grid)


def named_bones(case: Case) -> tuple[str, ...]:
    """Names of the bones of a case that are outlined each for itself."""
    return tuple(item.name for item in case.structures if is_named_bone(item) and not item.mask.is_empty)


def _levels_beside(case: Case, name: str) -> tuple[Point, ...]:
    """Where the vertebrae above and below lie; one that is not outlined is taken to lie as far as the other."""
    middle = np.asarray(case.structure(name).mask.centroid_mm)
    known = [np.asarray(case.structure(n).mask.centroid_mm) for n in neighbours_of(name) if case.has(n)]
    places = [known[0], 2.0 * middle - known[0]] if len(known) == 1 else known
    return tuple((float(x), float(y), float(z)) for x, y, z in places)


def neighbours_of(name: str) -> tuple[str, ...]:
    """Names of the vertebrae above and below."""
    order = [f"vertebra_{region}{n}" for region, count in _LEVELS_IN.items() for n in range(1, count + 1)]
    at = order.index(name) if name in order else -1
    return () if at < 0 else tuple(order[n] for n in (at - 1, at + 1) if 0 <= n < len(order))


def save_registration(registration: Registration, folder: Path | str) -> Path:
    """Write a registration into the folder ``registrations`` of a case; one of the same name is replaced.

    Raises
    ------
    CaseError
        If it cannot be written.
    """
    path = Path(folder) / "registrations" / f"{file_name_for(registration.name)}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_safely(path, [to_json(registration).encode("utf-8")])
    except (OSError, ValueError) as error:
        raise CaseError(f"{path}: the registration cannot be written ({error}).") from error


def read_registration(path: Path) -> Registration:
    """Read a registration from its file.

    Raises
    ------
    CaseError
        If the file cannot be read or is not a registration.
    """
    try:
        return from_plain(Registration, json.loads(path.read_text("utf-8")), path.name)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, BoneIRError) as error:
        raise CaseError(f"{path.name}: not a registration that can be read ({error}).") from error


def _free_name(case: Case, moving: Image) -> str:
    count = sum(image.modality is moving.modality for image in (case.image, *case.others))
    return moving.modality.value if count == 0 else f"{moving.modality.value}-{count + 1}"
