"""Layers of gas or fluid that a plan puts beside what must not be hurt: where they lie, and what they do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boneir.ablation.protection import protected
from boneir.ablation.simulate import simulate
from boneir.ablation.tissue_map import tissue_map
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.cli import main
from boneir.commands.options.values import protection
from boneir.errors import PlanError
from boneir.plan import (
    Plan,
    Probe,
    Protection,
    ProtectiveMedium,
    Technique,
    Trajectory,
    Treatment,
    plan_from_plain,
    plan_to_plain,
)
from small_case import DIRECTIONS, ball, distances, grid_around

CENTRE = (4.0, -2.0, 300.0)
BOWEL = (26.0, -2.0, 300.0)


def patient(direction: str = "oblique") -> Case:
    """A ball of muscle with a soft lesion, bowel beside it, and a piece of bone on the bowel's far side."""
    grid = grid_around(CENTRE, 130.0, (2.0, 2.0, 2.5), DIRECTIONS[direction])
    body, lesion, bowel = ball(grid, CENTRE, 62.0), ball(grid, CENTRE, 6.0), ball(grid, BOWEL, 7.0)
    bone = ball(grid, (37.0, -2.0, 300.0), 6.0)
    hu = np.where(body.full(), 55, -1000)
    hu = np.where(bone.full(), 700, hu).astype(np.int16)
    structures = (
        Structure("body", Role.BODY, body, "body"),
        Structure("bone", Role.BONE, bone, "bone"),
        Structure("small_bowel", Role.CRITICAL, bowel, "small_bowel"),
    )
    return Case(Image(hu, grid), structures, (Lesion("lesion-1", lesion),))


def treatment(technique: Technique, device: str, setting: str = "", **more) -> Treatment:
    x, y, z = CENTRE
    probe = Probe("1", device, Trajectory((x, y + 60.0, z), (x, y - 12.0, z)), setting, **more)
    return Treatment("lesion-1", technique, 2.0, (probe,))


HEAT = treatment(Technique.MICROWAVE, "emprint", "100W-5min")
COLD = treatment(Technique.CRYO, "iceforce", duration_s=600.0)


@pytest.mark.parametrize("direction", ["axial", "oblique"])
def test_a_layer_lies_around_its_structure_in_soft_tissue_alone(direction):
    case = patient(direction)
    layer = Protection("small_bowel", ProtectiveMedium.CO2, 6.0)
    made, (volume,), (note,) = protected(case, case.lesions[0], (layer,))
    mask = made.structure("co2 small_bowel").mask
    full, bowel = mask.full(), case.structure("small_bowel").mask.full()
    assert not (full & bowel).any()
    assert not (full & case.structure("bone").mask.full()).any()
    assert not (full & case.lesions[0].mask.full()).any()
    r = distances(case.image.grid, BOWEL)
    assert 12.0 < r[full].max() < 7.0 + 6.0 + 3.0
    whole = 4.0 / 3.0 * np.pi * (13.0**3 - 7.0**3) / 1000.0
    bone = np.count_nonzero((r <= 13.0) & case.structure("bone").mask.full() & ~bowel) * case.image.grid.voxel_ml
    assert volume.amount == pytest.approx(whole - bone, rel=0.12)
    assert note.code == "ablation.protected"
    window = case.image.grid
    assert (tissue_map(made.image, made.structures, made.lesions[0], window).where("gas") >= full).all()
    assert [item.name for item in case.structures] == ["body", "bone", "small_bowel"]  # the case is as it was


def bowel_of(treat: Treatment, code: str, *layers: Protection) -> float:
    (made,) = simulate(patient(), replace(treat, protection=layers), spacing_mm=2.0)
    return {(m.code, m.about): m.amount for m in made.measures}[code, "small_bowel"]


def test_gas_and_flowing_saline_keep_heat_and_cold_away():
    gas = Protection("small_bowel", ProtectiveMedium.CO2, 6.0)
    flowing = replace(gas, medium=ProtectiveMedium.WARM_SALINE)
    hot, kept, rinsed = (bowel_of(HEAT, "ablation.hottest", *layers) for layers in ((), (gas,), (flowing,)))
    assert hot > 45.0
    assert kept < hot - 3.0
    assert 36.9 < rinsed < kept + 1.0
    cold, warm = (bowel_of(COLD, "ablation.coldest", *layers) for layers in ((), (flowing,)))
    assert warm > cold
    assert warm > 30.0


def test_a_layer_that_cannot_be_is_refused():
    case, layer = patient(), Protection("small_bowel", ProtectiveMedium.D5W, 5.0)
    for other, words in (
        (replace(layer, structure="colon"), "not outlined"),
        (replace(layer, width_mm=0.0), "more than 0"),
        (replace(layer, structure="body"), "no soft tissue"),
    ):
        with pytest.raises(PlanError, match=words):
            protected(case, case.lesions[0], (other,))


def test_a_plan_keeps_its_layers_and_the_command_line_adds_some(capsys):
    layer = Protection("small_bowel", ProtectiveMedium.D5W, 5.0)
    plan = Plan("plan-1", (replace(HEAT, protection=(layer,)),))
    assert plan_from_plain(plan_to_plain(plan)) == plan
    older = plan_to_plain(plan)
    del older["treatments"][0]["protection"]
    assert plan_from_plain(older).treatments[0].protection == ()
    assert protection("small_bowel,d5w,5") == layer
    assert main(["assess", "case", "plan", "--protect", "small_bowel,oil,5"]) != 0
    assert "expected NAME,MEDIUM,MM" in capsys.readouterr().err
