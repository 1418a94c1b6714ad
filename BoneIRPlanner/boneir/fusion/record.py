"""What a registration found, as plain values: written beside the images of a case."""

from __future__ import annotations

from dataclasses import dataclass

from ..findings import Finding, worst_first
from ..image.rigid import Rigid
from .quality import Quality, Verdict

REGISTRATION_SCHEMA = "boneir.registration/1"
"""Name and version of the JSON form; it changes when a field changes its meaning or goes."""


@dataclass(frozen=True)
class BoneMotion:
    """How one bone lies in another image.

    Parameters
    ----------
    name : str
        Of the structure in the planning image.
    motion : Rigid
        From LPS mm of the planning image to LPS mm of the other one.
    quality : Quality
    findings : tuple of Finding
        Of its level.
    """

    name: str
    motion: Rigid
    quality: Quality
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Registration:
    """How another image lies against the planning image.

    Parameters
    ----------
    name : str
        Short, unique in the case ("MR", "PET", "CT-2").
    fixed_uid, moving_uid : str
        Fingerprints of the planning image and of the other one as it was read.
    placed_uid : str
        Fingerprint of the other image where it now lies.
    motion : Rigid
        From LPS mm of the planning image to LPS mm of the other one.
    quality : Quality
    through : str
        Name of the image that was registered in its stead (the CT of a PET); "" for the image itself.
    bones : tuple of BoneMotion
        Bones that were registered each for itself.
    schema : str
        Always `REGISTRATION_SCHEMA`.
    """

    name: str
    fixed_uid: str
    moving_uid: str
    placed_uid: str
    motion: Rigid
    quality: Quality
    through: str = ""
    bones: tuple[BoneMotion, ...] = ()
    schema: str = REGISTRATION_SCHEMA

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that speaks against it, the worst first."""
        bones = [finding for bone in self.bones for finding in (*bone.quality.reasons, *bone.findings)]
        return worst_first(dict.fromkeys((*self.quality.reasons, *bones)))

    @property
    def verdict(self) -> Verdict:
        """Of the whole image."""
        return self.quality.verdict
