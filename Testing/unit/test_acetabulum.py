"""Walls of an acetabulum against caps of known size on a ball and a socket."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from boneir.assessing.acetabulum import assess_acetabulum
from boneir.assessing.sheet import Sheet
from boneir.assessing.subject import Subject
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.errors import OutlineError
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.plan import Technique, Treatment
from boneir.stability.acetabulum import Acetabulum, Wall, acetabulum_with
from boneir.stability.scores import Harrington

HEAD_MM, GAP_MM, WALL_MM = 22.0, 3.0, 10.0
MIDDLE = HEAD_MM + GAP_MM / 2
CENTRES = {"left": np.array([80.0, 5.0, -3.0]), "right": np.array([-80.0, 4.0, -1.0])}
TURN = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]


@cache
def grid(side: str, turned: bool) -> Grid:
    shape, spacing = ((84, 84, 76) if turned else (66, 72, 60)), (1.25, 1.0, 1.1)
    axes = TURN if turned else np.eye(3)
    first = CENTRES[side] - axes @ ((np.array(shape[::-1]) - 1) / 2 * spacing)
    return Grid(shape, spacing, tuple(float(v) for v in first), tuple(axes.ravel()))


@cache
def joint(up_deg: float, medial_deg: float, turned: bool = False, hu: int = 30, side: str = "right") -> Case:
    """A ball in a socket that is open to the side; caps around straight up and straight medial are gone."""
    there = grid(side, turned)
    offset = there.to_mm(np.argwhere(np.ones(there.shape, bool))[:, ::-1]) - CENTRES[side]
    apart = np.linalg.norm(offset, axis=1)
    ways = offset / np.maximum(apart, 1e-9)[:, None]
    medial = ways[:, 0] * (-1 if side == "left" else 1)
    head = apart <= HEAD_MM
    socket = (apart >= HEAD_MM + GAP_MM) & (apart <= HEAD_MM + GAP_MM + WALL_MM) & (medial > -0.6)
    up, inward = (math.cos(math.radians(angle)) for angle in (up_deg, medial_deg))
    lesion = socket & ((ways[:, 2] > up) | (medial > inward))
    numbers = np.where(lesion, hu, np.where(head | socket, 500, 40)).astype(np.int16)
    masks = {f"femur_{side}": head, f"hip_{side}": socket & ~lesion, "l": lesion}
    outlines = {key: Mask.of(mask.reshape(there.shape), there) for key, mask in masks.items()}
    sick = Lesion("l", outlines.pop("l"))
    made = [Structure(key, Role.BONE, mask, kind=key) for key, mask in outlines.items()]
    return Case(Image(numbers.reshape(there.shape), there), tuple(made), (sick,))


def found(case: Case, side: str = "right") -> Acetabulum:
    bones = {item.name: item.mask for item in case.structures}
    return acetabulum_with(case.image, case.lesions[0].mask, bones, side)


def cap(degrees: float) -> float:
    return 1.0 - math.cos(math.radians(degrees))


@pytest.mark.parametrize("turned", [False, True])
def test_the_ball_lies_in_the_joint_space(turned: bool) -> None:
    ball = found(joint(30.0, 0.0, turned)).ball
    assert np.linalg.norm(np.asarray(ball.centre_mm) - CENTRES["right"]) <= 1.0
    assert ball.radius_mm == pytest.approx(MIDDLE, abs=1.0)


@pytest.mark.parametrize(
    ("up_deg", "medial_deg", "roof", "medial", "expected"),
    [
        (15.0, 0.0, cap(15) / cap(45), 0.0, Harrington.I),
        (0.0, 32.0, 0.0, cap(32) / cap(45), Harrington.II),
        (34.0, 32.0, cap(34) / cap(45), cap(32) / cap(45), Harrington.III),
        (34.0, 0.0, cap(34) / cap(45), 0.0, None),
    ],
)
def test_caps_of_known_size_are_lost_and_give_the_class(
    up_deg: float, medial_deg: float, roof: float, medial: float, expected: Harrington | None
) -> None:
    walls = found(joint(up_deg, medial_deg))
    assert walls.walls[Wall.ROOF].lost_share == pytest.approx(roof, abs=0.05)
    assert walls.walls[Wall.MEDIAL].lost_share == pytest.approx(medial, abs=0.05)
    assert walls.walls[Wall.ROOF].open_share == pytest.approx(roof, abs=0.05)
    for wall in (Wall.RIM, Wall.ANTERIOR, Wall.POSTERIOR):
        assert walls.walls[wall].lost_share <= 0.02
        assert walls.walls[wall].left_mm == pytest.approx(WALL_MM, abs=1.5)
    assert walls.harrington() == expected
    assert walls.harrington(resection_for_cure=True) == Harrington.IV


def test_turning_the_grid_changes_nothing() -> None:
    plain, turned = (found(joint(34.0, 32.0, item)) for item in (False, True))
    for wall in Wall:
        assert turned.walls[wall].lost_share == pytest.approx(plain.walls[wall].lost_share, abs=0.05)


def test_dense_bone_in_a_lesion_is_not_lost() -> None:
    assert not found(joint(34.0, 32.0, False, 600)).is_reached


def test_the_left_side_is_as_the_right() -> None:
    left, right = (found(joint(34.0, 32.0, False, 30, side), side) for side in ("left", "right"))
    for wall in Wall:
        assert left.walls[wall].lost_share == pytest.approx(right.walls[wall].lost_share, abs=0.04)


def test_an_image_that_ends_below_the_head_says_nothing_of_what_it_does_not_show() -> None:
    case = joint(15.0, 0.0)
    low = int(np.rint(case.image.grid.to_ijk(CENTRES["right"] + [0, 0, 4.0])[2]))
    shape = (case.image.grid.shape[0] - low, *case.image.grid.shape[1:])
    there = case.image.grid.window((low, 0, 0), shape)
    image = Image(case.image.voxels[low:].copy(), there)
    bones = {item.name: Mask.of(item.mask.full()[low:], there) for item in case.structures}
    seen = acetabulum_with(image, Mask.of(case.lesions[0].mask.full()[low:], there), bones, "right")
    assert Wall.ROOF in seen.walls
    assert Wall.ANTERIOR not in seen.walls
    assert Wall.POSTERIOR not in seen.walls


def test_what_is_no_ball_and_socket_is_refused() -> None:
    case = joint(15.0, 0.0)
    bones = {item.name: item.mask for item in case.structures}
    there = case.image.grid
    bones["femur_right"] = Mask.of(np.arange(there.shape[0])[:, None, None] + np.zeros(there.shape) < 1, there)
    with pytest.raises(OutlineError, match="femoral head"):
        acetabulum_with(case.image, case.lesions[0].mask, bones, "right")


def test_an_assessment_names_the_class_and_asks_for_what_no_image_tells() -> None:
    sheet = Sheet()
    assess_acetabulum(Subject(joint(34.0, 32.0), Treatment("l", Technique.CEMENT)), sheet)
    by_code = {item.code: item for item in sheet.measures}
    assert by_code["stability.harrington"].amount == 3.0
    assert "IV if" in by_code["stability.harrington"].note
    assert by_code["stability.wall_roof"].amount == pytest.approx(100 * cap(34) / cap(45), abs=5)
    assert any(item.code == "stability.acetabulum" and "roof" in item.text for item in sheet.findings)
    assert any("cure" in item.text for item in sheet.findings)


def test_without_a_femur_it_is_said_that_the_walls_were_not_measured() -> None:
    case = joint(34.0, 0.0)
    bare = Case(case.image, tuple(s for s in case.structures if s.name != "femur_right"), case.lesions)
    sheet = Sheet()
    assess_acetabulum(Subject(bare, Treatment("l", Technique.CEMENT)), sheet)
    assert [item.code for item in sheet.findings] == ["stability.no_joint"]
    assert not sheet.measures


def test_nothing_is_said_of_bone_away_from_the_joint() -> None:
    case = joint(34.0, 0.0)
    only = Case(case.image, tuple(s for s in case.structures if s.name == "femur_right"), case.lesions)
    sheet = Sheet()
    assess_acetabulum(Subject(only, Treatment("l", Technique.CEMENT)), sheet)
    assert not sheet.findings
    assert not sheet.measures
