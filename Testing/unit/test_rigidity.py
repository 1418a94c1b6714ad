"""Rigidity of cuts against closed forms: tubes, layered beams, a tube with a hole on one side, and what a plan adds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from boneir.assessing.rigidity import assess_rigidity
from boneir.assessing.sheet import Sheet
from boneir.assessing.subject import Subject
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.plan import Cement, Screw, Technique, Trajectory, Treatment
from boneir.resources import limit
from boneir.stability.rigidity import Added, cuts_across, modulus_gpa, rigidity_of, weakest_cut

PIXEL_MM = 0.25
E_GPA = 12.0


def plane() -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the pixels of a cut of 50 mm."""
    line = np.arange(-25.0, 25.0, PIXEL_MM) + PIXEL_MM / 2
    y, x = np.meshgrid(line, line, indexing="ij")
    return y, x


def shear() -> float:
    return E_GPA / (2 * (1 + limit("stability", "poisson").amount))


def test_a_hollow_cylinder() -> None:
    y, x = plane()
    outer, inner = 14.0, 9.0
    tube = (np.hypot(x - 2.0, y + 1.0) <= outer) & (np.hypot(x - 2.0, y + 1.0) > inner)
    found = rigidity_of(np.where(tube, E_GPA, 0.0), PIXEL_MM)
    area, second = math.pi * (outer**2 - inner**2), math.pi / 4 * (outer**4 - inner**4)
    assert found.axial_kn == pytest.approx(E_GPA * area, rel=0.005)
    assert found.bending_nm2 == pytest.approx(1e-3 * E_GPA * second, rel=0.005)
    assert found.torsion_nm2 == pytest.approx(1e-3 * shear() * 2 * second, rel=0.005)


def test_a_beam_of_two_layers_bends_about_the_weighted_centre() -> None:
    y, x = plane()
    wide, high, stiff, soft = 20.0, 8.0, 12.0, 3.0
    upper = (np.abs(x) < wide / 2) & (y > 0) & (y < high)
    lower = (np.abs(x) < wide / 2) & (y > -high) & (y < 0)
    found = rigidity_of(np.where(upper, stiff, np.where(lower, soft, 0.0)), PIXEL_MM)
    area = wide * high
    centre = (stiff - soft) * high / 2 / (stiff + soft)
    about_x = sum(
        modulus * (wide * high**3 / 12 + area * (middle - centre) ** 2)
        for modulus, middle in ((stiff, high / 2), (soft, -high / 2))
    )
    about_y = (stiff + soft) * high * wide**3 / 12
    assert found.axial_kn == pytest.approx((stiff + soft) * area, rel=1e-6)
    assert found.bending_nm2 == pytest.approx(1e-3 * min(about_x, about_y), rel=1e-6)


@pytest.mark.parametrize("turn_deg", [0.0, 35.0])
def test_a_lesion_on_one_side_takes_its_part_and_moves_the_centre(turn_deg: float) -> None:
    """A round hole off the middle of a disc: the parallel axis theorem, whichever way it lies."""
    y, x = plane()
    big, small, aside = 15.0, 5.0, 7.0
    cy, cx = aside * math.sin(math.radians(turn_deg)), aside * math.cos(math.radians(turn_deg))
    sick = (np.hypot(x, y) <= big) & (np.hypot(x - cx, y - cy) > small)
    found = rigidity_of(np.where(sick, E_GPA, 0.0), PIXEL_MM)
    whole, hole = math.pi * big**2, math.pi * small**2
    centre = -hole * aside / (whole - hole)
    along = math.pi / 4 * big**4 + whole * centre**2 - math.pi / 4 * small**4 - hole * (aside - centre) ** 2
    across = math.pi / 4 * (big**4 - small**4)
    assert found.axial_kn == pytest.approx(E_GPA * (whole - hole), rel=0.005)
    assert found.bending_nm2 == pytest.approx(1e-3 * E_GPA * min(along, across), rel=0.01)
    assert found.torsion_nm2 == pytest.approx(1e-3 * shear() * (along + across), rel=0.01)


def test_the_modulus_is_the_published_power_law() -> None:
    assert modulus_gpa(np.array([1000.0]))[0] == pytest.approx(14.664 * 0.691**1.49, rel=1e-6)
    assert modulus_gpa(np.array([-200.0, 0.0])).tolist() == [0.0, 0.0]


