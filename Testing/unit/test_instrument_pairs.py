"""Every pair of needle, cannula, screw and cement of a plan is held against each other, over all its treatments."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.access.limits import access_limits
from boneir.assessing.conflicts import assess_conflicts
from boneir.assessing.sheet import Sheet
from boneir.assessment import Zone
from boneir.findings import Severity
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.plan import Cement, Plan, Probe, Screw, Technique, Trajectory, Treatment

GRID = Grid((60, 60, 60), (1.0, 1.0, 1.0), (-29.5, -29.5, -29.5))
RADIUS_MM = 10.0


def ball() -> Zone:
    """Cement around the origin."""
    points = GRID.to_mm(np.argwhere(np.ones(GRID.shape, bool))[:, ::-1])
    marked = (np.linalg.norm(points, axis=1) <= RADIUS_MM).reshape(GRID.shape)
    return Zone("cement in one", "", Mask.of(marked, GRID))


def through(aside: float, name: str = "Pedicle screw, L3 left", diameter: float = 6.0) -> Screw:
    return Screw(name, Trajectory((aside, -25.0, 0.0), (aside, 25.0, 0.0)), diameter)


def found(*treatments: Treatment) -> Sheet:
    sheet = Sheet(zones=[ball()])
    assess_conflicts(Plan("p", treatments), access_limits(), sheet)
    return sheet


@pytest.mark.parametrize("aside", [0.0, 6.0, 9.0, 12.0])
def test_a_screw_of_another_lesion_goes_through_a_chord_of_the_cement(aside: float) -> None:
    sheet = found(Treatment("one", Technique.CEMENT), Treatment("two", Technique.FIXATION, screws=(through(aside),)))
    chord = 2 * np.sqrt(max(RADIUS_MM**2 - aside**2, 0.0))
    held = [item for item in sheet.measures if item.code == "screw.in_cement"]
    assert sum(item.amount for item in held) == pytest.approx(chord, abs=2.0)
    notes = [item for item in sheet.findings if item.code == "screw.in_cement"]
    assert len(notes) == len(held) == (chord > 0)
    assert all(item.severity is Severity.NOTE and item.text.startswith("Pedicle screw, L3 left goes") for item in notes)


def test_a_needle_for_another_lesion_has_to_be_out_before_cement_hardens() -> None:
    way = Trajectory((4.0, -28.0, 0.0), (4.0, 20.0, 0.0))
    probe = Probe("2", "osteocool", way)
    other = found(Treatment("one", Technique.CEMENT), Treatment("two", Technique.RADIOFREQUENCY, probes=(probe,)))
    warned = [item for item in other.findings if item.code == "access.in_cement"]
    assert [item.severity for item in warned] == [Severity.WARN]
    assert warned[0].measured == pytest.approx(2 * np.sqrt(RADIUS_MM**2 - 16), abs=2.0)
    own = found(Treatment("one", Technique.RADIOFREQUENCY, probes=(probe,)))
    assert not [item for item in own.findings if item.code == "access.in_cement"], "there the order of steps is said"


def test_the_gap_of_a_needle_and_of_a_cannula_to_a_screw_is_that_of_their_lines() -> None:
    cannula = Cement("c", Trajectory((-25.0, 0.0, 8.0), (15.0, 0.0, 8.0)), 2.0, 3.0)
    probe = Probe("n", "osteocool", Trajectory((-25.0, 5.0, -9.0), (15.0, 5.0, -9.0)))
    sheet = found(
        Treatment("one", Technique.RADIOFREQUENCY, probes=(probe,), cement=(cannula,), screws=(through(0.0),))
    )
    gaps = {item.about: item.amount for item in sheet.measures if item.code == "access.instruments_apart"}
    assert gaps["cannula c and pedicle screw, L3 left"] == pytest.approx(8.0 - 3.0 - 1.5, abs=1e-6)
    assert len(gaps) == 3
    from boneir.ablation.devices import device

    radius = device("osteocool").diameter_mm.amount / 2
    assert gaps["needle n and pedicle screw, L3 left"] == pytest.approx(9.0 - 3.0 - radius, abs=1e-6)
    assert gaps["needle n and cannula c"] == pytest.approx(np.hypot(5.0, 17.0) - 1.5 - radius, abs=1e-6)


def test_a_needle_in_a_screw_is_a_matter_of_order_and_two_screws_in_each_other_are_stopped() -> None:
    probe = Probe("n", "osteocool", Trajectory((-25.0, 0.0, 1.0), (15.0, 0.0, 1.0)))
    crossed = found(Treatment("one", Technique.RADIOFREQUENCY, probes=(probe,), screws=(through(0.0),)))
    meeting = [item for item in crossed.findings if item.code == "access.instruments_meet"]
    assert [item.severity for item in meeting] == [Severity.WARN]
    both = found(Treatment("one", Technique.FIXATION, screws=(through(0.0), through(4.0, "Screw 2"))))
    assert [f.severity for f in both.findings if f.code == "access.instruments_meet"] == [Severity.STOP]
