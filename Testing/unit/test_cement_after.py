"""Cement after ablation goes through the hole of a probe, with the order of steps, the bore and the heat told."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from boneir.ablation.devices import device
from boneir.assess import assess
from boneir.case import Case, Lesion, Role, Structure
from boneir.case_folder import save_case, save_plan
from boneir.cli import main
from boneir.errors import DeviceError, PlanError
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment, read_plan
from boneir.proposing.cement_after import cement_after
from cement_blocks import lumbar

CANNULA = "cement-10g"


@cache
def case() -> Case:
    spine = lumbar()
    made = spine.lesion(spine.at(4.0, 2.0, 0.0))
    labels = spine.patient.labels
    kinds = {"vertebra_L3": Role.BONE, "spinal_canal": Role.CRITICAL, "nerve_roots": Role.CRITICAL, "body": Role.BODY}
    return Case(
        made.image,
        tuple(Structure(name, role, labels[name], name) for name, role in kinds.items()),
        (Lesion("l", made.mask),),
    )


def ablation(tool: str = "rf-15g-bipolar-gas", technique: Technique = Technique.RADIOFREQUENCY) -> Plan:
    spine = lumbar()
    way = Trajectory(spine.at(18.0, 46.0, 0.0), spine.at(2.0, -4.0, 0.0))
    probe = Probe("1", tool, way, device(tool).zones[0].setting)
    return Plan("plan-1", (Treatment("l", technique, probes=(probe,)),), case().image.uid)


def test_cement_lies_on_the_line_of_the_probe_within_the_lesion() -> None:
    plan = cement_after(case(), ablation(), device(CANNULA))
    (cement,) = plan.treatments[0].cement
    probe = plan.treatments[0].probes[0].trajectory
    offset = np.subtract(cement.trajectory.tip_mm, probe.entry_mm)
    along = float(offset @ np.asarray(probe.direction))
    assert np.linalg.norm(offset - along * np.asarray(probe.direction)) < 1e-6
    assert 0.0 < along <= probe.length_mm + 1e-9
    assert case().lesions[0].mask.at(cement.trajectory.tip_mm)
    assert cement.trajectory.entry_mm == probe.entry_mm
    assert cement.volume_ml > 0
    assert any("after ablation" in reason for reason in plan.reasons)


def test_an_assessment_tells_the_order_the_hole_and_the_heat() -> None:
    found = assess(case(), cement_after(case(), ablation(), device(CANNULA)))
    codes = {item.code for item in found.findings}
    assert {"cement.order", "cement.cool"} <= codes
    assert "cement.one_cannula" in codes, "a 15 G probe goes through a 10 G cannula"
    warmed = {item.about: item.amount for item in found.measures if item.code == "cement.warming"}
    assert set(warmed) == {"spinal_canal", "nerve_roots"}
    assert all(37.0 <= amount < 100.0 for amount in warmed.values())
    assert not [item for item in found.findings if item.code == "access.instruments_meet"]


def test_what_cannot_follow_is_refused() -> None:
    with pytest.raises(DeviceError, match="cannula"):
        cement_after(case(), ablation(), device("rf-15g-bipolar-gas"))
    with pytest.raises(PlanError, match="no probe '7'"):
        cement_after(case(), ablation(), device(CANNULA), probe="7")
    once = cement_after(case(), ablation(), device(CANNULA))
    with pytest.raises(PlanError, match="already"):
        cement_after(case(), once, device(CANNULA))
    with pytest.raises(PlanError, match="none"):
        cement_after(case(), ablation(), device(CANNULA), lesion="other")


def test_the_command_saves_both_in_one_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "case"
    save_case(case(), folder)
    save_plan(ablation(), folder)
    assert main(["cement", str(folder), "plan-1", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    plan = read_plan(Path(answer["plan"]))
    assert plan.name == "plan-1-cement"
    assert plan.treatments[0].probes == ablation().treatments[0].probes
    assert plan.treatments[0].cement[0].volume_ml == answer["cement"][0]["volume_ml"]
