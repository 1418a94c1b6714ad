"""Blocks of bone with known properties, and a synthetic vertebra with a lesion, for tests of cement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from boneir.anatomy.vertebra_parts import VertebraParts, vertebra_parts
from boneir.cement.medium import FillingMedium, filling_medium
from boneir.cement.ports import Neighbours
from boneir.findings import Point
from boneir.grid import Grid, Matrix3
from boneir.training.implant import Implanted, LesionKind, implant_lesion
from boneir.training.synthetic_patient import SyntheticPatient, synthetic_patient

OBLIQUE: Matrix3 = (0.8, 0.0, 0.6, 0.36, 0.8, -0.48, -0.48, 0.6, 0.64)


def block(shape, step_mm=1.0, speed=None, share=1.0, across=(1.0, 1.0, 1.0), direction=OBLIQUE) -> FillingMedium:
    """A block of bone two voxels within its grid; `speed` is an array over the grid, or all alike."""
    inside = np.zeros(shape, bool)
    inside[2:-2, 2:-2, 2:-2] = True
    given = np.ones(shape) if speed is None else np.asarray(speed, float)
    grid = Grid(shape, (step_mm,) * 3, (3.0, -7.0, 11.0), direction)
    speed = np.where(inside, given, 0.0)
    nothing = np.zeros(shape, bool)
    return FillingMedium(
        grid, speed, np.where(inside, share, 0.0), nothing, inside, np.zeros(shape, np.float32), across
    )


@dataclass(frozen=True, eq=False)
class Lumbar:
    """A synthetic third lumbar vertebra."""

    patient: SyntheticPatient
    parts: VertebraParts

    def at(self, left: float, back: float, up: float) -> Point:
        return self.patient.vertebra("L3").at(left, back, up)

    @property
    def axes(self) -> Matrix3:
        frame = self.parts.frame
        return tuple(float(v) for v in np.stack([frame.left, frame.back, frame.up], axis=1).ravel())

    @property
    def neighbours(self) -> Neighbours:
        labels = self.patient.labels
        return Neighbours(self.parts.body, labels["spinal_canal"], labels["nerve_roots"])

    def lesion(self, centre_mm: Point, towards_mm: Point | None = None, diameter_mm: float = 16.0) -> Implanted:
        bone = self.patient.labels["vertebra_L3"]
        return implant_lesion(
            self.patient.image, centre_mm, diameter_mm, LesionKind.LYTIC, bone=bone, breach=towards_mm is not None,
            towards_mm=towards_mm, seed=1,
        )  # fmt: skip

    def medium(self, lesion: Implanted, step_mm: float = 1.0) -> FillingMedium:
        labels = self.patient.labels
        return filling_medium(
            lesion.image, labels["vertebra_L3"], lesion.mask, axes=self.axes, beyond=[labels["spinal_canal"]],
            step_mm=step_mm,
        )  # fmt: skip


@cache
def lumbar(spacing_mm: float = 1.0) -> Lumbar:
    """The vertebra on cubic voxels."""
    where = synthetic_patient(seed=0, spacing_mm=(6.0, 6.0, 6.0)).vertebra("L3").at(0, 10, 0)
    half = np.asarray((46.0, 46.0, 42.0))
    first = np.asarray(where) - half
    size = np.ceil(2 * half / spacing_mm).astype(int)
    grid = Grid((int(size[2]), int(size[1]), int(size[0])), (spacing_mm,) * 3, tuple(float(v) for v in first))
    patient = synthetic_patient(seed=0, grid=grid)
    return Lumbar(patient, vertebra_parts(patient.labels["vertebra_L3"], patient.labels["spinal_canal"]))
