"""Cores against closed forms: what they hold of a lesion, a fan of them, and what they cross."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from access_phantom import ball, grid_around, marked, phantom, rod, slab
from boneir.ablation.devices import device
from boneir.access.biopsy import (
    CoreTaken,
    biopsy_limit,
    compartments,
    core_of,
    crossed_mm,
    fan_of_cores,
    viable_part,
)
from boneir.access.costs import weighted
from boneir.access.limits import COSTS
from boneir.assess import assess
from boneir.assessing.biopsy import throw_of
from boneir.case import Case, Image, Role, Structure
from boneir.evidence import Grade
from boneir.findings import Severity
from boneir.plan import LimitChange, Plan, Probe, Technique, Trajectory, Treatment
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.proposing.deepen import deepened
from boneir.proposing.job import job_of
from boneir.proposing.search import search_ways

WAY = Trajectory((0.0, 50.0, 0.0), (0.0, -6.0, 0.0))
"""Straight through a lesion of radius 10 mm around the origin."""


def case_with(inner_hu: int | None = None, inner_radius: float = 4.0) -> Case:
    """A body with a lesion of 40 HU in bone, a kernel of other numbers in it, and a muscle behind."""
    shapes = {
        "body": ball((0, 0, 0), 60),
        "bone": ball((0, 0, 0), 16),
        "autochthon_left": slab(1, 25, 35),
    }
    case = phantom(grid_around(62), shapes, ball((0, 0, 0), 10))
    hu = case.image.voxels.copy()
    hu[case.lesion().mask.full()] = 45
    if inner_hu is not None:
        hu[marked(ball((0, 0, 0), inner_radius), case.image.grid).full()] = inner_hu
    roles = {"autochthon_left": Role.PASSABLE}
    structures = tuple(replace(item, role=roles.get(item.name, item.role)) for item in case.structures)
    return Case(Image(hu, case.image.grid), structures, case.lesions)


def plan_of(case: Case, way: Trajectory = WAY) -> Plan:
    probe = Probe("1", "biopsy-13g", way)
    return Plan("by-hand", (Treatment("lesion-1", Technique.BIOPSY, 0.0, (probe,)),), case.image.uid)


@pytest.mark.parametrize(
    ("inner_hu", "name"), [(None, ""), (5, "necrotic_mm"), (-500, "gas_mm"), (900, "sclerotic_mm")]
)
def test_a_core_holds_what_its_chord_through_the_lesion_says(inner_hu: int | None, name: str) -> None:
    case = case_with(inner_hu)
    core = core_of(case.image, case.lesion(), WAY, 20.0)
    assert core.in_lesion_mm == pytest.approx(16.0, abs=0.6)
    lost = {key: getattr(core, key) for key in ("necrotic_mm", "gas_mm", "sclerotic_mm")}
    assert core.viable_mm == pytest.approx(core.in_lesion_mm - sum(lost.values()), abs=1e-9)
    # The kernel is a ball of 8 mm; between voxels its border blends over a mm on each side.
    for key, amount in lost.items():
        assert amount == pytest.approx(8.0 if key == name else 0.0, abs=2.0)
    short = core_of(case.image, case.lesion(), WAY, 5.0)
    assert short.in_lesion_mm == pytest.approx(5.0)


def test_the_viable_part_of_a_lesion_is_aimed_at() -> None:
    case = case_with(5, 7.0)
    viable = viable_part(case.image, case.lesion())
    radius = np.linalg.norm(viable.mask.points_mm(), axis=1)
    assert radius.min() > 6.0
    assert radius.max() <= 10.0
    whole = case_with(5, 10.0)
    assert viable_part(whole.image, whole.lesion()) is whole.lesion(), "hardly anything is viable: numbers are doubted"
    proposal = propose(case, Goal(Technique.BIOPSY, "biopsy-13g"))
    assert proposal.plans
    for plan in proposal.plans:
        assert np.linalg.norm(plan.probes[0].trajectory.tip_mm) > 5.0
        assert "expected to be viable" in " ".join(plan.reasons)


def test_a_proposed_needle_goes_on_through_the_lesion_where_it_may() -> None:
    case = case_with()
    plans = propose(case, Goal(Technique.BIOPSY, "biopsy-13g")).plans
    assert plans
    for plan in plans:
        way = plan.probes[0].trajectory
        core = core_of(case.image, case.lesion(), way, 20.0)
        assert case.lesion().mask.at(way.tip_mm)
        # The lesion is a ball of 20 mm: a needle near its middle that stops 1 mm before the far edge takes most of it.
        assert core.in_lesion_mm > 13.0
        assert way.length_mm <= 140.0
    wall = Structure("aorta", Role.CRITICAL, marked(slab(1, -30, -9), case.image.grid), "aorta")
    for plan in propose(case.with_structures([wall]), Goal(Technique.BIOPSY, "biopsy-13g")).plans:
        assert plan.probes[0].trajectory.tip_mm[1] > -9 + 5 + 1.2, "not into what lies behind"


def test_an_image_without_hu_says_so_and_counts_all_of_the_lesion() -> None:
    case = case_with(5)
    image = Image(case.image.voxels.astype(np.float32), case.image.grid, unit="", modality=case.image.modality)
    core = core_of(image, case.lesion(), WAY, 20.0)
    assert core.viable_mm == core.in_lesion_mm


def test_a_fan_of_cores_goes_through_one_entry_apart_and_within_its_angle() -> None:
    case = case_with()
    asked: list[Trajectory] = []

    def allowed(way: Trajectory) -> bool:
        asked.append(way)
        return way.tip_mm[0] >= -2.0

    cores = fan_of_cores(case.image, case.lesion(), WAY, 20.0, allowed)
    assert len(cores) == biopsy_limit("fan_cores").amount
    assert cores[0].trajectory == WAY
    tips = np.array([core.trajectory.tip_mm for core in cores])
    gaps = np.linalg.norm(tips[:, None] - tips[None], axis=2)[np.triu_indices(len(cores), 1)]
    assert gaps.min() >= biopsy_limit("fan_apart").amount
    assert (tips[:, 0] >= -2.0).all()
    assert set(asked) >= {core.trajectory for core in cores[1:]}
    for core in cores:
        assert core.trajectory.entry_mm == WAY.entry_mm
        turn = np.degrees(np.arccos(np.clip(np.dot(core.trajectory.direction, WAY.direction), -1, 1)))
        assert turn <= biopsy_limit("fan_angle").amount + 1e-6
    assert len(fan_of_cores(case.image, case.lesion(), WAY, 20.0, lambda way: False)) == 1


def test_the_assessment_tells_cores_and_compartments() -> None:
    case = case_with(5)
    assessment = assess(case, plan_of(case))
    found = {measure.code: measure for measure in assessment.measures if measure.code.startswith("biopsy.")}
    assert set(found) == {"biopsy.core_in_lesion", "biopsy.viable_core", "biopsy.fan", "biopsy.crossed"}
    assert found["biopsy.viable_core"].amount == pytest.approx(8.0, abs=2.0)
    assert "necrosis" in found["biopsy.viable_core"].note
    assert found["biopsy.crossed"].amount == pytest.approx(11.0, abs=0.3)  # eleven voxels of 1 mm
    assert "autochthon_left" not in found["biopsy.crossed"].title
    assert found["biopsy.fan"].amount >= found["biopsy.viable_core"].amount
    codes = {finding.code: finding for finding in assessment.findings}
    assert codes["biopsy.viable_core"].severity is Severity.WARN
    assert "biopsy.no_compartments" not in codes


def test_a_core_that_misses_and_compartments_that_nobody_outlined_are_findings() -> None:
    case = case_with()
    bare = Case(case.image, tuple(s for s in case.structures if s.name != "autochthon_left"), case.lesions)
    assert compartments(bare) == ()
    beside = Trajectory((30.0, 40.0, 0.0), (30.0, 0.0, 0.0))
    codes = {finding.code: finding.severity for finding in assess(bare, plan_of(bare, beside)).findings}
    assert codes["biopsy.misses"] is Severity.STOP
    assert codes["biopsy.no_compartments"] is Severity.WARN


def test_critical_organs_on_the_way_count_as_crossed() -> None:
    case = case_with()
    lung = Structure("lung_left", Role.CRITICAL, marked(rod((0, 45, 0), (1, 0, 0), 3), case.image.grid), "lung_left")
    crossed = dict(crossed_mm(case.with_structures([lung]), case.lesion(), WAY))
    assert {item.name: round(length) for item, length in crossed.items()} == {"autochthon_left": 11, "lung_left": 7}


def test_the_length_of_a_core_is_that_of_the_device_and_is_no_published_figure() -> None:
    tool = device("biopsy-13g")
    assert throw_of(tool) == tool.active_tips_mm[0].amount == 20
    assert throw_of(device("cement-13g")) == biopsy_limit("throw").amount
    assert tool.active_tips_mm[0].grade is Grade.DEFAULT


def test_many_cores_hold_what_each_holds_alone() -> None:
    case = case_with(5, 5.0)
    rng = np.random.default_rng(3)
    tips, ways = rng.uniform(-9, 9, (40, 3)), rng.normal(size=(40, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    held = CoreTaken(viable_part(case.image, case.lesion()).mask, 20.0).held_mm(tips, ways)
    for tip, way, mm in zip(tips, ways, held, strict=True):
        alone = Trajectory(tuple(map(float, tip - 40 * way)), tuple(map(float, tip)))
        assert mm == pytest.approx(core_of(case.image, case.lesion(), alone, 20.0).viable_mm, abs=3.0)
    assert np.ptp(held) > 5


def test_the_expected_viable_core_is_what_a_biopsy_is_priced_by() -> None:
    case = case_with(5, 7.0)
    goal = Goal(Technique.BIOPSY, "biopsy-13g")
    job = job_of(case, goal, None)
    found = search_ways(job, relaxed=False).choice
    assert found is not None
    column = found.front.costs[:, COSTS.index("coverage")]
    for n in range(len(found.front)):
        core = core_of(case.image, case.lesion(), found.front.trajectory(n), throw_of(job.instrument))
        expected = np.clip(1 - core.viable_mm / job.limits.core_length.amount, 0, 1)
        assert column[n] == pytest.approx(expected, abs=0.15)
    for item in found.chosen:
        deep = deepened(job, item, relaxed=False)
        longer = core_of(case.image, case.lesion(), deep.trajectory, throw_of(job.instrument)).viable_mm
        expected = np.clip(1 - longer / job.limits.core_length.amount, 0, 1)
        assert deep.costs[COSTS.index("coverage")] == pytest.approx(expected, abs=0.15)
        assert deep.score == pytest.approx(float(weighted(deep.costs[None], job.limits)[0]))


def test_the_least_viable_core_can_be_set() -> None:
    plan = plan_of(case_with())
    stricter = replace(plan, limits=(LimitChange("biopsy.viable_least", 18.0),))
    codes = [{item.code for item in assess(case_with(), one).findings} for one in (plan, stricter)]
    assert ["biopsy.viable_core" in found for found in codes] == [False, True]
