from __future__ import annotations

import math

import numpy as np
import pytest

from boneir.grid import Grid
from boneir.training.canvas import Canvas, Layer, Tissue
from boneir.training.sampling import level_over, occupancy
from boneir.training.shapes import Barrel, Capsule, Column, Common, Cut, Ellipsoid, HalfSpace, Plate, Shape, Union

_C, _S = math.cos(0.4), math.sin(0.4)
DIRECTIONS = {
    "axial": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "permuted": (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "flipped": (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "oblique": (_C, 0.0, _S, 0.0, 1.0, 0.0, -_S, 0.0, _C),
}
CENTRE = (7.3, -4.1, 101.7)


def grid_at(direction: str = "axial", spacing=(0.9, 0.8, 1.7), size_mm: float = 70.0) -> Grid:
    counts = [math.ceil(size_mm / step) for step in spacing]
    axes = np.asarray(DIRECTIONS[direction]).reshape(3, 3) * spacing
    origin = np.asarray(CENTRE) - axes @ ((np.asarray(counts) - 1) / 2)
    return Grid((counts[2], counts[1], counts[0]), spacing, tuple(origin.tolist()), DIRECTIONS[direction])


def painted(shape: Shape, grid: Grid, hu: float = 1000.0) -> Canvas:
    canvas = Canvas(grid, 0.0, np.random.default_rng(0))
    canvas.paint(shape, [Layer(Tissue(hu))], ("thing",))
    return canvas


def volume_ml(canvas: Canvas) -> float:
    """Volume from the painted share of every voxel."""
    return float(canvas.hu.sum(dtype=float)) / 1000.0 * canvas.grid.voxel_ml


TURN = np.asarray([[_C, -_S, 0.0], [_S, _C, 0.0], [0.0, 0.0, 1.0]])
A, B = (CENTRE[0] - 9.0, CENTRE[1] + 4.0, CENTRE[2] - 8.0), (CENTRE[0] + 8.0, CENTRE[1] - 6.0, CENTRE[2] + 9.0)
LENGTH = math.dist(A, B)


def cone_capsule_ml(length: float, r: float) -> float:
    return (math.pi * r**2 * length + 4 / 3 * math.pi * r**3) / 1000


SOLIDS = {
    "ball": (Ellipsoid(CENTRE, (15.0, 15.0, 15.0)), 4 / 3 * math.pi * 15**3 / 1000),
    "ellipsoid": (Ellipsoid(CENTRE, (22.0, 12.0, 9.0), TURN), 4 / 3 * math.pi * 22 * 12 * 9 / 1000),
    "rod": (Capsule(A, B, 7.0, 7.0), cone_capsule_ml(LENGTH, 7.0)),
    "stretched rod": (
        Capsule(CENTRE, (CENTRE[0], CENTRE[1], CENTRE[2] + 12.0), 6.0, 6.0, (2.0, 1.0, 1.0), TURN),
        2.0 * cone_capsule_ml(12.0, 6.0),
    ),
    "column": (
        Column(
            np.asarray([CENTRE[2] - 20, CENTRE[2] + 20]),
            np.asarray([[CENTRE[0] - 3, CENTRE[1]], [CENTRE[0] + 3, CENTRE[1]]]),
            np.asarray([[18.0, 11.0], [18.0, 11.0]]),
        ),
        math.pi * 18 * 11 * 40 / 1000,
    ),
    "barrel": (Barrel(CENTRE, TURN, (22.0, 16.0), 26.0), math.pi * 22 * 16 * 26 / 1000),
    "half ball": (
        Common([Ellipsoid(CENTRE, (15.0, 15.0, 15.0)), HalfSpace(CENTRE, (_C, _S, 0.0))]),
        2 / 3 * math.pi * 15**3 / 1000,
    ),
    "shell": (
        Cut(Ellipsoid(CENTRE, (18.0, 18.0, 18.0)), [Ellipsoid(CENTRE, (10.0, 10.0, 10.0))], gap_mm=2.0),
        4 / 3 * math.pi * (18**3 - 12**3) / 1000,
    ),
    "two balls": (
        Union([Ellipsoid(A, (9.0, 9.0, 9.0)), Ellipsoid(B, (8.0, 8.0, 8.0))]),
        4 / 3 * math.pi * (9**3 + 8**3) / 1000,
    ),
}


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", SOLIDS)
def test_painted_volume_is_the_solids_volume(name: str, direction: str) -> None:
    shape, exact_ml = SOLIDS[name]
    canvas = painted(shape, grid_at(direction))
    assert volume_ml(canvas) == pytest.approx(exact_ml, rel=0.01)
    # A flat end along the grid is off by up to half a voxel.
    off = 0.05 if name in {"column", "barrel"} else 0.02
    assert canvas.masks()["thing"].volume_ml == pytest.approx(exact_ml, rel=off)


def test_a_plate_of_even_thickness_is_a_slab_with_rounded_rims() -> None:
    plate = Plate(((0.0, 0.0, 0.0), (40.0, 0.0, 0.0), (0.0, 40.0, 0.0)), (3.0, 3.0, 3.0))

    def level(x: float, y: float, z: float) -> float:
        return float(plate.level_mm(*(np.full((1, 1, 1), value, np.float32) for value in (x, y, z)))[0, 0, 0])

    assert level(10.0, 10.0, 1.0) == pytest.approx(-2.0, abs=1e-4)
    assert level(10.0, 10.0, -5.0) == pytest.approx(2.0, abs=1e-4)
    assert level(0.0, 0.0, 3.0) == pytest.approx(0.0, abs=1e-4)
    # Beyond a rim the clipped shares are not quite those of the nearest point: never less than the distance.
    assert 2.0 - 3.0 <= level(-2.0, 15.0, 0.0) < 2.0 - 3.0 + 0.2
    assert 0.0 <= level(-3.0, 20.0, 0.0) < 0.4


def test_edge_is_linear_in_the_share_of_the_voxel_that_is_inside() -> None:
    grid = Grid((1, 1, 12), (1.0, 1.0, 1.0))
    for cut in np.linspace(4.5, 5.5, 11):
        canvas = painted(HalfSpace((float(cut), 0.0, 0.0), (1.0, 0.0, 0.0)), grid, 400.0)
        assert canvas.hu[0, 0, 5] == pytest.approx(400.0 * (cut - 4.5), abs=0.1)
        assert canvas.hu[0, 0, 4] == pytest.approx(400.0)
        assert canvas.hu[0, 0, 6] == pytest.approx(0.0)


def test_occupancy_does_not_depend_on_the_scale_of_the_level() -> None:
    level = np.random.default_rng(3).normal(size=(5, 6, 7)).astype(np.float32)
    assert np.allclose(occupancy(level), occupancy(level * 17), atol=1e-5)


def test_parts_of_a_union_are_computed_only_near_them_and_equal_the_whole() -> None:
    grid = grid_at("oblique", (1.1, 1.0, 1.6))
    parts = [Ellipsoid(A, (9.0, 9.0, 9.0)), Capsule(A, B, 4.0, 3.0)]
    window = tuple(slice(0, n) for n in grid.shape)
    united = level_over(Union(parts), grid, window)
    plain = np.minimum(*(level_over(part, grid, window) for part in parts))
    near = plain < 2.0
    assert near.sum() > 1000
    assert np.array_equal(united[near], plain[near])


def test_later_paint_takes_the_voxels_over() -> None:
    canvas = painted(Ellipsoid(CENTRE, (18.0, 18.0, 18.0)), grid_at())
    before = canvas.masks()["thing"].count
    canvas.paint(Ellipsoid(CENTRE, (9.0, 9.0, 9.0)), [Layer(Tissue(0.0))], ("core", "both"))
    masks = canvas.masks()
    assert masks["thing"].count + masks["core"].count == before
    assert masks["core"].equals(masks["both"])
    assert masks["body"].count == before


def test_texture_has_the_asked_spread() -> None:
    canvas = Canvas(Grid((60, 60, 60), (1.0, 1.0, 1.0)), 0.0, np.random.default_rng(0))
    canvas.paint(Ellipsoid((30.0, 30.0, 30.0), (80.0, 80.0, 80.0)), [Layer(Tissue(100.0, 20.0, 0.8))])
    assert canvas.hu.mean() == pytest.approx(100.0, abs=1.0)
    assert canvas.hu.std() == pytest.approx(20.0, rel=0.05)
