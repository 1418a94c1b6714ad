"""Hip bones and femora: where bone belongs to one of them for sure, parted by the ball of the joint where it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..case import Structure
from ..findings import Finding, Severity
from ..mask import Mask
from .axial import AxialFrame
from .hip_ball import HipBall, find_hip_ball
from .level_settings import level_setting, level_span, level_value
from .spine_line import STEP_MM
from .structures import structure_kinds

Floats = NDArray[np.float64]
Voxels = NDArray[np.int64]
Labels = NDArray[np.int32]
Marked = NDArray[np.bool_]
Box = tuple[slice, slice, slice]

_SIDE = {"left": 1, "right": -1}
_NECK = np.array([-0.6, 0.0, 0.8])
"""Way from the head of a femur to its shaft where no shaft is seen: about 130 degrees from it, down and aside."""


def hip_seeds(
    index: Voxels, local: Floats, top: float, hu: NDArray[np.float32], frame: AxialFrame
) -> tuple[dict[str, Voxels], dict[str, HipBall]]:
    """Ilium and ischium, head, trochanter and shaft on both sides.

    Parameters
    ----------
    index : ndarray of int, shape (n, 3)
        Voxels of bone (s, p, l).
    local : ndarray of float, shape (n, 3)
        Their station, distance to back and to left.
    top : float
        Station of the sacrum's upper end.
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    frame : AxialFrame

    Returns
    -------
    seeds : dict
        Voxels by the key of the structure.
    balls : dict
        By "left" and "right", where the head of the femur shows.
    """
    seeds: dict[str, Voxels] = {}
    balls: dict[str, HipBall] = {}
    at_wings = np.abs(local[:, 0] - top) < 60.0 / STEP_MM
    rise = index[:, 0] * frame.coarse_spacing_mm[0]
    middle = float(np.median(rise[at_wings])) if at_wings.any() else 0.0
    near = at_wings & (np.abs(local[:, 0] - top) < 1.0) & (np.abs(local[:, 2]) < 20.0)
    below = (float(np.median(rise[near])) if near.any() else middle) - rise
    for word, side in _SIDE.items():
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
        ball = find_hip_ball(hu, _centres(index, aside / width, below, frame), side, frame)
        if ball is not None:
            balls[word] = ball
            hip, femur = _by_ball(index, hip, femur, ball, side, frame)
        seeds[f"hip_{word}"], seeds[f"femur_{word}"] = index[hip], index[femur]
    return seeds, balls


def _centres(index: Voxels, aside: NDArray[Any], below: NDArray[Any], frame: AxialFrame) -> Floats:
    """Where the middle of the head may lie: bone far enough down and aside, some millimetres apart."""
    spacing = np.asarray(frame.coarse_spacing_mm)
    every = np.maximum(1, np.rint(level_setting("hip_ball_step_mm") / spacing)).astype(int)
    (nearest, farthest), (highest, lowest) = level_span("hip_ball_share"), level_span("hip_ball_below_mm")
    chosen = (aside > nearest) & (aside < farthest) & (below > highest) & (below < lowest)
    return np.asarray(index[chosen & (index % every == 0).all(axis=1)] * spacing)


def _by_ball(
    index: Voxels, hip: Marked, femur: Marked, ball: HipBall, side: int, frame: AxialFrame
) -> tuple[Marked, Marked]:
    """Which voxels are hip and which femur for sure: the ball and what goes on to the shaft, and the socket around."""
    distance, towards = _beside(ball, side, index * np.asarray(frame.coarse_spacing_mm))
    least, most = level_span("hip_socket_mm")
    # Towards the neck nothing of the socket lies on the head: there its surface is its own.
    head = distance < np.where(towards > level_setting("hip_free_cosine"), least, -level_setting("hip_head_mm"))
    socket = (distance > least) & (distance < most) & (towards < 0.0)
    shaft = (towards > level_setting("hip_neck_cosine")) & (distance < level_setting("hip_neck_mm"))
    femur = (femur & ~socket) | head | shaft
    return (hip & ~femur) | socket, femur


def _beside(ball: HipBall, side: int, places: Floats) -> tuple[Floats, Floats]:
    """How far places (..., 3) in mm along (s, p, l) lie outside of a ball, and the cosine from the way to the shaft."""
    away = places - ball.centre
    length = np.linalg.norm(away, axis=-1)
    return length - ball.radius_mm, away @ (_NECK * (1, 1, side)) / np.maximum(length, 1e-6)


def _around(ball: HipBall, more_mm: float, shape: tuple[int, ...], spacing: Floats) -> tuple[Box, Floats]:
    """The box of voxels around a ball, and its voxels' places (..., 3) in voxels."""
    low = np.maximum((ball.centre - ball.radius_mm - more_mm) / spacing, 0).astype(int)
    high = np.minimum((ball.centre + ball.radius_mm + more_mm) / spacing + 2, shape).astype(int)
    s, p, i = (np.arange(a, b) for a, b in zip(low, high, strict=True))
    box = (slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2]))
    return box, np.stack(np.meshgrid(s, p, i, indexing="ij"), axis=-1).astype(float)


