"""Cement pressed through bone: laws of the injected ball, of layers and of pressure; nothing lost."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.cement.darcy import CementFluid, inject, usual_cement
from boneir.cement.percolation import percolate
from boneir.errors import BoneIRError, PlanError
from cement_blocks import block

EVEN = CementFluid(100.0, 1e12, 1.0)
"""Neither shear nor time change it."""
TWO_PERCENT = 0.02


def at(medium, ijk):
    return tuple(float(v) for v in medium.grid.to_mm(ijk))


@pytest.mark.parametrize("step_mm", [0.8, 1.0])
def test_an_injected_ball_grows_as_its_volume_says(step_mm):
    medium = block((36, 36, 36), step_mm, share=0.8)
    middle = (17, 17, 17)
    k, j, i = (np.indices(medium.bone.shape) - 17) * step_mm
    for volume in (1.0, 2.0, 4.0):
        found = inject(medium, [at(medium, middle)], volume, cement=EVEN)
        assert found.filled_ml == pytest.approx(volume, rel=1e-9)
        radius = (3 * volume * 1000 / (4 * np.pi * 0.8)) ** (1 / 3)
        weight = found.share
        spread = np.sqrt(5 / 3 * (weight * (k**2 + j**2 + i**2)).sum() / weight.sum())
        assert spread == pytest.approx(radius, rel=TWO_PERCENT)
        along = [float(np.sqrt(5 * (weight * axis**2).sum() / weight.sum())) for axis in (k, j, i)]
        assert along == pytest.approx([radius] * 3, rel=TWO_PERCENT)


def test_an_anisotropic_ball_is_an_ellipsoid():
    medium = block((44, 40, 40), share=1.0, across=(1.0, 0.5, 0.5))
    found = inject(medium, [at(medium, (19, 19, 21))], 4.0, cement=EVEN)
    offsets = np.indices(medium.bone.shape) - np.asarray((21, 19, 19)).reshape(3, 1, 1, 1)
    k, j, i = (float(np.sqrt((found.share * axis**2).sum())) for axis in offsets)
    # From a point, what flows gets as far along an axis as the root of its permeability.
    assert k / j == pytest.approx(np.sqrt(2.0), rel=0.03)
    assert j == pytest.approx(i, rel=1e-6)


def slab(speeds, length=44):
    """Two layers side by side, parted by a closed wall, and their common inlet."""
    speed = np.zeros((9, 15, length))
    speed[:, 2:7, :], speed[:, 8:13, :] = speeds
    medium = block(speed.shape, speed=speed)
    tips = [at(medium, (2, j, k)) for k in range(2, 7) for j in (*range(2, 7), *range(8, 13))]
    return medium, tips


@pytest.mark.parametrize("ratio", [2.0, 4.0, 9.0])
def test_fronts_in_two_layers_are_as_the_roots_of_their_permeabilities(ratio):
    medium, tips = slab((1.0, 1.0 / ratio))
    found = inject(medium, tips, 1.2, cement=EVEN)
    lengths = [found.share[4, rows, 3:].sum(axis=1).mean() for rows in (slice(2, 7), slice(8, 13))]
    # The way begins in the middle of the inlet's voxel, so the front starts half a voxel from there: x^2 - 1/4 ~ K t.
    squares = [(length + 0.5) ** 2 - 0.25 for length in lengths]
    assert np.sqrt(squares[0] / squares[1]) == pytest.approx(np.sqrt(ratio), rel=TWO_PERCENT)
    assert found.filled_ml == pytest.approx(1.2, rel=1e-9)


def test_pressure_is_that_of_darcy_and_doubles_with_curing():
    medium, tips = slab((1.0, 1.0))
    rate = 0.02
    even = inject(medium, tips, 1.5, cement=EVEN, flow_ml_s=rate)
    curing = inject(medium, tips, 1.5, cement=CementFluid(100.0, 10.0, 1.0), flow_ml_s=rate)
    permeability = 4.45e-8 / 0.6
    area = 50e-6
    # The front runs ahead of the inlet's own voxels; half a voxel lies between their centres and their faces.
    length = (even.volume_ml[-1] * 1e-6 / area) - 0.5e-3
    expected = 100.0 * rate * 1e-6 * length / (permeability * area) / 1000.0
    assert even.pressure_kpa[-1] == pytest.approx(expected, rel=TWO_PERCENT)
    grown = curing.pressure_kpa / even.pressure_kpa
    assert grown == pytest.approx(2.0 ** (curing.volume_ml / rate / 10.0), rel=1e-3)


def test_layers_one_behind_the_other_add_their_resistance():
    speed = np.ones((9, 9, 40))
    speed[:, :, 20:] = 0.25
    medium = block(speed.shape, speed=speed)
    tips = [at(medium, (2, j, k)) for k in range(2, 7) for j in range(2, 7)]
    found = inject(medium, tips, 0.8, cement=EVEN, flow_ml_s=0.02)
    front = found.volume_ml[-1] * 1e-6 / 25e-6
    permeability = 4.45e-8 / 0.6
    resistance = 17.5e-3 / permeability + (front - 18e-3) / (0.25 * permeability)
    assert found.pressure_kpa[-1] == pytest.approx(100.0 * 0.02e-6 / 25e-6 * resistance / 1000.0, rel=TWO_PERCENT)


def test_cement_that_thins_under_shear_needs_less_pressure_but_loses_nothing():
    medium = block((30, 30, 30))
    thin = inject(medium, [at(medium, (14, 14, 14))], 2.0, cement=CementFluid(100.0, 1e12, 0.6))
    even = inject(medium, [at(medium, (14, 14, 14))], 2.0, cement=EVEN)
    assert thin.filled_ml == pytest.approx(2.0, rel=1e-9)
    shear = CementFluid(100.0, 1e12, 0.6).viscosity(np.asarray([1.0, 100.0]), 0.0)
    assert shear == pytest.approx([100.0, 100.0 * 100.0**-0.4])
    assert thin.shape().sum() == pytest.approx(even.shape().sum(), rel=0.03)


def test_dense_bone_is_gone_around():
    speed = np.ones((30, 30, 30))
    speed[:, :, 18:] = 1e-3
    medium = block(speed.shape, speed=speed)
    found = inject(medium, [at(medium, (14, 14, 14))], 3.0, cement=usual_cement())
    assert found.filled_ml == pytest.approx(3.0, rel=1e-9)
    assert (found.share[:, :, 18:] * medium.capacity_ml[:, :, 18:]).sum() < 0.05


def test_what_does_not_fit_is_refused():
    medium = block((10, 10, 10))
    with pytest.raises(BoneIRError, match=r"takes 0\.2 mL"):
        inject(medium, [at(medium, (5, 5, 5))], 1.0, cement=EVEN)
    with pytest.raises(PlanError, match="above zero"):
        inject(medium, [at(medium, (5, 5, 5))], 0.0)


def test_percolation_is_a_stress_on_leaks():
    from boneir.cement.front import fill

    rng = np.random.default_rng(1)
    speed = np.exp(rng.normal(0.0, 0.5, (30, 30, 30)))
    speed[14:16, 14:16, 14:] = 20.0  # a channel
    medium = block(speed.shape, speed=speed)
    tip, end = at(medium, (14, 14, 14)), np.zeros(medium.bone.shape, bool)
    end[14:16, 14:16, 27] = True
    worst = percolate(medium, [tip], 4.0, seed=2)
    usual = fill(medium, [tip])
    assert medium.capacity_ml[np.isfinite(worst.at_ml)].sum() == pytest.approx(4.0, rel=0.001)
    assert worst.reached_ml(end) <= usual.reached_ml(end)
    assert np.array_equal(worst.at_ml, percolate(medium, [tip], 4.0, seed=2).at_ml)
    taken = np.isfinite(worst.at_ml)
    assert medium.speed[taken].mean() > medium.speed[medium.bone].mean()
