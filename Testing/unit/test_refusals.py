"""Refusals and the setting of the room, as tables show them: words, never keys."""

from __future__ import annotations

from access_phantom import ball, grid_around, phantom, rod
from boneir.access.rules import RULES
from boneir.assess import assess
from boneir.assessment import Assessment
from boneir.plan import Landmark, Plan, Probe, Technique, Trajectory, Treatment
from boneir.report.numbers import NOT_KNOWN, amount_text
from boneir.report.refusals import refusal_cells
from boneir.report.room_table import setting_of_room


def test_no_key_of_a_rule_or_a_structure_reaches_a_table() -> None:
    cells = [refusal_cells(rule, structure) for rule in RULES[1:] for structure in ("", "nerve_roots", "vertebra_L3")]
    assert len({words for words, structure in cells if structure}) == len(RULES) - 1
    for words, structure in cells:
        assert "_" not in words + structure
        assert words[0].isupper()
        assert not structure or structure[0].isupper()
    assert refusal_cells("clearance", "aorta") == ("Too near to", "Aorta")
    assert refusal_cells("clearance", "") == ("Too near", "")
    # The search for the window of sound says its rules in words.
    assert refusal_cells("too much bone", "") == ("Too much bone", "")


def test_the_room_is_set_as_the_needle_stands() -> None:
    shapes = {"body": ball((0, 0, 0), 70), "spinal_canal": rod((0, 30, 0), (0, 0, 1), 6)}
    case = phantom(grid_around(74, (2.0, 2.0, 2.0)), shapes, ball((0, 0, 0), 5))
    # 45 degrees from behind on the left, in the axial plane: seen from its hub the detector stands at LPO 45.
    probe = Probe("1", "biopsy-13g", Trajectory((45.0, 45.0, 0.0), (0.0, 0.0, 0.0)))
    mark = Landmark("the skin mark", 40.0, None, -10.0)
    plan = Plan(
        "p", (Treatment("lesion-1", Technique.BIOPSY, 0.0, (probe,)),), case.image.uid, landmark=mark
    )  # fmt: skip
    table = setting_of_room([("1", "Needle 1"), ("2", "Needle 2")], assess(case, plan))
    (row,) = table.rows
    title, needle, marks, tilt, arm = row.cells
    assert (title, needle) == ("Needle 1", amount_text(100.0, "mm"))
    assert (
        marks == f"{amount_text(45.0, 'mm')} left of the midline; from the skin mark: 5 mm left, 10 mm towards the head"
    )
    assert tilt == f"{amount_text(0.0, 'deg')}, none is needed"
    assert arm == "LPO 45, CRA 0"
    assert NOT_KNOWN not in row.cells


def test_what_was_not_measured_makes_no_row() -> None:
    assert setting_of_room([("1", "Needle 1")], Assessment("p", "c", (), ())).rows == ()
