"""The patient of the demonstration: a synthetic torso with one lytic lesion in the body of L3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..case import Image
from ..findings import Point
from ..grid import Grid
from ..mask import Mask
from .implant import implant_lesion
from .synthetic_patient import synthetic_patient

DIAMETER_MM = 19.0


@dataclass(frozen=True, eq=False)
class DemoPatient:
    """A synthetic patient with a lesion.

    Parameters
    ----------
    image : Image
    labels : dict of Mask
        Exact outlines by structure name, those of the healthy bones.
    lesion : Mask
    seed_mm : Point
        A place within the lesion, as a physician would click it.
    """

    image: Image
    labels: dict[str, Mask]
    lesion: Mask
    seed_mm: Point


def demo_patient(
    seed: int = 0, spacing_mm: tuple[float, float, float] = (0.9, 0.9, 1.5), grid: Grid | None = None
) -> DemoPatient:
    """Make the patient of the demonstration.

    Parameters
    ----------
    seed : int
        Another seed is another patient; the side of the lesion changes too.
    spacing_mm : tuple of float
        Voxel size along (i, j, k), where no grid is given.
    grid : Grid, optional
        Any grid in the patient's frame that shows L3.

    Raises
    ------
    ImageError
        If the grid does not show the body of L3.
    """
    patient = synthetic_patient(seed, spacing_mm, grid)
    v = patient.vertebra("L3")
    side = 1.0 if np.random.default_rng(seed).random() < 0.5 else -1.0
    centre = v.at(side * 6.0, -1.5, -0.5)
    bone = patient.labels.get("vertebra_L3", Mask.of(np.zeros(patient.image.grid.shape, bool), patient.image.grid))
    found = implant_lesion(patient.image, centre, DIAMETER_MM, "lytic", bone=bone, seed=seed)
    return DemoPatient(found.image, patient.labels, found.mask, centre)
