"""Injected ethanol: where it spreads under pressure, and what leaves the bone through breaches.

Fluid follows Darcy's law from the tip. A voxel fills with ethanol before it passes any on, and passes it on the way the
fluid flows; since fluid only flows from higher to lower pressure, one pass over the voxels in that order gives all
volumes, and not a drop is lost. Mixing and diffusion are not computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..anatomy.structures import with_article
from ..assessment import Measure
from ..case import Role, Structure
from ..errors import PlanError
from ..evidence import Value
from ..findings import Finding, Point, Severity
from ..grid import Grid
from ..image.distance import has_numba
from ..image.resample import mask_on
from ..mask import Mask
from ..resources import limit
from .laplace import Held, Walls, steady_flow
from .tissue_map import TissueMap

Floats = NDArray[np.float64]
Flows = tuple[Floats, Floats, Floats]
Spreading = Callable[[Floats, Flows, Floats, Floats, Floats], Floats]

MOST_LOST = 2e-3
"""Part of the ethanol that may leave the computed part before that is refused."""

_ALONG = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


@dataclass(frozen=True)
class Leak:
    """Ethanol that leaves the container somewhere: how much, and where most of it."""

    volume_ml: float
    place_mm: Point


@dataclass(frozen=True, eq=False)
class Stream:
    """The flow of an injection, arrays of shape (k, j, i).

    Parameters
    ----------
    pressure : ndarray of float
        Relative; fluid flows from higher to lower.
    flows : three arrays of float
        From every voxel to the next one along k, j and i, for an injection of one.
    leaving : ndarray of float
        All that flows out of every voxel, the borders of the grid included.
    pores_ml : ndarray of float
        What ethanol can fill.
    tip : tuple of int
        Voxel (k, j, i) that is fed.
    """

    pressure: Floats
    flows: Flows
    leaving: Floats
    pores_ml: Floats
    tip: tuple[int, int, int]

    def overflow_ml(self, volume_ml: float) -> tuple[Floats, Floats]:
        """What every voxel has received after an injection, and what it has passed on."""
        fed = np.zeros(self.pressure.shape)
        fed[self.tip] = volume_ml
        received = fastest_spreading()(self.pressure, self.flows, self.leaving, self.pores_ml, fed)
        return received, np.maximum(received - self.pores_ml, 0.0)


@dataclass(frozen=True, eq=False)
class Infusion:
    """Where injected ethanol is.

    Parameters
    ----------
    stream : Stream
    filled : ndarray of float, shape (k, j, i)
        Part of the pore space of each voxel that is filled.
    zone : Mask
        Voxels that are at least half filled.
    volume_ml : float
        Injected.
    within_ml : float
        What is in the container, or in the grid where there is none.
    leak : Leak or None
        What left the container; None where there is none or nothing leaves.
    """

    stream: Stream
    filled: Floats
    zone: Mask
    volume_ml: float
    within_ml: float
    leak: Leak | None


def mobility_of(tissues: TissueMap) -> Floats:
    """How easily fluid moves through each voxel, relative to lytic tumour, shape (k, j, i)."""
    sizes = np.array([ethanol_value(f"mobility_{item.id}").amount for item in tissues.tissues])
    return np.asarray(sizes[tissues.labels])


def infuse(
    mobility: Floats,
    porosity: Floats | float,
    grid: Grid,
    tip_mm: Point,
    volume_ml: float,
    container: Mask | None = None,
) -> Infusion:
    """Compute where ethanol is after an injection.

    Parameters
    ----------
    mobility : ndarray of float, shape (k, j, i)
        Permeability over viscosity, in any unit: the volume is given, so only ratios count.
    porosity : ndarray of float or float
        Part of the volume that ethanol fills, above 0 and at most 1.
    grid : Grid
    tip_mm : Point
        LPS mm.
    volume_ml : float
    container : Mask or None
        What ethanol shall not leave, such as the bone; on `grid`.

    Raises
    ------
    PlanError
        If the volume is not positive, the porosity not a share, the tip outside the grid or in what lets no fluid
        through, or ethanol reaches the border of the grid.
    """
    share = np.broadcast_to(np.asarray(porosity, float), grid.shape)
    if not volume_ml > 0.0:
        raise PlanError(f"A volume of {volume_ml:g} mL cannot be injected: it must be above 0.")
    if not ((share > 0.0) & (share <= 1.0)).all():
        raise PlanError(f"A porosity of {share.min():g} to {share.max():g} cannot be: it must be above 0, at most 1.")
    if not bool(grid.contains(tip_mm)):
        raise PlanError(f"The tip {tip_mm} mm LPS lies outside the tissue, which spans {grid.bounds_text()}.")
    tip = grid.nearest_voxel(tip_mm)
    if not mobility[tip] > 0.0:
        raise PlanError(f"The tip {tip_mm} mm LPS lies in what lets no fluid through: move it.")
    stream = _stream(mobility, share * grid.voxel_ml, grid, tip)
    received, passed = stream.overflow_ml(volume_ml)
    filled = np.minimum(received / stream.pores_ml, 1.0)
    inside = np.ones(grid.shape, bool) if container is None else container.full()
    stored = filled * stream.pores_ml
    leak = None if container is None else _leak(stream, passed, inside, grid)
    if stored.sum() < (1.0 - MOST_LOST) * volume_ml:
        raise PlanError(f"{volume_ml:g} mL of ethanol reach the border of the computed part: take a larger one.")
    zone = Mask.of(filled >= 0.5, grid)
    return Infusion(stream, filled, zone, volume_ml, float(stored[inside].sum()), leak)


def received_numpy(
    pressure: Floats,  # noqa: ARG001 (the compiled pass needs the order)
    flows: Flows,
    leaving: Floats,
    pores_ml: Floats,
    fed_ml: Floats,
) -> Floats:
    """What every voxel receives in mL when each passes on what does not fit into its pores.

    Repeated until nothing changes; flow never returns, so this ends.
    """
    parts = []
    for axis, flow in enumerate(flows):
        low, high = _pair(axis)
        onward, back = np.maximum(flow[low], 0.0), np.maximum(-flow[low], 0.0)
        parts.append((low, high, _over(onward, leaving[low]), _over(back, leaving[high])))
    received = fed_ml
    while True:
        passed = np.maximum(received - pores_ml, 0.0)
        new = fed_ml.copy()
        for low, high, onward, back in parts:
            new[high] += onward * passed[low]
            new[low] += back * passed[high]
        if np.array_equal(new, received):
            return new
        received = new


def fastest_spreading() -> Spreading:
    """The compiled pass where numba is installed, else `received_numpy`."""
    if not has_numba():
        return received_numpy
    from .ethanol_numba import received_compiled

    return received_compiled


def first_reaching_ml(infusion: Infusion, there: NDArray[np.bool_]) -> tuple[float, tuple[int, int, int]] | None:
    """Injected volume at which ethanol first fills half a voxel of some, and which; None where it does not.

    To within a hundredth of the injected volume.
    """
    low, high, place = 0.0, infusion.volume_ml, None
    while place is None or high - low > 0.01 * infusion.volume_ml:
        volume = high if place is None else (low + high) / 2.0
        received, _ = infusion.stream.overflow_ml(volume)
        share = np.where(there, received / infusion.stream.pores_ml, 0.0)
        k, j, i = np.unravel_index(int(np.argmax(share)), share.shape)
        if share[k, j, i] >= 0.5:
            high, place = volume, (int(k), int(j), int(i))
        elif place is None:
            return None
        else:
            low = volume
    return high, place


def infusion_report(
    infusion: Infusion, structures: Sequence[Structure], about: str
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Volumes as measures; findings where ethanol leaves the bone or reaches what must not be hurt.

    Parameters
    ----------
    infusion : Infusion
    structures : sequence of Structure
        Of the case; those that must not be hurt are looked at.
    about : str
        Name of the needle.
    """
    escaped = 0.0 if infusion.leak is None else infusion.leak.volume_ml
    place = None if infusion.leak is None else infusion.leak.place_mm
    limit = ethanol_value("most_escape_share")
    measures = (
        Measure("ethanol.volume", "Ethanol injected", infusion.volume_ml, "mL", about),
        Measure("ethanol.zone", "Tissue that ethanol fills", infusion.zone.volume_ml, "mL", about),
        Measure("ethanol.escaped", "Ethanol that leaves the bone", escaped, "mL", about, place_mm=place),
    )
    findings = []
    if escaped > limit.amount * infusion.volume_ml:
        text = (
            f"{escaped:.1f} of {infusion.volume_ml:.1f} mL ethanol leave the bone through breaches; at most "
            f"{limit.amount:.0%} would be right: inject less, farther from the breach, and watch it."
        )
        share = escaped / infusion.volume_ml
        findings.append(Finding("ethanol.escape", Severity.WARN, text, share, "1", limit, place, about))
    findings += [found for item in structures for found in _reached(infusion, item)]
    return measures, tuple(findings)


