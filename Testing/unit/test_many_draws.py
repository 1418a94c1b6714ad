"""Many ways drawn at once on the planning field: against the normal law, and beside the draws on the outlines."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from access_phantom import ball, grid_around, limits_with, phantom, rod, slab
from boneir.access.field import build_field
from boneir.access.many_draws import kept_shares
from boneir.access.needle import Needle
from boneir.access.path_samples import PathSamples
from boneir.access.placement import kept_share
from boneir.plan import Trajectory

NEEDLE = Needle(2.0, 150.0)
LIMITS = limits_with(entry_sigma=1.5, tip_sigma=0.8, numeric_guard=0.0)


def test_the_share_beside_a_wall_is_that_of_two_normal_errors() -> None:
    case = phantom(grid_around(64), {"body": ball((0, 0, 0), 62), "aorta": slab(0, 20, 62)}, ball((0, 0, 0), 4))
    field = build_field(case, case.lesion(), NEEDLE, LIMITS)
    wall = case.structure("aorta").mask.points_mm()[:, 0].min() - 0.5
    kept = LIMITS.clearance_of(case.structure("aorta")).amount
    ways = [Trajectory((x, 50.0, 0.0), (x, -20.0, 0.0)) for x in (8.0, 11.0, 12.0, 13.0, 13.5)]
    found = kept_shares(field, ways, NEEDLE, LIMITS, draws=4000)
    for way, share in zip(ways, found, strict=True):
        # The field knows the wall to a voxel, and codes room in eighths of a mm, rounded down.
        bounds = [wall - kept - 1.0 - way.entry_mm[0] + slack for slack in (-0.7, 0.4)]
        low, high = (norm.cdf(room / 1.5) * norm.cdf(room / 0.8) for room in bounds)
        assert low - 0.03 <= share <= high + 0.03
    assert (np.diff(found) <= 0).all()


def test_it_errs_from_the_draws_on_the_outlines_to_the_careful_side_and_by_less_than_a_voxel() -> None:
    shapes = {"body": ball((0, 0, 0), 62), "aorta": rod((16, 20, 0), (0, 0.2, 1), 6)}
    case = phantom(grid_around(64), shapes, ball((0, 0, 0), 4))
    field = build_field(case, case.lesion(), NEEDLE, LIMITS)
    ways = [Trajectory((x, 55.0, z), (x - 2, 0.0, 0.0)) for x in (3.0, 4.5, 6.0, 7.0) for z in (-6.0, 6.0)]
    quick = kept_shares(field, ways, NEEDLE, LIMITS)
    # The field rounds room down: what it says lies between the needle itself and one with 0.75 mm more around it.
    thick = Needle(NEEDLE.diameter_mm + 1.5, NEEDLE.usable_length_mm)
    most, least = (
        np.array([kept_share([PathSamples(case, way, one, case.lesion(), "", LIMITS)]).value for way in ways])
        for one in (NEEDLE, thick)
    )
    assert np.ptp(most) > 0.5
    assert (quick <= most + 0.04).all()
    assert (quick >= least - 0.04).all()
    assert np.array_equal(quick, kept_shares(field, ways, NEEDLE, LIMITS))
    assert not np.array_equal(quick, kept_shares(field, ways, NEEDLE, LIMITS, seed=1))


def test_an_error_that_leads_out_of_the_region_is_no_fault() -> None:
    case = phantom(grid_around(34), {"body": ball((0, 0, 0), 32), "aorta": ball((20, 0, 0), 4)}, ball((0, 0, 0), 4))
    field = build_field(case, case.lesion(), NEEDLE, LIMITS)
    coarse = limits_with(entry_sigma=9.0)
    found = kept_shares(field, [Trajectory((0.0, 31.9, 0.0), (0.0, 0.0, 0.0))], NEEDLE, coarse, draws=200)
    assert 0.3 < found[0] <= 1
