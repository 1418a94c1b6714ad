"""Two sources for one structure: how far they agree is said, with the place where they differ most."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.outline_conflicts import OURS, conflict_findings
from boneir.case import Role, Structure
from boneir.grid import Grid
from boneir.mask import Mask

DIRECTIONS = ((1, 0, 0, 0, 1, 0, 0, 0, 1), (0, 0, 1, 1, 0, 0, 0, -1, 0))


def tube(
    name: str, direction, x: float, low: float, high: float, kind: str = "aorta", origin: str = "a.nii"
) -> Structure:
    """A square tube along z, 20 mm wide, from `low` to `high`, with its middle at x and y = 0."""
    along = np.asarray(direction, float).reshape(3, 3)
    start = np.asarray([-40.0, -30.0, -50.0]) + np.clip(-along @ np.ones(3), 0, None) * [80, 60, 100]
    counts = (np.abs(along.T) @ [80, 60, 100]).astype(int)
    grid = Grid(tuple(int(n) for n in counts[::-1]), (1.0, 1.0, 1.0), tuple(start), tuple(map(float, direction)))
    points = grid.to_mm(np.argwhere(np.ones(grid.shape, bool))[:, ::-1])
    inside = (
        (np.abs(points[:, 0] - x) < 10) & (np.abs(points[:, 1]) < 10) & (points[:, 2] >= low) & (points[:, 2] < high)
    )
    return Structure(name, Role.CRITICAL, Mask.of(inside.reshape(grid.shape), grid), kind, origin)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_two_outlines_of_one_structure_are_compared(direction):
    one = tube("aorta", direction, 0.0, -40, 40)
    other = tube("aorta-2", direction, 10.5, -40, 40, origin="b.nii")
    (found,) = conflict_findings([one, other])
    # Tubes 20 mm wide, half of which overlap.
    assert found.measured == pytest.approx(0.5, abs=0.06)
    assert found.limit is not None
    assert found.limit.amount == 0.7
    assert "a.nii" in found.text
    assert "b.nii" in found.text
    assert "both are kept" in found.text
    assert one.mask.at(found.place_mm) != other.mask.at(found.place_mm)


def test_two_outlines_of_one_kind_in_one_file_are_its_parts():
    one, other = (tube(f"aorta-{n}", DIRECTIONS[0], 30.0 * n, -40, 40) for n in (0, 1))
    assert conflict_findings([one, other]) == ()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_shorter_outline_is_not_a_different_one(direction):
    one, short = tube("aorta", direction, 0.0, -40, 40), tube("aorta", direction, 1.0, 0, 20, origin="ours")
    assert conflict_findings([one], [short]) == ()


def test_ours_beside_a_label_is_said_and_not_kept():
    one, ours = tube("aorta", DIRECTIONS[0], 0.0, -40, 40), tube("aorta", DIRECTIONS[0], 14.0, -40, 40, origin=OURS)
    (found,) = conflict_findings([one], [ours])
    assert "this software" in found.text
    assert "that of a.nii is kept" in found.text
    assert found.about == "aorta"


def test_other_kinds_and_unknown_ones_are_not_compared():
    one = tube("thing", DIRECTIONS[0], 0.0, -40, 40, kind="")
    other = tube("thing-2", DIRECTIONS[0], 12.0, -40, 40, kind="")
    cava = tube("inferior_vena_cava", DIRECTIONS[0], 12.0, -40, 40, kind="inferior_vena_cava")
    gas = tube("gas", DIRECTIONS[0], 0.0, -40, 40, kind="gas")
    assert conflict_findings([one, other, cava, gas], [tube("gas", DIRECTIONS[0], 15.0, -40, 40, kind="gas")]) == ()
