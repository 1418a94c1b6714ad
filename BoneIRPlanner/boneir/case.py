"""Case: one planning image, what is outlined on it, the lesions, and other images registered to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .errors import CaseError, ImageError
from .findings import Finding
from .grid import Grid
from .mask import Mask
from .plain import fingerprint


class Modality(StrEnum):
    """What made the image; the values are DICOM's."""

    CT = "CT"
    MR = "MR"
    PET = "PT"
    OTHER = "OT"


class Role(StrEnum):
    """What a structure means for a needle."""

    TARGET = "target"
    """To be reached and treated."""
    BONE = "bone"
    """May be entered where the rules for bone allow it."""
    CRITICAL = "critical"
    """Must not be touched; has a clearance."""
    PASSABLE = "passable"
    """May be crossed, at a cost."""
    BODY = "body"
    """The patient's outline; its surface is the skin."""


@dataclass(frozen=True)
class ImageSource:
    """What the headers said of the image: for the report, never for geometry. Empty where not given.

    Parameters
    ----------
    path : str
        Name of the file or folder that was read (no directory of the machine).
    patient_name, patient_id, birth_date, sex, study_date, study_description, series_description : str
        As in DICOM; dates as YYYYMMDD.
    study_uid, series_uid, frame_uid : str
        DICOM UIDs of study, series and frame of reference.
    manufacturer, model, kernel, contrast, patient_position : str
        As in DICOM ("HFS", ...).
    slice_thickness_mm, gantry_tilt_deg : float or None
    """

    path: str = ""
    patient_name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    study_date: str = ""
    study_description: str = ""
    series_description: str = ""
    study_uid: str = ""
    series_uid: str = ""
    frame_uid: str = ""
    manufacturer: str = ""
    model: str = ""
    kernel: str = ""
    contrast: str = ""
    patient_position: str = ""
    slice_thickness_mm: float | None = None
    gantry_tilt_deg: float | None = None


@dataclass(frozen=True, eq=False)
class Image:
    """An image in patient space.

    Parameters
    ----------
    voxels : ndarray, shape (k, j, i)
        int16 HU for CT; float32 for others. Read-only.
    grid : Grid
    modality : Modality
    unit : str
        "HU" for CT, "SUV" or "Bq/mL" for PET, "" where the numbers have no unit.
    source : ImageSource
    """

    voxels: NDArray[np.int16] | NDArray[np.float32]
    grid: Grid
    modality: Modality = Modality.CT
    unit: str = "HU"
    source: ImageSource = field(default_factory=ImageSource)

    def __post_init__(self) -> None:
        if self.voxels.shape != self.grid.shape:
            raise ImageError(f"The image has {self.voxels.shape} voxels (k, j, i), its grid {self.grid.shape}.")
        self.voxels.setflags(write=False)

    @cached_property
    def uid(self) -> str:
        """SHA-256 of voxels and geometry: the same image has the same uid, wherever it was read from."""
        digest = hashlib.sha256(fingerprint([self.grid, self.modality, self.unit, str(self.voxels.dtype)]).encode())
        digest.update(np.ascontiguousarray(self.voxels).data)
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Structure:
    """Something outlined on the planning image.

    Parameters
    ----------
    name : str
        Unique in the case; for known structures the key in ``Resources/Structures`` ("aorta", "vertebra_L3").
    role : Role
    mask : Mask
        On the grid of the planning image.
    kind : str
        Key of the entry in ``Resources/Structures`` that gives clearance and severity; "" where it is none of them.
    origin : str
        Who made it ("labels.nii.gz", "threshold"), for the report.
    sure : bool
        False where the outline is known to be partial or rough; a finding says why.
    """

    name: str
    role: Role
    mask: Mask
    kind: str = ""
    origin: str = ""
    sure: bool = True


@dataclass(frozen=True, eq=False)
class Lesion:
    """A lesion to treat.

    Parameters
    ----------
    name : str
        Unique in the case ("lesion-1").
    mask : Mask
        On the grid of the planning image.
    origin : str
        "mask file ...", "grown from a seed", "implanted".
    """

    name: str
    mask: Mask
    origin: str = ""