def fill_heads(labels: Labels, numbers: Mapping[str, int], balls: Mapping[str, HipBall], frame: AxialFrame) -> None:
    """Give what lies within a ball to its femur, dark marrow included.

    Parameters
    ----------
    labels : ndarray of int32, shape (s, p, l)
        On coarse voxels; changed in place.
    numbers : mapping of str to int
        Labels by the key of the structure.
    balls : mapping of str to HipBall
    frame : AxialFrame
    """
    spacing = np.asarray(frame.coarse_spacing_mm)
    for word, ball in balls.items():
        box, places = _around(ball, 0.0, labels.shape, spacing)
        distance, _ = _beside(ball, _SIDE[word], places * spacing)
        labels[box][distance < -level_setting("hip_head_mm")] = numbers[f"femur_{word}"]


def hip_joints(
    balls: Mapping[str, HipBall], origin: str, frame: AxialFrame
) -> tuple[tuple[Structure, ...], tuple[Finding, ...]]:
    """The joints around balls, towards the socket, and what to say of them.

    Returns
    -------
    structures : tuple of Structure
        ``hip_joint_left`` and ``hip_joint_right``; neither is sure.
    findings : tuple of Finding
        ``outline.organ`` (note).
    """
    joints, findings = [], []
    spacing, offset = np.asarray(frame.spacing_mm), (np.asarray(frame.factors) - 1) / 2
    half = level_value("hip_joint_mm")
    for word, ball in balls.items():
        key = f"hip_joint_{word}"
        upright = np.zeros(frame.upright(np.broadcast_to(False, frame.grid.shape)).shape, bool)
        box, places = _around(ball, half.amount + 2 * frame.coarse_spacing_mm[0], upright.shape, spacing)
        distance, towards = _beside(ball, _SIDE[word], (places - offset) * spacing)
        upright[box] = (np.abs(distance) <= half.amount) & (towards < level_setting("hip_free_cosine"))
        mask = Mask.of(frame.on_grid(upright), frame.grid)
        joints.append(Structure(key, structure_kinds()[key].role, mask, key, origin, sure=False))
        text = (
            f"The {word} hip joint is outlined up to {half} from a ball of {ball.radius_mm:.0f} mm radius fitted to "
            f"the head of the femur, which parts it from the hip bone (clearness {ball.evidence:.2f} of 1); cartilage "
            "is not seen: look at the edge of the ball before a needle goes near it."
        )
        place = frame.place_mm(tuple(ball.centre / np.asarray(frame.coarse_spacing_mm)))
        findings.append(Finding("outline.organ", Severity.NOTE, text, ball.radius_mm, "mm", half, place, key))
    return tuple(joints), tuple(findings)
