"""Pulses between needles: contours, conductivity that rises with the field, and coverage that must be complete."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.ablation import electroporation
from boneir.ablation.electric import electric_value
from boneir.ablation.electrodes import Electrode, Rod
from boneir.ablation.electroporation import (
    Pulse,
    PulseConductivity,
    coverage_report,
    field_coverage,
    pulse_conductivity,
    pulsed_field,
)
from boneir.ablation.tissue_map import uniform_map
from boneir.errors import PlanError
from boneir.findings import Severity
from boneir.grid import Grid
from small_case import DIRECTIONS, ball, grid_around


def constant(grid: Grid, sigma: float) -> PulseConductivity:
    full = np.full(grid.shape, sigma)
    return PulseConductivity(full, full, np.full(grid.shape, 1e4), np.full(grid.shape, 2e4))


def row_of(*x_mm: float, half: float = 60.0, radius: float = 1.0) -> list[Electrode]:
    """Needles through the whole grid, so that the field is that of endless cylinders."""
    return [Electrode(f"{x:g}", (Rod((x, 0.0, -half), (x, 0.0, half), radius),)) for x in x_mm]


def test_the_strength_between_two_needles_is_that_of_endless_cylinders() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 80.0, (0.5, 0.5, 20.0), DIRECTIONS["axial"])
    field = pulsed_field(constant(grid, 0.2), grid, row_of(-10.0, 10.0), [Pulse(0, 1, 2000.0)])
    c = np.sqrt(100.0 - 1.0)
    turn = np.arccosh(10.0)
    k, j, i = np.indices(grid.shape)
    points = grid.to_mm(np.stack([i, j, k], axis=-1))
    middle = (np.abs(points[..., 0]) < 0.3) & (np.abs(points[..., 1]) < 5.0)
    golden = 2000.0 * c / (turn * (c**2 + points[..., 1] ** 2)) * 1000.0
    # The walls are insulated and 30 mm away, which the closed form does not know.
    assert np.abs(field.strongest_v_m[middle] / golden[middle] - 1).max() < 0.035
    assert field.strongest_v_m[middle].max() / 100 < 0.75 * 2000.0 / 2.0
    assert not field.strongest_v_m[field.needles].any()


def test_conductivity_and_field_settle_where_they_agree() -> None:
    """Two plates, a slab that opens: the field in each half follows from its conductivity in series."""
    grid = Grid((4, 4, 22), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    plates = [Electrode(n, tuple(_plate(x))) for n, x in (("a", 0.0), ("b", 21.0))]
    opens = np.arange(22) < 11
    low = np.full(grid.shape, 0.1)
    high = np.where(opens, 0.4, 0.1) * np.ones(grid.shape)
    tissue = PulseConductivity(low, high, np.full(grid.shape, 1e4), np.full(grid.shape, 3e4))
    field = pulsed_field(tissue, grid, plates, [Pulse(0, 1, 1000.0)])
    left, right = field.strongest_v_m[2, 2, 5], field.strongest_v_m[2, 2, 16]
    sigma = 0.1 + 0.3 / (1 + np.exp(-(left - 2e4) / (2e4 / (2 * np.log(19)))))
    assert 0.12 < sigma < 0.39
    assert left * sigma == pytest.approx(right * 0.1, rel=0.01)
    assert field.currents_a[0] == pytest.approx(right * 0.1 * 16e-6, rel=0.01)


def opening_case(grid: Grid) -> tuple[PulseConductivity, list[Electrode], list[Pulse]]:
    """Four needles in tumour that opens a lot, cortical bone beside it."""
    bone = np.zeros(grid.shape, bool)
    bone[:, :8] = True
    low, high = np.where(bone, 0.02, 0.2), np.where(bone, 0.02, 0.9)
    tissue = PulseConductivity(low, high, np.full(grid.shape, 2e4), np.full(grid.shape, 6e4))
    needles = [*row_of(-7.0, 0.0, 7.0), Electrode("behind", (Rod((0.0, 8.0, -60.0), (0.0, 8.0, 60.0), 1.0),))]
    return tissue, needles, [Pulse(0, 1, 900.0), Pulse(2, 3, 1200.0)]


def test_a_few_rough_rounds_come_to_what_many_fine_ones_do(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = grid_around((0.0, 0.0, 0.0), 40.0, (1.0, 1.0, 8.0), DIRECTIONS["axial"])
    asked, rounds = opening_case(grid), list[float]()
    quick = pulsed_field(asked[0], grid, *asked[1:], told=rounds.append)
    assert rounds == sorted(rounds)
    assert len(rounds) <= 18
    for name, amount in (("SETTLED", 1e-6), ("FINE", 1e-8), ("TOLERANCE", 1e-3)):
        monkeypatch.setattr(electroporation, name, amount)
    exact = pulsed_field(asked[0], grid, *asked[1:])
    assert quick.currents_a == pytest.approx(exact.currents_a, rel=2e-3)
    strong = exact.strongest_v_m > 1e4
    assert strong.sum() > 1000
    off = np.abs(quick.strongest_v_m[strong] / exact.strongest_v_m[strong] - 1.0)
    assert np.quantile(off, 0.99) < 0.01
    assert quick.reached(4e4).volume_ml == pytest.approx(exact.reached(4e4).volume_ml, rel=0.01)


def test_pulses_end_between_rounds_when_asked_to() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 40.0, (1.0, 1.0, 8.0), DIRECTIONS["axial"])
    tissue, needles, pulses = opening_case(grid)
    heard: list[float] = []

    def told(share: float) -> None:
        heard.append(share)
        if len(heard) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        pulsed_field(tissue, grid, needles, pulses, told=told)
    assert heard == [0.0, 0.0]


def _plate(x: float) -> list[Rod]:
    return [Rod((x, y - 0.5, -5.0), (x, y - 0.5, 9.0), 0.5001) for y in np.arange(-1.0, 6.0, 0.5)]


def test_more_pairs_cover_what_one_pair_leaves() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 60.0, (1.0, 1.0, 6.0), DIRECTIONS["axial"])
    needles = [
        Electrode(str(n), (Rod((8 * np.cos(t), 8 * np.sin(t), -50.0), (8 * np.cos(t), 8 * np.sin(t), 50.0), 1.0),))
        for n, t in enumerate(np.arange(4) * np.pi / 2)
    ]
    tissue = constant(grid, 0.3)
    one = pulsed_field(tissue, grid, needles, [Pulse(0, 2, 1200.0)])
    all_pairs = [Pulse(a, b, 1200.0) for a in range(4) for b in range(a + 1, 4)]
    every = pulsed_field(tissue, grid, needles, all_pairs)
    lesion = ball(grid, (0.0, 0.0, 0.0), 10.0)
    first, whole = (field_coverage(f, lesion, 40000.0) for f in (one, every))
    assert first.share < whole.share
    assert (every.strongest_v_m >= one.strongest_v_m).all()
    assert len(every.currents_a) == 6
    assert every.reached(40000.0).volume_ml > one.reached(40000.0).volume_ml


def test_coverage_is_complete_or_a_stop() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 60.0, (1.0, 1.0, 6.0), DIRECTIONS["oblique"])
    axis = np.asarray(grid.direction).reshape(3, 3)[:, 2]
    across = np.asarray(grid.direction).reshape(3, 3)[:, 0]
    needles = [
        Electrode(str(s), (Rod(tuple(s * 7 * across - 50 * axis), tuple(s * 7 * across + 50 * axis), 1.0),))
        for s in (-1, 1)
    ]
    threshold = electric_value("reversible_v_m")
    field = pulsed_field(constant(grid, 0.3), grid, needles, [Pulse(0, 1, 1500.0)])
    small, wide = ball(grid, (0.0, 0.0, 0.0), 4.0), ball(grid, (0.0, 0.0, 0.0), 14.0)
    complete = field_coverage(field, small, threshold.amount)
    assert complete.share == 1.0
    assert coverage_report(complete, "lesion-1", threshold)[1] == ()
    partly = field_coverage(field, wide, threshold.amount)
    assert 0.2 < partly.share < 1.0
    reached = field.reached(threshold.amount).full() & wide.full() & ~field.needles
    assert partly.share == pytest.approx(reached.sum() / (wide.full() & ~field.needles).sum())
    measures, (finding,) = coverage_report(partly, "lesion-1", threshold)
    assert finding.severity is Severity.STOP
    assert finding.measured == pytest.approx(partly.weakest_v_m / 100)
    assert wide.at(partly.place_mm)
    assert [m.unit for m in measures] == ["%", "V/cm"]


def test_tissues_conduct_as_published_and_bone_does_not_open() -> None:
    grid = Grid((2, 2, 2), (1.0, 1.0, 1.0))
    tumour = pulse_conductivity(uniform_map("lytic_tumour", grid))
    assert tumour.at(np.full(grid.shape, 0.0)).max() == pytest.approx(0.2, abs=1e-3)
    assert tumour.at(np.full(grid.shape, 2e5)).min() == pytest.approx(0.7, abs=1e-3)
    assert tumour.at(np.full(grid.shape, 40000.0))[0, 0, 0] == pytest.approx(0.2 + 0.05 * 0.5)
    bone = pulse_conductivity(uniform_map("bone_cortical", grid))
    assert np.ptp(bone.at(np.full(grid.shape, 2e5)) - bone.low_s_m) == 0.0
    assert bone.low_s_m[0, 0, 0] == pytest.approx(0.0035)


def test_pulses_that_make_no_sense_are_refused() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 30.0, (1.0, 1.0, 10.0), DIRECTIONS["axial"])
    needles = row_of(-5.0, 5.0)
    for pulses, word in (([], "no pulse"), ([Pulse(0, 2, 9.0)], "name two"), ([Pulse(0, 1, -5.0)], "above 0")):
        with pytest.raises(PlanError, match=word):
            pulsed_field(constant(grid, 0.2), grid, needles, pulses)
    field = pulsed_field(constant(grid, 0.2), grid, needles, [Pulse(0, 1, 500.0)])
    with pytest.raises(PlanError, match="another grid"):
        field_coverage(field, ball(Grid((9, 9, 9), (1.0, 1.0, 1.0)), (4.0, 4.0, 4.0), 2.0), 4e4)
