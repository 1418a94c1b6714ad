"""The same lesion side by side: what is moved, what is counted, and in which order options stand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import boneir.compare
from boneir.ablation.compare import (
    ORDER,
    Option,
    Simulated,
    best_first,
    best_of_each_device,
    option_of,
    spacing_of,
)
from boneir.ablation.device import DeviceStatus
from boneir.ablation.devices import device, devices
from boneir.ablation.substitutes import substitutes
from boneir.ablation.zone import shells_of, zone_of, zone_size_of
from boneir.assess import assess
from boneir.assessing.sheet import Sheet
from boneir.assessing.subject import Subject
from boneir.assessing.zones import assess_coverage
from boneir.case_folder import save_case, save_plan
from boneir.cli import main
from boneir.compare import by_technique, compare, simulate_options
from boneir.errors import DeviceError, PlanError
from boneir.findings import Severity
from boneir.plan import Technique, Trajectory
from report_example import ball, example_case, example_plan


def plain_plan():
    plan = example_plan(example_case())
    (treatment,) = plan.treatments
    (probe,) = treatment.probes
    return replace(plan, treatments=(replace(treatment, probes=(replace(probe, power_w=None, duration_s=None),)),))


def test_every_ready_setting_is_tried_with_its_zone_in_the_same_place() -> None:
    plan = plain_plan()
    plans, left_out = substitutes(plan)
    ready = [item for item in devices() if item.status is DeviceStatus.READY and item.zones]
    (sound,) = devices(Technique.ULTRASOUND)
    assert len(plans) == sum(len(item.zones) for item in ready) + 1
    assert len({p.name for p in plans}) == len(plans)
    assert set(left_out) == {item.name for item in devices() if item.status is DeviceStatus.NEEDS_IFU}

    def middle(probe, technique):
        return np.array(shells_of(probe, zone_size_of(probe, device(probe.device)), technique).expected.centre_mm)

    wanted = middle(plan.probes[0], Technique.MICROWAVE)
    for other in plans:
        (probe,) = other.probes
        if probe.device == sound.id:
            assert probe.trajectory.tip_mm == pytest.approx(wanted, abs=1e-6), "the focus"
            continue
        assert device(probe.device).technique is other.treatments[0].technique
        assert probe.trajectory.entry_mm == plan.probes[0].trajectory.entry_mm
        assert middle(probe, other.treatments[0].technique) == pytest.approx(wanted, abs=1e-6)
        assert probe.trajectory.direction == pytest.approx(plan.probes[0].trajectory.direction)


def test_several_needles_are_tried_nearer_together_and_wider_apart() -> None:
    plan = plain_plan()
    (treatment,) = plan.treatments
    (probe,) = treatment.probes
    ends = np.array([probe.trajectory.entry_mm, probe.trajectory.tip_mm])
    ways = [Trajectory(*(tuple(map(float, np.add(end, (aside, 0.0, 0.0)))) for end in ends)) for aside in (-6.0, 6.0)]
    two = tuple(replace(probe, name=str(n), trajectory=way) for n, way in enumerate(ways))
    plan = replace(plan, treatments=(replace(treatment, probes=two),))
    one = device(probe.device)
    plans, _ = substitutes(plan, [one])
    assert len(plans) == len({p.name for p in plans}) == 3 * len(one.zones)
    mine = [p for p in plans if f" {probe.setting} " in p.name]
    assert [spacing_of(p.probes) for p in mine] == pytest.approx([9.0, 12.0, 15.0], abs=0.3)
    for other in mine:
        assert [p.trajectory.entry_mm for p in other.probes] == [way.entry_mm for way in ways]
        middle = np.mean([p.trajectory.tip_mm for p in other.probes], axis=0)
        assert middle == pytest.approx(np.mean([way.tip_mm for way in ways], axis=0), abs=0.5)
    assert spacing_of(two[:1]) is None


def test_an_option_says_what_the_assessment_says() -> None:
    case, plan = example_case(), plain_plan()
    assessment = assess(case, plan)
    option = option_of(plan, plan.treatments[0], assessment)
    assert option.needles == 1
    assert option.spacing_mm is None
    assert option.duration_s == 300.0
    assert option.devices == (device("emprint").name,)
    assert option.coverage == assessment.measure("ablation.coverage").amount
    assert option.margin_mm == assessment.measure("ablation.minimal_margin").amount
    assert option.margin_low_mm <= option.margin_mm
    spares = {
        m.about: m.amount - m.limit.amount
        for m in assessment.measures
        if m.code == "ablation.distance" and m.amount is not None
    }
    assert option.spare_mm == min(spares.values())
    assert spares[option.nearest] == option.spare_mm
    assert option.verdict is assessment.verdict
    assert option.stops == sum(f.severity is Severity.STOP for f in assessment.findings)


def test_applications_follow_each_other_but_probes_freeze_together() -> None:
    plan = plain_plan()
    (treatment,) = plan.treatments
    probe = treatment.probes[0]
    two = replace(treatment, probes=(probe, replace(probe, name="2", cycles=2)))
    assessment = assess(example_case(), plan)
    assert option_of(plan, two, assessment).duration_s == 300.0 + 600.0
    ice = tuple(
        replace(probe, name=n, device="visica2", setting="1cm-4min-liver", duration_s=240.0, cycles=c)
        for n, c in (("1", 1), ("2", 2))
    )
    frozen = replace(treatment, technique=Technique.CRYO, probes=ice)
    assert option_of(plan, frozen, assessment).duration_s == 480.0


BASE = Option(
    "a", "lesion-1", Technique.MICROWAVE, ("d",), ("s",), 1, 300.0, 100.0, 6.0, 4.0, 5.0, "aorta", 3.0, None, 0, ()
)


def test_the_order_is_stop_then_margin_then_harm() -> None:
    ranked = [
        BASE,
        replace(BASE, plan="b", duration_s=600.0),
        replace(BASE, plan="c", needles=2),
        replace(BASE, plan="d", spare_mm=1.0),
        replace(BASE, plan="e", spare_mm=-2.0),
        replace(BASE, plan="f", margin_mm=4.0),
        replace(BASE, plan="g", margin_mm=2.0, spare_mm=9.0),
        replace(BASE, plan="h", margin_mm=-1.0, coverage=68.0),
        replace(BASE, plan="i", margin_mm=None, coverage=None),
        replace(BASE, plan="k", stops=1, spare_mm=-9.0, margin_mm=9.0),
        replace(BASE, plan="j", stops=1, spare_mm=9.0, margin_mm=3.0),
    ]
    shuffled = [ranked[n] for n in np.random.default_rng(0).permutation(len(ranked))]
    assert [option.plan for option in best_first(shuffled)] == [option.plan for option in ranked]
    assert [o.plan for o in best_of_each_device(shuffled)] == ["a", "c"]
    assert BASE.reaches
    assert not replace(BASE, margin_mm=4.9).reaches
    said = [ORDER.index(words) for words in ("nothing stops", "its margin", "most room", "fewer needles", "less time")]
    assert said == sorted(said)


def test_a_simulated_margin_takes_the_place_of_that_of_the_table() -> None:
    wide = replace(BASE, plan="wide", margin_mm=1.0, simulated=Simulated(100.0, 7.0))
    narrow = replace(BASE, plan="narrow", simulated=Simulated(100.0, 3.0))
    empty = replace(BASE, plan="empty", simulated=Simulated(None, None))
    failed = replace(BASE, plan="failed", simulated=Simulated(None, None), reason="no table")
    assert [o.plan for o in best_first([failed, empty, narrow, wide])] == ["wide", "narrow", "empty", "failed"]


@pytest.mark.parametrize(("wanted_mm", "much", "little"), [(5.0, "stop", "warn"), (4.0, "warn", "note")])
def test_what_a_zone_leaves_out_weighs_by_what_the_plan_is_for(wanted_mm: float, much: str, little: str) -> None:
    case = example_case()
    treatment = replace(plain_plan().treatments[0], margin_mm=wanted_mm)
    zone = zone_of(treatment.probes[0], device("emprint"), case.image.grid)
    centre, radius = zone.mask.centroid_mm, (0.75 / np.pi * 1e3 * zone.mask.volume_ml) ** (1 / 3)

    def found(reach_mm):
        """Of a ball that reaches so far beyond a ball as large as the zone."""
        lesion = replace(case.lesions[0], mask=ball(case.image.grid, centre, radius + reach_mm))
        sheet = Sheet()
        assess_coverage(Subject(replace(case, lesions=(lesion,)), treatment), sheet)
        (finding,) = sheet.findings
        return finding

    wide, edge, narrow = found(6.0), found(0.0), found(-4.5)
    assert wide.measured < 0.9 < edge.measured < 1.0
    assert (wide.severity, edge.severity) == (much, little)
    assert ("relieve pain" in wide.text) == (much == "stop")
    assert (narrow.code, narrow.severity) == ("ablation.minimal_margin", little)


def test_the_first_of_each_group_is_simulated_as_assess_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    case, plan = example_case(), plain_plan()
    tools = [device(name) for name in ("rf-cooled-2cm", "ultrasound-bowl", "visica2", "ect-needles")]
    plans, _ = substitutes(plan, [replace(tool, zones=tool.zones[:1]) for tool in tools])
    words: list[str] = []
    options = compare(case, plans, words.append).options
    assert not any(words)
    alone = {}

    def physics_of(case, plan, **more):
        alone[plan.name] = assess(case, plan, **more)
        assert more["physics"]
        return alone[plan.name]

    monkeypatch.setattr(boneir.compare, "assess", physics_of)
    made = simulate_options(case, plans, by_technique(options), words.append)
    rows = {option.technique: option for option in made.options}
    assert set(rows) == {tool.technique for tool in tools}
    assert any(text.startswith("visica2 1cm-4min-liver, 1 min: ") for text in words)
    failed, cold = rows[Technique.RADIOFREQUENCY], rows[Technique.CRYO]
    assert "power_w" in failed.reason, "a row of its own, with its reason"
    assert made.options[-1] is failed
    assert "one needle makes no field" in rows[Technique.ELECTROCHEMOTHERAPY].flags
    judged = alone[cold.plan]
    assert cold.verdict is judged.verdict
    assert cold.simulated.coverage == judged.measure("ablation.simulated_coverage").amount
    assert cold.simulated.margin_mm == judged.measure("ablation.simulated_minimal_margin").amount
    spares = {m.about: m.amount - m.limit.amount for m in judged.measures if m.code == "ablation.coldest"}
    assert cold.simulated.extreme_c - cold.simulated.limit_c == min(spares.values()) == spares[cold.simulated.at_risk]


def test_another_device_stands_in_where_the_first_of_a_technique_cannot_be_simulated(monkeypatch) -> None:
    case, (plan, other, last) = example_case(), (replace(plain_plan(), name=name) for name in "abc")

    def refuse(case, plan, **_):
        if plan.name != "b":
            raise PlanError(f"{plan.name} has no power.")
        return assess(case, plan)

    monkeypatch.setattr(boneir.compare, "assess", refuse)
    options = [replace(BASE, plan=name) for name in "abc"]
    made = simulate_options(case, [plan, other, last], [options], lambda _: None)
    assert [option.plan for option in made.options] == ["b"]
    assert made.refused == (("a", "a has no power."),)
    made = simulate_options(case, [plan, last], [options[::2]], lambda _: None)
    assert [(option.plan, option.reason) for option in made.options] == [("a", "a has no power.")]
    assert made.refused == (("c", "c has no power."),)


def test_a_comparison_ends_where_its_reader_has_enough() -> None:
    asked: list[str] = []

    def tell(words: str) -> None:
        asked.append(words)
        if len(asked) > 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        compare(example_case(), [plain_plan()], tell, physics=True)
    assert len(asked) == 3, "it was asked within the simulation"


def test_a_device_that_must_not_be_used_is_flagged() -> None:
    plan = plain_plan()
    assessment = assess(example_case(), plan)
    finding = replace(assessment.findings[0], code="ablation.contraindicated", severity=Severity.STOP)
    flagged = replace(assessment, findings=(finding, *assessment.findings))
    option = option_of(plan, plan.treatments[0], flagged)
    assert "must not be used here" in option.flags
    assert option.stops >= 1


def test_only_a_plan_with_one_treatment_can_be_varied() -> None:
    plan = plain_plan()
    with pytest.raises(DeviceError, match="0 treatments"):
        substitutes(replace(plan, treatments=()))
    with pytest.raises(DeviceError, match="2 treatments"):
        substitutes(replace(plan, treatments=plan.treatments * 2))


def test_the_command_compares_plans_and_devices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, plan = example_case(), plain_plan()
    folder = tmp_path / "case"
    save_case(case, folder)
    assert main(["compare", str(folder)]) == 1
    assert "no plans yet" in capsys.readouterr().err
    save_plan(plan, folder)
    assert main(["compare", str(folder), "--json"]) == 0
    (only,) = json.loads(capsys.readouterr().out)["options"]
    assert only["plan"] == "plan-1"
    assert main(["compare", str(folder), "plan-1", "--technique", "cryo", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    cold = [item for item in devices(Technique.CRYO) if item.status is DeviceStatus.READY]
    assert len(answer["options"]) + len(answer["refused"]) == sum(len(item.zones) for item in cold) > 1
    assert len(answer["shown"]) == len({tuple(o["devices"]) for o in answer["options"]})
    assert main(["compare", str(folder)]) == 0
    text = capsys.readouterr().out
    assert "Margin" in text
    assert "makers' tables" in text
