"""Endplates: as large as a disc, as far apart as the body is high, and none where no end shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from boneir.anatomy.endplates import endplates, endplates_of
from boneir.anatomy.organ_settings import organ_setting
from boneir.anatomy.outline_conflicts import OURS
from boneir.anatomy.structures import structure_kinds
from boneir.case import Role, Structure
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.training.synthetic_build import Vertebra, build_of, spine_of
from boneir.training.synthetic_patient import synthetic_patient
from torso_phantom import grid_of

LOOK_MM = 1.5
HOLLOW_MM = 2.0
"""So deep are the endplates of the synthetic vertebrae in their middle; half of it on average."""
COS, SIN = np.cos(np.radians(15.0)), np.sin(np.radians(15.0))
DIRECTIONS = {
    "axial": (1, 0, 0, 0, 1, 0, 0, 0, 1),
    "oblique": (1, 0, 0, 0, COS, -SIN, 0, SIN, COS),
    "sagittal, feet first": (0, 0, 1, 1, 0, 0, 0, -1, 0),
}


@dataclass(frozen=True)
class Sample:
    """A vertebra of a synthetic patient with its canal and discs on a grid around it."""

    truth: Vertebra
    labels: dict[str, Mask]
    grid: Grid


@cache
def sample(grid_name: str, level: str = "L3") -> Sample:
    (truth,) = (item for item in spine_of(build_of(np.random.default_rng(0))) if item.name == level)
    around = grid_of(DIRECTIONS[grid_name], (72, 72, 60), (1.0, 1.0, 1.2))
    x, y, z = np.add(around.origin_mm, truth.at(0.0, 12.0, 0.0))
    grid = Grid(around.shape, around.spacing_mm, (x, y, z), around.direction)
    return Sample(truth, synthetic_patient(0, grid=grid, noise_hu=0.0).labels, grid)


def structure(name: str, mask: Mask, origin: str) -> Structure:
    return Structure(name, structure_kinds()[name].role, mask, name, origin)


def given(made: Sample, origin: str, *names: str) -> list[Structure]:
    return [structure(name, made.labels[name], origin) for name in names]


@pytest.mark.parametrize("grid", DIRECTIONS)
def test_they_are_as_large_as_a_disc_and_as_far_apart_as_the_body_is_high(grid: str) -> None:
    made = sample(grid)
    size, axes, thick = made.truth.size, made.truth.axes, organ_setting("endplate_mm")
    upper, lower = endplates_of(made.labels["vertebra_L3"], made.labels["spinal_canal"].points_mm())
    disc_mm2 = np.pi / 4 * (size.width - 1.0) * (size.depth + 1.0)
    for plate in (upper, lower):
        seen = np.unique(np.floor((plate.points_mm() - made.truth.centre_mm) @ axes[:, :2] / LOOK_MM), axis=0)
        assert len(seen) * LOOK_MM**2 == pytest.approx(disc_mm2, rel=0.1)
        assert not (plate.full() & ~made.labels["vertebra_L3"].full()).any()
    apart = np.subtract(upper.centroid_mm, lower.centroid_mm) @ axes[:, 2] + thick
    assert apart == pytest.approx(size.height - HOLLOW_MM, abs=0.7)


def test_they_are_one_structure_that_is_named_and_said() -> None:
    made = sample("axial")
    bones = given(made, "labels of others", "vertebra_L3", "spinal_canal")
    (found,), (said,) = endplates(bones, made.grid)
    assert (found.name, found.kind, found.role, found.sure) == ("endplates", "endplates", Role.PASSABLE, False)
    both = endplates_of(made.labels["vertebra_L3"], made.labels["spinal_canal"].points_mm())
    assert found.mask.count == sum(plate.count for plate in both)
    assert said.code == "outline.organ"
    assert "2 mm" in said.text
    assert endplates([*bones, found], made.grid) == ((), ())
    assert endplates(bones[:1], made.grid) == ((), ())


def test_beside_our_own_vertebrae_they_are_there_where_a_disc_is() -> None:
    made = sample("axial")
    ours = given(made, OURS, "vertebra_L3", "spinal_canal")
    assert endplates(ours, made.grid) == ((), ())
    discs = made.labels["intervertebral_discs"].full().copy()
    k = made.labels["vertebra_L3"].centroid_mm
    discs[: made.grid.nearest_voxel(k)[0]] = False
    above = structure("intervertebral_discs", Mask.of(discs, made.grid), OURS)
    (found,), _ = endplates([*ours, above], made.grid)
    upper, _ = endplates_of(made.labels["vertebra_L3"], made.labels["spinal_canal"].points_mm())
    assert found.mask.count == pytest.approx(upper.count, rel=0.02)
    assert found.mask.centroid_mm[2] > k[2] + 8


def test_where_the_image_ends_there_is_no_end_of_a_body() -> None:
    made = sample("axial")
    middle = made.grid.nearest_voxel(made.truth.at(0, 0, 0))[0]
    grid = made.grid.window((0, 0, 0), (middle, *made.grid.shape[1:]))
    bone, canal = (Mask.of(made.labels[name].full()[:middle], grid) for name in ("vertebra_L3", "spinal_canal"))
    upper, lower = endplates_of(bone, canal.points_mm())
    assert upper.is_empty
    assert not lower.is_empty
    short = Mask.of(canal.full() & (np.arange(middle) < 3)[:, None, None], grid)
    assert all(plate.is_empty for plate in endplates_of(bone, short.points_mm()))
