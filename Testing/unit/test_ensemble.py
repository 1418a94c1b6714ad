"""Nine runs over ranges: balanced, nested shells, and a chance that says how few runs it rests on."""

from __future__ import annotations

from itertools import combinations, product
from threading import Event

import numpy as np
import pytest
from scipy.integrate import quad

from boneir.ablation.electric import electric_field
from boneir.ablation.electrodes import Electrode, Rod
from boneir.ablation.ensemble import (
    NINE_RUNS,
    Factor,
    chance_of_covering,
    coverage_chance_report,
    ensemble_of,
    nine_runs,
)
from boneir.errors import PlanError
from boneir.findings import Severity
from boneir.mask import Mask
from small_case import DIRECTIONS, ball, grid_around

GRID = grid_around((2.0, 3.0, 50.0), 60.0, (1.5, 1.5, 2.0), DIRECTIONS["oblique"])
CENTRE = (2.0, 3.0, 50.0)


def sphere_of(factors) -> Mask:
    """A zone whose radius grows with power and falls with perfusion."""
    return ball(GRID, CENTRE, 12.0 * factors.get("power", 1.0) / factors.get("perfusion", 1.0) ** 0.2)


POWER, PERFUSION = Factor("power", 0.9, 1.0, 1.1), Factor("perfusion", 0.3, 1.0, 3.0)


def test_every_pair_of_levels_meets_exactly_once() -> None:
    assert NINE_RUNS[0] == (1, 1, 1, 1)
    for a, b in combinations(range(4), 2):
        assert sorted((run[a], run[b]) for run in NINE_RUNS) == sorted(product(range(3), repeat=2))


def test_shells_are_what_all_and_what_any_run_reaches() -> None:
    done = []
    ensemble = nine_runs([POWER, PERFUSION], sphere_of, progress=done.append)
    assert done == pytest.approx([n / 9 for n in range(1, 10)])
    assert ensemble.runs[0][0] == {"power": 1.0, "perfusion": 1.0}
    assert {tuple(f.values()) for f, _ in ensemble.runs} == set(product((0.9, 1.0, 1.1), (0.3, 1.0, 3.0)))
    radii = [12.0 * f["power"] / f["perfusion"] ** 0.2 for f, _ in ensemble.runs]
    assert ensemble.expected.equals(ball(GRID, CENTRE, 12.0))
    assert ensemble.inner.equals(ball(GRID, CENTRE, min(radii)))
    assert ensemble.outer.equals(ball(GRID, CENTRE, max(radii)))
    assert ensemble.often.max() == 9
    total = sum(mask.count for _, mask in ensemble.runs)
    assert int(ensemble.often.astype(int).sum()) == total
    zone = ensemble.zone("zone 1", "1")
    assert zone.inner.volume_ml < zone.mask.volume_ml < zone.outer.volume_ml


def test_the_chance_is_the_share_of_runs_with_its_interval() -> None:
    ensemble = nine_runs([POWER, PERFUSION], sphere_of)
    radii = np.array([12.0 * f["power"] / f["perfusion"] ** 0.2 for f, _ in ensemble.runs])
    for radius in (5.0, 10.0, 11.5, 14.0, 25.0):
        chance = chance_of_covering(ensemble, ball(GRID, CENTRE, radius))
        # A ball of voxels is covered by a larger one, and may be by one that is smaller by less than a voxel.
        assert (radii >= radius).sum() <= chance.hits <= (radii >= radius - 2.6).sum()
        assert chance.low <= chance.share <= chance.high
    sure = chance_of_covering(ensemble, ball(GRID, CENTRE, 5.0))
    assert (sure.hits, sure.high) == (9, 1.0)

    def density(p: float, hits: int) -> float:
        return float(p ** (hits - 0.5) * (1 - p) ** (9 - hits - 0.5))

    some = chance_of_covering(ensemble, ball(GRID, CENTRE, 12.0))
    assert 0 < some.hits < 9
    whole = quad(density, 0, 1, args=(some.hits,))[0]
    assert quad(density, some.low, some.high, args=(some.hits,))[0] / whole == pytest.approx(0.9, abs=1e-5)


def test_a_lesion_that_is_not_likely_covered_is_told() -> None:
    ensemble = nine_runs([POWER, PERFUSION], sphere_of)
    sure, unsure = (chance_of_covering(ensemble, ball(GRID, CENTRE, r)) for r in (5.0, 13.0))
    measures, findings = coverage_chance_report(sure, unsure, "lesion-1", 5.0)
    assert findings == ()
    assert [m.amount for m in measures] == pytest.approx([100.0, 100.0 * unsure.share])
    _, (finding,) = coverage_chance_report(unsure, unsure, "lesion-1", 5.0)
    assert finding.severity is Severity.WARN
    assert finding.measured == unsure.share


def test_it_works_with_a_real_solver() -> None:
    """Joule heat of a needle, whose contour moves with the conductivity of tissue and the current."""
    grid = grid_around((0.0, 0.0, 0.0), 24.0, (1.0, 1.0, 1.0), DIRECTIONS["axial"])
    needle = Electrode("1", (Rod((-5.0, 0.0, 0.0), (5.0, 0.0, 0.0), 1.0),))

    def solve(factors) -> Mask:
        field = electric_field(np.full(grid.shape, factors["sigma"]), grid, [needle], [factors["voltage"]])
        return Mask.of(field.heating_w_m3() > 2e6, grid)

    ensemble = nine_runs([Factor("sigma", 0.2, 0.4, 0.6), Factor("voltage", 25.0, 30.0, 35.0)], solve)
    assert 0 < ensemble.inner.count < ensemble.expected.count < ensemble.outer.count


def test_an_empty_run_leaves_no_sure_zone() -> None:
    nothing = Mask.of(np.zeros(GRID.shape, bool), GRID)
    ensemble = ensemble_of([({}, ball(GRID, CENTRE, 5.0)), ({}, nothing)])
    assert ensemble.inner.is_empty
    assert ensemble.outer.equals(ball(GRID, CENTRE, 5.0))
    assert ensemble_of([({}, nothing)]).outer.is_empty


def test_what_makes_no_ensemble_is_refused_and_cancelling_ends_it() -> None:
    with pytest.raises(PlanError, match="one to four"):
        nine_runs([], sphere_of)
    with pytest.raises(PlanError, match="one to four"):
        nine_runs([POWER, POWER], sphere_of)
    with pytest.raises(PlanError, match="one grid"):
        ensemble_of([])
    with pytest.raises(PlanError, match="another grid"):
        chance_of_covering(nine_runs([POWER], sphere_of), Mask.of(np.zeros(GRID.shape, bool), GRID))

    def cancel(share: float) -> None:
        if share > 0.3:
            raise KeyboardInterrupt

    count = []
    with pytest.raises(KeyboardInterrupt):
        nine_runs([POWER], lambda f: (count.append(f), sphere_of(f))[1], progress=cancel)
    assert len(count) == 3


def test_runs_side_by_side_give_the_same_and_end_together():
    alone, beside = (nine_runs([POWER, PERFUSION], sphere_of, workers=workers) for workers in (1, 3))
    assert [values for values, _ in alone.runs] == [values for values, _ in beside.runs]
    assert all(a.equals(b) for (_, a), (_, b) in zip(alone.runs, beside.runs, strict=True))
    stop, begun = Event(), []

    def endless(factors):
        begun.append(factors)
        if len(begun) > 1:
            stop.wait(20.0)
        return sphere_of(factors)

    def cancel(_share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nine_runs([POWER], endless, progress=cancel, workers=2, stop=stop)
    assert stop.is_set()
    assert len(begun) < 9
