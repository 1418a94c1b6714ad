"""The filling front: exact arrival where a formula gives it, and not a drop lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from boneir.cement import front_numba, front_numpy
from boneir.cement.front import arrival_from, fill
from boneir.errors import OutlineError, PlanError
from cement_blocks import block

TIP = (18.3, 19.1, 20.4)
"""Tip in (i, j, k) of a block, between voxels."""


def tip_mm(medium, ijk=TIP):
    return tuple(float(v) for v in medium.grid.to_mm(ijk))


def offsets(medium, ijk=TIP):
    k, j, i = np.indices(medium.speed.shape)
    return k - ijk[2], j - ijk[1], i - ijk[0]


@pytest.mark.parametrize("step_mm", [0.8, 2.0])
@pytest.mark.parametrize("across", [(1.0, 1.0, 1.0), (1.0, 0.78, 0.78), (1.0, 0.3, 0.5)])
def test_arrival_in_an_even_block_is_the_distance(across, step_mm):
    medium = block((40, 42, 44), step_mm, across=across)
    found = arrival_from(medium, [tip_mm(medium)])
    exact = np.sqrt(sum(d**2 / ratio for d, ratio in zip(offsets(medium), across, strict=True))) * step_mm
    off = np.abs(found - exact)[medium.bone] / step_mm
    assert off.max() < 0.25  # measured 0.22 of a voxel at worst, where half is asked for
    assert np.isinf(found[~medium.bone]).all()


@pytest.mark.parametrize("ratio", [3.0, 1 / 3])
def test_arrival_across_a_layer_bends_as_fermat_says(ratio):
    shape, wall = (40, 40, 44), 27.5
    speed = np.ones(shape)
    speed[:, :, 28:] /= ratio
    medium = block(shape, speed=speed)
    found = arrival_from(medium, [tip_mm(medium)])
    dk, dj, di = offsets(medium)
    aside, depth = np.hypot(dk, dj), wall - TIP[0]
    beyond = di > depth
    exact = np.hypot(aside, di)
    if ratio < 1:  # the way along the quicker layer may come back first
        angle = np.arcsin(ratio)
        detour = aside * ratio + (2 * depth - di) * np.cos(angle)
        exact = np.where(aside >= (2 * depth - di) * np.tan(angle), np.minimum(exact, detour), exact)
    bent = np.full(shape, np.inf)
    for share in np.linspace(0, 1, 2001):
        bent = np.minimum(bent, np.hypot(depth, share * aside) + ratio * np.hypot(di - depth, (1 - share) * aside))
    off = np.abs(found - np.where(beyond, bent, exact)) / np.where(beyond, ratio, 1.0)
    assert off[medium.bone].max() < 0.5


def test_both_kernels_agree_on_uneven_bone():
    noise = ndimage.gaussian_filter(np.random.default_rng(3).normal(0, 1.0, (16, 18, 20)), 2.0)
    speed = np.exp(0.6 * noise / noise.std())
    speed[:, 9, :14] = 0.0
    medium = block((16, 18, 20), speed=speed, across=(1.0, 0.78, 0.78))
    tip = tip_mm(medium, (6.2, 5.0, 7.7))
    one, other = (arrival_from(medium, [tip], kernels=kernels) for kernels in (front_numba, front_numpy))
    assert np.array_equal(np.isfinite(one), np.isfinite(other))
    reached = np.isfinite(one)
    assert (np.abs(one[reached] - other[reached]) * speed[reached]).max() < 0.05  # of a voxel
    few, more = (arrival_from(medium, [tip], kernels=k, until_ml=0.3) for k in (front_numba, front_numpy))
    assert np.count_nonzero(np.isfinite(few)) == pytest.approx(300, abs=2)
    assert np.count_nonzero(np.isfinite(more)) == pytest.approx(300, abs=2)


def test_no_drop_is_lost_and_the_shape_is_a_ball():
    medium = block((44, 44, 44), share=0.8)
    filling = fill(medium, [tip_mm(medium, (21.5, 21.6, 21.4))])
    for volume in np.arange(0.5, 12.0, 0.5):
        assert (filling.shares(volume) * medium.capacity_ml).sum() == pytest.approx(volume, rel=1e-9)
        k, j, i = (d[filling.shape(volume)] for d in offsets(medium, (21.5, 21.6, 21.4)))
        radius = (3 * volume * 1000 / 0.8 / (4 * np.pi)) ** (1 / 3)
        assert np.sqrt(k**2 + j**2 + i**2).max() == pytest.approx(radius, abs=0.6)
    steps = [filling.shape(v) for v in (1.0, 1.5, 2.0)]
    assert all((later | earlier == later).all() for earlier, later in pairwise(steps))


def test_two_cannulas_share_the_bone_and_lose_nothing():
    medium = block((30, 30, 50))
    tips = [tip_mm(medium, (15.0, 15.0, 15.0)), tip_mm(medium, (33.0, 15.0, 15.0))]
    filling = fill(medium, tips, [2.0, 4.0])
    assert medium.capacity_ml[filling.shape(6.0)].sum() == pytest.approx(6.0, rel=0.01)
    assert np.isfinite(filling.at_ml).sum() == pytest.approx(6000, abs=2)
    left = filling.shape(6.0)[:, :, :24].sum() / 1000
    assert 1.9 < left < 3.0  # the second one goes on alone, and pushes some cement over the middle
    early = filling.shape(2.0)
    assert early[:, :, :24].sum() == pytest.approx(early[:, :, 24:].sum(), rel=0.02)


def test_ways_lead_back_to_the_tip():
    speed = np.ones((12, 30, 30))
    speed[:, 15, 6:] = 0.0  # a wall with a way around its end
    medium = block((12, 30, 30), speed=speed)
    filling = fill(medium, [tip_mm(medium, (24.0, 8.0, 6.0))])
    way = filling.way_to((6, 22, 24))
    assert way[0] == (6, 8, 24)
    assert way[-1] == (6, 22, 24)
    assert min(i for _, _, i in way) <= 5
    assert all(np.abs(np.subtract(a, b)).max() == 1 for a, b in pairwise(way))


def test_faults():
    medium = block((12, 12, 12))
    with pytest.raises(PlanError, match="tip"):
        fill(medium, [])
    with pytest.raises(OutlineError, match="not in the bone"):
        fill(medium, [tip_mm(medium, (-4.0, 5.0, 5.0))])
