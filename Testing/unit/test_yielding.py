"""What a search gives up where no way keeps every rule, and that it gives up nothing where there is no need."""

from __future__ import annotations

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom, slab, trajectories
from boneir.access.path import measure_path
from boneir.findings import Severity
from boneir.plan import Technique
from boneir.proposal import Goal
from boneir.propose import propose

BIOPSY = Goal(Technique.BIOPSY, "biopsy-13g")


@pytest.mark.parametrize(("near", "code"), [(-4.8, "access.placement_error"), (-3.6, "access.clearance")])
def test_against_a_canal_it_relaxes_inside_the_lesion_and_asks_for_confirmation(near: float, code: str) -> None:
    # Bone protects up to the lesion, and every part of the lesion lies as near to the canal as its middle.
    def lesion(points):
        return ball((0, 0, 0), 3)(points) & slab(1, -0.6, 0.6)(points)

    def bone(points):
        return slab(1, near + 0.1, 8)(points) & ~lesion(points)

    shapes = {"body": ball((0, 0, 0), 60), "spinal_canal": slab(1, -12, near), "bone": bone}
    case = phantom(grid_around(64), shapes, lesion)
    proposal = propose(case, BIOPSY)
    assert proposal.plans
    assert [finding.severity for finding in proposal.findings if finding.code == "access.relaxed"] == [Severity.WARN]
    found = []
    for plan, trajectory in zip(proposal.plans, trajectories(proposal), strict=True):
        found += [item for item in measure_path(case, trajectory, 2.413, seed=None)[1] if item.code != "access.skiving"]
        assert "are missing with the placement error, inside the lesion" in " ".join(plan.reasons)
    assert {finding.severity for finding in found} == {Severity.WARN}
    assert code in {finding.code for finding in found}
    for finding in found:
        assert (finding.code == "access.clearance") == ("a physician has to confirm it" in finding.text)


def test_a_part_of_the_lesion_that_keeps_every_clearance_comes_before_relaxing() -> None:
    shapes = {"body": ball((0, 0, 0), 60), "spinal_canal": slab(1, -12, -3.6)}
    case = phantom(grid_around(64), shapes, ball((0, 0, 0), 3))
    proposal = propose(case, BIOPSY)
    assert proposal.plans
    assert not any(finding.code == "access.relaxed" for finding in proposal.findings)
    for trajectory in trajectories(proposal):
        assert np.linalg.norm(trajectory.tip_mm) <= 3.5
        assert trajectory.tip_mm[1] > 0
        _, findings = measure_path(case, trajectory, 2.413, seed=None)
        assert all(finding.severity is Severity.NOTE for finding in findings)


def test_where_there_is_room_nothing_is_relaxed() -> None:
    shapes = {"body": ball((0, 0, 0), 60), "spinal_canal": slab(1, -18, -10)}
    proposal = propose(phantom(grid_around(64), shapes, ball((0, 0, 0), 3)), BIOPSY)
    assert proposal.plans
    assert not any(finding.code == "access.relaxed" for finding in proposal.findings)
