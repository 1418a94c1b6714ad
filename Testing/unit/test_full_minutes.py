"""What is told of a simulation while it runs, and that a report is simulated unless that is declined."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boneir.ablation.full_minutes import FullMinutes
from boneir.ablation.heat import Moment
from boneir.assess import assess
from boneir.case_folder import save_case, save_plan
from boneir.cli import main
from boneir.commands import report
from boneir.errors import PlanError
from boneir.plan import Probe, Technique, Trajectory, Treatment
from small_case import ENTRY, TIP, small_case, small_plan

WAY = Trajectory(ENTRY, TIP)


def test_every_full_minute_is_told_once_with_what_is_hot_or_frozen():
    told, looked = [], []
    watch = FullMinutes(told.append)

    def field(time_s):
        looked.append(time_s)
        made = np.full((4, 5, 6), 37.0, np.float32)
        made.ravel()[: int(time_s)] = 70.0
        return made

    for time_s in np.arange(7.0, 190.0, 7.0):
        watch(Moment(time_s / 190.0, time_s, lambda t=time_s: field(t), 0.008))
    assert [one.minute for one in told] == [1, 2, 3]
    assert looked == [63.0, 126.0, 182.0]  # between full minutes no temperature is asked for
    assert [one.hot_ml for one in told] == pytest.approx([63 * 0.008, 120 * 0.008, 120 * 0.008])
    assert told[0].words == "1 min: 0.5 mL at 60 degC or more"
    watch = FullMinutes(told.append)
    watch(Moment(0.5, 300.0, lambda: np.full((2, 2, 2), -35.0, np.float32), 1.0))
    assert told[-1].words == "5 min: 8.0 mL at -20 degC or less"


@pytest.fixture
def folder(tmp_path):
    case = small_case()
    probe = Probe("1", "emprint", WAY, setting="75W-5min")
    plan = replace(small_plan(case), treatments=(Treatment("lesion-1", Technique.MICROWAVE, probes=(probe,)),))
    save_case(case, tmp_path / "case")
    save_plan(plan, tmp_path / "case")
    return tmp_path / "case"


def test_a_report_is_simulated_unless_that_is_declined(folder, capsys, monkeypatch):
    monkeypatch.setattr(report, "draw", lambda *_: ((), ()))
    name = small_plan(small_case()).name
    pages = []
    for more in ([], ["--no-physics"]):
        assert main(["report", str(folder), name, *more, "--json"]) == 0
        out, err = capsys.readouterr()
        pages.append(Path(json.loads(out)["html"]).read_text("utf-8"))
        assert ("5 min: " in err) == (not more)
    assert "Volume of the simulated zone" in pages[0]
    assert "Volume of the simulated zone" not in pages[1]


def test_a_plan_that_cannot_be_simulated_has_its_report_and_the_reason(folder, capsys, monkeypatch):
    monkeypatch.setattr(report, "draw", lambda *_: ((), ()))

    def refuse(case, plan, *, physics=False, **more):
        if physics:
            raise PlanError("It has no power.")
        return assess(case, plan, **more)

    monkeypatch.setattr(report, "assess", refuse)
    name = small_plan(small_case()).name
    assert main(["report", str(folder), name, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [one["text"] for one in found if one["code"] == "ablation.not_simulated"] == [
        "The effect was not simulated: It has no power."
    ]
    assert main(["report", str(folder), name, "--physics"]) != 0
