"""Electric fields against closed forms: coaxial and parallel cylinders, sphere and spheroid, Kohlrausch's identity."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.ablation.electric import ElectricField, RadiofrequencySource, electric_field, sigma_at
from boneir.ablation.electrodes import Electrode, Rod, place
from boneir.ablation.laplace import Held, Walls, steady_flow
from boneir.errors import PlanError
from boneir.grid import Grid
from small_case import DIRECTIONS, grid_around

SIGMA = 0.4


def in_plane(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the voxel centres of a grid with identity direction, shape (1, j, i)."""
    j, i = np.indices(grid.shape[1:])
    points = grid.to_mm(np.stack([i, j, np.zeros_like(i)], axis=-1))
    return points[None, ..., 0], points[None, ..., 1]


def slab(half_mm: tuple[float, float], step: tuple[float, float]) -> Grid:
    """One layer of voxels around the origin, never with a centre on it."""
    count = [2 * round(half / s) for half, s in zip(half_mm, step, strict=True)]
    origin = [-(n - 1) / 2 * s for n, s in zip(count, step, strict=True)]
    return Grid((1, count[1], count[0]), (*step, 1.0), (*origin, 0.0))


@pytest.mark.parametrize("step", [(0.25, 0.25), (0.2, 0.3)])
def test_coaxial_cylinders(step) -> None:
    inner, outer, volts = 0.75, 20.0, 40.0
    grid = slab((21.0, 21.0), step)
    x, y = in_plane(grid)
    r = np.hypot(x, y)
    distance = np.minimum(r - inner, outer - r)
    held = Held(distance < 0, np.where(r < 10, volts, 0.0), distance)
    flow = steady_flow(np.full(grid.shape, SIGMA), grid.spacing_mm, held)
    power_per_m = volts * flow.delivered(r < inner) / 1e-3
    golden = 2 * np.pi * SIGMA * volts**2 / np.log(outer / inner)
    assert golden == pytest.approx(1224.71, abs=0.01)
    assert power_per_m == pytest.approx(golden, rel=0.01)
    assert flow.dissipated().sum() / 1e-3 == pytest.approx(power_per_m, rel=1e-4)
    exact = volts * np.log(outer / np.clip(r, inner, outer)) / np.log(outer / inner)
    assert np.abs(flow.values - exact)[~held.voxels].max() < 0.01 * volts


def test_field_strength_between_coaxial_cylinders() -> None:
    inner, outer, volts = 0.75, 20.0, 40.0
    grid = grid_around((0.0, 0.0, 0.0), 12.0, (0.25, 0.25, 2.0), DIRECTIONS["axial"])
    k, j, i = np.indices(grid.shape)
    points = grid.to_mm(np.stack([i, j, k], axis=-1))
    r = np.hypot(points[..., 0], points[..., 1])
    # The outer potential of the closed form is imposed where the small grid ends.
    edge = (r > 5.5) | (r < inner)
    exact = volts * np.log(outer / np.maximum(r, inner)) / np.log(outer / inner)
    sigma = np.full(grid.shape, SIGMA)
    flow = steady_flow(sigma, grid.spacing_mm, Held(edge, exact, np.where(r < 3, r - inner, np.inf)))
    mine = ElectricField(flow, sigma, edge.astype(np.uint8), (volts,), True, grid).strength_v_m()
    ring = (np.abs(r - 5.0) < 0.2) & (np.abs(points[..., 2]) < 4)
    golden = volts / (5.0e-3 * np.log(outer / inner))
    assert golden / 100 == pytest.approx(24.365, abs=0.001)
    assert np.median(mine[ring] * r[ring] / 5.0) == pytest.approx(golden, rel=0.01)
    band = (r > 2.0) & (r < 5.0)
    wanted = volts / (r[band] * 1e-3 * np.log(outer / inner))
    assert np.abs(mine[band] / wanted - 1).max() < 0.03


def bipolar(x: np.ndarray, y: np.ndarray, distance_mm: float, radius_mm: float, volts: float) -> np.ndarray:
    c = np.sqrt(distance_mm**2 / 4 - radius_mm**2)
    turn = np.arccosh(distance_mm / (2 * radius_mm))
    return volts / (4 * turn) * np.log(((x + c) ** 2 + y**2) / ((x - c) ** 2 + y**2))


