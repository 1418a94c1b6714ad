"""Hip bones and femora: where bone belongs to one of them for sure, parted by the ball of the joint where it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .axial import AxialFrame
from .joint_ball import BallJoint, JointBall, find_joint_ball
from .level_settings import level_setting, level_span
from .spine_line import STEP_MM, PlacedVoxels

Floats = NDArray[np.float64]
Voxels = NDArray[np.int64]
Marked = NDArray[np.bool_]

HIP = BallJoint(
    "hip",
    "femur",
    "hip bone",
    # About 130 degrees from the shaft, down and aside: towards the neck the head is its own.
    free_way=(-0.6, 0.0, 0.8),
    # The socket lies above and towards the midline.
    socket_up=-0.3,
    socket_aside=0.3,
    surface_aside=1.0,
    places=10,
)


def hip_seeds(
    bone: PlacedVoxels, top: float, hu: NDArray[np.float32], frame: AxialFrame
) -> tuple[dict[str, Voxels], tuple[JointBall, ...]]:
    """Ilium and ischium, head, trochanter and shaft on both sides.

    Parameters
    ----------
    bone : PlacedVoxels
    top : float
        Station of the sacrum's upper end.
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    frame : AxialFrame

    Returns
    -------
    seeds : dict
        Voxels by the key of the structure.
    balls : tuple of JointBall
        Where the head of the femur shows.
    """
    index, local = bone.index, bone.local
    seeds: dict[str, Voxels] = {}
    balls: list[JointBall] = []
    at_wings = np.abs(local[:, 0] - top) < 60.0 / STEP_MM
    rise = index[:, 0] * frame.coarse_spacing_mm[0]
    middle = float(np.median(rise[at_wings])) if at_wings.any() else 0.0
    near = at_wings & (np.abs(local[:, 0] - top) < 1.0) & (np.abs(local[:, 2]) < 20.0)
    below = (float(np.median(rise[near])) if near.any() else middle) - rise
    for word, side in (("left", 1), ("right", -1)):
        aside = side * local[:, 2]
        wings = at_wings & (aside > level_setting("hip_aside_mm"))
        if not wings.any():
            continue
        width = float(np.quantile(aside[wings], 0.98))
        femur = (below > level_setting("femur_below_mm")) & (aside > level_setting("femur_share") * width)
        high = aside > level_setting("hip_aside_mm")
        high &= (below < 0.6 * level_setting("femur_below_mm")) & (below > -level_setting("hip_above_mm"))
        low = below > level_setting("femur_below_mm")
        low &= (aside > 0.15 * width) & (aside < level_setting("ischium_share") * width)
        hip = high | low
        ball = find_joint_ball(hu, _centres(index, aside / width, below, frame), side, HIP, frame)
        if ball is not None:
            balls.append(ball)
            hip, femur = _by_ball(index, hip, femur, ball, frame)
        seeds[f"hip_{word}"], seeds[f"femur_{word}"] = index[hip], index[femur]
    return seeds, tuple(balls)


def _centres(index: Voxels, aside: NDArray[Any], below: NDArray[Any], frame: AxialFrame) -> Floats:
    """Where the middle of the head may lie: bone far enough down and aside, some millimetres apart."""
    spacing = np.asarray(frame.coarse_spacing_mm)
    every = np.maximum(1, np.rint(level_setting("hip_ball_step_mm") / spacing)).astype(int)
    (nearest, farthest), (highest, lowest) = level_span("hip_ball_share"), level_span("hip_ball_below_mm")
    chosen = (aside > nearest) & (aside < farthest) & (below > highest) & (below < lowest)
    return np.asarray(index[chosen & (index % every == 0).all(axis=1)] * spacing)


def _by_ball(index: Voxels, hip: Marked, femur: Marked, ball: JointBall, frame: AxialFrame) -> tuple[Marked, Marked]:
    """Which voxels are hip and which femur for sure: the ball and what goes on to the shaft, and the socket around."""
    distance, towards = ball.beside(ball.free_way, index * np.asarray(frame.coarse_spacing_mm))
    least, most = level_span("hip_socket_mm")
    # Towards the neck nothing of the socket lies on the head: there its surface is its own.
    head = distance < np.where(towards > level_setting("hip_free_cosine"), least, -level_setting("hip_head_mm"))
    socket = (distance > least) & (distance < most) & (towards < 0.0)
    shaft = (towards > level_setting("hip_neck_cosine")) & (distance < level_setting("hip_neck_mm"))
    femur = (femur & ~socket) | head | shaft
    return (hip & ~femur) | socket, femur
