"""What is not outlined is said, class by class."""

from __future__ import annotations

import numpy as np

from boneir.anatomy.absent import absent_findings
from boneir.anatomy.structures import structure_kinds, structure_kins
from boneir.case import Role, Structure
from boneir.findings import Severity
from boneir.grid import Grid
from boneir.mask import Mask

GRID = Grid((2, 2, 2), (1.0, 1.0, 1.0))


def _outlined(*keys):
    mask = Mask.of(np.ones(GRID.shape, bool), GRID)
    return tuple(Structure(key, structure_kinds()[key].role, mask, key) for key in keys)


def _absent(structures):
    return {f.about: f for f in absent_findings(structures) if f.code == "case.absent"}


def test_nothing_outlined_means_every_critical_class_is_absent():
    absent = _absent(())
    assert set(absent) == {kin.key for kin in structure_kins().values() if kin.checked}
    assert all(f.severity is Severity.WARN for f in absent.values())
    assert "not checked" in absent["bowel"].text


def test_an_outline_of_the_canal_or_of_the_cord_serves():
    assert "cord" not in _absent(_outlined("spinal_canal"))
    assert "cord" not in _absent(_outlined("spinal_cord"))
    assert "cord" in _absent(_outlined("brain"))


def test_gas_is_no_outline_of_the_bowel_and_one_vein_none_of_the_vessels():
    absent = _absent(_outlined("gas", "contrast_filled", "superior_vena_cava"))
    assert "only gas inside the body is" in absent["bowel"].text
    assert "great_vessels" in absent


def test_missing_parts_of_a_class_are_a_note():
    findings = {f.about: f for f in absent_findings(_outlined("colon", "kidney_left", "kidney_right"))}
    assert findings["bowel"].code == "case.partly_absent"
    assert findings["bowel"].severity is Severity.NOTE
    for part in ("small bowel", "stomach", "oesophagus", "trachea"):
        assert part in findings["bowel"].text
    assert "ureter, bladder" in findings["urinary"].text
    assert "bowel" not in {f.about for f in absent_findings(_outlined("bowel"))}


def test_an_outline_that_nobody_knows_is_a_finding():
    mask = Mask.of(np.ones(GRID.shape, bool), GRID)
    findings = absent_findings((Structure("thing", Role.PASSABLE, mask),))
    unknown = [f for f in findings if f.code == "case.unknown_name"]
    assert [f.about for f in unknown] == ["thing"]