@pytest.mark.parametrize(
    ("apart", "radius", "volts", "middle", "reach", "conductance"),
    [
        (10.0, 0.35, 1000.0, 598.27, 3.512, 0.37498),
        (20.0, 0.6, 2000.0, 571.54, 6.537, 0.35846),
        (30.0, 0.9, 3000.0, 571.54, 9.805, 0.35846),
    ],
)
def test_parallel_needles(apart, radius, volts, middle, reach, conductance) -> None:
    step = radius / 2.5
    grid = slab((1.4 * apart, apart), (step, step))
    x, y = in_plane(grid)
    distance = np.minimum(np.hypot(x - apart / 2, y), np.hypot(x + apart / 2, y)) - radius
    exact = bipolar(x, y, apart, radius, volts)
    edge = np.ones(grid.shape, bool)
    edge[:, 1:-1, 1:-1] = False
    plus, minus = (distance < 0) & (x > 0), (distance < 0) & (x < 0)
    values = np.where(edge, exact, np.where(x > 0, volts / 2, -volts / 2))
    held = Held(plus | minus | edge, values, np.where(distance < apart / 4, distance, np.inf))
    flow = steady_flow(np.full(grid.shape, SIGMA), grid.spacing_mm, held)
    per_m = flow.delivered(plus) / 1e-3 / volts
    c, turn = np.sqrt(apart**2 / 4 - radius**2), np.arccosh(apart / (2 * radius))
    assert np.pi * SIGMA / turn == pytest.approx(conductance, abs=1e-5)
    assert per_m == pytest.approx(conductance, rel=0.03)
    assert volts / (turn * c) * 10 == pytest.approx(middle, abs=0.01)
    row = flow.values[0, :, :]
    n = grid.shape[2] // 2
    across = (row[:, n - 1] - row[:, n]) / (step / 1000.0)
    strengths, rows = np.abs(across) / 100, y[0, :, 0]
    assert np.interp(0.0, rows, strengths) == pytest.approx(middle, rel=0.01)
    outer = rows > 0
    found = np.interp(-400.0, -strengths[outer], rows[outer])
    assert np.sqrt(volts * c / turn * 10 / 400.0 - c**2) == pytest.approx(reach, abs=0.002)
    assert found == pytest.approx(reach, abs=0.02 * apart)


@pytest.mark.parametrize("direction", ["axial", "oblique", "left-handed"])
@pytest.mark.parametrize("spacing", [(2.0, 2.0, 2.0), (1.5, 1.5, 2.5)])
def test_sphere_in_an_endless_medium(direction, spacing) -> None:
    centre = (3.3, -2.7, 400.4)
    grid = grid_around((3.0, -3.0, 400.0), 80.0, spacing, DIRECTIONS[direction])
    ball = Electrode("ball", (Rod(centre, centre, 5.0),))
    field = electric_field(np.full(grid.shape, SIGMA), grid, [ball], [40.0])
    golden = 1 / (4 * np.pi * SIGMA * 5e-3)
    assert golden == pytest.approx(39.789, abs=1e-3)
    assert field.resistance_ohm() == pytest.approx(golden, rel=0.03)
    k, j, i = np.indices(grid.shape)
    r = np.linalg.norm(grid.to_mm(np.stack([i, j, k], axis=-1)) - centre, axis=-1)
    outside = (r > 10.0) & (r < 30.0)
    assert np.abs(field.potential_v[outside] * r[outside] / 200.0 - 1).max() < 0.03
    heat, wanted = field.heating_w_m3()[outside].sum(), (SIGMA * 40.0**2 * 25e-6 / (r[outside] * 1e-3) ** 4).sum()
    assert heat == pytest.approx(wanted, rel=0.03)
    strength = field.strength_v_m()[outside] * (r[outside] * 1e-3) ** 2
    assert np.abs(strength / (40.0 * 5e-3) - 1).max() < 0.06


