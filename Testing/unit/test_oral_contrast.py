"""Bowel filled with contrast medium is no bone, however bright and large; nor is what lies on the skin."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.axial import AxialFrame
from boneir.anatomy.skeleton import part_skeleton
from boneir.grid import Grid


@pytest.fixture
def trunk():
    """Upright frame, HU and body of a trunk with a spine, and places in mm (up, back, left)."""
    grid = Grid((40, 100, 130), (2.0, 2.0, 3.0))
    frame = AxialFrame(grid)
    shape = frame.coarse(np.zeros(grid.shape, np.int16), 0.0).shape
    rise, row, column = frame.coarse_spacing_mm
    s, p, left = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    up, back, aside = (s - shape[0] / 2) * rise, (p - shape[1] / 2) * row, (left - shape[2] / 2) * column
    body = (back / 90) ** 2 + (aside / 120) ** 2 < 1
    hu = np.where(body, 30.0, -1000.0)
    hu[np.hypot(back - 40, aside) < 20] = 180.0
    ring = np.hypot(back - 40, aside)
    hu[(ring < 20) & (ring > 16)] = 600.0
    hu[(ring <= 16)] = 220.0
    return frame, hu, body, (up, back, aside)


def blob(places, centre, radius):
    return sum((a - b) ** 2 for a, b in zip(places, centre, strict=True)) < radius**2


def found(trunk, *more):
    frame, hu, body, places = trunk
    hu = hu.copy()
    marks = []
    rng = np.random.default_rng(2)
    for centre, radius, level, spread in more:
        here = blob(places, centre, radius)
        hu[here] = level + rng.normal(0, spread, int(here.sum()))
        marks.append(here)
    return part_skeleton(hu.astype(np.float32), body, frame), marks


def test_a_filled_colon_beside_a_filled_loop_is_contrast_medium(trunk):
    # A narrow way joins both, so that they are one piece at first.
    way, loop, colon = (
        ((0, -30, 16), 5.0, 250.0, 5.0),
        ((0, -30, 34), 16.0, 250.0, 5.0),
        ((0, -30, -10), 22.0, 560.0, 120.0),
    )
    skeleton, (_, loop, colon) = found(trunk, way, loop, colon)
    assert skeleton.contrast[loop].mean() > 0.7
    assert skeleton.contrast[colon].mean() > 0.8
    assert not skeleton.bone[colon].any()


def test_a_bone_with_a_cortex_beside_contrast_medium_stays_bone(trunk):
    skeleton, (loop, shell, marrow) = found(
        trunk, ((0, -30, 20), 14.0, 250.0, 5.0), ((0, -30, -12), 18.0, 700.0, 20.0), ((0, -30, -12), 14.0, 230.0, 20.0)
    )
    cortex = shell & ~marrow
    assert skeleton.bone[cortex].mean() > 0.9
    assert skeleton.contrast[loop].mean() > 0.5


def test_what_lies_on_the_skin_is_no_bone_and_a_rib_is(trunk):
    body, edge = trunk[2], -86.0
    skeleton, (marker, rib) = found(trunk, ((0, edge, 0), 4.5, 500.0, 20.0), ((0, -60, -30), 6.0, 500.0, 20.0))
    assert not skeleton.bone[marker & body].any()
    assert skeleton.bone[rib].mean() > 0.5
