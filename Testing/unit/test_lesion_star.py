"""What is seen from a centre is kept, what leaks out of it is cut."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.star import star_within

SPACING = (1.5, 1.0, 1.0)
SHAPE = (40, 60, 60)
CENTRE = np.array([20.0, 30.0, 30.0])


def _offsets():
    k, j, i = np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij")
    return (np.stack([k, j, i], -1) - CENTRE) * SPACING


def _ball(radius_mm):
    return np.linalg.norm(_offsets(), axis=-1) <= radius_mm


def test_a_ball_is_kept_whole():
    ball = _ball(12.0)
    seen = star_within(ball, CENTRE, SPACING, 1.0)
    assert np.count_nonzero(seen & ball) > 0.97 * np.count_nonzero(ball)
    assert np.count_nonzero(seen & ~ball) < 0.1 * np.count_nonzero(ball)


@pytest.mark.parametrize("stretch", [(1.0, 1.0, 2.0), (0.6, 1.0, 1.3)])
def test_an_ellipsoid_is_kept_whole(stretch):
    body = np.linalg.norm(_offsets() / np.asarray(stretch), axis=-1) <= 10.0
    seen = star_within(body, CENTRE, SPACING, 1.0)
    assert np.count_nonzero(seen & body) > 0.95 * np.count_nonzero(body)


def test_a_tunnel_out_of_a_ball_is_cut():
    offsets = _offsets()
    tunnel = (np.hypot(offsets[..., 0], offsets[..., 1]) <= 2.5) & (offsets[..., 2] > 0)
    assert np.count_nonzero(tunnel & ~_ball(14.0)) > 200
    seen = star_within(_ball(10.0) | tunnel, CENTRE, SPACING, 1.0)
    assert not (seen & ~_ball(14.0)).any()


def test_a_sheet_around_a_ball_is_cut_to_a_collar():
    sheet = (np.abs(_offsets()[..., 0]) <= 1.5) & (_offsets()[..., 1] < -5)
    seen = star_within(_ball(10.0) | sheet, CENTRE, SPACING, 1.0)
    assert np.count_nonzero(seen & ~_ball(14.0)) < 0.1 * np.count_nonzero(sheet & ~_ball(14.0))
    assert not (seen & ~_ball(20.0)).any()


def test_gaps_up_to_the_limit_are_crossed_and_wider_ones_are_not():
    distance = np.linalg.norm(_offsets(), axis=-1)
    onion = (distance <= 5.0) | ((distance > 7.0) & (distance <= 12.0))
    assert star_within(onion, CENTRE, SPACING, 3.5)[20, 30, 40]
    assert not star_within(onion, CENTRE, SPACING, 0.5)[20, 30, 40]