@pytest.mark.parametrize("turned", [False, True])
def test_spheroid_in_an_endless_medium(turned) -> None:
    """A needle of 20 mm and 1.5 mm as a prolate spheroid, along an axis of the grid and across all of them."""
    b, a = 10.0, 0.75
    f = np.sqrt(b * b - a * a)
    golden = np.log((b / f + 1) / (b / f - 1)) / (8 * np.pi * SIGMA * f * 1e-3)
    assert golden == pytest.approx(65.48, abs=0.01)
    axis = np.array([1.0, 1.0, 1.0]) / np.sqrt(3) if turned else np.array([1.0, 0.0, 0.0])
    step = 0.375
    n = 72
    offsets = (np.arange(n) - (n - 1) / 2) * step
    z, y, x = np.meshgrid(offsets, offsets, offsets, indexing="ij")
    along = x * axis[0] + y * axis[1] + z * axis[2]
    across = np.sqrt(np.maximum(x**2 + y**2 + z**2 - along**2, 0))
    level = np.sqrt((along / b) ** 2 + (across / a) ** 2)
    slope = np.sqrt((along / b**2) ** 2 + (across / a**2) ** 2) / np.maximum(level, 1e-9)
    distance = (level - 1) / np.maximum(slope, 1e-9)
    xi = (np.hypot(across, along - f) + np.hypot(across, along + f)) / (2 * f)
    exact = np.log((xi + 1) / np.maximum(xi - 1, 1e-9)) / np.log((b / f + 1) / (b / f - 1))
    # The small grid ends with the potential of the closed form.
    edge = np.ones((n, n, n), bool)
    edge[1:-1, 1:-1, 1:-1] = False
    inside = distance < 0
    flow = steady_flow(
        np.full((n, n, n), SIGMA), (step,) * 3,
        Held(edge | inside, np.where(inside, 1.0, exact), np.where(level < 4, distance, np.inf)),
    )  # fmt: skip
    assert 1.0 / flow.delivered(inside) == pytest.approx(golden, rel=0.03)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 1.2, 2.0)])
def test_kohlrausch_for_two_needles(spacing) -> None:
    """Heat at rest around electrodes at body temperature: sigma / 2k * phi (V0 - phi), whatever their shape."""
    volts, k = 40.0, 0.5
    grid = grid_around((0.0, 0.0, 0.0), 40.0, spacing, DIRECTIONS["oblique"])
    rods = [Rod((x, -8.0, 3.0), (x + 2.0, 8.0, -4.0), 1.3) for x in (-7.3, 6.1)]
    needles = [Electrode(str(n), (rod,)) for n, rod in enumerate(rods)]
    sigma = np.full(grid.shape, SIGMA)
    field = electric_field(sigma, grid, needles, [volts, 0.0], walls=Walls.INSULATED, tolerance=1e-10)
    placed = place(needles, grid)
    power_w = field.heating_w_m3(into_electrodes=True) * grid.voxel_ml * 1e-6
    held = Held(placed.labels > 0, 0.0, placed.distance_mm)
    warm = steady_flow(np.full(grid.shape, k), grid.spacing_mm, held, source=power_w, tolerance=1e-10)
    exact = SIGMA / (2 * k) * field.potential_v * (volts - field.potential_v)
    assert SIGMA * volts**2 / (8 * k) == pytest.approx(160.0)
    assert exact.max() > 155.0
    assert np.abs(warm.values - exact).max() < 2e-3
    assert field.heating_w_m3().sum() * grid.voxel_ml * 1e-6 == pytest.approx(field.power_w(), rel=1e-6)


