"""Screws and nails in a control scan are no needles, and needles beside them are found."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.case import Image
from boneir.fusion.needles_found import find_needles
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.plan import Trajectory
from boneir.training.implant_needles import implant_needles
from needle_implants import apart

TURNS = [[[0, 0, -1], [1, 0, 0], [0, 1, 0]], np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]]


def patient(spacing, shape, direction=TURNS[0]):
    """Tissue with air behind it, and its outline."""
    grid = Grid(shape, spacing, (0.0, 0.0, 0.0), tuple(np.asarray(direction, float).ravel()))
    voxels = np.random.default_rng(1).normal(40, 15, shape).astype(np.int16)
    inside = np.zeros(shape, bool)
    inside[:, 15:] = True
    voxels[~inside] = -1000
    return Image(voxels, grid), Mask.of(inside, grid)


def way(image, tail, head):
    """From one voxel to another."""
    rear, tip = image.grid.to_mm([tail, head])
    return Trajectory(tuple(map(float, rear)), tuple(map(float, tip)))


@pytest.mark.parametrize("direction", TURNS)
def test_a_screw_is_told_and_the_needle_beside_it_found(direction):
    image, body = patient((0.8, 0.8, 1.2), (60, 100, 100), direction)
    screw, needle = way(image, (60, 32, 30), (72, 78, 36)), way(image, (30, 3, 30), (40, 70, 32))
    control = implant_needles(implant_needles(image, [screw], 6.0), [needle], 1.8)
    found, findings = find_needles(control, body)
    assert len(found) == 1
    assert apart(found[0].tip_mm, needle.tip_mm) <= 0.5
    (told,) = (item for item in findings if item.code == "verify.metal_inside")
    assert "lies in the body from end to end" in told.text
    # the same screw pushed out of the skin is what a needle looks like
    out = way(image, (55, 5, 30), (72, 78, 36))
    assert len(find_needles(implant_needles(image, [out], 6.0), body)[0]) == 1


def test_a_rod_along_the_spine_is_no_needle_where_the_image_ends_before_the_skin():
    image, body = patient((1.0, 1.0, 1.5), (60, 60, 60))
    rod = way(image, (30, 40, 14), (30, 42, 46))
    found, findings = find_needles(implant_needles(image, [rod], 5.5), body)
    assert not found
    assert {"verify.metal_inside", "verify.no_needle"} <= {item.code for item in findings}
    # one that leaves the image may be a needle
    assert len(find_needles(implant_needles(image, [way(image, (30, 40, -9), (30, 42, 46))], 5.5), body)[0]) == 1


@pytest.mark.parametrize("seed", [0, 2, 10, 23, 31])
def test_the_edge_of_a_nail_in_large_voxels_is_no_needle(seed):
    image, _ = patient((3.0, 3.0, 3.0), (30, 40, 40), np.eye(3))
    draw = np.random.default_rng(seed)
    end, unit = draw.uniform(60, 80, 3), draw.normal(size=3)
    unit /= np.linalg.norm(unit)
    nail = Trajectory(tuple(map(float, end - 200 * unit)), tuple(map(float, end + 25 * unit)))
    found, findings = find_needles(implant_needles(image, [nail], 9.5, seed=seed))
    assert not found
    assert "verify.wide_metal" in {item.code for item in findings}
