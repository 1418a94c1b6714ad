"""Bundles of needles that cross at small angles, drawn from a seed, and how far found ones lie from them."""

from __future__ import annotations

import math

import numpy as np

from boneir.case import Image
from boneir.fusion.found_needle import FoundNeedle
from boneir.mask import Mask
from boneir.plan import Trajectory

CROSSING_DEG = (4.0, 12.0)


def bundle(seed: int, image: Image, body: Mask, count: int) -> list[Trajectory]:
    """Needles through the skin of the back, nearly in an axial plane; the later ones cross the first."""
    rng = np.random.default_rng(seed)
    corners = body.window_grid.corners_mm
    middle = corners.mean(axis=0)
    low, high = corners[:, 2].min() + 15, corners[:, 2].max() - 15
    while True:
        tip = middle + rng.uniform(-50, 50, 3) * [1.0, 0.4, 0.0]
        tip[2] = rng.uniform(low, high)
        out = np.array([0.4 * rng.normal(), 1.0, 0.08 * rng.normal()])
        out /= np.linalg.norm(out)
        depth = _depth(body, tip, out)
        if 60.0 < depth < 160.0:
            break
    needles = [_needle(tip, out, depth)]
    half = 0.5 * min(depth, 50.0)
    for _ in range(count - 1):
        angle = np.deg2rad(rng.uniform(*CROSSING_DEG))
        across = np.cross(out, rng.normal(size=3))
        way = out * np.cos(angle) + across / np.linalg.norm(across) * np.sin(angle)
        crossing = tip + half * out + rng.normal(size=3) * 3.0
        needles.append(_needle(crossing - way * half * rng.uniform(0.6, 1.0), way, depth))
    return needles


def _needle(tip: np.ndarray, out: np.ndarray, depth: float) -> Trajectory:
    rear = tip + (depth + 25.0) * out
    return Trajectory(tuple(map(float, rear)), tuple(map(float, tip)))


def _depth(body: Mask, tip: np.ndarray, out: np.ndarray) -> float:
    steps = np.arange(0.0, 250.0, 0.5)
    inside = [body.at(tuple(tip + s * out)) for s in steps]
    return float(steps[np.flatnonzero(inside)[-1]]) + 0.25 if inside[0] else 0.0


def apart(one, other) -> float:
    return math.dist(one, other)


def errors_of(
    needles: list[Trajectory], found: tuple[FoundNeedle, ...], body: Mask
) -> tuple[list[float], list[float], list[float]]:
    """Of every needle: distance of its tip from the nearest found, angle to that, distance of the entries."""
    tips, angles, entries = [], [], []
    for needle in needles:
        mine = min(found, key=lambda item: apart(item.tip_mm, needle.tip_mm))
        out = -np.asarray(needle.direction)
        tips.append(apart(mine.tip_mm, needle.tip_mm))
        angles.append(float(np.degrees(np.arccos(min(1.0, np.dot(mine.direction, needle.direction))))))
        true_entry = np.asarray(needle.tip_mm) + _depth(body, np.asarray(needle.tip_mm), out) * out
        entries.append(math.inf if mine.entry_mm is None else apart(mine.entry_mm, true_entry))
    return tips, angles, entries
