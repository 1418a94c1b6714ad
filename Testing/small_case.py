"""A small case with a plan, on any grid: what the tests of scene and pictures begin with."""

from __future__ import annotations

import numpy as np

from boneir.assessment import Assessment, Measure, Zone
from boneir.case import Case, Image, ImageSource, Lesion, Role, Structure
from boneir.findings import Point
from boneir.grid import Grid, Matrix3
from boneir.mask import Mask
from boneir.plan import Cement, Plan, Probe, Technique, Trajectory, Treatment

_C, _S = float(np.cos(0.3)), float(np.sin(0.3))

DIRECTIONS: dict[str, Matrix3] = {
    "axial": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "flipped": (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0),
    "sagittal": (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "left-handed": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "oblique": (0.0, _C, _S, 0.0, -_S, _C, 1.0, 0.0, 0.0),
}

LESION_AT: Point = (12.0, 18.0, 404.0)
TIP: Point = (10.0, 12.0, 405.0)
ENTRY: Point = (30.0, 78.0, 396.0)
LESION_RADIUS_MM, ZONE_RADIUS_MM, CORD_RADIUS_MM = 9.0, 14.0, 6.0


def grid_around(centre: Point, size_mm: float, spacing: tuple[float, float, float], direction: Matrix3) -> Grid:
    """A grid of about `size_mm` in every direction, with its middle at `centre`."""
    count = [round(size_mm / step) for step in spacing]
    axes = np.asarray(direction).reshape(3, 3) * np.asarray(spacing)
    x, y, z = (float(v) for v in np.asarray(centre) - axes @ ((np.asarray(count) - 1) / 2))
    return Grid((count[2], count[1], count[0]), spacing, (x, y, z), direction)


def distances(grid: Grid, centre: Point) -> np.ndarray:
    """Distance of every voxel centre from a point, shape (k, j, i), in mm."""
    middle = grid.to_ijk(centre)[::-1]
    steps = [(np.arange(n) - m) * step for n, m, step in zip(grid.shape, middle, grid.spacing_mm[::-1], strict=True)]
    return np.sqrt(steps[0][:, None, None] ** 2 + steps[1][:, None] ** 2 + steps[2] ** 2)


def ball(grid: Grid, centre: Point, radius_mm: float) -> Mask:
    return Mask.of(distances(grid, centre) <= radius_mm, grid)


def small_case(
    direction: Matrix3 = DIRECTIONS["axial"],
    *,
    size_mm: float = 200.0,
    spacing: tuple[float, float, float] = (2.0, 2.0, 3.0),
) -> Case:
    """A round body with a round vertebra around the lesion, a cord, and a vessel in front."""
    centre: Point = (0.0, 0.0, 400.0)
    grid = grid_around(centre, size_mm, spacing, direction)
    body = ball(grid, centre, 85.0)
    bone = ball(grid, LESION_AT, 22.0)
    lesion = ball(grid, LESION_AT, LESION_RADIUS_MM)
    voxels = np.full(grid.shape, -1000, np.int16)
    for mask, value in ((body, 40), (bone, 700), (lesion, 60)):
        voxels[mask.full()] = value
    origin = "phantom; a|b: 1"
    structures = (
        Structure("body", Role.BODY, body, "body", origin),
        Structure("bone", Role.BONE, bone, "bone", origin),
        Structure(
            "spinal_canal", Role.CRITICAL, ball(grid, (-22.0, 30.0, 402.0), CORD_RADIUS_MM), "spinal_canal", sure=False
        ),
        Structure("aorta", Role.CRITICAL, ball(grid, (10.0, -25.0, 402.0), 9.0), "aorta", origin),
        Structure("drain", Role.PASSABLE, Mask.of(np.zeros(grid.shape, bool), grid), "", origin),
    )
    source = ImageSource(path="phantom", patient_name="Doe^J; \u00fc", slice_thickness_mm=3.0)
    return Case(Image(voxels, grid, source=source), structures, (Lesion("lesion-1", lesion, "drawn"),))


def small_plan(case: Case) -> Plan:
    probe = Probe("1", "emprint", Trajectory(ENTRY, TIP), power_w=100.0, duration_s=300.0)
    cannula = Cement("c1", Trajectory((-20.0, 80.0, 398.5), (8.123456789, 22.0, 404.0)), volume_ml=3.0, diameter_mm=3.4)
    treatment = Treatment("lesion-1", Technique.MICROWAVE, probes=(probe,), cement=(cannula,))
    return Plan(
        "plan-1", (treatment,), case.image.uid, approach="left", reasons=("shortest \u2013 way",), note='a "b"\nc'
    )


def small_assessment(case: Case, plan: Plan) -> Assessment:
    grid = case.image.grid
    zone = Zone("zone 1", "1", ball(grid, LESION_AT, ZONE_RADIUS_MM), inner=ball(grid, LESION_AT, 12.0), medium="gel")
    length = Measure("access.length", "Length from skin to tip", plan.probes[0].trajectory.length_mm, "mm", "1")
    return Assessment(plan.uid, case.uid, (length,), (), (zone,))