def test_current_and_power_balance_in_bone_and_muscle() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 48.0, (1.0, 1.0, 1.5), DIRECTIONS["sagittal"])
    k, j, i = np.indices(grid.shape)
    sigma = np.choose((k // 8 + j // 9 + i // 7) % 4, [0.4425, 0.0221, 0.0866, 0.0043]).astype(float)
    needles = [Electrode(n, (Rod((x, -6.0, 1.0), (x, 6.0, 0.0), 1.2),)) for n, x in (("a", -8.0), ("b", 8.0))]
    field = electric_field(sigma, grid, needles, [60.0, -60.0], walls=Walls.INSULATED)
    out, back = field.currents_a()
    assert out == pytest.approx(-back, rel=5e-3)
    assert field.heating_w_m3().sum() * grid.voxel_ml * 1e-6 == pytest.approx(field.power_w(), rel=5e-3)
    assert field.resistance_ohm() == pytest.approx(120.0 / out, rel=5e-3)
    assert not field.heating_w_m3()[field.labels > 0].any()
    shared = field.heating_w_m3(into_electrodes=True)
    assert shared[field.labels > 0].any()
    assert shared.sum() == pytest.approx(field.heating_w_m3().sum(), rel=1e-12)
    scaled = field.at_power(15.0)
    assert scaled.power_w() == pytest.approx(15.0, rel=1e-6)
    assert scaled.resistance_ohm() == pytest.approx(field.resistance_ohm(), rel=1e-9)
    assert scaled.heating_w_m3().sum() * grid.voxel_ml * 1e-6 == pytest.approx(15.0, rel=5e-3)


def test_tines_deliver_more_at_the_same_voltage_than_one_needle() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 60.0, (1.0, 1.0, 1.0), DIRECTIONS["axial"])
    shaft = Rod((0.0, 0.0, 0.0), (0.0, 0.0, 12.0), 1.0)
    tines = tuple(
        Rod((0.0, 0.0, 0.0), (12 * np.cos(t), 12 * np.sin(t), -9.0), 0.9) for t in np.arange(3) * 2 * np.pi / 3
    )
    sigma = np.full(grid.shape, SIGMA)
    single = electric_field(sigma, grid, [Electrode("1", (shaft,))], [30.0])
    many = electric_field(sigma, grid, [Electrode("1", (shaft, *tines))], [30.0])
    assert many.resistance_ohm() < 0.7 * single.resistance_ohm()
    # Equal potential on every tine: nothing falls between their voxels.
    assert np.ptp(many.potential_v[many.labels > 0]) == 0.0


def test_conductivity_rises_with_warmth_and_falls_when_dry() -> None:
    sigma = sigma_at(np.full(5, 0.4), np.array([37.0, 47.0, 99.0, 105.0, 130.0]), rise_per_k=0.02)
    assert sigma[0] == pytest.approx(0.4)
    assert sigma[1] == pytest.approx(0.48)
    assert sigma[2] == pytest.approx(0.4 * (1 + 0.02 * 62))
    assert sigma[3] == sigma[4] == pytest.approx(0.01 * 0.4 * (1 + 0.02 * 63))


def test_a_generator_rolls_off_when_the_tissue_dries() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 40.0, (1.0, 1.0, 1.0), DIRECTIONS["axial"])
    needle = Electrode("1", (Rod((-8.0, 0.2, 0.3), (8.0, 0.2, 0.3), 1.0),))
    source = RadiofrequencySource(np.full(grid.shape, SIGMA), grid, [needle], most_voltage_v=60.0)
    cool = np.full(grid.shape, 37.0)
    heating, cold = source.heating(cool, 20.0)
    inside = heating.sum() * grid.voxel_ml * 1e-6
    assert cold.power_w == 20.0
    # The rest of the power is lost beyond the walls.
    assert 0.75 * 20.0 < inside < 20.0
    assert cold.voltage_v == pytest.approx(np.sqrt(20.0 * cold.resistance_ohm))
    _, warm = source.heating(cool + 20.0, 20.0)
    assert warm.resistance_ohm == pytest.approx(cold.resistance_ohm / (1 + 0.0175 * 20), rel=2e-3)
    k, j, i = np.indices(grid.shape)
    points = grid.to_mm(np.stack([i, j, k], axis=-1))
    hot = np.where(needle.rods[0].distance_mm(points) < 2.5, 120.0, 60.0)
    _, dry = source.heating(hot, 20.0)
    assert dry.resistance_ohm > 5 * cold.resistance_ohm
    assert dry.power_w < 20.0
    assert dry.voltage_v == pytest.approx(60.0)


def test_what_cannot_be_driven_is_refused() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 30.0, (1.0, 1.0, 1.0), DIRECTIONS["axial"])
    sigma = np.full(grid.shape, SIGMA)
    one = Electrode("1", (Rod((-5.0, 0.0, 0.0), (5.0, 0.0, 0.0), 1.0),))
    with pytest.raises(PlanError, match="one for each"):
        electric_field(sigma, grid, [one], [1.0, 2.0])
    with pytest.raises(PlanError, match="same voltage"):
        electric_field(sigma, grid, [one], [5.0], walls=Walls.INSULATED)
    with pytest.raises(PlanError, match="no voxel"):
        electric_field(sigma, grid, [Electrode("far", (Rod((99.0, 0.0, 0.0), (99.0, 5.0, 0.0), 1.0),))], [5.0])
    with pytest.raises(PlanError, match="touches"):
        electric_field(sigma, grid, [one, Electrode("2", one.rods)], [5.0, 0.0])
    with pytest.raises(PlanError, match="does not conduct"):
        electric_field(0 * sigma, grid, [one], [5.0])
    with pytest.raises(PlanError, match="0 or more"):
        electric_field(sigma, grid, [one], [5.0]).at_power(-1.0)
