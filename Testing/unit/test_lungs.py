"""Lung is told from gas by its density, not by its size alone."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.air import outline_air
from boneir.anatomy.axial import AxialFrame
from boneir.grid import Grid


def _box(air_hu, half_mm=25.0, noise_hu=15.0):
    grid = Grid((40, 60, 60), (2.0, 2.0, 2.0))
    k, j, i = np.ogrid[:40, :60, :60]
    place = np.abs(k - 20) * 2 < half_mm
    hole = np.broadcast_to(place & (np.abs(j - 30) * 2 < half_mm) & (np.abs(i - 30) * 2 < half_mm), grid.shape)
    hu = np.random.default_rng(1).normal(40, noise_hu, grid.shape).astype(np.float32)
    hu[hole] += air_hu - 40
    return hu, hole, AxialFrame(grid)


@pytest.mark.parametrize(("air_hu", "is_lung"), [(-850, True), (-750, True), (-995, False)])
def test_large_air_is_lung_only_where_it_is_aerated_tissue(air_hu, is_lung):
    hu, hole, frame = _box(air_hu)
    lungs, gas = outline_air(hu, np.ones(hu.shape, bool), frame)
    found, other = (lungs, gas) if is_lung else (gas, lungs)
    assert found[hole].mean() > 0.98
    assert not other.any()


def test_a_small_bubble_in_aerated_stool_is_gas():
    hu, hole, frame = _box(-600, half_mm=6.0)
    lungs, gas = outline_air(hu, np.ones(hu.shape, bool), frame)
    assert gas[hole].mean() > 0.9
    assert not lungs.any()


def test_vessels_within_lung_are_lung():
    hu, hole, frame = _box(-850)
    vessel = np.zeros_like(hole)
    vessel[12:28, 28:31, 28:31] = True
    hu[vessel] = 40
    lungs, _ = outline_air(hu, np.ones(hu.shape, bool), frame)
    assert lungs[vessel].all()


def test_a_windpipe_beside_lung_in_the_same_air_is_gas_where_it_stands_alone():
    hu, hole, frame = _box(-850)
    pipe = np.zeros_like(hole)
    pipe[30:40, 26:35, 26:35] = True  # goes up from the top of the lung
    hu[pipe] = -995
    lungs, gas = outline_air(hu, np.ones(hu.shape, bool), frame)
    assert gas[34:, 28:33, 28:33].all()
    assert not lungs[34:].any()
