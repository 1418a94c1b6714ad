"""Practice cases: synthetic patients with an implanted lesion, whose truth the trainee does not see."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..anatomy.from_labels import structures_from_labels
from ..case import Case, Image, Lesion
from ..errors import BoneIRError, CaseError
from ..image.labels import NamedMask
from ..image.safe_file import write_safely
from ..mask import Mask
from ..plain import from_plain, to_json
from ..plan import Position, Technique
from ..proposal import Goal
from .implant import implant_lesion
from .room_in_bone import place_in
from .synthetic_patient import SyntheticPatient, synthetic_patient

SPACING_MM = (1.6, 1.6, 2.0)
LESION = "lesion-1"
"""Name of the lesion in every practice case."""
RECORD = "practice.json"


@dataclass(frozen=True)
class Exercise:
    """A task for a trainee, and what its patient is made from.

    Parameters
    ----------
    name, title, task : str
        ``task`` is what the trainee is told.
    bone : str
        Structure that holds the lesion; of a vertebra the body.
    kind : str
        A `LesionKind`.
    diameter_mm : float
    technique : Technique
    device : str
        The device that is to be planned with.
    margin_mm : float
        Rim around the lesion that shall be reached as well.
    allowed_s : float
        Time within which the plan earns all points for time.
    seed : int
        Another seed is another patient.
    position : Position
    """

    name: str
    title: str
    task: str
    bone: str
    kind: str
    diameter_mm: float
    technique: Technique
    device: str
    margin_mm: float
    allowed_s: float
    seed: int
    position: Position = Position.PRONE

    @property
    def goal(self) -> Goal:
        """What the best plans are looked for with."""
        return Goal(self.technique, self.device, LESION, margin_mm=self.margin_mm, position=self.position, max_plans=6)


@dataclass(frozen=True, eq=False)
class PracticeCase:
    """The patient of an exercise.

    Parameters
    ----------
    exercise : Exercise
    image : Image
        All that the trainee is given.
    truth : Case
        The same image with exact outlines of organs, bones and lesion; for the score, not for the trainee.
    """

    exercise: Exercise
    image: Image
    truth: Case


@dataclass(frozen=True)
class Attempt:
    """A practice case that was begun; it says nothing of where the lesion is.

    Parameters
    ----------
    exercise : str
        Name of the exercise.
    image_uid : str
        Fingerprint of its image.
    started_s : float
        When, in seconds since 1970.
    """

    exercise: str
    image_uid: str
    started_s: float


EXERCISES = (
    Exercise(
        "iliac-sclerotic",
        "Sclerotic lesion of a hip bone",
        "One sclerotic metastasis of about 2 cm in a hip bone. Plan one microwave needle.",
        "hip_left", "sclerotic", 18.0, Technique.MICROWAVE, "emprint", 3.0, 600.0, 13,
    ),
    Exercise(
        "sacral-lytic",
        "Lytic lesion of the sacrum",
        "One lytic metastasis of about 1.5 cm in the sacrum. Mind its roots. Plan one microwave needle.",
        "sacrum", "lytic", 14.0, Technique.MICROWAVE, "emprint", 3.0, 900.0, 14,
    ),
    Exercise(
        "lumbar-lytic",
        "Lytic lesion of a lumbar vertebra",
        "One lytic metastasis of about 1.5 cm in a lumbar vertebral body. Plan one radiofrequency needle.",
        "vertebra_L3", "lytic", 15.0, Technique.RADIOFREQUENCY, "rf-cooled-2cm", 3.0, 900.0, 11,
    ),
    Exercise(
        "thoracic-mixed",
        "Mixed lesion of a lower thoracic vertebra",
        "One mixed metastasis of about 1 cm in T11 or T12. Mind lung and cord. Plan one radiofrequency needle.",
        "vertebra_T12", "mixed", 12.0, Technique.RADIOFREQUENCY, "rf-cooled-2cm", 3.0, 900.0, 12,
    ),
)  # fmt: skip
"""The practice cases, the easier ones first."""


def exercise(name: str) -> Exercise:
    """The exercise of that name.

    Raises
    ------
    CaseError
        If there is none; the sentence lists those that exist.
    """
    for item in EXERCISES:
        if item.name == name:
            return item
    raise CaseError(f"There is no practice case {name!r}; there are: {', '.join(item.name for item in EXERCISES)}.")


def practice_case(task: Exercise, spacing_mm: tuple[float, float, float] = SPACING_MM) -> PracticeCase:
    """Make the patient of an exercise; the same exercise gives the same voxels.

    Parameters
    ----------
    task : Exercise
    spacing_mm : tuple of float
        Voxel size along (i, j, k).
    """
    patient = synthetic_patient(task.seed, spacing_mm)
    bone = patient.labels[task.bone]
    found = implant_lesion(
        patient.image, _place(task, patient, bone), task.diameter_mm, task.kind, bone=bone, seed=task.seed
    )
    named = tuple(NamedMask(name, mask, "", "truth") for name, mask in patient.labels.items() if not mask.is_empty)
    truth = Case(found.image, structures_from_labels(named, found.image.grid))
    return PracticeCase(task, found.image, truth.with_lesion(Lesion(LESION, found.mask, "implanted")))


def _place(task: Exercise, patient: SyntheticPatient, bone: Mask) -> tuple[float, float, float]:
    """Of a vertebra a place in its body, to either side; of another bone any place with room."""
    level = task.bone.removeprefix("vertebra_")
    if level == task.bone:
        return place_in(bone, task.diameter_mm * 0.8, task.seed)
    side = 1.0 if np.random.default_rng(task.seed).random() < 0.5 else -1.0
    return patient.vertebra(level).at(side * 6.0, -1.5, -0.5)


def save_attempt(attempt: Attempt, folder: Path | str) -> Path:
    """Write down that a practice case was begun.

    Raises
    ------
    CaseError
        If it cannot be written.
    """
    path = Path(folder) / RECORD
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_safely(path, [to_json(attempt).encode("utf-8")])
    except OSError as error:
        raise CaseError(f"{path}: the practice case cannot be written ({error}).") from error


def read_attempt(folder: Path | str) -> Attempt:
    """Read which practice case lies in a folder, and when it was begun.

    Raises
    ------
    CaseError
        If none does.
    """
    path = Path(folder) / RECORD
    try:
        return from_plain(Attempt, json.loads(path.read_text("utf-8")), RECORD)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, BoneIRError) as error:
        raise CaseError(f"{path}: no practice case was begun here ({error}).") from error