@dataclass(frozen=True, eq=False)
class Case:
    """One planning image, what is outlined on it, the lesions, and other images registered to it.

    A case never changes: `with_structures` and the like give a new one that shares the arrays.

    Parameters
    ----------
    image : Image
        The planning image.
    structures : tuple of Structure
        Names are unique.
    lesions : tuple of Lesion
        Names are unique.
    others : tuple of Image
        Other images, already in the frame of the planning image.
    findings : tuple of Finding
        What opening and outlining found.

    Raises
    ------
    CaseError
        If a name is used twice or a mask lies on another grid.
    """

    image: Image
    structures: tuple[Structure, ...] = ()
    lesions: tuple[Lesion, ...] = ()
    others: tuple[Image, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        names: set[str] = set()
        outlines: tuple[Structure | Lesion, ...] = (*self.structures, *self.lesions)
        for item in outlines:
            if item.name in names:
                raise CaseError(f"The case has two outlines named {item.name!r}; names must be unique.")
            names.add(item.name)
            if item.mask.grid != self.image.grid:
                raise CaseError(f"The outline {item.name!r} lies on another grid than the planning image.")

    def structure(self, name: str) -> Structure:
        """The structure of that name.

        Raises
        ------
        CaseError
            If there is none; the sentence lists those that exist.
        """
        for item in self.structures:
            if item.name == name:
                return item
        have = ", ".join(item.name for item in self.structures) or "none"
        raise CaseError(f"The case has no structure {name!r}; it has: {have}.")

    def has(self, name: str) -> bool:
        """Whether a structure of that name is outlined."""
        return any(item.name == name for item in self.structures)

    def of_role(self, role: Role) -> tuple[Structure, ...]:
        """All structures with that role, in order."""
        return tuple(item for item in self.structures if item.role is role)

    def lesion(self, name: str = "") -> Lesion:
        """The lesion of that name; without a name the only one.

        Raises
        ------
        CaseError
            If there is no such lesion, or several and no name was given.
        """
        if not self.lesions:
            raise CaseError("The case has no lesion yet: give a seed inside it or a mask.")
        if not name:
            if len(self.lesions) > 1:
                raise CaseError(f"Which lesion? The case has {', '.join(item.name for item in self.lesions)}.")
            return self.lesions[0]
        for item in self.lesions:
            if item.name == name:
                return item
        raise CaseError(f"The case has no lesion {name!r}; it has: {', '.join(item.name for item in self.lesions)}.")

    def with_structures(self, structures: Iterable[Structure]) -> Case:
        """A case in which `structures` are added; one of the same name is replaced."""
        new = tuple(structures)
        names = {item.name for item in new}
        return replace(self, structures=(*(s for s in self.structures if s.name not in names), *new))

    def with_lesion(self, lesion: Lesion) -> Case:
        """A case in which `lesion` is added; one of the same name is replaced."""
        return replace(self, lesions=(*(item for item in self.lesions if item.name != lesion.name), lesion))

    def with_findings(self, findings: Iterable[Finding]) -> Case:
        """A case with more findings; an equal one is not repeated."""
        return replace(self, findings=tuple(dict.fromkeys((*self.findings, *findings))))

    @cached_property
    def uid(self) -> str:
        """SHA-256 of image, outlines and roles: what a report names so that a plan can be traced to its case."""
        marked = [(s.name, str(s.role), s.mask) for s in self.structures] + [(s.name, "", s.mask) for s in self.lesions]
        outlines = [(name, role, list(m.corner), list(m.voxels.shape), _digest(m)) for name, role, m in marked]
        return fingerprint([self.image.uid, sorted(outlines), [other.uid for other in self.others]])


def _digest(mask: Mask) -> str:
    return hashlib.sha256(np.packbits(mask.voxels).tobytes()).hexdigest()
