"""Heat against closed forms, on anisotropic voxels and with sources that do not lie on the grid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erfc

from boneir.ablation.generator import ConstantPower
from boneir.ablation.heat import heat
from boneir.ablation.medium import Held, uniform_medium
from thermal_phantom import offsets, point_source, properties, radii, shape_for, soft_ball

OFF = (0.3, -0.2, 0.4)
VOXELS = [(1.0, 1.0, 1.0), (1.0, 1.2, 1.5)]


def medium_for(name, shape, spacing):
    k, capacity, perfusion = properties(name)
    return uniform_medium(shape, spacing, conductivity=k, capacity=capacity, perfusion=perfusion)


def share_off(field, exact, chosen):
    """Mean deviation over a shell, as a share of the rise of temperature."""
    return abs(float(np.mean(field[chosen] / exact[chosen])) - 1.0)


def golden_sphere(name, r_mm, radius=5.0, surface=90.0):
    k, _, perfusion = properties(name)
    depth = math.sqrt(k / perfusion) * 1e3
    r = np.maximum(r_mm, radius)
    return 37.0 + (surface - 37.0) * radius / r * np.exp(-(r - radius) / depth)


def test_golden_numbers_of_the_held_sphere():
    assert golden_sphere("muscle", np.array([10.0, 20.0])) == pytest.approx([55.5286, 41.5291], abs=2e-3)
    assert golden_sphere("cancellous", np.array([10.0, 20.0])) == pytest.approx([54.3589, 40.7243], abs=2e-3)
    assert golden_sphere("cortical", np.array([10.0, 20.0])) == pytest.approx([56.4922, 42.2730], abs=2e-3)


@pytest.mark.parametrize(("name", "spacing", "limit"), [("cancellous", VOXELS[0], 0.01), ("muscle", VOXELS[1], 0.015)])
def test_a_sphere_that_holds_its_temperature(name, spacing, limit):
    shape = shape_for(56.0, spacing)
    r = radii(shape, spacing, OFF)
    exact = golden_sphere(name, r)
    begin = 37.0 + (exact - 37.0) * np.where(r > 5.0, 0.99, 1.0)
    made = heat(
        medium_for(name, shape, spacing), 400.0, held=(Held(r - 5.0, 90.0),), start_c=begin, perfusion_stops=False,
        period_s=20.0,
    )  # fmt: skip
    for radius in (10.0, 12.0):
        assert share_off(made.temperature_c - 37.0, exact - 37.0, np.abs(r - radius) < 0.7) < limit
    assert made.energy.error < 5e-3


def test_golden_numbers_of_the_ball_of_uniform_source():
    for name, golden in {"muscle": (48.9231, 41.1683, 38.0189), "cortical": (56.3363, 44.1114, 38.9238)}.items():
        k, _, perfusion = properties(name)
        rise = ball_rise(np.array([5.0, 10.0, 20.0]), k, perfusion)
        assert 37.0 + rise == pytest.approx(golden, abs=2e-3)


def ball_rise(r_mm, k, perfusion, q=1e6, radius_mm=5.0):
    """Outside of the ball, in the steady state."""
    depth = math.sqrt(k / perfusion) * 1e3
    x, rl = radius_mm / depth, r_mm / depth
    return q / perfusion * (x * math.cosh(x) - math.sinh(x)) * np.exp(-rl) / rl


@pytest.mark.parametrize("spacing", VOXELS)
def test_a_ball_of_uniform_source_in_the_steady_state(spacing):
    """With eight times the perfusion of muscle, so that little heat comes to the walls and it is steady soon."""
    k, capacity, perfusion = properties("muscle")
    shape = shape_for(52.0, spacing)
    r = radii(shape, spacing, OFF)
    share = soft_ball(shape, spacing, OFF, 5.0)
    medium = uniform_medium(shape, spacing, conductivity=k, capacity=capacity, perfusion=8.0 * perfusion)
    generator = ConstantPower(1.0, period_s=20.0)
    made = heat(medium, 1600.0, source=share * 1e6, generator=generator, perfusion_stops=False)
    exact = ball_rise(r, k, 8.0 * perfusion)
    for radius in (10.0, 12.0):
        assert share_off(made.temperature_c - 37.0, exact, np.abs(r - radius) < 0.7) < 0.01
    assert made.energy.error < 5e-3


GOLDEN_POINT = {"muscle": (0.18989, 3.76560, 5.75518), "cancellous": (0.18366, 5.11062, 8.06357)}


def point_rise(name, r_m, t):
    k, capacity, perfusion = properties(name)
    depth, alpha, beta = math.sqrt(k / perfusion), k / capacity, perfusion / capacity
    u, v = r_m / np.sqrt(4 * alpha * t), math.sqrt(beta * t)
    return (np.exp(-r_m / depth) * erfc(u - v) + np.exp(r_m / depth) * erfc(u + v)) / (8 * math.pi * k * r_m)


@pytest.mark.parametrize("spacing", VOXELS)
@pytest.mark.parametrize("name", GOLDEN_POINT)
def test_a_point_source_that_begins(name, spacing):
    shape = shape_for(60.0, spacing)
    r = radii(shape, spacing, OFF)
    for t, golden in zip((60.0, 300.0, 600.0), GOLDEN_POINT[name], strict=True):
        assert point_rise(name, 1e-2, t) == pytest.approx(golden, rel=1e-3)
    made = heat(
        medium_for(name, shape, spacing), 300.0, source=point_source(shape, spacing, OFF),
        generator=ConstantPower(1.0), perfusion_stops=False,
    )  # fmt: skip
    chosen = np.abs(r - 10.0) < 0.7
    assert share_off(made.temperature_c - 37.0, point_rise(name, r * 1e-3, 300.0), chosen) < 0.01
    assert made.energy.error < 5e-3
    assert made.energy.supplied_j == pytest.approx(300.0, rel=1e-5)


def gaussian_rise(name, r_m, t, q0=1e6, s=4e-3):
    k, capacity, perfusion = properties(name)
    alpha, beta = k / capacity, perfusion / capacity

    def change(tau):
        wide = s * s + 2 * alpha * tau
        return q0 / capacity * (s * s / wide) ** 1.5 * math.exp(-r_m * r_m / (2 * wide)) * math.exp(-beta * tau)

    return quad(change, 0.0, t)[0]


def test_order_of_convergence_is_two_where_all_is_smooth():
    assert gaussian_rise("muscle", 0.0, 60.0) == pytest.approx(9.28233, abs=2e-4)
    assert gaussian_rise("muscle", 1e-2, 60.0) == pytest.approx(1.01983, abs=2e-4)
    errors, steps = [], (3.0, 2.0, 1.333)
    for h in steps:
        spacing = (h, h, h)
        shape = shape_for(60.0, spacing)
        r = radii(shape, spacing, OFF)
        source = 1e6 * np.exp(-(r**2) / 32.0)
        made = heat(
            medium_for("muscle", shape, spacing), 60.0, source=source, generator=ConstantPower(1.0, period_s=0.25),
            perfusion_stops=False,
        )  # fmt: skip
        near = np.argwhere(r < 12.0)[:: max(1, int(40 / h**3))]
        exact = np.array([gaussian_rise("muscle", r[tuple(n)] * 1e-3, 60.0) for n in near])
        got = np.array([made.temperature_c[tuple(n)] for n in near]) - 37.0
        errors.append(float(np.sqrt(np.mean((got - exact) ** 2))))
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert order >= 1.8
    assert errors[-1] < 0.01 * 9.28


def test_a_half_space_whose_surface_is_held_between_two_voxels():
    k, capacity, perfusion = properties("muscle")
    medium = uniform_medium((3, 3, 80), (0.5, 1.0, 1.0), conductivity=k, capacity=capacity, perfusion=perfusion)
    x = np.broadcast_to(np.arange(80) * 0.5 - 2.17, (3, 3, 80))
    made = heat(medium, 60.0, held=(Held(x, 47.0),), perfusion_stops=False)
    depth, alpha, beta = math.sqrt(k / perfusion), k / capacity, perfusion / capacity
    d, v = np.array([x[0, 0, 14]]) * 1e-3, math.sqrt(beta * 60.0)
    u = d / math.sqrt(4 * alpha * 60.0)
    exact = 0.5 * (np.exp(-d / depth) * erfc(u - v) + np.exp(d / depth) * erfc(u + v))
    assert (made.temperature_c[1, 1, 14] - 37.0) / 10.0 == pytest.approx(float(exact[0]), abs=4e-3)


def test_one_step_shrinks_a_mode_by_exactly_its_factor():
    k, capacity, perfusion = properties("cancellous")
    shape, spacing = (14, 18, 22), (1.0, 1.3, 0.8)
    medium = uniform_medium(shape, spacing, conductivity=k, capacity=capacity, perfusion=perfusion)
    for axis in range(3):
        wall = [slice(None)] * 3
        for end in (0, -1):
            wall[axis] = end
            medium.sink[tuple(wall)] = True
    ax = [np.sin(math.pi * np.arange(n) / (n - 1)) for n in shape]
    mode = ax[0][:, None, None] * ax[1][:, None] * ax[2]
    made = heat(medium, 0.3, start_c=37.0 + mode, perfusion_stops=False, period_s=0.3)
    waves = sum(
        math.sin(math.pi / (2 * (n - 1))) ** 2 / (s * 1e-3) ** 2 for n, s in zip(shape, spacing[::-1], strict=True)
    )
    factor = (1.0 - 0.3 * 4.0 * k / capacity * waves) / (1.0 + 0.3 * perfusion / capacity)
    assert np.abs(made.temperature_c - 37.0 - factor * mode).max() < 2e-5


def test_layers_of_unlike_conductivity_carry_the_same_flux():
    conductivity = np.repeat(np.float32([0.3, 0.5, 0.0274]), 10)
    medium = uniform_medium((1, 1, 30), (1.0, 1.0, 1.0), conductivity=1.0, capacity=1e6)
    medium.conductivity[...] = conductivity
    x = np.arange(30.0)[None, None]
    bodies = (Held(x - 0.4999, 57.0), Held(28.5001 - x, 37.0))
    made = heat(medium, 60000.0, held=bodies, perfusion_stops=False, period_s=60.0)
    resistances = np.array([9.0, 10.0, 9.0]) / np.array([0.3, 0.5, 0.0274])
    way = np.interp(np.arange(1, 29), [0.5, 9.5, 19.5, 28.5], np.concatenate([[0.0], np.cumsum(resistances)]))
    assert made.temperature_c[0, 0, 1:29] == pytest.approx(57.0 - 20.0 / resistances.sum() * way, abs=0.02)


def around_vessel(r, k, q, film, r1, r2):
    """theta = -q r2/4k + C1 ln r + C2 with k theta'(r1) = h theta(r1) and theta(r2) = 0."""
    system = np.array([[k / r1 - film * math.log(r1), -film], [math.log(r2), 1.0]])
    right = np.array([q * r1 / 2 - film * q * r1**2 / (4 * k), q * r2**2 / (4 * k)])
    c1, c2 = np.linalg.solve(system, right)
    return -q * r**2 / (4 * k) + c1 * np.log(r) + c2