def bone(seed: int = 0, hole: bool = False) -> tuple[Image, Mask, np.ndarray]:
    """A rod of 24 mm across and 60 mm long in an oblique grid; with a hole of 12 mm at its middle if asked."""
    matrix = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    n = 70
    first = tuple(float(v) for v in -matrix @ np.full(3, (n - 1) / 2))
    grid = Grid((n, n, n), (1.0, 1.0, 1.0), first, tuple(matrix.ravel()))
    points = grid.to_mm(np.argwhere(np.ones(grid.shape, bool))[:, ::-1]) @ matrix
    inside = (np.hypot(points[:, 0], points[:, 1]) <= 12.0) & (np.abs(points[:, 2]) <= 30.0)
    hu = np.full(len(points), 600)
    if hole:
        hu[np.linalg.norm(points, axis=1) <= 6.0] = 20
    image = Image(hu.reshape(grid.shape).astype(np.int16), grid)
    return image, Mask.of(inside.reshape(grid.shape), grid), matrix[:, 2]


def test_cuts_of_an_oblique_rod_are_alike_and_right() -> None:
    image, mask, axis = bone()
    stations, rows = cuts_across(image, mask, axis)
    middle = rows[(stations > 8) & (stations < 52)]
    modulus = modulus_gpa(np.array([600.0]))[0]
    assert middle[:, 0] == pytest.approx(modulus * math.pi * 144, rel=0.03)
    assert middle[:, 1] == pytest.approx(1e-3 * modulus * math.pi / 4 * 12**4, rel=0.06)


def test_a_hole_weakens_and_cement_and_a_screw_give_it_back() -> None:
    healthy_image, mask, axis = bone()
    image, _, _ = bone(hole=True)
    healthy = cuts_across(healthy_image, mask, axis)
    sick = weakest_cut(cuts_across(image, mask, axis), [healthy])
    modulus = modulus_gpa(np.array([600.0]))[0]
    left = 1.0 - 36.0 / 144.0 * (1.0 - modulus_gpa(np.array([20.0]))[0] / modulus)
    assert sick.axial == pytest.approx(left, abs=0.02)
    assert sick.axial < sick.bending < 1.0
    points = mask.grid.to_mm(np.argwhere(np.ones(mask.grid.shape, bool))[:, ::-1])
    ball = Mask.of((np.linalg.norm(points, axis=1) <= 6.0).reshape(mask.grid.shape), mask.grid)
    cement = Added(limit("stability", "cement_modulus").amount, ball)
    filled = weakest_cut(cuts_across(image, mask, axis, [cement]), [healthy])
    expected = 1.0 - 36.0 / 144.0 * (1.0 - cement.modulus_gpa / modulus)
    assert filled.axial == pytest.approx(min(expected, 1.0), abs=0.03)
    far, near = (tuple(float(v) for v in s * axis) for s in (28.0, -28.0))
    screw = Added(limit("stability", "screw_modulus").amount, None, Trajectory(far, near), 8.0)
    held = weakest_cut(cuts_across(image, mask, axis, [screw]), [healthy])
    assert held.axial > filled.axial > sick.axial
    gained = screw.modulus_gpa * math.pi * 16 / (modulus * math.pi * 144)
    assert held.axial == pytest.approx(left + gained, rel=0.1)


def composite(radius_mm: float, core_mm: float, shell_gpa: float, core_gpa: float) -> tuple[float, float, float]:
    """Pull in kN, bending and torsion in N m2 of a round core in a round shell, by their closed forms."""
    inner, outer = (math.pi * r**2 for r in (core_mm, radius_mm))
    pull = shell_gpa * (outer - inner) + core_gpa * inner
    bend = 1e-3 * math.pi / 4 * (shell_gpa * (radius_mm**4 - core_mm**4) + core_gpa * core_mm**4)
    return pull, bend, 2 * bend / (2 * (1 + limit("stability", "poisson").amount))


