"""Further points on the command line correct the outline of a lesion."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from boneir.anatomy.healthy_layers import zscore_map
from boneir.case import Case, Image, Role, Structure
from boneir.case_folder import load_case, save_case
from boneir.cli import main
from boneir.grid import Grid
from boneir.image.volume_file import read_volume_file
from boneir.mask import Mask

GRID = Grid((40, 60, 60), (1.0, 1.0, 1.5), (-30.0, -30.0, -30.0))
SEED, OTHER = (-5.0, 0.0, 0.0), (7.0, 0.0, 0.0)
"""Middles of two balls of the same numbers that touch."""

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    k, j, i = np.indices(GRID.shape)
    places = GRID.to_mm(np.stack([i, j, k], axis=-1))
    share = sum(np.clip(7.0 - np.linalg.norm(places - place, axis=-1) + 0.5, 0, 1) for place in (SEED, OTHER))
    noise = np.random.default_rng(0).normal(scale=12, size=GRID.shape)
    image = Image(np.rint(200 - 150 * np.clip(share, 0, 1) + noise).astype(np.int16), GRID)
    bone = Structure("bone", Role.BONE, Mask.of(np.ones(GRID.shape, bool), GRID), "bone")
    path = tmp_path_factory.mktemp("lesion") / "case"
    save_case(Case(image, (bone,)), path)
    return path


def text(place: tuple[float, float, float]) -> str:
    return ",".join(f"{value:g}" for value in place)


def run(capsys: Capture, folder: Path, *words: str) -> tuple[dict, Mask]:
    assert main(["lesion", str(folder), "--seed", text(SEED), *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out), load_case(folder).lesion("lesion-1").mask


def test_points_inside_outside_and_on_the_edge_reach_the_outline(folder: Path, capsys: Capture) -> None:
    _, without = run(capsys, folder, "--outside", text((4.0, 0.0, 0.0)), "--outside", text(OTHER))
    assert without.at(SEED)
    assert not without.at((4.0, 0.0, 0.0))
    told, both = run(capsys, folder, "--inside", text(OTHER))
    assert both.at(SEED)
    assert both.at(OTHER)
    assert both.volume_ml > 1.2 * without.volume_ml
    assert told["sure_ml"] <= told["volume_ml"] <= told["possible_ml"]
    _, small = run(capsys, folder, "--edge", text((-5.0, 4.0, 0.0)))
    assert small.at((-5.0, 2.0, 0.0))
    assert not small.at((-5.0, 6.0, 0.0))


def test_the_map_of_scores_is_written_as_the_library_gives_it(folder: Path, capsys: Capture, tmp_path: Path) -> None:
    told, lesion = run(capsys, folder, "--scores", str(tmp_path / "scores.nrrd"))
    assert told["scores"] == str(tmp_path / "scores.nrrd")
    numbers, grid = read_volume_file(tmp_path / "scores.nrrd")
    expected = zscore_map(load_case(folder), lesion)
    assert grid.matches(expected.grid)
    assert np.array_equal(numbers, expected.voxels)
    assert numbers.min() < -5.0  # the balls are 150 HU darker than bone with a noise of 12 HU


def test_a_file_is_taken_as_it_is(folder: Path, capsys: Capture) -> None:
    words = ["lesion", str(folder), "--mask", "drawn.nrrd", "--outside", "1,2,3"]
    assert main(words) == 1
    assert "correct an outline grown from --seed, not a file" in capsys.readouterr().err


def test_a_lesion_that_is_replaced_is_told(folder: Path, capsys: Capture) -> None:
    _, before = run(capsys, folder)
    assert main(["lesion", str(folder), "--seed", text(SEED)]) == 0
    assert f"It replaces lesion-1, which had {before.volume_ml:.1f} mL." in capsys.readouterr().out
