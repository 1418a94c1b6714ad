"""Needle paths on real images without any labels: from skin, through no lung, gas or canal, into the lesion."""

from __future__ import annotations

import numpy as np
import pytest

from access_phantom import ball
from boneir.access.path import measure_path
from boneir.access.region import marked_at
from boneir.case import Case, Lesion
from boneir.findings import Severity
from boneir.mask import Mask
from boneir.open import open_case
from boneir.plan import Technique
from boneir.proposal import Goal
from boneir.propose import propose
from cases_folder import case_folder

pytestmark = pytest.mark.cases

PLACES = {"pelvis-ct-dicom": -500.0, "thorax-ct-dicom": -468.0}
"""Height in LPS mm at which a vertebral body is planned on."""


@pytest.fixture(scope="module", params=list(PLACES))
def case(request) -> Case:
    """The case with a lesion of 14 mm in a vertebral body, in front of the canal."""
    opened = open_case(case_folder(request.param))
    canal = opened.structure("spinal_canal").mask.points_mm()
    here = canal[np.abs(canal[:, 2] - PLACES[request.param]) < 4]
    centre = [here[:, 0].mean() + 3, here[:, 1].min() - 12, PLACES[request.param]]
    grid = opened.image.grid
    first = np.maximum(np.floor(grid.to_ijk(centre) - 8 / np.asarray(grid.spacing_mm)), 0).astype(int)
    count = np.ceil(16 / np.asarray(grid.spacing_mm)).astype(int) + 1
    i, j, k = np.meshgrid(*(a + np.arange(n) for a, n in zip(first, count, strict=True)), indexing="ij")
    inside = ball(centre, 7)(grid.to_mm(np.stack([i, j, k], axis=-1))).transpose(2, 1, 0)
    return opened.with_lesion(Lesion("lesion-1", Mask.within(inside, tuple(int(n) for n in first[::-1]), grid)))


def test_paths_start_at_skin_and_end_in_the_lesion_and_touch_nothing(case: Case) -> None:
    proposal = propose(case, Goal(Technique.BIOPSY, "biopsy-13g"))
    assert proposal.plans
    body = case.structure("body").mask
    for plan in proposal.plans:
        trajectory = plan.probes[0].trajectory
        points = np.array([trajectory.point_at(depth) for depth in np.arange(0, trajectory.length_mm, 0.5)])
        for name in ("lungs", "gas", "spinal_canal"):
            assert not marked_at(case.structure(name).mask, points).any(), f"{plan.name} runs through {name}"
        assert marked_at(body, points[8:]).all()
        outward = np.asarray(trajectory.entry_mm) - 4 * np.asarray(trajectory.direction)
        assert not body.at(tuple(outward)), "the entry is at the skin"
        assert case.lesion().mask.at(trajectory.tip_mm)
        hub = np.asarray(trajectory.tip_mm) - 150 * np.asarray(trajectory.direction)
        assert not body.at(tuple(hub)), "the hub is outside"
        _, findings = measure_path(case, trajectory, 2.413, usable_length_mm=150)
        assert all(finding.severity is Severity.NOTE for finding in findings), findings


def test_what_no_outline_shows_is_said_with_every_proposal(case: Case) -> None:
    proposal = propose(case, Goal(Technique.BIOPSY, "biopsy-13g", max_plans=1))
    absent = {finding.about for finding in proposal.findings if finding.code == "case.absent"}
    assert {"heart", "bowel", "liver_spleen"} <= absent
    partly = {finding.about for finding in proposal.findings if finding.code == "case.partly_absent"}
    assert "great_vessels" in partly | absent
    assert "urinary" in partly | absent
    assert ("nerve_roots" in absent) != case.has("nerve_roots")
    assert len(proposal.plans) == 1
