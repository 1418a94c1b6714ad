"""One run of registration: from a start to the nearest place where two images tell most of each other.

The measure is the mutual information of Mattes et al., IEEE Trans Med Imaging 2003;22:120-128, with its exact
derivative; L-BFGS-B of SciPy does the optimising. All runs on one thread, so the same inputs give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ..image.rigid import Rigid, turned
from .scaled import Scaled

Floats = NDArray[np.float64]

BINS = 32
_RADIUS_MM = 50.0
"""Turns are counted in mm on a circle of this radius, so that turns and shifts weigh alike."""
_FARTHEST_MM = 40.0
_LEAST_SAMPLES = 200


@dataclass(frozen=True, eq=False)
class Samples:
    """Points in the fixed image and its values there, counted in bins.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3)
    bins : ndarray of int, shape (n,)
        The bin of the fixed image's value, 0 to 31.
    """

    points_mm: Floats
    bins: NDArray[np.int64]


def samples_of(points_mm: Floats, values: NDArray[np.float32]) -> Samples:
    """Samples from points and the values of the fixed image there."""
    low, high = np.percentile(values, (0.5, 99.5))
    scale = BINS / max(float(high - low), 1e-6)
    return Samples(points_mm, np.clip((values - low) * scale, 0, BINS - 1).astype(np.int64))


@dataclass(frozen=True, eq=False)
class Objective:
    """Minus the mutual information of samples and a moving image, as a function of six lengths in mm.

    Parameters
    ----------
    samples : Samples
    moving : Scaled
    start : Rigid
        The motion at zero.
    """

    samples: Samples
    moving: Scaled
    start: Rigid

    def motion(self, lengths: Floats) -> Rigid:
        """The rigid motion that six lengths mean: a turn about the samples' middle and a shift, then the start."""
        return self.start.after(Rigid.about(self._centre, np.rad2deg(lengths[:3] / _RADIUS_MM), lengths[3:]))

    @property
    def _centre(self) -> Floats:
        return np.asarray(self.samples.points_mm.mean(axis=0))

    def __call__(self, lengths: Floats) -> tuple[float, Floats]:
        """The value and its derivative, shape (6,)."""
        turn = lengths[:3] / _RADIUS_MM
        arms = self.samples.points_mm - self._centre
        rotation = turned(turn)
        here = arms @ rotation.T + self._centre + lengths[3:]
        values, slopes, inside = value_and_slope(self.moving, self.start.apply(here))
        if np.count_nonzero(inside) < _LEAST_SAMPLES:
            return 0.0, np.zeros(6)
        information, by_value = mutual_information(self.samples.bins[inside], values, self.moving.range)
        force = by_value[:, None] * (slopes @ self.start.matrix)  # derivative by the place of each sample
        shift = force.sum(axis=0)
        moment = np.cross(arms[inside], force @ rotation).sum(axis=0)
        rate = np.concatenate([(moment @ _right_jacobian(turn)) / _RADIUS_MM, shift])
        # Fewer points always tell more of each other: points that leave the image must not be a gain.
        share = float(np.mean(inside))
        return -share * information, -share * rate


