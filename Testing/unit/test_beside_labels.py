"""Labels that others made come first; where they name a level otherwise, it is said."""

from __future__ import annotations

import numpy as np

from boneir.anatomy.beside_labels import outlines_beside
from boneir.case import Role, Structure
from boneir.findings import Severity
from boneir.grid import Grid
from boneir.mask import Mask

GRID = Grid((40, 20, 20), (1.0, 1.0, 1.0))


def block(name: str, low: int, high: int, role: Role = Role.BONE) -> Structure:
    marked = np.zeros(GRID.shape, bool)
    marked[low:high, 5:15, 5:15] = True
    return Structure(name, role, Mask.of(marked, GRID), name)


def test_nothing_is_dropped_without_labels() -> None:
    mine = [block("bone", 0, 30), block("vertebra_L4", 0, 10), block("hip_left", 20, 30)]
    assert outlines_beside([], mine) == (tuple(mine), ())


def test_labelled_vertebrae_replace_all_of_ours_but_other_bones_stay() -> None:
    mine = [block("bone", 0, 30), block("vertebra_L4", 0, 10), block("sacrum", 10, 14), block("hip_left", 20, 30)]
    add, findings = outlines_beside([block("vertebra_L4", 0, 9)], mine)
    assert [item.name for item in add] == ["bone", "hip_left"]
    assert findings == ()


def test_a_bone_that_the_labels_show_under_another_name_is_not_added() -> None:
    add, _ = outlines_beside([block("ilium of the left", 20, 30)], [block("hip_left", 18, 30)])
    assert add == ()
    add, _ = outlines_beside([block("a cyst", 20, 30, Role.PASSABLE)], [block("hip_left", 18, 30)])
    assert [item.name for item in add] == ["hip_left"]


def test_levels_named_otherwise_are_said_with_their_place() -> None:
    labels = [block("vertebra_L3", 0, 10), block("vertebra_L2", 12, 22)]
    mine = [block("vertebra_L4", 0, 10), block("vertebra_L3", 12, 22)]
    _, findings = outlines_beside(labels, mine)
    (finding,) = findings
    assert finding.code == "levels.conflict"
    assert finding.severity is Severity.WARN
    assert "L3 for L4, L2 for L3" in finding.text
    assert finding.measured == 2
    assert finding.place_mm == labels[0].mask.centroid_mm


def test_levels_named_alike_are_not_said() -> None:
    assert outlines_beside([block("vertebra_L3", 0, 10)], [block("vertebra_L3", 1, 11)])[1] == ()


def test_a_cut_vertebra_of_ours_within_its_neighbour_is_no_conflict() -> None:
    labelled = [block("vertebra_T12", 0, 10), block("vertebra_T11", 10, 20)]
    ours = [block("vertebra_T12", 0, 8), block("vertebra_T11", 8, 11)]
    _, findings = outlines_beside(labelled, ours)
    assert [finding for finding in findings if finding.code == "levels.conflict"] == []
