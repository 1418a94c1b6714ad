"""Coverage under placement error against the chi-square law, the normal law and what must follow from symmetry."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2, norm

from boneir.access.guidance import Guidance, guidance, guidance_presets
from boneir.access.needle import ZoneShape
from boneir.access.robustness import coverage_under_error, robustness_measures, sphere_cover_probability
from boneir.errors import PlanError, ResourceError
from boneir.evidence import Grade, Value
from boneir.plan import Trajectory

OBLIQUE = Trajectory((40.0, 70.0, -20.0), (3.0, -2.0, 5.0))


def guided_by(tip: float, entry: float = 0.0, depth: float = 0.0) -> Guidance:
    values = (Value(amount, "mm", Grade.DEFAULT, "test") for amount in (tip, entry, depth))
    return Guidance("test", "test", *values)


def sphere(radius: float, count: int = 700) -> np.ndarray:
    z = 1 - (2 * np.arange(count) + 1) / count
    turn = math.pi * (3 - math.sqrt(5)) * np.arange(count)
    flat = np.sqrt(1 - z**2)
    return np.asarray(OBLIQUE.tip_mm) + radius * np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)


@pytest.mark.parametrize(
    ("slack", "sigma", "tabled"),
    [(5, 1.5, 0.989), (5, 2, 0.900), (5, 3, 0.573), (5, 4, 0.332), (10, 3, 0.989), (10, 4, 0.900)],
)
def test_a_ball_is_covered_as_often_as_the_chi_square_law_says(slack: float, sigma: float, tabled: float) -> None:
    exact = sphere_cover_probability(slack, sigma)
    assert exact == pytest.approx(tabled, abs=6e-4)
    assert exact == pytest.approx(chi2.cdf((slack / sigma) ** 2, 3), abs=1e-12)
    radius, draws = 8.0, 4000
    zone = ZoneShape(2 * (radius + slack), 2 * (radius + slack), radius + slack)
    found = coverage_under_error([OBLIQUE], [zone], sphere(radius), guided_by(sigma, 1.0, sigma), draws=draws, seed=2)
    error = math.sqrt(exact * (1 - exact) / draws)
    assert abs(found.full.value - exact) <= 3 * error
    assert found.full.low < found.full.value < found.full.high
    assert found.planned == 1.0


def test_the_slack_for_a_certainty_is_that_of_the_law() -> None:
    assert sphere_cover_probability(2.80, 1.0) == pytest.approx(0.95, abs=1e-3)
    assert sphere_cover_probability(3.37, 1.0) == pytest.approx(0.99, abs=1e-3)
    assert sphere_cover_probability(0.0, 1.0) == 0.0


def test_coverage_of_one_point_is_that_of_a_lateral_error() -> None:
    # A long zone about the needle holds a point on its axis as often as a Rayleigh error is smaller than its radius.
    zone = ZoneShape(2e5, 8.0, 1e5)
    found = coverage_under_error([OBLIQUE], [zone], np.array([OBLIQUE.tip_mm]), guided_by(3.0, 3.0), draws=20_000)
    exact = 1 - math.exp(-0.5 * (4 / 3) ** 2)
    assert found.mean == pytest.approx(exact, abs=3 * found.mean_error + 2e-3)
    assert found.mean_error == pytest.approx(math.sqrt(exact * (1 - exact) / 20_000), rel=0.03)


def test_the_low_percentile_is_that_of_an_error_along_the_needle() -> None:
    # Points along the needle, an error only in depth: what slides out is as long as the error.
    way = np.asarray(OBLIQUE.direction)
    points = np.asarray(OBLIQUE.tip_mm) + np.linspace(-10, 10, 801)[:, None] * way
    zone = ZoneShape(20.0, 20.0, 10.0)
    found = coverage_under_error([OBLIQUE], [zone], points, guided_by(0.0, 0.0, 2.0), draws=6000, seed=4)
    assert found.low == pytest.approx(1 - norm.ppf(0.975) * 2.0 / 20, abs=8e-3)
    assert found.mean == pytest.approx(1 - 2.0 * math.sqrt(2 / math.pi) / 20, abs=3 * found.mean_error + 1e-3)


def test_registration_moves_all_needles_alike_and_own_errors_do_not() -> None:
    # Two zones that meet: an error that both share leaves no gap between them.
    way = np.array([0.0, -1.0, 0.0])
    tips = [np.array([-8.0, 0, 0]), np.array([8.0, 0, 0])]
    ways = [Trajectory(tuple(tip - 80 * way), tuple(tip)) for tip in tips]
    zones = [ZoneShape(30, 17, 15)] * 2
    between = np.array([[0.0, y, 0.0] for y in np.linspace(-2, 2, 9)])
    own = coverage_under_error(ways, zones, between, guided_by(0.8, 0.8))
    alike = coverage_under_error(ways, zones, between, guided_by(0.0), registration_sigma_mm=0.8)
    assert own.full.value < alike.full.value - 0.02
    again = coverage_under_error(ways, zones, between, guided_by(0.8, 0.8))
    assert np.array_equal(own.covered, again.covered)
    none = coverage_under_error(ways, zones, between, guided_by(0.0), draws=50)
    assert none.full.value == none.mean == none.low == none.planned == 1.0


def test_every_preset_is_founded_and_the_coarser_covers_less() -> None:
    presets = guidance_presets()
    assert {"stepwise_ct", "freehand_in_plane", "freehand_out_of_plane", "ct_robot"} <= set(presets)
    for item in presets.values():
        for value in (item.tip_sigma, item.entry_sigma, item.depth_sigma):
            assert value.unit == "mm"
            assert value.amount > 0
            assert value.source
    # Means of Rayleigh and Maxwell laws turn the published mean errors into deviations per axis.
    assert guidance("freehand_in_plane").tip_sigma.amount == pytest.approx(6.2 / math.sqrt(math.pi / 2), abs=0.06)
    assert guidance("freehand_out_of_plane").tip_sigma.amount == pytest.approx(10.1 / math.sqrt(math.pi / 2), abs=0.06)
    assert guidance("ct_robot").tip_sigma.amount == pytest.approx(5.9 / math.sqrt(math.pi / 2), abs=0.06)
    assert guidance("robot_phantom").tip_sigma.amount == pytest.approx(3.5 / math.sqrt(8 / math.pi), abs=0.06)
    assert guidance("freehand_phantom").tip_sigma.amount == pytest.approx(4.6 / math.sqrt(8 / math.pi), abs=0.06)
    zone = ZoneShape(30, 30, 15)
    by_error = sorted(presets.values(), key=lambda item: item.tip_sigma.amount)
    means = [coverage_under_error([OBLIQUE], [zone], sphere(11), item, draws=300).mean for item in by_error]
    assert means == sorted(means, reverse=True)


def test_measures_carry_their_interval_and_bad_input_is_refused() -> None:
    zone = ZoneShape(30, 30, 15)
    found = coverage_under_error([OBLIQUE], [zone], sphere(11), guidance("freehand_in_plane"))
    measures = robustness_measures(found, guidance("freehand_in_plane"), "lesion-1")
    assert [item.code for item in measures] == ["access.full_cover", "access.mean_cover", "access.low_cover"]
    assert measures[0].low < measures[0].amount < measures[0].high
    assert "1000 drawn" in measures[0].note
    with pytest.raises(PlanError, match="one zone for each needle"):
        coverage_under_error([OBLIQUE], [], sphere(11), guidance("stepwise_ct"))
    with pytest.raises(ResourceError, match="freehand_in_plane"):
        guidance("by ear")
