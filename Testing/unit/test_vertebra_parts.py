"""Vertebrae taken apart: against the shapes that a synthetic vertebra was drawn from, however the grid is turned."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from boneir.anatomy.vertebra_frame import frame_of_vertebra
from boneir.anatomy.vertebra_parts import VertebraParts, vertebra_parts
from boneir.errors import OutlineError
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.training.synthetic_build import Vertebra, build_of, spine_of
from boneir.training.synthetic_patient import SyntheticPatient, synthetic_patient
from boneir.training.synthetic_spine import vertebral_body

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
C, S = math.cos(0.3), math.sin(0.3)
TURNED = {
    "axial": (AXIAL, (1.2, 1.2, 1.5)),
    "sagittal, flipped": ((0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0), (1.4, 1.2, 1.6)),
    "oblique": ((C, 0.0, S, 0.0, 1.0, 0.0, -S, 0.0, C), (1.2, 1.3, 2.0)),
    "thick slices": (AXIAL, (1.0, 1.0, 4.0)),
}
LEVELS = ("T11", "L2", "L5")


def grid_around(centre, size_mm, spacing, direction) -> Grid:
    axes = np.asarray(direction).reshape(3, 3) * spacing
    corners = np.asarray([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * np.asarray(size_mm) / 2
    counts = np.ceil(2 * np.abs(corners @ np.linalg.inv(axes).T).max(axis=0)).astype(int) + 1
    origin = np.asarray(centre) - axes @ ((counts - 1) / 2)
    return Grid((int(counts[2]), int(counts[1]), int(counts[0])), spacing, tuple(origin.tolist()), direction)


def spine() -> tuple[Vertebra, ...]:
    return spine_of(build_of(np.random.default_rng(0)))


@cache
def drawn(level: str, turn: str = "axial") -> tuple[SyntheticPatient, Vertebra, Mask]:
    vertebra = next(v for v in spine() if v.name == level)
    direction, spacing = TURNED[turn]
    grid = grid_around(vertebra.at(0, 25.0, -8.0), (104.0, 112.0, 80.0), spacing, direction)
    patient = synthetic_patient(0, grid=grid, noise_hu=0.0)
    return patient, vertebra, patient.labels[f"vertebra_{level}"]


@cache
def parts_of(level: str, turn: str = "axial") -> VertebraParts:
    return vertebra_parts(drawn(level, turn)[2])


def pieces(parts: VertebraParts) -> tuple[Mask, ...]:
    return parts.body, parts.pedicle_left, parts.pedicle_right, parts.arch, parts.processes


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


def drawn_body(vertebra: Vertebra, mask: Mask) -> np.ndarray:
    points = mask.points_mm().astype(np.float32)
    inside = [np.ravel(part.level_mm(*points.T)) <= 0 for part in vertebral_body(vertebra).parts]  # type: ignore[attr-defined]
    out = mask.full()
    out[out] = np.logical_and.reduce(inside)
    return out


@pytest.mark.parametrize("turn", TURNED)
def test_the_parts_are_the_whole_and_share_nothing(turn: str) -> None:
    total = sum(part.full().astype(int) for part in pieces(parts_of("L2", turn)))
    assert np.array_equal(total, drawn("L2", turn)[2].full().astype(int))
    assert not np.any(parts_of("L2", turn).canal.full() & drawn("L2", turn)[2].full())


@pytest.mark.parametrize("turn", TURNED)
@pytest.mark.parametrize("level", LEVELS)
def test_the_directions_are_those_it_was_drawn_with(level: str, turn: str) -> None:
    _, vertebra, _ = drawn(level, turn)
    frame = parts_of(level, turn).frame
    found = np.stack([frame.left, frame.back, frame.up], axis=1)
    off = np.degrees(np.arccos(np.clip(np.einsum("ij,ij->j", found, vertebra.axes), -1, 1)))
    assert np.allclose(found.T @ found, np.eye(3), atol=1e-9)
    assert off.max() < 7.0


@pytest.mark.parametrize("turn", TURNED)
@pytest.mark.parametrize("level", LEVELS)
def test_the_body_is_the_shape_it_was_drawn_from(level: str, turn: str) -> None:
    _, vertebra, mask = drawn(level, turn)
    assert dice(parts_of(level, turn).body.full(), drawn_body(vertebra, mask)) > 0.93


@pytest.mark.parametrize("turn", TURNED)
@pytest.mark.parametrize("level", LEVELS)
def test_known_places_fall_into_their_parts(level: str, turn: str) -> None:
    _, v, mask = drawn(level, turn)
    parts, size = parts_of(level, turn), v.size
    aside = size.canal_width / 2 + size.pedicle_width / 2
    waist = v.canal_back_mm - 0.25 * size.canal_depth
    assert parts.body.at(v.at(0, 0, 0))
    assert parts.pedicle_left.at(v.at(aside, waist, 0.2 * size.height))
    assert parts.pedicle_right.at(v.at(-aside, waist, 0.2 * size.height))
    assert parts.canal.at(v.at(0, v.canal_back_mm, 0))
    spinous = v.at(0, v.canal_back_mm + size.canal_depth / 2 + 16.0, -0.35 * size.height)
    assert parts.processes.at(spinous) == mask.at(spinous)


@pytest.mark.parametrize("level", LEVELS)
def test_the_canal_is_that_of_the_patient(level: str) -> None:
    patient, _, mask = drawn(level)
    found = parts_of(level).canal
    true = patient.labels["spinal_canal"].part(found.corner, found.voxels.shape)  # type: ignore[arg-type]
    assert np.count_nonzero(found.voxels & true) > 0.8 * found.count
    # Within the heights of the ring most of it is found.
    _, v, _ = drawn(level)
    spots = [v.at(x, v.canal_back_mm + y, z) for x in (-6, 0, 6) for y in (-3, 0, 3) for z in (-6, 0, 6)]
    hit = [found.at(spot) for spot in spots if not mask.at(spot)]
    assert np.mean(hit) > 0.9


def test_the_sides_are_the_patients() -> None:
    parts = parts_of("L2", "sagittal, flipped")
    assert parts.pedicle_left.centroid_mm[0] > parts.body.centroid_mm[0] > parts.pedicle_right.centroid_mm[0]


def test_an_open_ring_needs_the_canal() -> None:
    patient, vertebra, mask = drawn("L2")
    # The lamina of one side is gone, as after surgery or where a metastasis has taken it.
    local = (mask.points_mm() - vertebra.centre_mm) @ vertebra.axes
    gone = (local[:, 0] > 3) & (local[:, 1] > vertebra.canal_back_mm)
    kept = mask.full()
    kept[kept] = ~gone
    open_ring = Mask.of(kept, mask.grid)
    with pytest.raises(OutlineError, match="canal"):
        vertebra_parts(open_ring)
    parts = vertebra_parts(open_ring, patient.labels["spinal_canal"])
    assert parts.frame.see_through_mm2 == 0
    assert dice(parts.body.full(), drawn_body(vertebra, open_ring)) > 0.9


def test_an_atlas_has_no_body() -> None:
    grid = Grid((30, 90, 110), (1.0, 1.0, 1.0))
    z, y, x = (np.arange(n, dtype=float) for n in grid.shape)
    radius = np.hypot(x[None, None, :] - 55, (y[None, :, None] - 45) * 1.1)
    ring = (radius > 15) & (radius < 20) & (np.abs(z[:, None, None] - 15) < 6)
    masses = (np.abs(np.abs(x[None, None, :] - 55) - 24) < 8) & (np.abs(y[None, :, None] - 45) < 8)
    atlas = Mask.of(ring | (masses & (np.abs(z[:, None, None] - 15) < 8)), grid)
    parts = vertebra_parts(atlas)
    assert parts.body.is_empty
    assert parts.pedicle_left.is_empty
    assert parts.arch.count + parts.processes.count == atlas.count


def test_an_empty_outline_is_refused() -> None:
    grid = Grid((4, 4, 4), (1.0, 1.0, 1.0))
    with pytest.raises(OutlineError, match="empty"):
        vertebra_parts(Mask.of(np.zeros(grid.shape, bool), grid))


def test_frames_go_there_and_back() -> None:
    frame = frame_of_vertebra(drawn("L5")[2])
    points = np.random.default_rng(1).normal(size=(20, 3)) * 30
    assert np.allclose(frame.to_mm(frame.to_local(points)), points)
    assert np.linalg.det(np.stack([frame.left, frame.back, frame.up])) == pytest.approx(1.0)
