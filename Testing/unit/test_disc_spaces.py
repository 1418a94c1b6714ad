"""Discs lie between endplates, as high as the space is; where bone fills the space there is none."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.axial import AxialFrame
from boneir.anatomy.disc_planes import DiscPlanes
from boneir.anatomy.disc_spaces import disc_spaces
from boneir.anatomy.levels import SpineParts
from boneir.anatomy.spine_line import STEP_MM, SpineLine
from boneir.grid import Grid

FRAME = AxialFrame(Grid((60, 50, 50), (2.0, 2.0, 1.5)))


def spine(gap_mm: float, names=("L4", "L3")):
    """Two bodies 40 mm wide and 30 mm deep before a straight canal, apart by a gap; the disc as truth; HU."""
    shape = FRAME.coarse(np.zeros(FRAME.grid.shape, np.int16), 0.0).shape
    spacing = np.asarray(FRAME.coarse_spacing_mm)
    s, p, left = (np.arange(n) * step for n, step in zip(shape, spacing, strict=True))
    up, back, aside = np.meshgrid(s - 45.0, p - 70.0, left - 50.0, indexing="ij")
    body = (back > -42) & (back < -10) & (np.abs(aside) < 20)
    labels = np.zeros(shape, np.int32)
    labels[body & (up < -gap_mm / 2) & (up > -30)] = 1
    labels[body & (up > gap_mm / 2) & (up < 30)] = 2
    count = int(88 / STEP_MM)
    middle = np.column_stack([np.arange(count) * STEP_MM, np.full(count, 70.0), np.full(count, 50.0)])
    unit = np.eye(3)
    line = SpineLine(middle, *(np.tile(axis, (count, 1)) for axis in unit))
    planes = DiscPlanes(np.asarray([10.0, 45.0 / STEP_MM, 50.0]), np.zeros(3))
    parts = SpineParts(
        labels, tuple(f"vertebra_{n}" if n else "vertebrae" for n in names), line, planes, tuple(names), ()
    )
    truth = body & (np.abs(up) <= gap_mm / 2) & (labels == 0)
    return parts, truth, np.where(labels > 0, 300.0, 80.0).astype(np.float32)


@pytest.mark.parametrize("gap_mm", [6.0, 9.0, 14.0])
def test_the_space_between_two_bodies_is_the_disc(gap_mm):
    parts, truth, hu = spine(gap_mm)
    found = disc_spaces(parts, hu, FRAME)
    assert 2 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + np.count_nonzero(truth)) > 0.85
    assert not (found & (parts.labels > 0)).any()


def test_no_disc_where_bodies_touch_or_stand_too_far_apart():
    for gap_mm in (0.5, 24.0):
        parts, _, hu = spine(gap_mm)
        assert not disc_spaces(parts, hu, FRAME).any()


def test_no_disc_where_bone_bridges_most_of_the_space():
    parts, truth, hu = spine(9.0)
    bridged = truth & (np.indices(truth.shape)[2] > truth.shape[2] // 2 - 6)
    hu[bridged] = 400.0
    assert not disc_spaces(parts, hu, FRAME).any()


def test_no_disc_beside_a_level_without_a_name():
    parts, _, hu = spine(9.0, names=("L4", ""))
    assert not disc_spaces(parts, hu, FRAME).any()