@pytest.mark.parametrize("seed", [0, 4])
def test_a_core_of_cement_and_a_screw_stiffen_as_a_composite_cylinder(seed: int) -> None:
    image, mask, axis = bone(seed)
    soft = Image((np.zeros_like(image.voxels) + 200).astype(np.int16), image.grid)
    shell = modulus_gpa(np.array([200.0]))[0]
    points = mask.grid.to_mm(np.argwhere(np.ones(mask.grid.shape, bool))[:, ::-1])
    up = points @ axis
    beside = np.linalg.norm(points - up[:, None] * axis, axis=1)
    core = Mask.of(((beside <= 7.0) & (np.abs(up) <= 29.0)).reshape(mask.grid.shape), mask.grid)
    far, near = (tuple(float(v) for v in s * axis) for s in (29.0, -29.0))
    screw = Added(limit("stability", "screw_modulus").amount, None, Trajectory(far, near), 8.0)
    cement = Added(limit("stability", "cement_modulus").amount, core)
    for added, core_mm in ((cement, 7.0), (screw, 4.0)):
        stations, rows = cuts_across(soft, mask, axis, [added])
        found = rows[(stations > 8) & (stations < 52)].mean(axis=0)
        expected = composite(12.0, core_mm, shell, added.modulus_gpa)
        plain = composite(12.0, core_mm, shell, shell)
        assert found == pytest.approx(expected, rel=0.05)
        assert np.all(found > 1.02 * np.asarray(plain))


def test_a_screw_beside_the_bone_stiffens_nothing() -> None:
    image, mask, axis = bone()
    aside = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    aside = 13.0 * aside / np.linalg.norm(aside)
    far, near = (tuple(float(v) for v in s * axis + aside) for s in (28.0, -28.0))
    screw = Added(limit("stability", "screw_modulus").amount, None, Trajectory(far, near), 1.0)
    assert np.array_equal(cuts_across(image, mask, axis, [screw])[1], cuts_across(image, mask, axis)[1])


def two_shafts() -> Case:
    """Two rods of 24 mm across beside each other; the right one has a hole at its middle."""
    grid = Grid((70, 30, 90), (1.0, 1.0, 1.0), (-44.5, -14.5, -34.5))
    points = grid.to_mm(np.argwhere(np.ones(grid.shape, bool))[:, ::-1])
    hu = np.full(len(points), 30)
    masks = {}
    for side, x in (("right", -25.0), ("left", 25.0)):
        rod = (np.hypot(points[:, 0] - x, points[:, 1]) <= 12.0) & (np.abs(points[:, 2]) <= 32.0)
        hu[rod] = 600
        masks[f"femur_{side}"] = rod
    hole = np.linalg.norm(points - [-25.0, 0.0, 0.0], axis=1) <= 7.0
    hu[hole] = 20
    outlines = {key: Mask.of(mask.reshape(grid.shape), grid) for key, mask in (masks | {"l": hole}).items()}
    sick = Lesion("l", outlines.pop("l"))
    bones = tuple(Structure(key, Role.BONE, mask, kind=key) for key, mask in outlines.items())
    return Case(Image(hu.reshape(grid.shape).astype(np.int16), grid), bones, (sick,))


@pytest.mark.parametrize(("head", "tip", "misses"), [(-14.0, -30.0, True), (30.0, -30.0, False)])
def test_fixation_that_does_not_reach_the_weakest_cut_is_told(head: float, tip: float, misses: bool) -> None:
    way = Trajectory((-25.0, 0.0, head), (-25.0, 0.0, tip))
    sheet = Sheet()
    assess_rigidity(
        Subject(two_shafts(), Treatment("l", Technique.FIXATION, screws=(Screw("Screw 1", way, 6.0),))), sheet
    )
    by_code = {item.code: item.amount for item in sheet.measures}
    found = [item for item in sheet.findings if item.code == "stability.fixation_misses"]
    assert bool(found) == misses
    if misses:
        assert by_code["stability.rigidity_axial_planned"] == pytest.approx(by_code["stability.rigidity_axial"])
        assert "screws add nothing" in found[0].text
        assert found[0].place_mm == pytest.approx((-25.0, 0.0, 0.0), abs=3.0)
    else:
        assert by_code["stability.rigidity_axial_planned"] > 1.1 * by_code["stability.rigidity_axial"]


def test_cement_without_a_forecast_is_said_to_be_unknown() -> None:
    way = Trajectory((-25.0, 30.0, 0.0), (-25.0, 0.0, 0.0))
    sheet = Sheet()
    assess_rigidity(
        Subject(two_shafts(), Treatment("l", Technique.CEMENT, cement=(Cement("1", way, 2.0, 3.0),))), sheet
    )
    assert "stability.cement_unknown" in {item.code for item in sheet.findings}
    assert not [item for item in sheet.measures if item.code.endswith("_planned")]
