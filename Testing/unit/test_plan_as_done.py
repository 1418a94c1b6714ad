"""What a command says of how a plan is carried out."""

from __future__ import annotations

import argparse

import pytest

from boneir.cli import main
from boneir.commands.plan_as_done import plan_as_done
from boneir.errors import PlanError
from boneir.plan import Plan, Probe, Protection, ProtectiveMedium, Technique, Trajectory, Treatment

WAY = Trajectory((0.0, 80.0, 0.0), (0.0, 0.0, 0.0))
RF = Treatment("a", Technique.RADIOFREQUENCY, 5.0, (Probe("1", "rf-cooled-2cm", WAY), Probe("2", "rf-cooled-2cm", WAY)))
WAVES = Treatment("b", Technique.MICROWAVE, 5.0, (Probe("3", "emprint", WAY),))
LAYER = Protection("colon", ProtectiveMedium.CO2, 10.0)


def said(power: float | None = None, *protect: Protection) -> argparse.Namespace:
    return argparse.Namespace(power=power, protect=list(protect))


def test_power_is_that_of_radiofrequency_alone() -> None:
    plan = Plan("plan-1", (RF, WAVES))
    done = plan_as_done(plan, said(30.0, LAYER))
    assert [probe.power_w for item in done.treatments for probe in item.probes] == [30.0, 30.0, None]
    assert [item.protection for item in done.treatments] == [(LAYER,), (LAYER,)]
    assert plan_as_done(plan, said()) == plan


def test_power_for_a_plan_without_radiofrequency_is_refused() -> None:
    with pytest.raises(PlanError, match="nothing in plan-1 is radiofrequency"):
        plan_as_done(Plan("plan-1", (WAVES,)), said(30.0))


@pytest.mark.parametrize("power", ["0", "-5"])
def test_a_power_that_cannot_be_is_refused(power: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", "case", "plan", f"--power={power}"]) == 2
    assert "expected W above 0" in capsys.readouterr().err
