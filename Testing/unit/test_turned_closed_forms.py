"""Closed forms of heat, cold and current where the source lies oblique to the grid and voxels are not cubes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import erfc
from test_cold import CASES, medium, neumann
from test_electric import bipolar
from test_heat import gaussian_rise, medium_for

from boneir.ablation.cold import Stage, freeze
from boneir.ablation.generator import ConstantPower
from boneir.ablation.heat import heat
from boneir.ablation.laplace import Held as HeldFlow
from boneir.ablation.laplace import steady_flow
from boneir.ablation.medium import Held, uniform_medium
from thermal_phantom import offsets, properties, radii, shape_for

NORMAL = np.asarray([0.48, 0.6, 0.64])
"""A unit vector along none of the axes."""


def oblique(shape, spacing, beyond_mm=0.0):
    """Distance of every voxel from an oblique plane."""
    return sum(n * part for n, part in zip(NORMAL, offsets(shape, spacing), strict=True)) - beyond_mm


def test_a_gaussian_source_on_flat_voxels():
    spacing = (1.0, 1.6, 2.2)
    shape = shape_for(56.0, spacing)
    r = radii(shape, spacing, (0.3, -0.4, 0.7))
    source = 1e6 * np.exp(-(r**2) / 32.0)
    made = heat(
        medium_for("muscle", shape, spacing), 60.0, source=source, generator=ConstantPower(1.0, period_s=0.5),
        perfusion_stops=False,
    )  # fmt: skip
    near = np.argwhere(r < 10.0)[::7]
    exact = np.asarray([gaussian_rise("muscle", r[tuple(n)] * 1e-3, 60.0) for n in near])
    got = np.asarray([made.temperature_c[tuple(n)] for n in near]) - 37.0
    assert np.abs(got - exact).max() < 0.02 * 9.28
    assert made.energy.error < 5e-3


def test_a_half_space_whose_surface_is_oblique():
    k, capacity, perfusion = properties("muscle")
    spacing = (0.8, 1.0, 1.2)
    shape = shape_for(44.0, spacing)
    depth_mm = oblique(shape, spacing, -3.3)
    tissue = uniform_medium(shape, spacing, conductivity=k, capacity=capacity, perfusion=perfusion)
    made = heat(tissue, 60.0, held=(Held(depth_mm, 47.0),), perfusion_stops=False)
    reach, alpha, beta = math.sqrt(k / perfusion), k / capacity, perfusion / capacity
    inner = (radii(shape, spacing) < 9.0) & (depth_mm > 2.0)
    d, v = depth_mm[inner] * 1e-3, math.sqrt(beta * 60.0)
    u = d / math.sqrt(4 * alpha * 60.0)
    exact = 0.5 * (np.exp(-d / reach) * erfc(u - v) + np.exp(d / reach) * erfc(u + v))
    found = (made.temperature_c[inner] - 37.0) / 10.0
    assert np.interp(5.0, np.sort(d * 1e3), found[np.argsort(d)]) == pytest.approx(0.205118, abs=0.01)
    assert np.abs(found - exact).max() < 0.02


@pytest.mark.parametrize("ratio", [1.0, 1.4])
def test_oblique_layers_bend_the_flow_at_their_interface(ratio):
    """Values linear in both halves, with the same flow across: held all around, found within."""
    spacing, sigma = (0.5, 0.5 * ratio, 1.0), (0.5, 0.2)
    shape = (1, round(40.0 / spacing[1]), 80)
    turn = math.radians(25.0)
    x, y, _ = offsets(shape, spacing)
    across = math.cos(turn) * x + math.sin(turn) * y + 0.13 + np.zeros(shape)
    exact = np.where(across < 0.0, across / sigma[0], across / sigma[1])
    edge = np.ones(shape, bool)
    edge[:, 1:-1, 1:-1] = False
    flow = steady_flow(np.where(across < 0.0, *sigma), spacing, HeldFlow(edge, exact), tolerance=1e-8)
    off = np.abs(flow.values - exact)
    assert off.max() < 0.5 * max(spacing) / min(sigma)  # half a voxel of the worse layer, beside the interface
    assert off[np.abs(across) > 4.0].max() < 0.01 * np.ptp(exact)


def test_an_oblique_plane_front_of_ice():
    spacing = (1.0, 0.9, 1.1)
    shape = shape_for(46.0, spacing)
    depth_mm = oblique(shape, spacing, -8.0)
    made = freeze(medium(CASES["tissue"], shape, spacing), [Stage(120.0, -140.0)], (Held(depth_mm, -140.0),))
    _, depth = neumann(CASES["tissue"])
    inner = (radii(shape, spacing) < 9.0) & (depth_mm > 1.0)
    order = np.argsort(depth_mm[inner])
    d, t = depth_mm[inner][order], made.temperature_c[inner][order]
    for level in (-1.0, -20.0, -40.0):
        wanted = depth(level, 120.0)
        frozen = d[t <= level].max(), d[t > level].min()
        assert frozen[0] < wanted + 0.8
        assert frozen[1] > wanted - 0.8
        assert sum(frozen) / 2.0 == pytest.approx(wanted, abs=0.5)
    assert made.energy.error < 5e-3


def test_a_tilted_line_that_freezes():
    """A cylinder tilted against the grid, at the temperature that the closed form of the line has at its radius."""
    from scipy.optimize import brentq
    from scipy.special import exp1

    case, q, radius_m = CASES["tissue"], 1000.0, 3e-3
    a_s, a_l, root = case["ks"] / 1000.0 / case["cs"], case["kl"] / 1000.0 / case["cl"], 0.363334
    n2 = a_s / a_l

    def at(r, t):
        if r < 2 * root * math.sqrt(a_s * t):
            return case["tm"] - q / (4 * math.pi * case["ks"]) * (exp1(r * r / (4 * a_s * t)) - exp1(root * root))
        return case["ti"] - (case["ti"] - case["tm"]) * exp1(r * r / (4 * a_l * t)) / exp1(root * root * n2)

    spacing = (1.0, 1.1, 1.3)
    shape = shape_for(50.0, spacing)
    x, y, z = (part + np.zeros(shape) for part in offsets(shape, spacing))
    along = NORMAL[0] * x + NORMAL[1] * y + NORMAL[2] * z
    r = np.sqrt(np.maximum(x * x + y * y + z * z - along**2, 0.0))
    stages = [Stage(5.0, at(radius_m, t + 2.5)) for t in np.arange(0.0, 180.0, 5.0)]
    made = freeze(medium(case, shape, spacing), stages, (Held(r - 3.0, 0.0),))
    middle = (np.abs(along) < 5.0) & (radii(shape, spacing) < 20.0) & (r > 3.0)
    for level in (-1.0, -20.0, -40.0):
        wanted = 1e3 * brentq(lambda m, level=level: at(m, 180.0) - level, 3.2e-3, 25e-3)
        cold = made.temperature_c[middle] <= level
        found = (r[middle][cold].max() + r[middle][~cold].min()) / 2.0
        assert found == pytest.approx(wanted, abs=0.55)
    assert made.energy.error < 5e-3


@pytest.mark.parametrize("spacing", [(0.3, 0.3, 0.3), (0.25, 0.3, 0.45)])
def test_a_tilted_coaxial_field(spacing):
    inner, outer, volts, sigma = 0.75, 20.0, 40.0, 0.4
    shape = shape_for(12.0, spacing)
    x, y, z = (part + np.zeros(shape) for part in offsets(shape, spacing, (0.05, -0.07, 0.11)))
    along = NORMAL[0] * x + NORMAL[1] * y + NORMAL[2] * z
    r = np.sqrt(np.maximum(x * x + y * y + z * z - along**2, 1e-9))
    exact = volts * np.log(outer / np.maximum(r, inner)) / np.log(outer / inner)
    edge = np.ones(shape, bool)
    edge[1:-1, 1:-1, 1:-1] = False
    held = HeldFlow(edge | (r < inner), exact, np.where(edge, np.inf, r - inner))
    flow = steady_flow(np.full(shape, sigma), spacing, held, tolerance=1e-8)
    free = ~held.voxels
    assert np.abs(flow.values - exact)[free].max() < 0.02 * volts
    assert np.abs(flow.values - exact)[free & (r > 2.0)].max() < 0.005 * volts


@pytest.mark.parametrize("turn_deg", [25.0, 45.0])
def test_turned_needles_on_flat_voxels(turn_deg):
    apart, radius, volts, sigma = 20.0, 0.6, 2000.0, 0.4
    spacing = (radius / 2.5, radius / 2.0, 1.0)
    shape = (1, 2 * round(24.0 / spacing[1]), 2 * round(24.0 / spacing[0]))
    a, b, _ = offsets(shape, spacing)
    turn = math.radians(turn_deg)
    x = math.cos(turn) * a + math.sin(turn) * b + np.zeros(shape)
    y = -math.sin(turn) * a + math.cos(turn) * b + np.zeros(shape)
    distance = np.minimum(np.hypot(x - apart / 2, y), np.hypot(x + apart / 2, y)) - radius
    exact = bipolar(x, y, apart, radius, volts)
    edge = np.ones(shape, bool)
    edge[:, 1:-1, 1:-1] = False
    plus = (distance < 0) & (x > 0)
    values = np.where(edge, exact, np.where(x > 0, volts / 2, -volts / 2))
    held = HeldFlow((distance < 0) | edge, values, np.where(distance < apart / 4, distance, np.inf))
    flow = steady_flow(np.full(shape, sigma), spacing, held)
    assert flow.delivered(plus) / 1e-3 / volts == pytest.approx(0.35846, rel=0.03)
    near = np.hypot(x, y) < 2.0
    slope = np.polyfit(x[near], flow.values[near], 1)[0]
    wanted = np.polyfit(x[near], exact[near], 1)[0]
    assert slope == pytest.approx(wanted, rel=0.01)
    assert wanted * 10.0 == pytest.approx(571.54, rel=0.02)
