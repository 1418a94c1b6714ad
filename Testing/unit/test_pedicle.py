"""The grade of a way through a pedicle against the shape that a synthetic vertebra was drawn from."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from boneir.access.pedicle import GertzbeinRobbins, grade_of_breach, pedicle_limit, pedicle_way
from boneir.anatomy.vertebra_parts import VertebraParts, vertebra_parts
from boneir.evidence import Grade
from boneir.grid import Grid
from boneir.plan import Trajectory
from boneir.training.synthetic_build import Vertebra, build_of, spine_of
from boneir.training.synthetic_patient import synthetic_patient

C, S = math.cos(0.3), math.sin(0.3)
GRIDS = {
    "axial": ((1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), (1.2, 1.2, 1.5)),
    "oblique": ((C, 0.0, S, 0.0, 1.0, 0.0, -S, 0.0, C), (1.2, 1.3, 2.0)),
}
DIAMETER = 3.0


@cache
def drawn(turn: str) -> tuple[Vertebra, VertebraParts]:
    vertebra = next(v for v in spine_of(build_of(np.random.default_rng(0))) if v.name == "L2")
    direction, spacing = GRIDS[turn]
    axes = np.asarray(direction).reshape(3, 3) * spacing
    half = np.asarray([[x, y, z] for x in (-52, 52) for y in (-56, 56) for z in (-40, 40)])
    counts = np.ceil(2 * np.abs(half @ np.linalg.inv(axes).T).max(axis=0)).astype(int) + 1
    origin = np.asarray(vertebra.at(0, 25.0, -8.0)) - axes @ ((counts - 1) / 2)
    grid = Grid((int(counts[2]), int(counts[1]), int(counts[0])), spacing, tuple(origin.tolist()), direction)
    return vertebra, vertebra_parts(synthetic_patient(0, grid=grid, noise_hu=0.0).labels["vertebra_L2"])


def straight(vertebra: Vertebra, side: int, shift: float) -> tuple[Trajectory, float]:
    """A needle along back through a pedicle, shifted laterally, and how far it stands out of the drawn wall."""
    size, canal = vertebra.size, vertebra.canal_back_mm
    column, high = size.canal_width / 2 + size.pedicle_width / 2, 0.2 * size.height
    left = side * (column + shift)
    trajectory = Trajectory(vertebra.at(left, canal + 45, high), vertebra.at(left, -5, high))
    # The axis of the drawn pedicle runs a little outwards from the body to behind the middle of the canal.
    back = np.linspace(size.depth / 2 + 1, canal, 50)
    start, end = 0.30 * size.depth, canal + 0.3 * size.canal_depth
    axis = column * (0.97 + 0.07 * (back - start) / (end - start))
    return trajectory, float((np.abs(column + shift - axis) + DIAMETER / 2 - size.pedicle_width / 2).max())


@pytest.mark.parametrize("turn", GRIDS)
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("shift", [0.0, -2.0, -4.0, -6.0, -8.0, -10.0, 4.0, 8.0])
def test_a_breach_is_what_stands_out_of_the_drawn_wall(turn: str, side: int, shift: float) -> None:
    vertebra, parts = drawn(turn)
    trajectory, out = straight(vertebra, side, shift)
    way = pedicle_way(parts, trajectory, DIAMETER)
    assert way is not None
    assert way.side == ("left" if side > 0 else "right")
    assert -way.wall_mm == pytest.approx(out, abs=0.7)
    assert way.breach_mm == max(-way.wall_mm, 0.0)
    assert way.grade is grade_of_breach(way.breach_mm)
    if shift:
        assert way.towards == ("medial" if shift < 0 else "lateral")
    expected = "A" if out <= 0 else "B" if out < 2 else "C" if out < 4 else "D" if out < 6 else "E"
    border = min(abs(out - edge) for edge in (0, 2, 4, 6))
    assert border < 0.7 or way.grade == expected


@pytest.mark.parametrize(
    ("breach", "grade"),
    [(0.0, "A"), (0.29, "A"), (1.0, "B"), (1.99, "B"), (2.0, "C"), (3.99, "C"), (4.0, "D"), (5.9, "D"), (6.0, "E")],
)
def test_the_grades_are_those_published(breach: float, grade: str) -> None:
    assert grade_of_breach(breach) is GertzbeinRobbins(grade)
    assert pedicle_limit("grades", "C").grade is Grade.PUBLISHED


def test_the_thicker_instrument_breaches_by_its_radius_more() -> None:
    vertebra, parts = drawn("axial")
    trajectory, _ = straight(vertebra, 1, -4.0)
    thin, thick = (pedicle_way(parts, trajectory, d) for d in (1.0, 6.0))
    assert thick.breach_mm - thin.breach_mm == pytest.approx(2.5 if thin.breach_mm > 0 else thick.breach_mm)
    assert thick.wall_mm == pytest.approx(thin.wall_mm - 2.5)


def test_a_way_beside_the_pedicles_or_short_of_them_has_no_grade() -> None:
    vertebra, parts = drawn("axial")
    beside = Trajectory(vertebra.at(70, 60, 0), vertebra.at(0, 0, 0))
    assert pedicle_way(parts, beside, DIAMETER) is None
    short = Trajectory(vertebra.at(16, 90, 5), vertebra.at(16, vertebra.canal_back_mm + 10, 5))
    assert pedicle_way(parts, short, DIAMETER) is None
    across = Trajectory(vertebra.at(80, vertebra.canal_back_mm - 3, 5), vertebra.at(-5, vertebra.canal_back_mm - 3, 5))
    assert pedicle_way(parts, across, DIAMETER) is None
