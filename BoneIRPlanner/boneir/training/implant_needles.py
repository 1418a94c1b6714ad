"""Needles of known place, implanted into any CT: the truth for the search of needles in control scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..case import Image, Modality
from ..errors import ImageError
from ..plan import Trajectory

Floats = NDArray[np.float64]

STEEL_HU = 12_000.0
"""About what steel has before a scanner clips it."""
CLIP_HU = 3071
"""Where a scanner of 12 bit clips."""

_REACH_MM = 7.0
_SAMPLES = 240
_STREAK_REACH_MM = 30.0
_HARMONICS = 4


def implant_needles(
    image: Image,
    needles: Sequence[Trajectory],
    diameter_mm: float = 1.8,
    *,
    blur_mm: float = 0.6,
    streak_hu: float = 120.0,
    noise_hu: float = 20.0,
    clip_hu: int = CLIP_HU,
    seed: int = 0,
) -> Image:
    """Lay steel cylinders into a CT as a scanner shows them: blurred, clipped, with streaks and more noise around them.

    Each voxel takes the mean of the steel at random places within its slice and its blur, so that no closed form of
    the result is used that a search could share.

    Parameters
    ----------
    image : Image
        CT in HU.
    needles : sequence of Trajectory
        From the rear end, which may lie outside of body and image, to the tip. Cylinders end flat at both.
    diameter_mm, blur_mm : float
        Of the steel; standard deviation of the scanner's blur.
    streak_hu, noise_hu : float
        Strength of streaks and of further noise close to the needle.
    clip_hu : int
    seed : int

    Raises
    ------
    ImageError
        If the image is no CT.
    """
    if image.modality is not Modality.CT:
        raise ImageError("Needles are implanted into CT only: their values are in HU.")
    rng = np.random.default_rng(seed)
    voxels = np.array(image.voxels, np.float32)
    share = np.zeros(voxels.shape, np.float32)
    for needle in needles:
        _lay(share, image, needle, diameter_mm / 2.0, blur_mm, rng)
        _streak(voxels, image, needle, streak_hu, noise_hu, rng)
    steel = np.minimum(share, 1.0)
    mixed = voxels * (1.0 - steel) + np.float32(STEEL_HU) * steel
    return replace(image, voxels=np.clip(np.rint(mixed), -1024, clip_hu).astype(np.int16))


def _lay(
    share: NDArray[np.float32],
    image: Image,
    needle: Trajectory,
    radius_mm: float,
    blur_mm: float,
    rng: np.random.Generator,
) -> None:
    """Add the share of steel in every voxel near a needle."""
    kji, points = _tube(image, needle, _REACH_MM, 6.0)
    axes = image.grid.axes
    half = rng.normal(0.0, blur_mm, (_SAMPLES // 2, 3)) + rng.uniform(-0.5, 0.5, (_SAMPLES // 2, 3)) @ axes.T
    rear, unit = np.asarray(needle.entry_mm), np.asarray(needle.direction)
    count = np.zeros(len(points), np.float32)
    for jump in np.concatenate([half, -half]):
        offset = points + jump - rear
        along = offset @ unit
        across2 = np.einsum("ni,ni->n", offset, offset) - along**2
        count += (across2 <= radius_mm**2) & (along >= 0.0) & (along <= needle.length_mm)
    share[tuple(kji.T)] += count / np.float32(2 * len(half))


def _streak(
    voxels: NDArray[np.float32],
    image: Image,
    needle: Trajectory,
    streak_hu: float,
    noise_hu: float,
    rng: np.random.Generator,
) -> None:
    """Add fans of bright and dark around a needle in every slice, which fade with the distance, and noise."""
    kji, points = _tube(image, needle, _STREAK_REACH_MM, 0.0)
    axes = image.grid.axes / np.linalg.norm(image.grid.axes, axis=0)
    unit, rear = np.asarray(needle.direction), np.asarray(needle.entry_mm)
    offset = points - rear
    along = np.clip(offset @ unit, 0.0, needle.length_mm)
    away = offset - along[:, None] * unit
    angle = np.arctan2(away @ axes[:, 1], away @ axes[:, 0])
    fade = np.exp(-np.linalg.norm(away, axis=1) / (_STREAK_REACH_MM / 3.0))
    fan = np.zeros(len(points))
    for n in range(1, _HARMONICS + 1):
        fan += rng.normal() * np.cos(2 * n * angle + rng.uniform(0, 2 * np.pi))
    fan = fan / np.sqrt(_HARMONICS / 2.0) * streak_hu + rng.normal(0.0, noise_hu, len(points))
    voxels[tuple(kji.T)] += (fan * fade).astype(np.float32)


def _tube(image: Image, needle: Trajectory, reach_mm: float, past_mm: float) -> tuple[NDArray[np.int_], Floats]:
    """Array indices and places of the voxels around a needle."""
    grid = image.grid
    unit, rear = np.asarray(needle.direction), np.asarray(needle.entry_mm)
    ijk = grid.to_ijk([needle.entry_mm, needle.tip_mm])
    room = (reach_mm + past_mm) / np.asarray(grid.spacing_mm)
    low = np.clip(np.floor(ijk.min(axis=0) - room), 0, grid.shape[::-1]).astype(int)
    high = np.clip(np.ceil(ijk.max(axis=0) + room) + 1, 0, grid.shape[::-1]).astype(int)
    place = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), -1)
    place = place.reshape(-1, 3)
    points = grid.to_mm(place)
    along = (points - rear) @ unit
    across = np.linalg.norm(points - rear - along[:, None] * unit, axis=1)
    near = (across <= reach_mm) & (along >= -past_mm) & (along <= needle.length_mm + past_mm)
    return place[near][:, ::-1], points[near]
