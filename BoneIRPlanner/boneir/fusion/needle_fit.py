"""Axis and tip of needles from the grey values around them, blooming and saturation included.

A needle is a cylinder that ends flat. Blurred by a Gaussian its image has a closed form, which is fitted to the CT: all
needles that come near each other together, clipped where the scanner clips. The tip does not rest on a threshold, which
blooming would move, but on where the values beside the axis fall to half of those along the shaft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import ndtr

from ..case import Image

Floats = NDArray[np.float64]

_REACH_MM, _AHEAD_MM, _BEHIND_MM = 5.0, 8.0, 60.0
_HUB_MM = 6.0
"""So much of the rear end is left out: a hub or the border of the image may begin there."""
_NEAR_MM = 12.0
_RADIUS_MM = 0.9
_AROUND_MM = (4.0, 6.5)
_BIN_MM = 6.0
_SCALE_HU = 200.0
_CLIPPED = 5
"""A greatest value that so many voxels share is that at which the scanner clips."""
_MOST_VOXELS = 9000
_MOST_FITS, _FAR_MM = 3, 6.0
_THICK_MM, _DEPTH_MM = 2.0, 0.7


@dataclass(frozen=True, eq=False)
class FittedNeedle:
    """Where a needle lies.

    Parameters
    ----------
    tip_mm, direction : ndarray, shape (3,)
        LPS mm of its foremost point, and the unit vector that it points along.
    residual_hu : float
        Median of what the fit leaves, around the needle.
    """

    tip_mm: Floats
    direction: Floats
    residual_hu: float


def fit_needles(image: Image, tips_mm: Sequence[Floats], rears_mm: Sequence[Floats]) -> tuple[FittedNeedle, ...]:
    """Fit needles that are roughly known, those that come near each other together.

    Parameters
    ----------
    image : Image
        CT in HU.
    tips_mm, rears_mm : sequence of ndarray, shape (3,)
        Where each needle about begins and ends.
    """
    found: dict[int, FittedNeedle] = {}
    for group in _groups(tips_mm, rears_mm):
        tips, rears = [tips_mm[n] for n in group], [rears_mm[n] for n in group]
        for _ in range(_MOST_FITS):
            fits = _Bundle(image, tips, rears).fitted()
            farthest = max(float(np.linalg.norm(fit.tip_mm - tip)) for fit, tip in zip(fits, tips, strict=True))
            if farthest < _FAR_MM:
                break
            # Near the end of what a fit may move, the needle may go on: it is fitted again from there.
            lengths = [float(np.linalg.norm(tip - rear)) for tip, rear in zip(tips, rears, strict=True)]
            tips = [fit.tip_mm for fit in fits]
            rears = [tip - long * fit.direction for tip, long, fit in zip(tips, lengths, fits, strict=True)]
        found |= dict(zip(group, fits, strict=True))
    return tuple(found[n] for n in range(len(tips_mm)))


def _groups(tips: Sequence[Floats], rears: Sequence[Floats]) -> list[list[int]]:
    """Needles in groups that come near each other."""
    lines = [tip + np.linspace(0.0, 1.0, 40)[:, None] * (rear - tip) for tip, rear in zip(tips, rears, strict=True)]
    groups: list[list[int]] = []
    for n, line in enumerate(lines):
        near = [
            group
            for group in groups
            if any(np.linalg.norm(line[:, None] - lines[m][None], axis=2).min() < _NEAR_MM for m in group)
        ]
        groups = [group for group in groups if group not in near] + [sorted([n, *(m for g in near for m in g)])]
    return groups


def _depths(slice_mm: float) -> Floats:
    """Where within a slice the model is looked at: thick ones show the mean over all their depth."""
    if slice_mm < _THICK_MM:
        return np.zeros(1)
    count = int(np.ceil(slice_mm / _DEPTH_MM))
    return np.asarray(((np.arange(count) + 0.5) / count - 0.5) * slice_mm)


class _Bundle:
    """Needles that are fitted together: the voxels around them, and the parameters of the model.

    Parameters per needle: shift and tilt along two directions across, place of the tip along, logarithm of the
    brightness; for all together the logarithms of the blur in the slice and across the slices.
    """

    def __init__(self, image: Image, tips: Sequence[Floats], rears: Sequence[Floats]) -> None:
        self.tips = tips
        self.units = [(tip - rear) / np.linalg.norm(tip - rear) for tip, rear in zip(tips, rears, strict=True)]
        self.bases = [np.linalg.svd(unit[None])[2][1:] for unit in self.units]
        shown = [float(np.linalg.norm(tip - rear)) for tip, rear in zip(tips, rears, strict=True)]
        self.lengths = [min(_BEHIND_MM, max(length - _HUB_MM, 10.0)) for length in shown]
        self.normal = image.grid.axes[:, 2] / np.linalg.norm(image.grid.axes[:, 2])
        self.slice_mm = image.grid.spacing_mm[2]
        self.depths = _depths(self.slice_mm)
        self._take_voxels(image)

    def _take_voxels(self, image: Image) -> None:
        ends = np.array([tip - s * unit for tip, unit, length in self._pieces() for s in (-_AHEAD_MM, length)])
        ijk = image.grid.to_ijk(ends)
        room = (_AROUND_MM[1] + 1.0) / np.asarray(image.grid.spacing_mm)
        low = np.maximum(np.floor(ijk.min(axis=0) - room), 0).astype(int)
        high = np.minimum(np.ceil(ijk.max(axis=0) + room) + 1, np.asarray(image.grid.shape[::-1])).astype(int)
        part = image.voxels[low[2] : high[2], low[1] : high[1], low[0] : high[0]]
        place = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), -1)
        points = image.grid.to_mm(place.reshape(-1, 3))
        values = part.transpose(2, 1, 0).reshape(-1).astype(float)
        nearest, across = self._nearest(points)
        around = (across >= _AROUND_MM[0]) & (across <= _AROUND_MM[1])
        near = across <= _REACH_MM
        background = self._background(points, values, nearest, around, near)
        rows = np.flatnonzero(near)
        rows = rows[:: max(1, rows.size // (_MOST_VOXELS * len(self.tips)))]
        keep = np.isin(np.flatnonzero(near), rows)
        self.points, self.values, self.background = points[rows], values[rows], background[keep]
        top = float(values.max(initial=0.0))
        self.clip = top if np.count_nonzero(values == top) >= _CLIPPED else np.inf

    def _pieces(self) -> list[tuple[Floats, Floats, float]]:
        return list(zip(self.tips, self.units, self.lengths, strict=True))

    def _nearest(self, points: Floats) -> tuple[NDArray[np.int_], Floats]:
        """Which needle lies nearest to each point, and how far its axis is; infinite past its ends."""
        across = np.full((len(self.tips), len(points)), np.inf)
        for n, (tip, unit, length) in enumerate(self._pieces()):
            offset = points - tip
            along = offset @ unit
            distance = np.linalg.norm(offset - along[:, None] * unit, axis=1)
            across[n] = np.where((along <= _AHEAD_MM) & (along >= -length), distance, np.inf)
        return across.argmin(axis=0), across.min(axis=0)

    def _background(
        self,
        points: Floats,
        values: Floats,
        nearest: NDArray[np.int_],
        around: NDArray[np.bool_],
        near: NDArray[np.bool_],
    ) -> Floats:
        """What the tissue around each needle has, piece by piece along it."""
        background = np.zeros(len(points))
        for n, (tip, unit, _) in enumerate(self._pieces()):
            along = (points - tip) @ unit
            mine = nearest == n
            piece = np.floor(along / _BIN_MM).astype(int)
            for number in np.unique(piece[mine & near]):
                shell = values[mine & around & (piece == number)]
                background[mine & near & (piece == number)] = np.median(shell) if shell.size else 0.0
        return background[near]

    def fitted(self) -> list[FittedNeedle]:
        """The needles where the model fits best."""
        count = len(self.tips)
        start = np.concatenate([np.tile([0.0, 0.0, 0.0, 0.0, 0.0, np.log(8000.0)], count), [np.log(0.7)] * 2])
        if len(self.depths) == 1:
            start[-1] = np.log(max(0.7, 0.3 * self.slice_mm))
        each_low, each_high = [-4, -4, -0.15, -0.15, -8, np.log(800.0)], [4, 4, 0.15, 0.15, 8, np.log(60_000.0)]
        low = np.concatenate([np.tile(each_low, count), np.log([0.2, 0.2])])
        high = np.concatenate([np.tile(each_high, count), np.log([2.5, max(2.5, self.slice_mm)])])
        solved = least_squares(
            self._misfit, start, bounds=(low, high), loss="soft_l1", f_scale=1.0, x_scale=np.tile(1.0, start.size),
            max_nfev=40, xtol=1e-5, ftol=1e-5,
        )  # fmt: skip
        left = np.abs(self._misfit(solved.x)) * _SCALE_HU
        nearest, _ = self._nearest(self.points)
        needles = []
        for n in range(count):
            tip, unit = self._line(n, solved.x)
            mine = left[nearest == n]
            needles.append(FittedNeedle(tip, unit, float(np.median(mine)) if mine.size else 0.0))
        return needles

    def _misfit(self, values: Floats) -> Floats:
        model = self.background.copy()
        for n in range(len(self.tips)):
            model += np.exp(values[6 * n + 5]) * self._cylinder(n, values)
        return np.asarray((np.minimum(model, self.clip) - self.values) / _SCALE_HU)

    def _line(self, n: int, values: Floats) -> tuple[Floats, Floats]:
        """Tip and direction of a needle; shift and tilt are taken about the middle of what is fitted."""
        shift, tilt, advance = values[6 * n : 6 * n + 2], values[6 * n + 2 : 6 * n + 4], values[6 * n + 4]
        unit, basis, half = self.units[n], self.bases[n], self.lengths[n] / 2.0
        middle = self.tips[n] - half * unit + shift @ basis
        turned = unit + tilt @ basis
        turned = turned / np.linalg.norm(turned)
        return middle + (half + advance) * turned, turned

    def _cylinder(self, n: int, values: Floats) -> Floats:
        """The blurred cylinder: across as a Gaussian of the same spread, along as a blurred end, shifted by slant."""
        tip, unit = self._line(n, values)
        in_plane, through = np.exp(2.0 * values[-2:])
        blur = in_plane * np.eye(3) + (through - in_plane) * np.outer(self.normal, self.normal)
        basis = np.linalg.svd(unit[None])[2][1:]
        spread = basis @ blur @ basis.T + _RADIUS_MM**2 / 4.0 * np.eye(2)
        slant = np.linalg.solve(spread, basis @ blur @ unit)
        rest = float(unit @ blur @ unit - (basis @ blur @ unit) @ slant)
        inverse, width = np.linalg.inv(spread), np.sqrt(max(rest, 1e-4))
        value = np.zeros(len(self.points))
        for depth in self.depths:
            offset = self.points + depth * self.normal - tip
            across = offset @ basis.T
            shape = np.exp(-0.5 * np.einsum("ni,ij,nj->n", across, inverse, across))
            value += shape * ndtr((across @ slant - offset @ unit) / width)
        return value / len(self.depths)
