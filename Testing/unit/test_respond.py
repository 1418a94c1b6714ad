"""Response over examinations: sizes against closed forms, answers against the tables, what is missing said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boneir.case import Case, Image, ImageSource, Lesion, Modality, Role, Structure
from boneir.case_folder import save_case
from boneir.cli import main
from boneir.errors import BoneIRError, CaseError
from boneir.follow_up import Answer, Exam
from boneir.fusion.lesion_state import lesion_state
from boneir.fusion.uptake import blood_uptake, lean_share, peak_uptake
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.report.follow_up import compose_follow_up
from boneir.report.html import html_of
from boneir.report.time_line import TimeLine, drawing_of_time_line
from boneir.respond import respond

GRID = Grid((60, 70, 70), (1.0, 1.0, 1.0), (-35.0, -35.0, -30.0))
CENTRES = GRID.to_mm(np.stack(np.meshgrid(*map(np.arange, GRID.shape), indexing="ij"), axis=-1)[..., ::-1])
RECIST, MDA, PERCIST = range(3)


def ball(radius, centre=(0.0, 0.0, 0.0)):
    return Mask.of(np.linalg.norm(CENTRES - centre, axis=-1) <= radius, GRID)


BONE = Mask.of((np.abs(CENTRES[..., 0]) <= 24) & (np.abs(CENTRES[..., 1]) <= 20), GRID)


def exam(day, *balls, bone=True, uptake=(), **source):
    """Balls of (name, radius, centre, HU) in a block of marrow of 180 HU, soft tissue of 40 HU around it."""
    values = np.random.default_rng(int(day)).normal(0, 8, GRID.shape) + np.where(BONE.full(), 180, 40)
    lesions = []
    for name, radius, centre, hu in balls:
        mask = ball(radius, centre)
        values[mask.full()] += hu - np.where(BONE.full(), 180, 40)[mask.full()]
        lesions.append(Lesion(name, mask))
    structures = (Structure("vertebra_L3", Role.BONE, BONE, "vertebra_L3"),) if bone else ()
    aorta = ball(11, (0.0, -26.0, 0.0))
    structures += (Structure("aorta", Role.CRITICAL, aorta, "aorta"),)
    others = ()
    if uptake:
        suv = np.full(GRID.shape, 0.5, np.float32)
        suv[aorta.full()] = 1.6
        for lesion, amount in zip(lesions, uptake, strict=True):
            suv[lesion.mask.full()] = amount
        others = (Image(suv, GRID, Modality.PET, "SUV"),)
    image = Image(np.rint(values).astype(np.int16), GRID, source=ImageSource(study_date=day, **source))
    return Exam(day, Case(image, structures, tuple(lesions), others))


def answers(found, n=-1):
    return [item.answer for item in found[n]]


def test_a_lesion_is_measured_in_all_that_counts():
    day = exam("20260105", ("a", 9, (0, 0, 0), 40))
    state = lesion_state(day.case, day.case.lesions[0], day.date)
    assert state.volume_ml == pytest.approx(4 / 3 * np.pi * 9**3 / 1000, rel=0.03)
    assert state.long_mm == pytest.approx(18, abs=1.2)
    assert state.across_mm == pytest.approx(36, abs=2.4)
    assert (state.soft_mm, state.soft_ml) == (0.0, 0.0)
    assert state.hu_mean == pytest.approx(40, abs=1)
    assert state.lytic_ml == pytest.approx(state.volume_ml, rel=0.02)
    assert state.hu_z < -5


def test_the_soft_part_is_what_lies_outside_of_the_bone():
    day = exam("20260105", ("a", 10, (24.5, 0, 0), 40))  # its middle lies on the surface of the bone
    state = lesion_state(day.case, day.case.lesions[0], day.date)
    assert state.soft_ml == pytest.approx(2 / 3 * np.pi * 10**3 / 1000, rel=0.12)
    assert state.soft_mm == pytest.approx(20, abs=1.5)
    assert state.lytic_ml == pytest.approx(2 / 3 * np.pi * 10**3 / 1000, rel=0.12)
    blind = exam("20260105", ("a", 10, (24.5, 0, 0), 40), bone=False)
    assert lesion_state(blind.case, blind.case.lesions[0], "20260105").soft_mm is None


def test_the_peak_is_the_mean_over_a_sphere_of_a_millilitre():
    lesion = ball(8)
    ramp = Image((CENTRES[..., 0] / 10.0 + 5.0).astype(np.float32), GRID, Modality.PET, "SUV")
    # Over a sphere a linear function has the mean of its middle, which may lie up to the edge of the lesion.
    assert peak_uptake(ramp, lesion) == pytest.approx(5.8, abs=0.01)
    point = np.zeros(GRID.shape, np.float32)
    point[30, 35, 35] = 100.0  # one voxel of 1 mm3 in a sphere of 1000 mm3
    assert peak_uptake(Image(point, GRID, Modality.PET, "SUV"), lesion) == pytest.approx(0.1, rel=0.2)
    small = GRID.window((0, 0, 0), (8, 8, 8))
    assert peak_uptake(Image(np.ones((8, 8, 8), np.float32), small, Modality.PET, "SUV"), lesion) is None
    blood = Image(np.full(GRID.shape, 1.7, np.float32), GRID, Modality.PET, "SUV")
    assert blood_uptake(blood, ball(10)) == pytest.approx(1.7)
    assert blood_uptake(blood, ball(3)) is None


def test_lean_mass():
    assert lean_share(110, 178, "M") == pytest.approx(9270 / (6680 + 216 * 34.718), rel=1e-4)
    assert lean_share(60, 165, "F") < lean_share(60, 165, "M") < 1
    for wrong in ((60, 165, ""), (60, 1.65, "F"), (6, 165, "F")):
        with pytest.raises(BoneIRError):
            lean_share(*wrong)


def test_answers_follow_size_filling_and_uptake():
    start = exam("20260105", ("a", 10, (0, 0, 0), 40), ("b", 9, (24.5, 0, 0), 40), uptake=(8, 6))
    later = exam("20260601", ("a", 10, (0, 0, 0), 700), ("b", 5, (24.5, 0, 0), 40), uptake=(1.2, 5))
    found = respond([later, start], lean=0.7)
    assert found.dates == ("20260105", "20260601")
    first, second = found.courses
    assert answers(first.answers) == [None, Answer.COMPLETE, Answer.COMPLETE]
    assert first.filled_in[1] == pytest.approx(1.0, abs=0.02)
    assert answers(second.answers) == [Answer.PARTIAL, Answer.STABLE, Answer.PARTIAL]
    assert second.answers[0][RECIST].change == pytest.approx(10 / 18 - 1, abs=0.06)
    share = 4 / 3 * np.pi * 5**3 / 1000  # of the sphere of 1 mL, larger than what is left of the lesion
    peak = 5 * share + 0.5 * (1 - share)
    assert second.answers[0][PERCIST].change == pytest.approx(peak / 6 - 1, abs=0.04)
    assert answers(found.overall)[RECIST] is Answer.PARTIAL
    assert found.overall[-1][PERCIST].change == pytest.approx(peak / 8 - 1, abs=0.04)  # the hottest of each day
    assert any(item.code == "response.flare" for item in found.findings)
    assert respond([start, later]).courses[0].answers[0][PERCIST].answer is None  # no lean mass


def test_growth_is_measured_from_the_nadir():
    days = [("20260105", 10.0), ("20260401", 6.0), ("20260801", 8.5)]
    found = respond([exam(day, ("a", radius, (24.5, 0, 0), 40)) for day, radius in days])
    assert answers(found.courses[0].answers, 0)[RECIST] is Answer.PARTIAL
    assert answers(found.courses[0].answers, 1)[RECIST] is Answer.PROGRESSION
    assert found.courses[0].answers[1][RECIST].change < 0
    assert {"response.progression", "response.lesion_progression"} <= {item.code for item in found.findings}


def test_what_is_new_gone_or_not_outlined():
    start = exam("20260105", ("a", 8, (0, 0, 0), 40), ("b", 6, (-14, 0, 12), 40))
    later = exam("20260601", ("a", 8, (0, 0, 0), 40), ("c", 5, (14, 0, -15), 40))
    lost = respond([start, later])
    assert answers(lost.overall) == [None, None, None]
    assert {"response.new", "response.not_outlined"} <= {item.code for item in lost.findings}
    told = respond([start, later], gone=["b"])
    assert answers(told.courses[1].answers)[MDA] is Answer.COMPLETE
    assert answers(told.overall)[MDA] is Answer.PROGRESSION  # the new lesion
    sclerotic = exam("20260601", ("a", 8, (0, 0, 0), 40), ("c", 5, (14, 0, -15), 800))
    assert answers(respond([start, sclerotic], gone=["b"]).overall)[MDA] is not Answer.PROGRESSION


def test_cement_is_no_healing_and_growing_sclerosis_may_be():
    start = exam("20260105", ("a", 8, (0, 0, 0), 40))
    filled = respond([start, exam("20260601", ("a", 8, (0, 0, 0), 1800))])
    assert filled.courses[0].filled_in[1] is None
    assert answers(filled.courses[0].answers)[MDA] is Answer.STABLE
    assert any(item.code == "response.cement" for item in filled.findings)
    flare = respond([start, exam("20260601", ("a", 9, (0, 0, 0), 800))])
    assert any(item.code == "response.denser" for item in flare.findings)


def test_what_cannot_be_compared_is_said():
    start = exam("20260105", ("a", 8, (0, 0, 0), 40), patient_id="1", contrast="iodine")
    other = exam("20260601", ("a", 8, (0, 0, 0), 40), patient_id="2")
    codes = {item.code: item.severity.value for item in respond([start, other]).findings}
    assert codes["response.patients"] == "stop"
    assert "response.contrast" in codes
    wide = Grid((20, 70, 70), (1.0, 1.0, 3.0), GRID.origin_mm)
    thick = Case(
        Image(np.zeros((20, 70, 70), np.int16), wide), (), (Lesion("a", Mask.of(np.ones(wide.shape, bool), wide)),)
    )
    assert "response.voxels" in {item.code for item in respond([start, Exam("20260701", thick)]).findings}
    for wrong, gone in (([start], ()), ([start, start], ()), ([start, other], ["a"]), ([start, other], ["z"])):
        with pytest.raises(CaseError):
            respond(wrong, gone=gone)
    with pytest.raises(CaseError, match="20260105 and 20260601 are the same image"):
        respond([start, Exam("20260601", start.case)])


def test_a_time_line_is_drawn_to_scale():
    days = ((0.0, "2026-01-01"), (30.0, "2026-01-31"), (90.0, "2026-04-01"))
    lines = (("a", ((0.0, 8.0), (30.0, 4.0), (90.0, 2.0))), ("b", ((90.0, 2.0),)))
    drawn = drawing_of_time_line(TimeLine("Volume", "Volume", "mL", days, lines))
    curve = next(stroke for stroke in drawn.strokes if len(stroke.points) == 3)
    (x0, y0), (x1, y1), (x2, y2) = curve.points
    assert (x1 - x0) / (x2 - x0) == pytest.approx(1 / 3)
    assert (y1 - y0) / (y2 - y0) == pytest.approx(4 / 6)
    names = {word.text: word.y for word in drawn.words if word.text in ("a", "b")}
    assert abs(names["a"] - names["b"]) >= 12  # both end at the same place


def test_the_command_writes_the_report(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("boneir.commands.respond._pictures", lambda _: ((), ()))
    start = exam("20260105", ("a", 9, (0, 0, 0), 40), uptake=(8,), sex="F")
    later = exam("20260601", ("a", 6, (0, 0, 0), 40), uptake=(3,))
    save_case(start.case, tmp_path / "one")
    undated = replace(later.case.image, source=ImageSource())
    save_case(replace(later.case, image=undated), tmp_path / "two")
    folders = [str(tmp_path / "one"), str(tmp_path / "two")]
    assert main(["respond", *folders]) == 1
    assert "no date" in capsys.readouterr().err
    words = [
        "respond",
        folders[0],
        f"{folders[1]}=20260601",
        "--weight",
        "62",
        "--height",
        "168",
        "--out",
        str(tmp_path),
    ]
    assert main(words) == 0
    assert "partial response" in capsys.readouterr().out
    page = (tmp_path / "response.html").read_text("utf-8")
    assert "Volume by day" in page
    assert "2026-06-01" in page
    assert page == html_of(
        compose_follow_up(
            respond([start, replace(later, case=replace(later.case, image=undated))], lean=lean_share(62, 168, "F"))
        )
    )
