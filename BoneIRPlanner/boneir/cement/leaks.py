"""At how many millilitres cement reaches each port, what is safe, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..findings import Point
from ..grid import Grid
from ..image.resample import mask_on
from ..mask import Mask
from ..resources import limit
from .front import Filling, fill
from .limits import leak
from .medium import FillingMedium
from .ports import Port

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReachedPort:
    """A port as one filling meets it.

    Parameters
    ----------
    port : Port
    at_ml : float
        Volume at which the front reaches it; infinite where it does not.
    distance_mm : float
        Straight from the nearest tip.
    way_mm : float
        Along the way of the front; NaN where it does not come.
    low_ml, high_ml : float
        Range of the volume over drawn permeabilities (5th and 95th percentile); NaN where none were drawn.
    reach_chance : float
        Share of the drawn permeabilities in which the planned volume reaches it; NaN where none were drawn.
    """

    port: Port
    at_ml: float
    distance_mm: float
    way_mm: float
    low_ml: float = float("nan")
    high_ml: float = float("nan")
    reach_chance: float = float("nan")

    @property
    def leak_chance(self) -> float:
        """Probability that cement leaves here: that it is reached and lets it through."""
        return self.reach_chance * self.port.open_chance.amount


@dataclass(frozen=True)
class SafeVolume:
    """The volume up to which no dangerous port is reached.

    Parameters
    ----------
    volume_ml : float
        With its reserve; infinite where no dangerous port is reached.
    port : str
        The one that limits it; "" where none does.
    seen_ml, seen_port : float, str
        The same without veins that the image does not show.
    """

    volume_ml: float
    port: str
    seen_ml: float
    seen_port: str


def ports_reached(filling: Filling, ports: Sequence[Port]) -> tuple[ReachedPort, ...]:
    """When a filling meets each port; the earliest first, those that it does not meet last, by their distance."""
    found = []
    for port in ports:
        apart = min(float(np.linalg.norm(np.subtract(tip, port.place_mm))) for tip in filling.tips_mm)
        at_ml = filling.reached_ml(port.opening)
        found.append(ReachedPort(port, at_ml, apart, _way_mm(filling, port) if np.isfinite(at_ml) else np.nan))
    return tuple(sorted(found, key=lambda item: (item.at_ml, item.distance_mm)))


def _way_mm(filling: Filling, port: Port) -> float:
    first = np.where(port.opening, filling.arrival, np.inf)
    k, j, i = (int(v) for v in np.unravel_index(int(np.argmin(first)), first.shape))
    way = np.asarray(filling.way_to((k, j, i)), float)
    return float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum()) * filling.medium.step_mm


def safe_volume(reached: Sequence[ReachedPort]) -> SafeVolume:
    """The volume before the first dangerous port, less a reserve."""
    share = leak("safe_share")

    def first(items: list[ReachedPort]) -> tuple[float, str]:
        soonest = min(items, key=lambda item: item.at_ml, default=None)
        if soonest is None or not np.isfinite(soonest.at_ml):
            return float("inf"), ""
        return share * max(soonest.at_ml, 0.0), soonest.port.name

    dangerous = [item for item in reached if item.port.is_dangerous]
    volume, port = first(dangerous)
    seen, seen_port = first([item for item in dangerous if item.port.seen])
    return SafeVolume(volume, port, seen, seen_port)


@dataclass(frozen=True, eq=False)
class Draws:
    """Fillings of many drawn permeability fields.

    Parameters
    ----------
    at_ml : ndarray of float, shape (draws, ports)
        Volume at which each port is reached.
    filled : ndarray of float32, shape (k, j, i)
        Share of the draws in which the planned volume fills each voxel.
    grid : Grid
    """

    at_ml: Floats
    filled: NDArray[np.float32]
    grid: Grid

    def shape_on(self, grid: Grid, share: float) -> Mask:
        """Where at least a share of the draws brings cement, on another grid."""
        return mask_on(Mask.of(self.filled >= share, self.grid), grid)


def draw_fillings(
    medium: FillingMedium, tips_mm: Sequence[Point], volumes_ml: Sequence[float], ports: Sequence[Port], draws: int,
    seed: int = 0,
) -> Draws:  # fmt: skip
    """Fill many times, each time with another permeability.

    Permeability varies log-normally, alike over some millimetres, with the spread that was measured between cores of
    human vertebrae.

    Parameters
    ----------
    medium : FillingMedium
        Coarser voxels than those of the filling that is shown do.
    tips_mm, volumes_ml
        As planned.
    ports : sequence of Port
        On the grid of the medium.
    draws : int
    seed : int
    """
    rng = np.random.default_rng(seed)
    planned = float(sum(volumes_ml))
    at_ml = np.empty((draws, len(ports)))
    filled = np.zeros(medium.speed.shape, np.float32)
    for n in range(draws):
        drawn = replace(medium, speed=medium.speed * _field(medium, rng))
        filling = fill(drawn, tips_mm, until_ml=3.0 * planned + 1.0)
        at_ml[n] = [filling.reached_ml(port.opening) for port in ports]
        planned_only = filling if len(tips_mm) == 1 else fill(drawn, tips_mm, volumes_ml, until_ml=3.0 * planned)
        filled += planned_only.shape(planned)
    return Draws(at_ml, filled / np.float32(max(draws, 1)), medium.grid)


def _field(medium: FillingMedium, rng: np.random.Generator) -> Floats:
    """A log-normal field of mean 1, alike over the length of variation."""
    spread = float(np.sqrt(np.log1p(limit("filling", "permeability_variation").amount ** 2)))
    length = limit("filling", "variation_length_mm").amount / medium.step_mm
    noise = ndimage.gaussian_filter(rng.standard_normal(medium.speed.shape), length / 2.0, mode="wrap")
    noise = noise / noise.std()
    return np.asarray(np.exp(spread * noise - 0.5 * spread**2))


def with_chances(
    reached: Sequence[ReachedPort], ports: Sequence[Port], draws: Draws, planned_ml: float
) -> tuple[ReachedPort, ...]:
    """Ports with the range of their volumes and the probability that the planned volume reaches them."""
    place = {port.name: n for n, port in enumerate(ports)}
    found = []
    for item in reached:
        volumes = draws.at_ml[:, place[item.port.name]]
        low, high = (float(v) for v in np.quantile(volumes, [0.05, 0.95], method="nearest"))
        chance = float(np.mean(volumes <= planned_ml))
        found.append(replace(item, low_ml=low, high_ml=high, reach_chance=chance))
    return tuple(found)
