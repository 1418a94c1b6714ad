"""What planned injections will do to one lesion: shape, ports, safe volume, and how sure all of it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..case import Image, Structure
from ..errors import OutlineError
from ..findings import Point
from ..image.distance import has_numba
from ..mask import Mask
from .front import Filling, fill
from .leaks import (
    Draws,
    ReachedPort,
    SafeVolume,
    draw_fillings,
    ports_reached,
    safe_volume,
    with_chances,
)
from .limits import filling as filling_limit
from .limits import leak
from .medium import FillingMedium, filling_medium
from .percolation import percolate
from .ports import Port, find_ports, ports_on
from .site import CementSite, cement_site
from .tip import TipAdvice, advise_tip, posterior_wall

WITHOUT_NUMBA = 2.0
"""Voxels are so much larger where the compiled kernels are missing."""
MOST_PORTS = 8
_BEYOND = 2.0
_PERCOLATIONS = 3


@dataclass(frozen=True, eq=False)
class PreparedBone:
    """The bone around a lesion, ready for any number of injections.

    Parameters
    ----------
    site : CementSite
    medium, coarse : FillingMedium
        For the filling that is shown, and for draws.
    ports, coarse_ports : tuple of Port
        The same ports on the voxels of both.
    """

    site: CementSite
    medium: FillingMedium
    coarse: FillingMedium
    ports: tuple[Port, ...]
    coarse_ports: tuple[Port, ...]


@dataclass(frozen=True, eq=False)
class Forecast:
    """What planned injections do.

    Parameters
    ----------
    bone : PreparedBone
    filling : Filling
    planned_ml : float
        Of all cannulas together.
    ports : tuple of ReachedPort
        Those that matter, the earliest first.
    safe : SafeVolume
    draws : Draws or None
        None where none were asked for.
    stress_ml : float
        Volume at which a dangerous port is reached if cement only takes the easiest ways; infinite where it is not.
    """

    bone: PreparedBone
    filling: Filling
    planned_ml: float
    ports: tuple[ReachedPort, ...]
    safe: SafeVolume
    draws: Draws | None
    stress_ml: float

    @property
    def leak_chance(self) -> float:
        """Probability that the planned volume leaves bone anywhere; NaN without draws."""
        return 1.0 - float(np.prod([1.0 - item.leak_chance for item in self.ports]))

    def curve(self) -> tuple[tuple[float, float], ...]:
        """Share of the lesion that is filled, in steps of half a millilitre up to beyond what is planned."""
        step = filling_limit("step_ml")
        ports = [item.at_ml for item in self.ports[:3] if np.isfinite(item.at_ml)]
        wanted = max(1.5 * self.planned_ml, self.planned_ml + 2 * step, *ports)
        last = min(self.filling.most_ml, wanted, _BEYOND * self.planned_ml + 4 * step)
        volumes = np.arange(0.0, last + 1e-9, step)
        return tuple((float(v), self.filling.filled_share(self.bone.medium.lesion, float(v))) for v in volumes)


@lru_cache(maxsize=4)
def prepare(image: Image, lesion: Mask, structures: tuple[Structure, ...]) -> PreparedBone:
    """Make the bone around a lesion ready for filling.

    Raises
    ------
    ImageError
        If the image is not CT.
    OutlineError
        If no bone is outlined around the lesion.
    """
    site = cement_site(lesion, structures)
    if site is None:
        raise OutlineError("No bone is outlined around the lesion: where cement would go cannot be told.")
    scale = 1.0 if has_numba() else WITHOUT_NUMBA
    fine, coarse = (scale * filling_limit(key) for key in ("step_mm", "draw_step_mm"))
    medium, less = (
        filling_medium(image, site.bone, lesion, axes=site.axes, beyond=site.beyond, step_mm=step)
        for step in (fine, coarse)
    )
    ports = find_ports(medium, site.neighbours)
    return PreparedBone(site, medium, less, ports, ports_on(ports, medium, less))


@lru_cache(maxsize=8)
def best_tips(bone: PreparedBone, volume_ml: float) -> tuple[TipAdvice, ...]:
    """Places for the tip from which most of the lesion is filled before the first dangerous port, the best first.

    Raises
    ------
    OutlineError
        If no part of the lesion lets cement in.
    """
    return advise_tip(bone.medium, bone.ports, volume_ml, posterior=posterior_wall(bone.medium, bone.ports))


def forecast(
    bone: PreparedBone,
    tips_mm: Sequence[Point],
    volumes_ml: Sequence[float],
    *,
    draws: int | None = None,
    seed: int = 0,
) -> Forecast:
    """Say what injections at some tips will do.

    Parameters
    ----------
    bone : PreparedBone
    tips_mm, volumes_ml
        As planned.
    draws : int or None
        Permeability fields to draw; None takes the default, 0 draws none.
    seed : int

    Raises
    ------
    OutlineError
        If a tip is not in the bone.
    """
    planned = float(sum(volumes_ml))
    full = fill(bone.medium, tips_mm)
    reached = ports_reached(full, bone.ports)
    count = round(filling_limit("draws")) if draws is None else draws
    drawn = None
    if count > 0 and planned > 0:
        drawn = draw_fillings(bone.coarse, tips_mm, volumes_ml, bone.coarse_ports, count, seed)
        reached = with_chances(reached, bone.ports, drawn, planned)
    shown = full if len(tips_mm) == 1 else fill(bone.medium, tips_mm, volumes_ml)
    return Forecast(
        bone,
        shown,
        planned,
        _that_matter(reached, planned),
        safe_volume(reached),
        drawn,
        _stress(bone, tips_mm, planned, count, seed),
    )


def _that_matter(reached: Sequence[ReachedPort], planned_ml: float) -> tuple[ReachedPort, ...]:
    """Ports that about twice the planned volume reaches, and the first dangerous one."""
    near = [item for item in reached if item.at_ml <= _BEYOND * planned_ml or item.leak_chance > 0.0]
    first = [item for item in reached if item.port.is_dangerous and np.isfinite(item.at_ml)][:1]
    kept = list(dict.fromkeys([*near[:MOST_PORTS], *first]))
    return tuple(sorted(kept, key=lambda item: (item.at_ml, item.distance_mm)))


def _stress(bone: PreparedBone, tips_mm: Sequence[Point], planned_ml: float, count: int, seed: int) -> float:
    dangerous = [port for port in bone.coarse_ports if port.is_dangerous]
    if not dangerous or count == 0 or planned_ml <= 0:
        return float("inf")
    worst = float("inf")
    for n in range(_PERCOLATIONS):
        spread = percolate(bone.coarse, tips_mm, planned_ml / leak("safe_share"), seed + n)
        worst = min(worst, *(spread.reached_ml(port.opening) for port in dangerous))
    return max(worst, 0.0)
