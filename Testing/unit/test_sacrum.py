"""The foramina of the sacrum: holes of a known size in a plate of bone, which no proposed way enters."""

from __future__ import annotations

import numpy as np
import pytest

from access_phantom import PERMUTED, ball, grid_around, phantom, rod, slab, turned
from boneir.access.region import marked_at
from boneir.access.sacrum import NAME, foramina_findings, sacral_foramina, with_sacral_foramina
from boneir.assess import assess
from boneir.case import Case
from boneir.findings import Severity
from boneir.plan import Technique
from boneir.proposal import Goal
from boneir.propose import propose

RADIUS, FRONT, BACK = 5.0, 5.0, 30.0
CENTRES = [(-16, -14), (16, -14), (-16, 14), (16, 14)]


def sacrum(points):
    """A plate with four holes from front to back and a canal along the body."""
    plate = slab(1, FRONT, BACK)(points) & slab(0, -45, 45)(points) & slab(2, -40, 40)(points)
    for x, z in CENTRES:
        plate &= ~rod((x, 0, z), (0, 1, 0), RADIUS)(points)
    return plate & ~rod((0, 22, 0), (0, 0, 1), 6)(points)


def case_with(spacing=(1.0, 1.0, 1.0), direction=None, bone: str = "sacrum") -> Case:
    shapes = {"body": ball((0, 0, 0), 70), bone: sacrum, "spinal_canal": rod((0, 22, 0), (0, 0, 1), 6)}
    return phantom(grid_around(72, spacing, direction), shapes, ball((30, 16, 0), 6))


@pytest.mark.parametrize(
    ("spacing", "direction"), [((1.0, 1.0, 1.0), None), ((1.2, 1.2, 2.5), PERMUTED), ((1.3, 1.3, 2.0), turned(4))]
)
def test_the_zone_fills_the_holes_and_nothing_else(spacing, direction) -> None:
    case = case_with(spacing, direction)
    canal = case.structure("spinal_canal").mask
    zone = sacral_foramina([case.structure("sacrum").mask], [canal], case.image.grid)
    points = zone.points_mm()
    away = np.min([np.hypot(points[:, 0] - x, points[:, 2] - z) for x, z in CENTRES], axis=0)
    assert away.max() <= RADIUS + max(spacing)
    assert not marked_at(canal, points).any()
    # Between bone on four sides lies at most the hole, and all of it but what bulges out of the plate.
    exact = len(CENTRES) * np.pi * RADIUS**2 * (BACK - FRONT) / 1000
    assert zone.volume_ml == pytest.approx(exact, rel=0.15)


def test_only_a_lesion_in_the_sacrum_brings_the_zone_and_its_finding() -> None:
    case = case_with()
    shown = with_sacral_foramina(case, case.lesion())
    assert shown.has(NAME)
    assert not case.has(NAME)
    assert with_sacral_foramina(shown, case.lesion()) is shown
    assert [item.severity for item in foramina_findings(shown, case.lesion())] == [Severity.NOTE]
    assert [item.severity for item in foramina_findings(case, case.lesion())] == [Severity.WARN]
    hip = case_with(bone="hip_left")
    assert with_sacral_foramina(hip, hip.lesion()) is hip
    assert foramina_findings(hip, hip.lesion()) == ()


def test_no_way_is_proposed_through_a_foramen_and_the_assessment_measures_it() -> None:
    case = case_with()
    proposal = propose(case, Goal(Technique.BIOPSY, "biopsy-13g"))
    assert proposal.plans
    assert NAME in proposal.skin.structures
    assert any(finding.code == "access.sacral_foramina" for finding in proposal.findings)
    for plan in proposal.plans:
        way = plan.probes[0].trajectory
        points = np.array([way.point_at(depth) for depth in np.arange(0, way.length_mm, 0.5)])
        within = points[(points[:, 1] > FRONT) & (points[:, 1] < BACK)]
        away = [np.hypot(within[:, 0] - x, within[:, 2] - z).min() for x, z in CENTRES]
        assert min(away) > RADIUS + 1.2
    assessment = assess(case, proposal.plans[0])
    assert assessment.case_uid == case.uid
    assert any(measure.about == NAME for measure in assessment.measures if measure.code == "access.clearance")
