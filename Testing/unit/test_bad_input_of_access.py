"""What cannot be planned on is refused in a sentence or told as a finding; nothing of it ever looks safe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom, rod, slab
from boneir.access.path import measure_path
from boneir.access.plain_faults import cut_body_findings, faults_of_case
from boneir.access.rules import RULES
from boneir.assess import assess
from boneir.case import Case
from boneir.errors import CaseError, PlanError
from boneir.findings import Severity
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment
from boneir.proposal import Goal
from boneir.propose import propose

GOAL = Goal(Technique.BIOPSY, "biopsy-13g")


def case_of(lesion=None, shapes=None, extent: float = 64.0) -> Case:
    usual = {
        "body": ball((0, 0, 0), 60),
        "bone": rod((0, 5, 0), (0, 0, 1), 18),
        "spinal_canal": rod((0, 34, 0), (0, 0, 1), 8),
    }
    return phantom(grid_around(extent, (1.5, 1.5, 2.0)), shapes or usual, lesion or ball((0, 5, 0), 6))


def codes(findings) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in findings}


def plan_of(case: Case, entry, tip) -> Plan:
    probe = Probe("1", GOAL.device, Trajectory(entry, tip))
    return Plan("by-hand", (Treatment("lesion-1", Technique.BIOPSY, 0.0, (probe,)),), case.image.uid)


def test_a_lesion_outside_the_body_is_refused() -> None:
    case = case_of(lesion=ball((62, 62, 0), 3), extent=70)
    with pytest.raises(CaseError, match="lies outside the outline of the body"):
        propose(case, GOAL)


def test_an_empty_lesion_and_a_body_that_nobody_outlined_are_refused() -> None:
    with pytest.raises(CaseError, match="is empty"):
        propose(case_of(lesion=lambda p: np.zeros(p.shape[:-1], bool)), GOAL)
    case = case_of()
    with pytest.raises(CaseError, match="no outline of the body"):
        propose(Case(case.image, case.structures[1:], case.lesions), GOAL)


def test_an_entry_inside_bone_is_a_finding_that_stops() -> None:
    case = case_of()
    found = codes(assess(case, plan_of(case, (0.0, 20.0, 0.0), (0.0, 2.0, 0.0))).findings)
    assert found["access.entry_inside"] is Severity.STOP
    deep = codes(assess(case, plan_of(case, (40.0, 20.0, 0.0), (0.0, 5.0, 0.0))).findings)
    assert deep["access.entry_inside"] is Severity.STOP
    skin = codes(assess(case, plan_of(case, (45.0, 39.5, 0.0), (0.0, 5.0, 0.0))).findings)
    assert "access.entry_inside" not in skin


def test_an_entry_in_the_air_far_from_the_skin_is_a_finding() -> None:
    case = case_of()
    found = codes(assess(case, plan_of(case, (58.0, 52.0, 0.0), (0.0, 5.0, 0.0))).findings)
    assert found["access.outside_body"] is Severity.STOP


def test_a_target_deeper_than_every_needle_gives_no_plan_and_says_so() -> None:
    shapes = {"body": ball((0, 0, 0), 190)}
    case = phantom(grid_around(200, (5.0, 5.0, 5.0)), shapes, ball((0, 0, 0), 8))
    proposal = propose(case, GOAL)
    assert proposal.plans == ()
    first = proposal.findings[0]
    assert (first.code, first.severity) == ("access.no_way", Severity.STOP)
    assert "longer needle" in first.text
    by_hand = plan_of(case, (0.0, 188.0, 0.0), (0.0, 0.0, 0.0))
    assert codes(assess(case, by_hand).findings)["access.length"] is Severity.STOP


def test_where_the_field_of_view_cuts_the_body_nobody_enters() -> None:
    grid = grid_around(60, (1.5, 1.5, 2.0))
    shapes = {"body": lambda p: np.hypot(p[..., 0], p[..., 1]) <= 62, "bone": rod((0, 5, 0), (0, 0, 1), 18)}
    case = phantom(grid, shapes, ball((0, 5, 0), 6), air_hu=-1024)
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    points = grid.to_mm(np.stack([i, j, k], axis=-1))
    seen = np.hypot(points[..., 0], points[..., 1]) <= 60
    hu = np.where(seen, case.image.voxels, -2000).astype(np.int16)
    body = replace(
        case.structures[0], mask=type(case.structures[0].mask).of(case.structures[0].mask.full() & seen, grid)
    )
    cut = Case(replace(case.image, voxels=hu), (body, *case.structures[1:]), case.lesions)
    proposal = propose(cut, GOAL)
    assert proposal.plans == ()
    assert proposal.findings[0].severity is Severity.STOP
    assert any("field of view" in finding.text for finding in proposal.findings)
    assert (proposal.skin.reason[np.abs(proposal.skin.points_mm[:, 2]) < 50] > 0).all()
    assert (proposal.skin.reason == RULES.index("view_border")).any()


@pytest.mark.parametrize("direction", [None, ((0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0))])
def test_a_body_that_is_cut_at_its_sides_is_told_and_one_that_ends_with_the_scan_is_not(direction) -> None:
    grid = grid_around(50, (1.5, 2.0, 2.5), direction)
    long = {"body": rod((0, 0, 0), (0, 0, 1), 40), "bone": rod((0, 5, 0), (0, 0, 1), 18)}
    assert not cut_body_findings(phantom(grid, long, ball((0, 5, 0), 6)))
    wide = {"body": lambda p: long["body"](p) | (slab(0, 0, 90)(p) & slab(1, -10, 10)(p)), "bone": long["bone"]}
    case = phantom(grid, wide, ball((0, 5, 0), 6))
    (found,) = cut_body_findings(case)
    assert found.severity is Severity.WARN
    assert found.measured == pytest.approx(20 * 101 / 100, rel=0.25), "two cm wide to a voxel, as high as the scan"
    proposal = propose(case, GOAL)
    assert found in proposal.findings
    assert all(found in assess(case, plan).findings for plan in proposal.plans[:1])


@pytest.mark.parametrize(("shift", "severity"), [(48.0, None), (57.0, Severity.WARN)])
def test_a_lesion_that_lies_partly_outside_the_body_is_told(shift: float, severity) -> None:
    case = phantom(grid_around(66, (0.8, 0.8, 1.0)), {"body": ball((0, 0, 0), 60)}, ball((0, -shift, 0), 6))
    found = [item for item in faults_of_case(case) if item.code == "case.lesion_outside"]
    assert [item.severity for item in found] == ([] if severity is None else [severity])
    if found:
        d, r, R = shift, 6, 60
        lens = (R + r - d) ** 2 * (d**2 + 2 * d * (r + R) - 3 * (r - R) ** 2) / (16 * d * r**3)
        assert found[0].measured == pytest.approx(100 * (1 - lens), abs=2), "what two balls do not share"
        assert "lesion" in found[0].text


def test_a_lesion_mostly_outside_the_body_stops_an_assessment() -> None:
    case = case_of(lesion=ball((0, -63, 0), 6), extent=72)
    found = codes(assess(case, plan_of(case, (0.0, -60.0, 0.0), (0.0, -20.0, 0.0))).findings)
    assert found["case.lesion_outside"] is Severity.STOP


def test_where_nothing_critical_is_outlined_every_plan_says_so() -> None:
    case = case_of(shapes={"body": ball((0, 0, 0), 60), "bone": rod((0, 5, 0), (0, 0, 1), 18)})
    proposal = propose(case, GOAL)
    assert proposal.plans
    absent = [finding for finding in proposal.findings if finding.code == "case.absent"]
    assert {"cord", "great_vessels", "lung", "bowel", "nerve_roots"} <= {finding.about for finding in absent}
    assert {finding.severity for finding in absent} == {Severity.WARN}
    nothing = [finding for finding in proposal.findings if finding.code == "access.nothing_critical"]
    assert [finding.severity for finding in nothing] == [Severity.WARN]
    assert nothing[0] in assess(case, proposal.plans[0]).findings
    assert "access.nothing_critical" not in codes(propose(case_of(), GOAL).findings)


def test_needles_that_begin_outside_the_image_or_go_nowhere_are_refused() -> None:
    case = case_of()
    with pytest.raises(PlanError, match="outside the image"):
        assess(case, plan_of(case, (500.0, 0.0, 0.0), (0.0, 5.0, 0.0)))
    with pytest.raises(PlanError, match="same place"):
        measure_path(case, Trajectory((0.0, 5.0, 0.0), (0.0, 5.0, 0.0)), 2.0)


def test_a_tip_that_misses_the_lesion_on_its_far_side_is_a_finding() -> None:
    case = case_of(shapes={"body": ball((0, 0, 0), 60), "bone": slab(1, -2, 12)})
    found = codes(assess(case, plan_of(case, (0.0, 58.0, 0.0), (0.0, -20.0, 0.0))).findings)
    assert found["access.tip_beyond"] is Severity.WARN