def test_a_vessel_with_flowing_blood_cools_its_surroundings():
    """Source between two cylinders; blood takes heat at the inner one through a film."""
    k, q, film, r1, r2 = 0.5, 2e4, 230.0, 6e-3, 24e-3
    spacing = (0.5, 0.5, 2.0)
    shape = (1, 115, 115)
    x, y, _ = offsets(shape, spacing, (0.1, -0.15, 0.0))
    r = np.sqrt(x * x + y * y) + np.zeros(shape)
    medium = uniform_medium(shape, spacing, conductivity=k, capacity=3.6e6)
    bodies = (Held(r - 1e3 * r1, 37.0, film), Held(1e3 * r2 - r, 37.0))
    made = heat(
        medium, 4000.0, source=np.full(shape, q), generator=ConstantPower(1.0, period_s=25.0), held=bodies,
        perfusion_stops=False,
    )  # fmt: skip
    chosen = (r > 8.0) & (r < 22.0)
    exact = around_vessel(r[chosen] * 1e-3, k, q, film, r1, r2)
    assert np.abs(made.temperature_c[chosen] - 37.0 - exact).max() < 0.01 * exact.max()


@pytest.mark.parametrize(("spacing", "limit"), [((0.6, 0.6, 0.6), 0.02), ((0.5, 0.5, 1.0), 0.03)])
def test_a_vessel_that_is_tilted_against_the_grid_cools_alike(spacing, limit):
    """The annulus once more, along no axis of the grid; far enough from where the walls cut it."""
    k, q, film, r1, r2 = 0.5, 1e5, 230.0, 4e-3, 10e-3
    shape = tuple(2 * round(17.0 / step) + 1 for step in spacing[::-1])
    x, y, z = offsets(shape, spacing, (0.1, -0.15, 0.05))
    along = 0.36 * x + 0.48 * y + 0.8 * z
    r = np.sqrt(np.maximum(x * x + y * y + z * z - along**2, 0.0))
    medium = uniform_medium(shape, spacing, conductivity=k, capacity=3.6e6)
    bodies = (Held(r - 1e3 * r1, 37.0, film), Held(1e3 * r2 - r, 37.0))
    made = heat(
        medium, 700.0, source=np.full(shape, q), generator=ConstantPower(1.0, period_s=10.0), held=bodies,
        perfusion_stops=False,
    )  # fmt: skip
    chosen = (r > 5.0) & (r < 9.0) & (np.abs(along) < 2.0)
    exact = around_vessel(r[chosen] * 1e-3, k, q, film, r1, r2)
    assert np.abs(made.temperature_c[chosen] - 37.0 - exact).max() < limit * exact.max()