def ethanol_value(key: str) -> Value:
    """One value of ``Resources/Limits/ethanol.json``.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    return limit("ethanol", key)


def _reached(infusion: Infusion, item: Structure) -> list[Finding]:
    """A stop where ethanol reaches a structure that must not be hurt."""
    if item.role is not Role.CRITICAL or item.mask.is_empty:
        return []
    first = first_reaching_ml(infusion, mask_on(item.mask, infusion.zone.grid).full())
    if first is None:
        return []
    volume, (k, j, i) = first
    x, y, z = (float(v) for v in infusion.zone.grid.to_mm((i, j, k)))
    words = with_article(item.name, item.kind)
    text = f"Ethanol reaches {words} after {volume:.1f} of {infusion.volume_ml:.1f} mL: stop before, or do not inject."
    return [Finding("ethanol.reaches", Severity.STOP, text, volume, "mL", None, (x, y, z), item.name)]


def _stream(mobility: Floats, pores_ml: Floats, grid: Grid, tip: tuple[int, int, int]) -> Stream:
    fed = np.zeros(grid.shape)
    fed[tip] = 1.0
    nothing = Held(np.zeros(grid.shape, bool), 0.0)
    flow = steady_flow(mobility, grid.spacing_mm, nothing, walls=Walls.FAR, source=fed, tolerance=1e-7)
    flows = (flow.flow(0), flow.flow(1), flow.flow(2))
    leaving = np.maximum(flow.wall * flow.values, 0.0)
    for axis, through in enumerate(flows):
        low, high = _pair(axis)
        leaving[low] += np.maximum(through[low], 0.0)
        leaving[high] += np.maximum(-through[low], 0.0)
    return Stream(flow.values, flows, leaving, pores_ml, tip)


def _pair(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Slices of the voxels before and behind every face along an axis."""
    first = (slice(None),) * axis
    return (*first, slice(0, -1)), (*first, slice(1, None))


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)


def _leak(stream: Stream, passed_ml: Floats, inside: NDArray[np.bool_], grid: Grid) -> Leak | None:
    """What has left the marked voxels, less what came back."""
    net, most, place = 0.0, 0.0, np.zeros(3)
    for axis, flow in enumerate(stream.flows):
        low, high = _pair(axis)
        onward = _over(np.maximum(flow[low], 0.0), stream.leaving[low]) * passed_ml[low]
        back = _over(np.maximum(-flow[low], 0.0), stream.leaving[high]) * passed_ml[high]
        out = (onward - back) * (inside[low].astype(float) - inside[high].astype(float))
        net += float(out.sum())
        if out.max(initial=0.0) > most:
            most = float(out.max())
            place = np.array(np.unravel_index(int(np.argmax(out)), out.shape)) + 0.5 * np.array(_ALONG[axis])
    if most <= 0.0:
        return None
    x, y, z = (float(v) for v in grid.to_mm(place[::-1]))
    return Leak(net, (x, y, z))
