"""Runs of heat: both back ends alike, energy accounted for, generators, steam, dying perfusion, stopping."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from boneir.ablation.cooling import cooled_down
from boneir.ablation.generator import ConstantPower, RollOffControl, TemperatureControl
from boneir.ablation.heat import heat
from boneir.ablation.heat_drive import Drive
from boneir.ablation.heat_steps import Network
from boneir.ablation.in_turn import heat_in_turn
from boneir.ablation.medium import Held, faces_of, medium_of, uniform_medium
from boneir.ablation.tissue_map import TISSUE_ORDER, TissueMap, known_tissues
from boneir.errors import PlanError
from small_case import DIRECTIONS, grid_around
from thermal_phantom import radii, soft_ball
from thread_counts import with_one_and_two_threads

SHAPE, SPACING = (34, 38, 42), (1.0, 1.0, 1.0)
MIXED = ["fat", "muscle", "bone_cortical", "bone_cancellous", "marrow_red", "lytic_tumour", "csf", "blood", "gas"]


@pytest.fixture(scope="module")
def mixed():
    """Nine tissues in blocks of four voxels; gas and blood among them, but not at the source."""
    rng = np.random.default_rng(7)
    blocks = rng.integers(0, len(MIXED), (9, 10, 11))
    labels = np.asarray([TISSUE_ORDER.index(id_) for id_ in MIXED], np.uint8)[blocks]
    labels = labels.repeat(4, 0).repeat(4, 1).repeat(4, 2)[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    labels[radii(SHAPE, SPACING) < 6.0] = TISSUE_ORDER.index("lytic_tumour")
    grid = grid_around((0.0, 0.0, 0.0), 40.0, SPACING, DIRECTIONS["oblique"])
    grid = type(grid)(SHAPE, SPACING, grid.origin_mm, grid.direction)
    return medium_of(TissueMap(labels, grid, known_tissues()))


def ball_source(radius_mm=3.0):
    share = soft_ball(SHAPE, SPACING, (0.2, 0.4, -0.3), radius_mm)
    return share / (share.sum() * 1e-9)


def burn(mixed, watts=8.0, **more):
    return heat(mixed, 120.0, source=ball_source(), generator=ConstantPower(watts), **more)


def test_compiled_and_reference_agree(mixed):
    pytest.importorskip("numba")
    one, two = burn(mixed), burn(mixed, compiled=False)
    assert np.abs(one.temperature_c - two.temperature_c).max() < 0.02
    assert np.abs(one.cem43_min - two.cem43_min).max() <= 1e-3 * two.cem43_min.max()
    assert np.count_nonzero((one.omega >= 1) != (two.omega >= 1)) <= 2
    assert one.energy.steam_j == pytest.approx(two.energy.steam_j, rel=1e-3)
    assert one.energy.perfused_j == pytest.approx(two.energy.perfused_j, rel=1e-4)


def test_one_thread_and_two_give_the_same_bytes(mixed, monkeypatch):
    one, two = with_one_and_two_threads(monkeypatch, lambda: burn(mixed))
    assert one.temperature_c.tobytes() == two.temperature_c.tobytes()
    assert one.energy == two.energy


@pytest.mark.parametrize("period_s", [2.0, 30.0])
def test_energy_is_accounted_for_in_mixed_tissue(mixed, period_s):
    """With blood that holds its temperature, an electrode, perfusion that stops, and steam; short and long steps."""
    r = radii(SHAPE, SPACING, (4.0, 0.0, 0.0))
    made = burn(mixed, held=(Held(r - 1.4, 20.0),), period_s=period_s)
    assert made.energy.error < 5e-3
    assert made.energy.held_j < 0 < made.energy.perfused_j
    assert made.energy.supplied_j > 0.8 * 8.0 * 120.0


def test_long_steps_change_little(mixed):
    one, two = burn(mixed, period_s=1.0), burn(mixed, period_s=4.0)
    dead = [np.count_nonzero(made.cem43_min >= 240.0) for made in (one, two)]
    assert dead[0] > 500
    assert dead[1] == pytest.approx(dead[0], rel=0.02)


def test_looking_at_all_of_it_now_and_then_is_enough(mixed, monkeypatch):
    """While tissue boils only what is warm is looked at every second: the same zone, peak and account of energy."""
    seldom = burn(mixed)
    monkeypatch.setattr("boneir.ablation.heat.LOOK_S", 0.0)
    monkeypatch.setattr("boneir.ablation.heat.WARM_K", -1.0)
    always = burn(mixed)
    assert seldom.energy.steam_j > 0
    assert np.count_nonzero(seldom.cem43_min >= 240) == np.count_nonzero(always.cem43_min >= 240) > 500
    assert np.abs(seldom.peak_c - always.peak_c).max() < 0.05
    assert seldom.energy.perfused_j == pytest.approx(always.energy.perfused_j, rel=1e-3)


def test_many_stages_do_what_many_steps_do(mixed):
    one, two = (burn(mixed, 1.0, perfusion_stops=False, period_s=period) for period in (4.0, 20.0))
    assert np.abs(one.temperature_c - two.temperature_c).max() < 0.01 * (one.temperature_c.max() - 37.0)


def test_a_source_that_changes_is_renewed_when_the_time_has_doubled(mixed):
    asked = []

    def renew(highest_c):
        asked.append(float(highest_c.max()))
        return 2.0 * ball_source()

    made = burn(mixed, 1.0, renew=renew)
    assert len(asked) == 5  # after 4, 8, 16, 32 and 64 of 120 s
    assert asked == sorted(asked)
    assert asked[0] > 37.5
    assert made.energy.supplied_j == pytest.approx(4.0 + 2.0 * 116.0, rel=1e-4)
    assert made.energy.error < 5e-3
    same = burn(mixed, 1.0, renew=lambda _highest_c: ball_source())
    assert same.temperature_c.tobytes() == burn(mixed, 1.0).temperature_c.tobytes()


def test_what_watches_a_run_may_end_it_and_the_next_one_is_as_if_nothing_had_been(mixed):
    def cancel(moment):
        if moment.time_s > 10.0:
            raise PlanError("Cancelled.")

    before = burn(mixed, 2.0)
    kept = {name: getattr(mixed, name).tobytes() for name in ("conductivity", "capacity", "perfusion", "water_j_m3")}
    with pytest.raises(PlanError, match="Cancelled"):
        burn(mixed, 2.0, progress=cancel)
    assert kept == {name: getattr(mixed, name).tobytes() for name in kept}
    assert burn(mixed, 2.0).temperature_c.tobytes() == before.temperature_c.tobytes()


def test_no_step_is_stable_where_nothing_holds_heat():
    medium = uniform_medium(SHAPE, SPACING, conductivity=0.5, capacity=0.0)
    with pytest.raises(PlanError, match="heat capacity of 0"):
        heat(medium, 10.0, source=ball_source(), generator=ConstantPower(1.0))


def test_perfusion_stops_where_tissue_dies():
    medium = uniform_medium(SHAPE, SPACING, conductivity=0.5, capacity=3.7e6, perfusion=4e4)
    run = [
        heat(medium, 300.0, source=ball_source(6.0), generator=ConstantPower(14.0), perfusion_stops=stops)
        for stops in (True, False)
    ]
    assert run[0].energy.perfused_j < 0.9 * run[1].energy.perfused_j
    assert run[0].peak_c.max() > run[1].peak_c.max() + 3.0
    assert max(made.energy.error for made in run) < 5e-3


def test_water_boils_at_its_boiling_point_and_takes_its_heat():
    medium = uniform_medium((9, 9, 9), SPACING, conductivity=1e-6, capacity=4e6)
    medium.water_j_m3[...] = 2e9
    source = np.zeros((9, 9, 9))
    source[4, 4, 4] = 1e9
    made = heat(medium, 100.0, source=source, generator=ConstantPower(0.02, period_s=1.0), perfusion_stops=False)
    # 2e7 W/m3 for 100 s: 63 K take 2.52e8 J/m3, the rest makes steam
    assert made.temperature_c[4, 4, 4] == pytest.approx(100.0, abs=1e-3)
    assert made.energy.steam_j == pytest.approx((2e9 - 63.0 * 4e6) * 1e-9, rel=1e-3)
    dry = heat(medium, 200.0, source=source, generator=ConstantPower(0.02, period_s=1.0), perfusion_stops=False)
    assert dry.temperature_c[4, 4, 4] == pytest.approx(37.0 + (4e9 - 2e9) / 4e6, rel=1e-3)


def test_temperature_control_reaches_its_target_and_stays(mixed):
    sensor = radii(SHAPE, SPACING) < 2.0
    generator = TemperatureControl(70.0, most_w=20.0)
    made = heat(mixed, 180.0, source=ball_source(), generator=generator, sensor=sensor)
    late = [seen for time, _, seen in made.power if time > 90.0]
    assert max(late) < 71.5
    assert min(late) > 68.5
    assert all(0.0 <= power <= 20.0 for _, power, _ in made.power)
    assert made.energy.error < 5e-3


def test_power_rolls_off_when_tissue_boils(mixed):
    generator = RollOffControl(25.0)
    made = heat(mixed, 60.0, source=ball_source(), generator=generator)
    assert generator.roll_offs
    after = [power for time, power, _ in made.power if generator.roll_offs[0] <= time < generator.roll_offs[0] + 14.0]
    assert max(after) < 25.0


def test_the_solved_part_follows_the_heat(mixed):
    """Starting from a field makes all of the window count: the same result, as far as tissue has changed at all."""
    part, whole = burn(mixed), burn(mixed, start_c=np.full(SHAPE, 37.0))
    assert np.abs(part.temperature_c - whole.temperature_c).max() < 0.02


def test_a_run_can_be_watched_and_stopped(mixed):
    seen = []
    made = burn(mixed, 0.5, progress=lambda moment: seen.append(moment), should_stop=lambda: len(seen) >= 5)
    assert made.stopped
    assert made.time_s == pytest.approx(20.0)
    assert [moment.share for moment in seen] == pytest.approx([(n + 1) / 30 for n in range(5)])
    assert seen[-1].temperature_c().shape == SHAPE
    assert not burn(mixed, 0.5).stopped


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"duration_s": -3.0}, "-3 s"),
        ({"source": np.full((3, 3, 3), 1.0)}, "source needs"),
        ({"source": -ball_source()}, "none negative"),
        ({"generator": None}, "needs a generator"),
        ({"held": (Held(np.full(SHAPE, 5.0), 80.0),)}, "no voxel"),
        ({"held": (Held(np.full((2, 2, 2), -5.0), 80.0),)}, "given on"),
    ],
)
def test_what_cannot_be_is_refused(mixed, change, text):
    given = {"duration_s": 10.0, "source": ball_source(), "generator": ConstantPower(1.0), **change}
    with pytest.raises(PlanError, match=text):
        heat(mixed, given.pop("duration_s"), **given)


@pytest.mark.parametrize("watts", [-1.0, 5000.0, float("nan")])
def test_impossible_power_is_refused(watts):
    with pytest.raises(PlanError, match="W is not possible"):
        ConstantPower(watts)


def test_a_run_that_goes_on_is_the_run_that_was_not_interrupted(mixed):
    whole = burn(mixed, 6.0)
    source, generator = ball_source(), ConstantPower(6.0)
    first = heat(mixed, 60.0, source=source, generator=generator)
    second = heat(mixed, 60.0, source=source, generator=generator, after=first)
    assert np.abs(second.temperature_c - whole.temperature_c).max() < 0.05
    assert second.omega.max() == pytest.approx(whole.omega.max(), rel=0.01)
    assert np.count_nonzero((second.omega >= 1) != (whole.omega >= 1)) <= 2
    assert second.cem43_min == pytest.approx(whole.cem43_min, rel=0.02, abs=0.01)
    assert second.energy.error < 0.005
    small = uniform_medium((8, 8, 8), SPACING, conductivity=0.5, capacity=3.7e6)
    with pytest.raises(PlanError, match="at first needs"):
        heat(small, 1.0, after=first)


def test_needles_in_turn_cool_in_the_pause_and_keep_their_account(mixed):
    def drive():
        return Drive(ball_source(), ConstantPower(4.0), 60.0)

    told = []
    short, long = (heat_in_turn(mixed, [drive, drive], pause_s, progress=told.append) for pause_s in (0.0, 240.0))
    assert [one.time_s for one in short] == pytest.approx([60.0, 120.0])
    assert long[-1].time_s == pytest.approx(360.0)
    shares = [moment.share for moment in told]
    assert shares[-1] == pytest.approx(1.0)
    assert max(b - a for a, b in pairwise(shares)) < 0.2
    assert short[-1].peak_c.max() > long[-1].peak_c.max() > short[0].peak_c.max() - 0.5
    assert (short[-1].cem43_min >= short[0].cem43_min - 1e-3).all()
    assert long[-1].energy.error < 0.005
    assert short[-1].energy.supplied_j == pytest.approx(480.0, rel=0.02)
    assert [when for when, _, _ in short[-1].power] == sorted(when for when, _, _ in short[-1].power)


def test_heat_that_is_left_is_followed_until_it_harms_no_more(mixed):
    class Ends:
        period_s = 4.0

        def power_w(self, time_s, _seen_c):
            return 8.0 if time_s < 120.0 - 1e-6 else 0.0

    hot, told = burn(mixed), []
    left = cooled_down(mixed, hot, progress=told.append)
    assert hot.temperature_c.max() > 80.0
    assert left.temperature_c.max() <= 43.0
    assert not left.stopped
    assert left.energy.error < 0.005
    assert {moment.share for moment in told} == {1.0}
    once = heat(mixed, left.time_s, source=ball_source(), generator=Ends())
    assert np.abs(left.temperature_c - once.temperature_c).max() < 0.02
    dead, before = (np.count_nonzero(run.cem43_min >= 240.0) for run in (left, hot))
    assert dead == pytest.approx(np.count_nonzero(once.cem43_min >= 240.0), abs=3)
    assert dead > 1.05 * before
    assert cooled_down(mixed, left) is left


@pytest.mark.parametrize("few", [0, 10**9])
@pytest.mark.parametrize("count", [2, 4, 6])
def test_steps_in_one_pass_are_the_steps_one_by_one(mixed, monkeypatch, few, count):
    pytest.importorskip("numba")
    from boneir.ablation import heat_numba, heat_wave_numba

    monkeypatch.setattr("boneir.ablation.solved_box.FEW_VOXELS", few)
    rng = np.random.default_rng(5)
    faces = faces_of(mixed.conductivity, mixed.spacing_mm)
    fields = [faces.x, faces.y, faces.z, 1.0 / mixed.capacity, mixed.perfusion, rng.random(SHAPE)]
    net = Network(*(np.pad(np.asarray(field, np.float32), 1) for field in fields))
    theta = np.pad(rng.random(SHAPE).astype(np.float32), 1)
    keep = 1.0 / (1.0 + 0.1 * np.pad(rng.random(SHAPE).astype(np.float32), 1))
    box = (2, SHAPE[0], 1, SHAPE[1] + 1, 3, SHAPE[2])
    once, spare, wave, other = theta.copy(), theta.copy(), theta.copy(), theta.copy()
    for _ in range(count):
        heat_numba.euler_step(once, spare, net, keep, 2.0, 0.1, box)
        once, spare = spare, once
    heat_wave_numba.euler_steps(wave, other, net, keep, 2.0, 0.1, box, count)
    assert (wave == once).all()
    if count == 2:
        assert (other == spare).all()
    assert not (wave == theta).all()
