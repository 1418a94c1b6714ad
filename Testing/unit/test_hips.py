"""The ball of a hip joint: found in the joint space, and not where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.axial import AxialFrame
from boneir.anatomy.hips import HIP
from boneir.anatomy.joint_ball import find_joint_ball
from boneir.grid import Grid

CENTRE = np.array([41.0, 44.0, 43.0])
SPACING = (4.0, 2.0, 2.0)


def joint(side: int, radius_mm: float = 22.0, gap_mm: float = 3.0, socket: bool = True):
    """A head in a socket (s, p, l) with a neck of its own, noise on all of it; and the places where bone is."""
    rng = np.random.default_rng(3)
    shape = (22, 45, 45)
    away = np.stack(np.meshgrid(*(np.arange(n) * mm for n, mm in zip(shape, SPACING, strict=True)), indexing="ij"), -1)
    away = away - CENTRE
    distance = np.linalg.norm(away, axis=-1)
    aside = side * away[..., 2]
    hu = np.full(shape, 40.0)
    hu[(distance > radius_mm + gap_mm) & (distance < radius_mm + gap_mm + 8) & (aside < away[..., 0])] = 600.0
    hu[distance < radius_mm + gap_mm] = 20.0 if socket else 40.0
    hu[(distance < radius_mm) & socket] = 300.0
    hu[(np.linalg.norm(away[..., :2], axis=-1) < 12.0) & (aside > 0)] = 300.0
    bone = np.argwhere(hu > 150) * SPACING
    return (hu + rng.normal(0.0, 25.0, shape)).astype(np.float32), bone[::7]


@pytest.fixture(scope="module")
def frame() -> AxialFrame:
    return AxialFrame(Grid((45, 45, 22), (2.0, 2.0, 4.0), (0.0, 0.0, 0.0)))


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("radius_mm", [20.0, 23.0])
def test_the_ball_is_found_in_the_joint_space(frame, side, radius_mm):
    hu, places = joint(side, radius_mm)
    ball = find_joint_ball(hu, places, side, HIP, frame)
    assert ball is not None
    assert np.linalg.norm(ball.centre - CENTRE) < 1.5
    assert radius_mm - 0.5 < ball.radius_mm < radius_mm + 3.5


def test_bone_without_a_head_is_no_ball(frame):
    hu, places = joint(1, socket=False)
    assert find_joint_ball(hu, places, 1, HIP, frame) is None
    assert find_joint_ball(hu, places[:0], 1, HIP, frame) is None
