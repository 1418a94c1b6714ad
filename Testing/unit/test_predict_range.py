"""Nine simulations over the ranges of tissue values: what is changed, shells around what is expected, and chances."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.ablation.predict_range import HIGH, LOW, at_levels, predict_range, range_value
from boneir.ablation.tissue_map import known_tissues, uniform_map
from boneir.ablation.tissues import tissue
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.plan import Probe, Technique, Trajectory, Treatment
from small_case import DIRECTIONS, ball, grid_around

CENTRE = (4.0, -2.0, 300.0)


def patient(lesion_radius: float) -> Case:
    grid = grid_around(CENTRE, 90.0, (2.0, 2.0, 2.0), DIRECTIONS["oblique"])
    body, bone, lesion = (ball(grid, CENTRE, r) for r in (44.0, 24.0, lesion_radius))
    hu = np.where(body.full(), 55, -1000)
    hu = np.where(bone.full(), 260, hu)
    hu = np.where(lesion.full(), 45, hu).astype(np.int16)
    structures = (Structure("body", Role.BODY, body), Structure("bone", Role.BONE, bone))
    return Case(Image(hu, grid), structures, (Lesion("lesion-1", lesion),))


def microwave(margin_mm: float) -> Treatment:
    tip = tuple(np.add(CENTRE, (0.0, -14.0, 0.0)))
    probe = Probe("1", "emprint", Trajectory(tuple(np.add(tip, (0.0, 55.0, 0.0))), tip), "75W-5min")
    return Treatment("lesion-1", Technique.MICROWAVE, margin_mm, (probe,))


def test_a_property_goes_to_the_end_of_its_own_range_or_of_its_factor() -> None:
    grid = grid_around(CENTRE, 4.0, (2.0, 2.0, 2.0), DIRECTIONS["axial"])
    low, high = (
        {i.id: i for i in at_levels(uniform_map("muscle", grid), {"perfusion_ml_min_kg": level}).tissues}
        for level in (LOW, HIGH)
    )
    own = tissue("lytic_tumour").value("perfusion_ml_min_kg")
    assert low["lytic_tumour"].value("perfusion_ml_min_kg").amount == own.low
    assert high["lytic_tumour"].value("perfusion_ml_min_kg").amount == own.high
    muscle, factor = tissue("muscle").value("perfusion_ml_min_kg").amount, range_value("perfusion_factor")
    assert low["muscle"].value("perfusion_ml_min_kg").amount == pytest.approx(factor.low * muscle)
    assert high["muscle"].value("perfusion_ml_min_kg").amount == pytest.approx(factor.high * muscle)
    assert high["blood"].values == tissue("blood").values
    assert high["muscle"].value("conductivity_w_m_k") == tissue("muscle").value("conductivity_w_m_k")
    same = at_levels(uniform_map("muscle", grid), {"perfusion_ml_min_kg": 0.0, "conductivity_w_m_k": 0.0})
    assert [dict(i.values) for i in same.tissues] == [dict(i.values) for i in known_tissues()]


def test_nine_simulations_give_shells_and_chances() -> None:
    case, shares = patient(6.0), []
    made = predict_range(case, microwave(2.0), spacing_mm=2.5, progress=shares.append)
    assert len(shares) == 9
    zone = made.outcome.zone
    assert zone.mask.equals(made.expected.zone.mask)
    assert zone.inner.volume_ml < zone.mask.volume_ml < zone.outer.volume_ml
    # More blood cools more: the smallest zone is that of the most perfusion.
    volumes = {f["perfusion_ml_min_kg"]: [] for f, _ in made.runs.runs}
    for levels, mask in made.runs.runs:
        volumes[levels["perfusion_ml_min_kg"]].append(mask.volume_ml)
    assert max(volumes[HIGH]) < min(volumes[LOW])
    lesion, rim = made.outcome.measures
    assert lesion.amount >= rim.amount
    assert lesion.amount == pytest.approx(
        100 / 9 * sum(not (case.lesions[0].mask.full() & ~mask.full()).any() for _, mask in made.runs.runs)
    )
