"""What an assessment says of placement error: against closed forms, for every way of guidance, with its interval."""

from __future__ import annotations

import argparse

import numpy as np
import pytest
from scipy.stats import norm

from access_phantom import ball, grid_around, limits_with, phantom, slab
from boneir.access.guidance import guidance_changes, guidance_of, guidance_presets
from boneir.access.limit_changes import changed_limits
from boneir.access.limits import access_limits
from boneir.access.needle import Needle
from boneir.access.path_samples import PathSamples
from boneir.access.placement import DRAWS, kept_share
from boneir.assess import assess
from boneir.assessment import Measure
from boneir.case import Case
from boneir.commands.goal_options import limits_of
from boneir.errors import ResourceError
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment

STRAIGHT = Trajectory((0.0, 24.0, 0.0), (0.0, -24.0, 0.0))


def beside_walls(*walls: float) -> Case:
    """Walls at -x and, where a second is given, at +x of a straight needle."""
    names = ("aorta", "inferior_vena_cava")
    sides = [slab(0, -40, -walls[0]), *(slab(0, x, 40) for x in walls[1:])]
    shapes = {"body": ball((0, 0, 0), 60)} | dict(zip(names, sides, strict=False))
    return phantom(grid_around(27, (0.5, 0.5, 0.5)), shapes, ball((0, 0, 0), 2))


@pytest.mark.parametrize("room", [1.0, 2.0, 4.0])
def test_the_share_that_keeps_a_clearance_is_that_of_two_normal_errors(room: float) -> None:
    limits = limits_with(entry_sigma=1.5, tip_sigma=0.8)
    case = beside_walls(1.2 + 5 + room)
    kept = limits.clearance_of(case.structure("aorta")).amount
    assert kept == 5
    path = PathSamples(case, STRAIGHT, Needle(2.4, 100), case.lesion(), "", limits)
    surface = -case.structure("aorta").mask.points_mm()[:, 0].max() - 0.25
    spare = surface - 1.2 - kept
    exact = norm.cdf(spare / 1.5) * norm.cdf(spare / 0.8)
    share = kept_share([path], seed=3)
    assert share.value == pytest.approx(exact, abs=3 * np.sqrt(exact * (1 - exact) / DRAWS) + 0.03)
    assert share.low <= exact + 0.03 <= share.high + 0.06


def test_several_needles_and_walls_are_drawn_together() -> None:
    limits = limits_with(entry_sigma=1.0, tip_sigma=1.0)
    case = beside_walls(1.2 + 5 + 1.5, 1.2 + 5 + 1.5)
    path = PathSamples(case, STRAIGHT, Needle(2.4, 100), case.lesion(), "", limits)
    one, two = kept_share([path]).value, kept_share([path, path]).value
    spare = -case.structure("aorta").mask.points_mm()[:, 0].max() - 0.25 - 6.2
    between = (norm.cdf(spare) - norm.cdf(-spare)) ** 2  # both ends between both walls
    assert one == pytest.approx(between, abs=0.07)
    assert two == pytest.approx(one**2, abs=0.07), "each needle errs on its own"
    assert kept_share([path, path]).value == two


def plan_of(case: Case, guidance: str = "") -> Plan:
    probe = Probe("1", "emprint", Trajectory((20.0, 40.0, 0.0), (0.0, -16.0, 0.0)), "100W-10min", 100.0, 600.0)
    treatment = Treatment("lesion-1", Technique.MICROWAVE, 3.0, probes=(probe,))
    return Plan("p", (treatment,), case.image.uid, limits=guidance_changes(guidance) if guidance else ())


@pytest.fixture(scope="module")
def case() -> Case:
    shapes = {"body": ball((0, 0, 0), 46), "bone": ball((0, 0, 0), 18), "aorta": ball((-8, 20, 0), 6)}
    return phantom(grid_around(50, (1.5, 1.5, 1.5)), shapes, ball((0, 0, 0), 9))


def drawn(case: Case, guidance: str = "") -> dict[str, Measure]:
    codes = ("access.kept", "access.full_cover", "access.mean_cover", "access.low_cover")
    return {m.code: m for m in assess(case, plan_of(case, guidance)).measures if m.code in codes}


def test_an_assessment_says_it_with_interval_guidance_and_seed(case: Case) -> None:
    found = drawn(case)
    assert len(found) == 4
    for code in ("access.kept", "access.full_cover", "access.mean_cover"):
        measure = found[code]
        assert 0 <= measure.low <= measure.amount <= measure.high <= 100
    assert found["access.low_cover"].amount <= found["access.mean_cover"].amount
    assert all("stepwise under CT control" in m.note and "seed 0" in m.note for m in found.values())
    assert drawn(case) == found
    coarse = drawn(case, "freehand_out_of_plane")
    assert "out of the plane" in coarse["access.kept"].note
    for code, measure in coarse.items():
        assert measure.amount < found[code].amount or measure.amount == found[code].amount == 0


def test_limits_and_guidance_lead_to_each_other() -> None:
    assert guidance_of(access_limits()).key == "stepwise_ct"
    for key in guidance_presets():
        limits = changed_limits(access_limits(), guidance_changes(key))
        assert guidance_of(limits).tip_sigma.amount == guidance_presets()[key].tip_sigma.amount
        assert guidance_of(limits).key == key
    assert guidance_of(limits_with(tip_sigma=3.3)).name == "as its limits say"
    with pytest.raises(ResourceError, match="freehand_in_plane"):
        guidance_changes("by ear")


def test_limits_of_the_users_own_hold_over_the_guidance(tmp_path) -> None:
    own = tmp_path / "own.json"
    own.write_text('{"tip_sigma": 2.5}')
    given = limits_of(argparse.Namespace(guidance="ct_robot", limits=own))
    assert {change.name: change.amount for change in given} == {"tip_sigma": 2.5, "entry_sigma": 1.5}
    assert limits_of(argparse.Namespace(guidance="", limits=None)) == ()
