"""How sure a predicted zone is: nine runs over the ranges of what is not known give an inner and an outer shell.

Up to four uncertain factors at three levels each; the nine runs are an orthogonal array, in which every pair of levels
of any two factors meets exactly once (Taguchi's L9). The first run has all factors at their middle.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from threading import Event

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from ..assessment import Measure, Zone
from ..errors import PlanError
from ..evidence import Value
from ..findings import Finding, Severity
from ..mask import Mask
from .solved_box import BESIDE_OTHERS

Factors = Mapping[str, float]

NINE_RUNS = (
    (1, 1, 1, 1), (1, 2, 2, 2), (1, 0, 0, 0),
    (2, 1, 2, 0), (2, 2, 0, 1), (2, 0, 1, 2),
    (0, 1, 0, 2), (0, 2, 1, 0), (0, 0, 2, 1),
)  # fmt: skip
"""Level of four factors in each run: 0 low, 1 middle, 2 high."""

SURE = 0.9
"""Share of the runs from which coverage counts as likely enough."""


@dataclass(frozen=True)
class Factor:
    """Something that is not known exactly.

    Parameters
    ----------
    name : str
        Key under which runs get it ("perfusion").
    low, middle, high : float
        In the order of the runs; any order of size.
    """

    name: str
    low: float
    middle: float
    high: float


@dataclass(frozen=True, eq=False)
class Ensemble:
    """What nine runs say together.

    Parameters
    ----------
    expected : Mask
        Zone of the run with everything at its middle.
    inner, outer : Mask
        What every run reaches, and what any run reaches.
    often : ndarray of uint8, shape (k, j, i)
        In how many runs each voxel is reached; over the bounding box of `outer`.
    runs : tuple of (factors, Mask)
        Every run, in order.
    """

    expected: Mask
    inner: Mask
    outer: Mask
    often: NDArray[np.uint8]
    runs: tuple[tuple[Factors, Mask], ...]

    def zone(self, name: str, probe: str = "", evidence: Value | None = None) -> Zone:
        """The zone with its shells."""
        medium = f"simulated, {len(self.runs)} runs over the ranges of tissue values"
        return Zone(name, probe, self.expected, self.inner, self.outer, medium, evidence)


@dataclass(frozen=True)
class Chance:
    """How likely something is, from few runs.

    Parameters
    ----------
    hits, runs : int
    low, high : float
        The probability lies between these nine times in ten (Jeffreys' interval).
    """

    hits: int
    runs: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Part of the runs, 0 to 1."""
        return self.hits / self.runs


def nine_runs(
    factors: Sequence[Factor],
    solve: Callable[[Factors], Mask],
    *,
    progress: Callable[[float], None] | None = None,
    workers: int = 1,
    stop: Event | None = None,
) -> Ensemble:
    """Run a solver over the ranges of its factors.

    Parameters
    ----------
    factors : sequence of Factor
        One to four, with names of their own.
    solve : callable
        Takes the value of every factor and gives the zone; always on the same grid.
    progress : callable or None
        Told the share that is done, after every run, in the thread of the caller. What it raises ends the runs: that is
        how to cancel.
    workers : int
        Runs that go on at once, each in a thread of its own; the result does not depend on it.
    stop : Event or None
        Set when the runs are to end early, so that `solve` can look at it.

    Raises
    ------
    PlanError
        If there are no factors or too many, two have the same name, or the zones lie on different grids.
    """
    names = [factor.name for factor in factors]
    if not 1 <= len(factors) <= 4 or len(set(names)) < len(names):
        raise PlanError(f"Nine runs vary one to four different factors, not {len(factors)}: {', '.join(names)}.")
    chosen = [
        {f.name: (f.low, f.middle, f.high)[n] for f, n in zip(factors, levels, strict=False)} for levels in NINE_RUNS
    ]
    masks = _each([partial(solve, values) for values in chosen], progress or (lambda _share: None), workers, stop)
    return ensemble_of(list(zip(chosen, masks, strict=True)))


def threads_there_are() -> int:
    """How many runs may go on at once on this machine."""
    return min(4, os.cpu_count() or 1)


def _each(
    jobs: Sequence[Callable[[], Mask]], progress: Callable[[float], None], workers: int, stop: Event | None
) -> list[Mask]:
    """The results of some jobs, in their order; where one fails or `progress` raises, the others end as well."""
    if workers <= 1:
        made = []
        for job in jobs:
            made.append(job())
            progress(len(made) / len(jobs))
        return made
    with ThreadPoolExecutor(workers, initializer=BESIDE_OTHERS.set, initargs=(True,)) as pool:
        futures = [pool.submit(job) for job in jobs]
        try:
            for number, future in enumerate(as_completed(futures), 1):
                future.result()
                progress(number / len(jobs))
        except BaseException:
            for future in futures:
                future.cancel()
            if stop is not None:
                stop.set()
            raise
        return [future.result() for future in futures]


def ensemble_of(runs: Sequence[tuple[Factors, Mask]]) -> Ensemble:
    """Put runs together; the first one is the expected one.

    Raises
    ------
    PlanError
        If there is none, or their zones lie on different grids.
    """
    masks = [mask for _, mask in runs]
    if not masks or any(mask.grid != masks[0].grid for mask in masks):
        raise PlanError("An ensemble needs runs, and their zones on one grid.")
    grid, full = masks[0].grid, [mask for mask in masks if not mask.is_empty]
    if not full:
        nothing = masks[0]
        return Ensemble(nothing, nothing, nothing, np.zeros((0, 0, 0), np.uint8), tuple(runs))
    low = np.min([mask.corner for mask in full], axis=0)
    size = np.max([np.add(mask.corner, mask.voxels.shape) for mask in full], axis=0) - low
    corner, shape = (int(low[0]), int(low[1]), int(low[2])), (int(size[0]), int(size[1]), int(size[2]))
    often = np.zeros(shape, np.uint8)
    for mask in masks:
        often += mask.part(corner, shape)
    inner = Mask.within(often == len(masks), corner, grid)
    return Ensemble(masks[0], inner, Mask.within(often > 0, corner, grid), often, tuple(runs))


def chance_of_covering(ensemble: Ensemble, wanted: Mask) -> Chance:
    """How likely the zone covers all of what is wanted: the lesion, or the lesion with its rim.

    Parameters
    ----------
    ensemble : Ensemble
    wanted : Mask
        On the grid of the zones.

    Raises
    ------
    PlanError
        If it is empty or lies on another grid.
    """
    if wanted.is_empty or wanted.grid != ensemble.expected.grid:
        raise PlanError("What shall be covered is empty or lies on another grid than the zones.")
    corner, shape = wanted.corner, wanted.voxels.shape
    hits = sum(
        not (wanted.voxels & ~mask.part(corner, (shape[0], shape[1], shape[2]))).any() for _, mask in ensemble.runs
    )
    return _chance(hits, len(ensemble.runs))


def coverage_chance_report(
    of_lesion: Chance, of_rim: Chance, lesion: str, margin_mm: float
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Chances of covering a lesion and its rim as measures, and a finding where the lesion is not likely covered."""
    note = f"{of_lesion.runs} runs over the ranges of tissue values, which count alike; not a frequency in patients"
    measures = (
        _measure("ablation.chance_of_coverage", "Runs that cover the lesion", of_lesion, lesion, note),
        _measure("ablation.chance_of_margin", f"Runs that cover a rim of {margin_mm:g} mm", of_rim, lesion, note),
    )
    if of_lesion.share >= SURE:
        return measures, ()
    text = (
        f"Only {of_lesion.hits} of {of_lesion.runs} runs over the ranges of tissue values cover {lesion}: a larger "
        "setting or one probe more would be right."
    )
    share = of_lesion.share
    return measures, (Finding("ablation.chance_of_coverage", Severity.WARN, text, share, "1", about=lesion),)


def _chance(hits: int, runs: int) -> Chance:
    low = 0.0 if hits == 0 else float(beta.ppf(0.05, hits + 0.5, runs - hits + 0.5))
    high = 1.0 if hits == runs else float(beta.ppf(0.95, hits + 0.5, runs - hits + 0.5))
    return Chance(hits, runs, low, high)


def _measure(code: str, title: str, chance: Chance, about: str, note: str) -> Measure:
    return Measure(code, title, 100.0 * chance.share, "%", about, 100.0 * chance.low, 100.0 * chance.high, note=note)