def optimised(samples: Samples, moving: Scaled, start: Rigid, *, most_steps: int = 60) -> Rigid | None:
    """The rigid motion next to `start` with the most mutual information.

    Parameters
    ----------
    samples : Samples
    moving : Scaled
    start : Rigid
        From the fixed to the moving image.
    most_steps : int

    Returns
    -------
    Rigid or None
        None where the images do not overlap enough.
    """
    objective = Objective(samples, moving, start)
    _, _, inside = value_and_slope(moving, start.apply(samples.points_mm))
    if np.count_nonzero(inside) < _LEAST_SAMPLES:
        return None
    bounds = [(-_FARTHEST_MM, _FARTHEST_MM)] * 6
    options = {"maxiter": most_steps, "ftol": 1e-9, "gtol": 1e-7}
    found = minimize(objective, np.zeros(6), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return objective.motion(np.asarray(found.x))


def mutual_information(bins: NDArray[np.int64], values: Floats, span: tuple[float, float]) -> tuple[float, Floats]:
    """`mutual_information_numpy`, compiled where numba is there."""
    fast = _compiled()
    if fast is None:
        return mutual_information_numpy(bins, values, span)
    information, rate = fast.mutual_information(bins, values, span[0], span[1], BINS)
    return float(information), rate


def value_and_slope(image: Scaled, points_mm: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """`value_and_slope_numpy`, compiled where numba is there."""
    fast = _compiled()
    if fast is None:
        return value_and_slope_numpy(image, points_mm)
    origin = np.asarray(image.grid.origin_mm, float)
    turn = np.linalg.inv(image.grid.axes)
    values, slopes, inside = fast.value_and_slope(image.values, origin, turn, np.ascontiguousarray(points_mm))
    return values[inside], slopes[inside], inside


@cache
def _compiled() -> ModuleType | None:
    try:
        from . import optimise_numba
    except ImportError:
        return None
    return optimise_numba


def mutual_information_numpy(
    bins: NDArray[np.int64], values: Floats, span: tuple[float, float]
) -> tuple[float, Floats]:
    """Mutual information in nats, and its derivative by each value.

    Parameters
    ----------
    bins : ndarray of int, shape (n,)
        Of the fixed image.
    values : ndarray, shape (n,)
        Of the moving image; each is spread over four bins by a cubic B-spline.
    span : tuple of float
        The values between which the bins lie.
    """
    low, high = span
    scale = (BINS - 1) / max(high - low, 1e-6)
    inner = (values > low) & (values < high)
    place = np.clip((values - low) * scale, 0.0, BINS - 1.0) + 2.0
    first = np.floor(place).astype(np.int64) - 1
    width = BINS + 4
    joint = np.zeros(BINS * width)
    weights = np.empty((4, len(values)))
    rates = np.empty((4, len(values)))
    cells = np.empty((4, len(values)), np.int64)
    for n in range(4):
        weights[n], rates[n] = _spline(place - (first + n))
        cells[n] = bins * width + first + n
        joint += np.bincount(cells[n], weights[n], minlength=len(joint))
    joint = joint.reshape(BINS, width) / len(values)
    one, other = joint.sum(axis=1, keepdims=True), joint.sum(axis=0, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(joint > 0, np.log(joint / (one * other)), 0.0)
        by_cell = np.where(joint > 0, np.log(joint / other), 0.0).ravel()
    rate = (rates * by_cell[cells]).sum(axis=0) * scale * inner / len(values)
    return float((joint * ratio).sum()), rate


def _spline(offset: Floats) -> tuple[Floats, Floats]:
    """The cubic B-spline at offsets from -2 to 2, and its derivative."""
    away = np.abs(offset)
    near = away < 1.0
    rest = 2.0 - np.minimum(away, 2.0)
    value = np.where(near, 2.0 / 3.0 - away**2 + 0.5 * away**3, rest**3 / 6.0)
    rate = np.where(near, -2.0 * away + 1.5 * away**2, -0.5 * rest**2) * np.sign(offset)
    return value, rate


def value_and_slope_numpy(image: Scaled, points_mm: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Trilinear values and their gradients per mm at the points (n, 3) that lie within, and which those are."""
    ijk = image.grid.to_ijk(points_mm)
    size = np.asarray(image.grid.shape[::-1])
    inside = np.all((ijk >= 0) & (ijk <= size - 1), axis=1)
    ijk = ijk[inside]
    base = np.clip(np.floor(ijk).astype(np.int64), 0, np.maximum(size - 2, 0))
    x, y, z = (ijk - base).T
    nk, nj, ni = image.grid.shape
    at = (base[:, 2] * nj + base[:, 1]) * ni + base[:, 0]
    flat = image.values.ravel()
    di, dj, dk = (step if n > 1 else 0 for step, n in zip((1, ni, ni * nj), (ni, nj, nk), strict=True))
    c = [[[flat[at + a * di + b * dj + e * dk].astype(float) for e in (0, 1)] for b in (0, 1)] for a in (0, 1)]
    along_x = [[c[1][b][e] - c[0][b][e] for e in (0, 1)] for b in (0, 1)]
    at_x = [[c[0][b][e] + x * along_x[b][e] for e in (0, 1)] for b in (0, 1)]
    at_xy = [at_x[0][e] + y * (at_x[1][e] - at_x[0][e]) for e in (0, 1)]
    value = at_xy[0] + z * (at_xy[1] - at_xy[0])
    ahead = [along_x[0][e] + y * (along_x[1][e] - along_x[0][e]) for e in (0, 1)]
    up = [at_x[1][e] - at_x[0][e] for e in (0, 1)]
    slope = np.stack([ahead[0] + z * (ahead[1] - ahead[0]), up[0] + z * (up[1] - up[0]), at_xy[1] - at_xy[0]], axis=1)
    return value, slope @ np.linalg.inv(image.grid.axes), inside


def _right_jacobian(turn: Floats) -> Floats:
    """How a small change of a rotation vector turns, seen before the rotation."""
    angle = float(np.linalg.norm(turn))
    x, y, z = turn
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    if angle < 1e-8:
        return np.asarray(np.eye(3) - 0.5 * cross)
    a, b = (1.0 - np.cos(angle)) / angle**2, (angle - np.sin(angle)) / angle**3
    return np.asarray(np.eye(3) - a * cross + b * cross @ cross)
