"""Humerus and shoulder blade: what is neither rib nor spine beside the upper chest, parted by the ball of the joint."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .axial import AxialFrame
from .ball_joints import fill_heads
from .joint_ball import BallJoint, JointBall, find_joint_ball
from .level_settings import level_setting, level_span
from .part_bones import grow_apart
from .sphere import sphere
from .spine_line import PlacedVoxels, SpineLine

Floats = NDArray[np.float64]
Voxels = NDArray[np.int64]
Labels = NDArray[np.int32]
Marked = NDArray[np.bool_]

SHOULDER = BallJoint(
    "shoulder",
    "humerus",
    "shoulder blade",
    # The socket lies towards the midline and, since the blade lies slantwise on the ribs, somewhat behind.
    free_way=(0.0, -0.5, 0.87),
    socket_up=-1.0,
    socket_aside=-0.7,
    # Farther aside the tubercles stand out of the ball, or the shaft does: above it where the arm is raised.
    surface_aside=0.3,
    places=4,
)
_CHEST, _BLADE, _ARM = 1, 2, 3
_TUBE_MM = np.arange(6.0, 37.0, 3.0)
"""How far outside of the ball the shaft is looked for."""
_WAYS, _ALIKE = 200, 0.93
"""Among so many ways; those within this cosine of each other count together."""


def part_shoulders(
    bone: Marked, known: Marked, line: SpineLine, hu: NDArray[np.float32], frame: AxialFrame
) -> tuple[dict[str, Marked], tuple[JointBall, ...]]:
    """Part humerus and shoulder blade on each side on which the head of the humerus shows, wherever the arm lies.

    Parameters
    ----------
    bone : ndarray of bool, shape (s, p, l)
        Coarse: bone beside the upper chest that belongs neither to the spine nor to ribs that are known; clavicles, and
        ribs beside a lung without air, may be among it.
    known : ndarray of bool, shape (s, p, l)
        Bone that does: spine, ribs and sternum.
    line : SpineLine
    hu : ndarray of float32, shape (s, p, l)
        Coarse, upright CT in HU.
    frame : AxialFrame

    Returns
    -------
    labels : dict of ndarray of bool, shape (s, p, l)
        By the key of the structure.
    balls : tuple of JointBall
    """
    if not bone.any():
        return {}, ()
    spacing = np.asarray(frame.coarse_spacing_mm)
    placed = PlacedVoxels.of(bone, line, frame)
    index, local = placed.index, placed.local
    # Every other voxel is enough for a distance of centimetres.
    away = ndimage.distance_transform_edt(~known[::2, ::2, ::2], sampling=2.0 * spacing)
    is_off = away[tuple((index // 2).T)] > level_setting("shoulder_rib_mm")
    labels = np.zeros(bone.shape, np.int32)
    numbers: dict[str, int] = {}
    balls = []
    for side in (1, -1):
        ball = find_joint_ball(hu, _centres(index, side * local[:, 2], spacing), side, SHOULDER, frame)
        if ball is None:
            continue
        chest, blade, arm = _sure(placed, bone, ball, line, frame)
        if not arm.any():
            continue
        balls.append(ball)
        blade |= is_off & _behind(local, ball, line) & ~arm
        sure = np.select([arm, blade, chest], [_ARM, _BLADE, _CHEST], 0)
        own = side * local[:, 2] > 0
        grown = _grown(index[own], sure[own], hu, frame)
        for key, number in (("scapula", _BLADE), ("humerus", _ARM)):
            numbers[f"{key}_{ball.word}"] = len(numbers) + 1
            labels[tuple(index[own][grown == number].T)] = len(numbers)
    fill_heads(labels, numbers, balls, frame)
    return {key: labels == number for key, number in numbers.items()}, tuple(balls)


def _grown(index: Voxels, sure: NDArray[np.int64], hu: NDArray[np.float32], frame: AxialFrame) -> Labels:
    """Which bone each voxel (n, 3) belongs to, grown from those that belong to one for sure."""
    low, high = index.min(axis=0), index.max(axis=0) + 1
    box, within = tuple(slice(a, b) for a, b in zip(low, high, strict=True)), tuple((index - low).T)
    bone, seeds = np.zeros(high - low, bool), np.zeros(high - low, np.int32)
    bone[within], seeds[within] = True, sure
    return np.asarray(grow_apart(seeds, bone, hu[box], frame)[within])


def _centres(index: Voxels, aside: Floats, spacing: Floats) -> Floats:
    """Where the middle of the head may lie: bone far enough aside, some millimetres apart."""
    every = np.maximum(1, np.rint(level_setting("shoulder_ball_step_mm") / spacing)).astype(int)
    chosen = (aside > level_setting("shoulder_ball_aside_mm")) & (index % every == 0).all(axis=1)
    return np.asarray(index[chosen] * spacing)


def _sure(
    placed: PlacedVoxels, bone: Marked, ball: JointBall, line: SpineLine, frame: AxialFrame
) -> tuple[Marked, Marked, Marked]:
    """Which voxels of bone belong for sure to the chest, the shoulder blade and the humerus."""
    places, local = placed.index * np.asarray(frame.coarse_spacing_mm), placed.local
    share = _share_aside(local, ball, line)
    chest = (share > 0) & (share < level_setting("shoulder_chest_share")) & (local[:, 1] < 0)
    least, most = level_span("shoulder_socket_mm")
    distance, free = ball.beside(ball.free_way, places)
    blade = (distance > least) & (distance < most) & (free < -level_setting("shoulder_socket_cosine"))
    _, shaft = ball.beside(_way_to_shaft(bone, ball, frame), places)
    arm = (shaft > level_setting("shoulder_shaft_cosine")) & (distance < level_setting("shoulder_shaft_mm"))
    arm |= distance < -level_setting("shoulder_head_mm")
    return chest, blade & ~arm, arm


def _share_aside(local: Floats, ball: JointBall, line: SpineLine) -> Floats:
    """How far aside places (n, 3) along the line lie, as a share of how far the ball does."""
    return np.asarray(local[:, 2] / line.place(ball.centre[None])[0, 2])


def _behind(local: Floats, ball: JointBall, line: SpineLine) -> Marked:
    """Which places (n, 3) along the line lie behind the canal, and no farther aside than the ball."""
    share, (nearest, farthest) = _share_aside(local, ball, line), level_span("shoulder_blade_share")
    return np.asarray((local[:, 1] > 0) & (share > nearest) & (share < farthest))


def _way_to_shaft(bone: Marked, ball: JointBall, frame: AxialFrame) -> Floats:
    """The way from the middle of a head along which most bone goes on, away from the socket."""
    round_about = sphere(_WAYS)
    ways = round_about.unit[round_about.unit @ ball.free_way > 0.0]
    points = ball.centre + (ball.radius_mm + _TUBE_MM)[:, None, None] * ways
    index = np.moveaxis(points / np.asarray(frame.coarse_spacing_mm), -1, 0)
    seen = ndimage.map_coordinates(bone.astype(np.float32), index, order=1, cval=np.nan)
    known = np.isfinite(seen)
    # What lies beyond the image counts half: there the arm may go on.
    share = np.where(known, seen, 0.5).mean(axis=0)
    alike = ways @ ways.T > _ALIKE
    return np.asarray(ways[int(np.argmax(alike @ share / alike.sum(axis=1)))])
