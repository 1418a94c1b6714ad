"""What the image answers of SINS and Mirels, on a synthetic patient whose anatomy is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from boneir.assessing.sheet import Sheet
from boneir.assessing.stability import assess_stability, scored
from boneir.assessing.subject import Subject
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.errors import BoneIRError
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.plan import Technique, Treatment
from boneir.stability.answers import body_heights, cortex_share, image_answers, parts_of, score_of
from boneir.training.synthetic_patient import synthetic_patient

LEVELS = ("L1", "L2", "L3")


@cache
def spine() -> Case:
    """Three lumbar vertebrae with their canal."""
    where = synthetic_patient(seed=0, spacing_mm=(6.0, 6.0, 6.0)).vertebra("L2").at(0, 10, 0)
    x, y, z = (float(v) for v in where)
    grid = Grid((118, 96, 96), (1.0, 1.0, 1.0), (x - 48, y - 50, z - 58))
    patient = synthetic_patient(seed=0, grid=grid)
    keep = [f"vertebra_{level}" for level in LEVELS] + ["spinal_canal"]
    made = [
        Structure(name, Role.BONE if name != "spinal_canal" else Role.CRITICAL, patient.labels[name], kind=name)
        for name in keep
    ]
    return Case(patient.image, tuple(made))


def with_lesion(mask: Mask) -> tuple[Case, Lesion]:
    lesion = Lesion("lesion-1", mask)
    return spine().with_lesion(lesion), lesion


def ball(centre: np.ndarray, radius: float, within: Mask | None = None) -> Mask:
    grid = spine().image.grid
    points = grid.to_mm(np.argwhere(np.ones(grid.shape, bool))[:, ::-1])
    marked = (np.linalg.norm(points - centre, axis=1) <= radius).reshape(grid.shape)
    return Mask.of(marked if within is None else marked & within.full(), grid)


def answers(mask: Mask) -> dict[str, str]:
    case, lesion = with_lesion(mask)
    suited = score_of(case, lesion)
    assert suited is not None
    return {item.item: item.option for item in image_answers(case, lesion, *suited)}


def test_a_small_lesion_in_a_body() -> None:
    parts = parts_of(spine(), "vertebra_L2")
    assert parts is not None
    found = answers(ball(np.asarray(parts.body.centroid_mm), 6.0))
    assert found["location"] == "mobile"
    assert found["collapse"] == "none"
    assert found["posterolateral"] == "none"
    assert not {"pain", "alignment"} & set(found), "what only the patient tells is never guessed"


def test_a_lesion_of_most_of_the_body_and_both_pedicles() -> None:
    parts = parts_of(spine(), "vertebra_L2")
    assert parts is not None
    vertebra = spine().structure("vertebra_L2").mask
    assert answers(ball(np.asarray(parts.body.centroid_mm), 20.0, parts.body))["collapse"] == "involved"
    assert answers(vertebra)["posterolateral"] == "bilateral"
    one = ball(np.asarray(parts.pedicle_left.centroid_mm), 4.0, vertebra)
    assert answers(one)["posterolateral"] == "unilateral"


@pytest.mark.parametrize(("kept", "expected"), [(0.9, "none"), (0.65, "under_half"), (0.4, "over_half")])
def test_a_body_that_lost_height_is_collapsed(kept: float, expected: str) -> None:
    parts = parts_of(spine(), "vertebra_L2")
    assert parts is not None
    vertebra = spine().structure("vertebra_L2").mask
    up = parts.frame.to_local(parts.body.points_mm())[:, 0]
    height = float(up.max() - up.min())
    points = vertebra.points_mm()
    local = parts.frame.to_local(points)
    body = parts.body.full()[tuple(np.rint(vertebra.grid.to_ijk(points)).astype(int)[:, ::-1].T)]
    gone = points[body & (local[:, 0] > up.max() - (1 - kept) * height)]
    marked = vertebra.full()
    marked[tuple(np.rint(vertebra.grid.to_ijk(gone)).astype(int)[:, ::-1].T)] = False
    case = spine().with_structures([Structure("vertebra_L2", Role.BONE, Mask.of(marked, vertebra.grid), "vertebra_L2")])
    low = parts.body.points_mm()[up < np.quantile(up, 0.3)].mean(axis=0)
    lesion = Lesion("lesion-1", ball(low, 4.0))
    found = {i.item: i.option for i in image_answers(case.with_lesion(lesion), lesion, "sins", "vertebra_L2")}
    assert found["collapse"] == expected


def test_the_bone_that_holds_most_of_a_lesion_decides_on_the_score() -> None:
    """A lesion of the hip bone that touches the femur is none of a long bone."""
    grid = Grid((20, 20, 40), (1.0, 1.0, 1.0))
    i = np.arange(40)[None, None] + np.zeros(grid.shape)
    hip, femur = (Structure(f"{n}_left", Role.BONE, Mask.of(m, grid)) for n, m in (("hip", i < 20), ("femur", i >= 20)))
    image = Image(np.zeros(grid.shape, np.int16), grid)
    for first, expected in ((5, None), (14, ("mirels", "femur_left"))):
        lesion = Lesion("l", Mask.of((i >= first) & (i < first + 20), grid))
        assert score_of(Case(image, (hip, femur), (lesion,)), lesion) == expected


def test_heights_of_bodies_are_in_the_ratio_they_were_drawn_with() -> None:
    patient = synthetic_patient(seed=0, spacing_mm=(6.0, 6.0, 6.0))
    found, drawn = [], []
    for level in LEVELS:
        parts = parts_of(spine(), f"vertebra_{level}")
        assert parts is not None
        found.append(body_heights(parts)[1])
        drawn.append(patient.vertebra(level).size.height)
    assert np.divide(found, found[1]) == pytest.approx(np.divide(drawn, drawn[1]), abs=0.06)


def test_the_score_is_an_interval_until_the_patient_has_answered() -> None:
    parts = parts_of(spine(), "vertebra_L2")
    assert parts is not None
    case, lesion = with_lesion(ball(np.asarray(parts.body.centroid_mm), 6.0))
    sheet = Sheet()
    assess_stability(Subject(case, Treatment(lesion.name, Technique.CEMENT)), sheet)
    measure = next(m for m in sheet.measures if m.code == "stability.sins")
    assert measure.amount is None
    assert measure.low is not None
    assert measure.high is not None
    assert measure.high - measure.low >= 7
    finding = next(f for f in sheet.findings if f.code == "stability.open_items")
    assert "pain" in finding.text
    assert "alignment" in finding.text
    given = {"pain": "mechanical", "alignment": "normal", "lesion": "lytic"}
    result, _ = scored(case, lesion, ("sins", "vertebra_L2"), given)
    assert (result.low, result.high) == (7, 7)  # mobile 2, mechanical 3, lytic 2
    assert not result.open_items
    with pytest.raises(BoneIRError, match="no answer"):
        scored(case, lesion, ("sins", "vertebra_L2"), {"pain": "terrible"})


def test_the_share_of_a_cortex_is_the_angle_of_a_notch() -> None:
    """A wedge of 120 degrees out of a tube takes up a third of its rim."""
    grid = Grid((10, 121, 121), (0.5, 0.5, 3.0), (-30.0, -30.0, 0.0))
    points = grid.to_mm(np.argwhere(np.ones(grid.shape, bool))[:, ::-1])
    radius, angle = np.hypot(points[:, 0], points[:, 1]), np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    tube = ((radius <= 20) & (radius > 14)).reshape(grid.shape)
    wedge = ((radius <= 20) & (radius > 14) & (np.abs(angle) <= 60)).reshape(grid.shape)
    wedge[:5] = False
    share = cortex_share(Mask.of(wedge, grid), Mask.of(tube & ~wedge, grid))
    assert share == pytest.approx(1 / 3, abs=0.02)


@pytest.mark.parametrize(
    ("name", "said"), [("bone", "without its name"), ("hip_left", "only vertebrae and long bones")]
)
def test_a_bone_without_a_score_is_said(name: str, said: str) -> None:
    mask = ball(spine().structure("vertebra_L2").mask.centroid_mm, 25.0)
    lesion = Lesion("lesion-1", ball(np.asarray(mask.centroid_mm), 6.0))
    case = Case(spine().image, (Structure(name, Role.BONE, mask, kind=name),), (lesion,))
    sheet = Sheet()
    assess_stability(Subject(case, Treatment(lesion.name, Technique.CEMENT)), sheet)
    (finding,) = sheet.findings
    assert finding.code == "stability.not_scored"
    assert said in finding.text
    assert "_" not in finding.text
    assert not sheet.measures
