"""Closed curves drawn on the skin: what they enclose, what is no curve, and that no plan enters outside or inside."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom, rod, turned
from boneir.access.entry_curve import Curve, read_entry_curve
from boneir.access.rules import RULES
from boneir.case import Case
from boneir.errors import PlanError
from boneir.plan import Technique
from boneir.proposal import EntryZone, Goal
from boneir.propose import propose

GOAL = Goal(Technique.BIOPSY, "biopsy-13g")
RADIUS = 60.0


def on_sphere(half_angle_deg: float, count: int = 40) -> np.ndarray:
    """A circle around +P on the sphere of the phantom's skin."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    tilt = np.radians(half_angle_deg)
    ring = [np.sin(tilt) * np.cos(turn), np.full(count, np.cos(tilt)), np.sin(tilt) * np.sin(turn)]
    return RADIUS * np.stack(ring, axis=1)


def as_zone(points: np.ndarray) -> EntryZone:
    return EntryZone(curve_mm=tuple(tuple(float(x) for x in point) for point in points))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("half_angle", [10.0, 35.0, 60.0])
def test_a_circle_on_a_sphere_encloses_its_cap_and_nothing_on_the_other_side(seed: int, half_angle: float) -> None:
    turn = turned(seed)
    away = np.random.default_rng(seed).normal(size=3) * 100
    directions = np.random.default_rng(seed + 9).normal(size=(20000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    curve = Curve(tuple(map(tuple, on_sphere(half_angle, 200) @ turn.T + away)))
    held = curve.holds(RADIUS * directions @ turn.T + away)
    angle = np.degrees(np.arccos(np.clip(directions[:, 1], -1, 1)))
    clear = np.abs(angle - half_angle) > 0.5
    assert np.array_equal(held[clear], (angle < half_angle)[clear])
    share = (1 - np.cos(np.radians(half_angle))) / 2
    assert held.mean() == pytest.approx(share, abs=0.01), "the solid angle of a cap"


def test_a_curve_with_a_dent_leaves_the_dent_out_whichever_way_it_runs() -> None:
    corners = np.array([(0, 0), (40, 0), (40, 40), (20, 10), (0, 40)], float)
    points = np.column_stack([corners[:, 0], np.full(5, 7.0), corners[:, 1]])
    asked = np.array([(20, 7, 5), (20, 7, 30), (5, 7, 25), (35, 7, 25), (50, 7, 5), (20, 60, 5)], float)
    for way in (points, points[::-1], np.vstack([points, points[:1]])):
        assert Curve(tuple(map(tuple, way))).holds(asked).tolist() == [True, False, True, True, False, False]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([(0, 0, 0), (1, 0, 0)], "2 points; it must have three"),
        ([(0, 0, 0), (10, 0, 0), (0, 0, 0)], "2 points; it must have three"),
        ([(0, 0, 0), (10, 0, 0), (20, 0, 0.1)], "encloses no skin"),
        ([(0, 0, 0), (10, 0, 10), (10, 0, 0), (0, 0, 12)], "crosses itself"),
        ([(0, 0, 0), (10, 0, float("nan")), (10, 0, 0)], "three or more, in mm"),
    ],
)
def test_what_is_no_closed_curve_is_refused_in_one_sentence(points, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        Curve(tuple(points))


@pytest.fixture(scope="module")
def case() -> Case:
    shapes = {"body": ball((0, 0, 0), RADIUS), "bone": rod((0, 5, 0), (0, 0, 1), 18)}
    return phantom(grid_around(64, (1.5, 1.5, 2.0)), shapes, ball((0, 5, 0), 6))


def test_no_plan_enters_outside_an_allowed_or_inside_a_forbidden_curve(case: Case) -> None:
    zone = as_zone(on_sphere(40.0))
    for inside, goal in (
        (True, replace(GOAL, entry_allowed=(zone,), max_plans=3)),
        (False, replace(GOAL, entry_forbidden=(zone,), max_plans=3)),
    ):
        proposal = propose(case, goal)
        assert proposal.plans
        skin = proposal.skin
        angle = np.degrees(np.arccos(skin.points_mm[:, 1] / np.linalg.norm(skin.points_mm, axis=1)))
        wrong = (angle > 42) if inside else (angle < 38)
        assert wrong.any()
        assert (skin.reason[wrong] > 0).all()
        assert (skin.reason[wrong] == RULES.index("entry_outside" if inside else "entry_forbidden")).any()
        for plan in proposal.plans:
            entry = np.asarray(plan.probes[0].trajectory.entry_mm)
            assert (entry[1] > 0 and np.hypot(entry[0], entry[2]) <= RADIUS * np.sin(np.radians(40))) == inside


def markups(points, kind: str = "ClosedCurve", system: str = "LPS") -> dict:
    controls = [{"id": str(n), "position": list(point)} for n, point in enumerate(points)]
    return {"markups": [{"type": kind, "coordinateSystem": system, "controlPoints": controls}]}


def test_a_curve_is_read_from_points_and_from_what_slicer_saves(tmp_path: Path) -> None:
    points = [[0.0, 1.0, 0.0], [10.0, 1.0, 0.0], [10.0, 1.0, 10.0]]
    for n, data in enumerate((points, {"points_mm": points}, markups(points))):
        path = tmp_path / f"{n}.json"
        path.write_text(json.dumps(data))
        assert read_entry_curve(path) == EntryZone(curve_mm=tuple(map(tuple, points)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not a JSON document"),
        ("{}", "expected a list of points"),
        ("[[1, 2], [3, 4], [5, 6]]", "expected points of three numbers"),
        ("[1, 2, 3]", "expected points of three numbers"),
        ("[[0,0,0],[1,1,1]]", "2 points"),
        (json.dumps(markups([], "Line")), "found markups of type 'Line'"),
        (json.dumps(markups([], system="RAS")), "save it in LPS"),
    ],
)
def test_a_file_without_a_closed_curve_is_refused_with_its_name(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "curve.json"
    path.write_text(text)
    with pytest.raises(PlanError, match=words) as caught:
        read_entry_curve(path)
    assert str(path) in str(caught.value)
    with pytest.raises(PlanError, match=r"cannot be read \(No such file"):
        read_entry_curve(tmp_path / "none.json")
