"""Cold against Neumann's and Paterson's freezing fronts, on anisotropic voxels and between voxel centres."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erf, erfc, exp1

from boneir.ablation.cold import Stage, freeze
from boneir.ablation.cold_medium import ColdMedium, FreezingTissue, cold_medium_of, phases_of
from boneir.ablation.medium import Held
from boneir.ablation.tissue_map import TISSUE_ORDER, TissueMap, known_tissues, uniform_map
from boneir.errors import PlanError
from small_case import DIRECTIONS, grid_around
from thermal_phantom import offsets, radii
from thread_counts import with_one_and_two_threads

CASES = {
    "tissue": {"ks": 2.0, "cs": 1800.0, "kl": 0.5, "cl": 3600.0, "latent": 250e3, "tm": -1.0, "t0": -140.0, "ti": 37.0},
    "water": {"ks": 2.22, "cs": 2050.0, "kl": 0.556, "cl": 4220.0, "latent": 334e3, "tm": 0.0, "t0": -20.0, "ti": 10.0},
}
RHO = 1000.0


def neumann(case):
    """The constant of the front and the depths of isotherms at a time, in mm."""
    a_s, a_l = case["ks"] / RHO / case["cs"], case["kl"] / RHO / case["cl"]
    n = math.sqrt(a_s / a_l)

    def balance(x):
        solid = case["ks"] * (case["tm"] - case["t0"]) * math.exp(-x * x) / (erf(x) * math.sqrt(math.pi * a_s))
        fluid = (
            case["kl"]
            * (case["ti"] - case["tm"])
            * math.exp(-((x * n) ** 2))
            / (erfc(x * n) * math.sqrt(math.pi * a_l))
        )
        return solid - fluid - RHO * case["latent"] * x * math.sqrt(a_s)

    root = brentq(balance, 1e-3, 2.0)

    def depth(temperature, t):
        share = (temperature - case["t0"]) / (case["tm"] - case["t0"]) * erf(root)
        return 2e3 * math.sqrt(a_s * t) * brentq(lambda x: erf(x) - share, 0.0, 3.0)

    return root, depth


def medium(case, shape, spacing, width_k=0.5):
    tissue = FreezingTissue(
        case["ks"], case["kl"], RHO * case["cs"], RHO * case["cl"], RHO * case["latent"], case["tm"],
        case["tm"] - width_k,
    )  # fmt: skip
    labels = np.zeros(shape, np.uint8)
    return ColdMedium(labels, phases_of([tissue]), np.zeros(shape, np.float32), np.zeros(shape, bool), spacing)


def crossing(place, temperature, level):
    """Where a rising profile crosses a temperature."""
    n = int(np.argmax(temperature > level))
    return float(np.interp(level, temperature[n - 1 : n + 1], place[n - 1 : n + 1]))


def test_golden_fronts():
    root, depth = neumann(CASES["tissue"])
    assert root == pytest.approx(0.505407, abs=1e-6)
    assert [depth(-1.0, t) for t in (60, 300, 600)] == pytest.approx([8.253, 18.455, 26.099], abs=2e-3)
    assert [depth(t, 600) for t in (-20.0, -40.0)] == pytest.approx([22.016, 17.996], abs=2e-3)
    root, depth = neumann(CASES["water"])
    assert root == pytest.approx(0.222192, abs=1e-6)
    assert [depth(0.0, t) for t in (60, 300, 600)] == pytest.approx([3.582, 8.010, 11.327], abs=2e-3)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("step", [1.0, 0.7])
def test_a_plane_front_moves_as_it_must(step, compiled):
    shape, spacing = (1, 1, int(80 / step)), (step, 1.3, 0.9)
    x = np.arange(shape[2]) * step - 0.37
    made = freeze(
        medium(CASES["tissue"], shape, spacing), [Stage(600.0, -140.0)], (Held(x[None, None], -140.0),),
        compiled=compiled,
    )  # fmt: skip
    _, depth = neumann(CASES["tissue"])
    profile = np.where(x > 0, made.temperature_c[0, 0], -140.0)
    for level, limit in ((-1.0, step / 2), (-20.0, 0.15), (-40.0, 0.15)):
        assert crossing(x, profile, level) == pytest.approx(depth(level, 600.0), abs=limit)
    assert made.energy.error < 5e-3
    assert made.energy.held_j < 0


def test_the_front_of_a_line_that_takes_heat():
    """A cylinder off the grid is given the temperature that the line makes at its radius."""
    case, q, radius = CASES["tissue"], 1000.0, 3e-3
    a_s, a_l = case["ks"] / RHO / case["cs"], case["kl"] / RHO / case["cl"]
    n2 = a_s / a_l

    def balance(x):
        fluid = case["kl"] * (case["ti"] - case["tm"]) * math.exp(-x * x * n2) / exp1(x * x * n2)
        return q / (4 * math.pi) * math.exp(-x * x) - fluid - RHO * case["latent"] * a_s * x * x

    root = brentq(balance, 0.01, 2.0)
    assert root == pytest.approx(0.363334, abs=1e-6)

    def at(r, t):
        if r < 2 * root * math.sqrt(a_s * t):
            return case["tm"] - q / (4 * math.pi * case["ks"]) * (exp1(r * r / (4 * a_s * t)) - exp1(root * root))
        return case["ti"] - (case["ti"] - case["tm"]) * exp1(r * r / (4 * a_l * t)) / exp1(root * root * n2)

    spacing = (1.0, 1.1, 3.0)
    shape = (1, 81, 89)
    x, y, _ = offsets(shape, spacing, (0.3, -0.4, 0.0))
    r = np.sqrt(x * x + y * y) + np.zeros(shape)
    stages = [Stage(3.0, at(radius, t + 1.5)) for t in np.arange(0.0, 600.0, 3.0)]
    made = freeze(medium(case, shape, spacing), stages, (Held(r - 3.0, 0.0),))
    golden = {-1.0: 18.762, -20.0: 14.402, -40.0: 11.028}
    for level, expected in golden.items():
        found = brentq(lambda mm, level=level: at(mm * 1e-3, 600.0) - level, 4.0, 30.0)
        assert found == pytest.approx(expected, abs=2e-3)
        area = np.count_nonzero(made.temperature_c[r > 3.0] <= level) * 1.1 + math.pi * 9.0
        area += np.count_nonzero(r <= 3.0) * 1.1 - math.pi * 9.0
        assert math.sqrt(area / math.pi) == pytest.approx(expected, abs=0.5)
    assert made.energy.error < 5e-3


MIXED = ["fat", "muscle", "bone_cortical", "bone_cancellous", "marrow_red", "lytic_tumour", "csf", "blood", "gas"]
SHAPE = (30, 32, 34)


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(3)
    blocks = rng.integers(0, len(MIXED), (8, 8, 9))
    labels = np.asarray([TISSUE_ORDER.index(id_) for id_ in MIXED], np.uint8)[blocks]
    labels = labels.repeat(4, 0).repeat(4, 1).repeat(4, 2)[: SHAPE[0], : SHAPE[1], : SHAPE[2]].copy()
    labels[radii(SHAPE, (1.0, 1.0, 1.0)) < 7.0] = TISSUE_ORDER.index("lytic_tumour")
    grid = grid_around((0.0, 0.0, 0.0), 30.0, (1.0, 1.0, 1.0), DIRECTIONS["oblique"])
    return cold_medium_of(
        TissueMap(labels, type(grid)(SHAPE, (1.0,) * 3, grid.origin_mm, grid.direction), known_tissues())
    )


def probe(centre=(0.2, -0.3, 0.4), radius=1.5):
    x, y, z = offsets(SHAPE, (1.0, 1.0, 1.0), centre)
    along = np.clip(z, -6.0, 6.0)
    return Held(np.sqrt(x * x + y * y + (z - along) ** 2) - radius, 0.0)


CYCLE = [Stage(40.0, -140.0), Stage(20.0, None), Stage(20.0, 15.0), Stage(30.0, -140.0)]


def test_compiled_and_reference_agree(mixed):
    pytest.importorskip("numba")
    stages = [Stage(40.0, -140.0), Stage(20.0, None)]
    one, two = (freeze(mixed, stages, (probe(),), compiled=compiled) for compiled in (True, False))
    assert np.abs(one.temperature_c - two.temperature_c).max() < 0.05
    assert one.energy.held_j == pytest.approx(two.energy.held_j, rel=1e-4)


def test_one_thread_and_two_give_the_same_bytes(mixed, monkeypatch):
    one, two = with_one_and_two_threads(monkeypatch, lambda: freeze(mixed, CYCLE[:1], (probe(),)))
    assert one.temperature_c.tobytes() == two.temperature_c.tobytes()


def test_energy_is_accounted_for_through_freezing_and_thawing(mixed):
    made = freeze(mixed, CYCLE, (probe(), probe((6.0, 3.0, 0.0))))
    assert made.energy.error < 5e-3
    assert made.energy.perfused_j < 0


def test_long_steps_around_the_ice_change_little(mixed, monkeypatch):
    """The same run with short steps everywhere: as if all of the window might freeze."""
    two = (probe(), probe((6.0, 3.0, 0.0)))
    made = freeze(mixed, CYCLE, two)
    monkeypatch.setattr("boneir.ablation.cold.BLOCK_VOXELS", 100)
    all_short = freeze(mixed, CYCLE, two)
    assert np.abs(made.temperature_c - all_short.temperature_c).max() < 0.3
    assert np.count_nonzero(made.largest_ice != all_short.largest_ice) < 0.005 * np.count_nonzero(made.largest_ice)
    assert made.energy.held_j == pytest.approx(all_short.energy.held_j, rel=2e-3)


def test_a_film_on_the_probe_takes_heat_as_a_film_must():
    """Steady and unfrozen between two planes: the film, the first way and the tissue stand in series."""
    shape, spacing = (1, 1, 30), (1.0, 1.0, 1.0)
    x = np.arange(30.0)[None, None]
    tissue = medium(CASES["tissue"], shape, spacing)
    sink = np.zeros(shape, bool)
    sink[0, 0, -1] = True
    walled = ColdMedium(tissue.labels, tissue.phases, tissue.perfusion, sink, spacing)
    made = freeze(walled, [Stage(9000.0, 5.0)], (Held(x - 0.3, 5.0, film_w_m2_k=50.0),))
    # 28.7 mm of tissue with 0.5 W/m/K, and the film with 50 W/m2/K
    flux = 32.0 / (28.7e-3 / 0.5 + 1.0 / 50.0)
    expected = 5.0 + flux / 50.0 + flux / 0.5 * (x[0, 0, 1:-1] - 0.3) * 1e-3
    assert made.temperature_c[0, 0, 1:-1] == pytest.approx(expected, abs=0.1)  # of 8.3 K in the film


def test_a_probe_takes_no_more_heat_than_it_can(mixed):
    """Its surface stays warmer instead; where it can take all that comes, nothing changes."""
    mixed = replace(mixed, sink=np.zeros_like(mixed.sink))  # no vessels, whose heat counts as held as well

    def taking(most_w):
        return freeze(mixed, [Stage(60.0, -140.0)], (Held(probe().distance_mm, 0.0, most_w=most_w),))

    free, ample = taking(np.inf), taking(1e4)
    watts = -0.25 * free.energy.held_j / 60.0
    limited = taking(watts)
    assert -limited.energy.held_j / 60.0 == pytest.approx(watts, rel=1e-3)
    assert ample.temperature_c.tobytes() == free.temperature_c.tobytes()
    assert np.count_nonzero(limited.largest_ice) < 0.9 * np.count_nonzero(free.largest_ice)
    assert -140.0 < limited.coldest_c.min() < -30.0
    assert limited.energy.error < 5e-3


def test_cycles_are_counted_and_the_largest_ice_stays_known(mixed):
    made = freeze(mixed, CYCLE, (probe(),))
    assert made.cycles.max() == 2
    once = freeze(mixed, CYCLE[:1], (probe(),))
    assert once.cycles.max() == 1
    assert np.count_nonzero(made.largest_ice) >= np.count_nonzero(once.largest_ice)
    assert np.all(made.coldest_c <= made.temperature_c + 1e-3)
    assert np.count_nonzero(made.cycles == 2) <= np.count_nonzero(made.cycles >= 1)
    assert made.held_s.max() <= 110.0


def test_probes_together_freeze_more_than_alone():
    grid = grid_around((0.0, 0.0, 0.0), 44.0, (2.0, 2.0, 2.0), DIRECTIONS["axial"])
    tissue = cold_medium_of(uniform_map("muscle", grid))

    def at(x_mm):
        x, y, z = offsets(grid.shape, grid.spacing_mm, (x_mm, 0.0, 0.0))
        return Held(np.sqrt(x * x + y * y + (z - np.clip(z, -10.0, 10.0)) ** 2) - 2.1, 0.0)

    both = freeze(tissue, [Stage(150.0, -140.0)], (at(-6.0), at(6.0)))
    alone = [freeze(tissue, [Stage(150.0, -140.0)], (at(x),)) for x in (-6.0, 6.0)]
    union = alone[0].largest_ice | alone[1].largest_ice
    assert np.all(both.largest_ice[union])
    assert np.count_nonzero(both.largest_ice) > 1.05 * np.count_nonzero(union)


def test_ice_grows_faster_in_fatty_marrow_than_in_soft_tissue_of_its_conductivity():
    """Little water freezes quickly: with the conductivity of marrow, the latent heat of muscle holds the front back."""
    grid = grid_around((0.0, 0.0, 0.0), 32.0, (1.6, 1.6, 1.6), DIRECTIONS["axial"])
    marrow = cold_medium_of(uniform_map("marrow_yellow", grid))
    wet = marrow.phases.mushy.copy() + np.float32(208e6)
    x, y, z = offsets(grid.shape, grid.spacing_mm)
    held = (Held(np.sqrt(x * x + y * y) - 1.7 + 0.0 * z, 0.0),)
    dry_ice = freeze(marrow, [Stage(150.0, -140.0)], held).largest_ice
    span = marrow.phases.mushy * marrow.phases.warmth[:, 1]
    warmth = marrow.phases.warmth.copy()
    warmth[:, 1] = span / wet
    phases = type(marrow.phases)(
        marrow.phases.solid_c, wet, marrow.phases.body + np.float32(208e6), warmth, marrow.phases.conductivity
    )
    slow = ColdMedium(marrow.labels, phases, marrow.perfusion, marrow.sink, marrow.spacing_mm)
    assert np.count_nonzero(dry_ice) > 1.2 * np.count_nonzero(freeze(slow, [Stage(150.0, -140.0)], held).largest_ice)


def test_lung_has_as_much_water_to_freeze_as_it_is_dense():
    """Latent heat of a kilogram of lung is that of a kilogram of muscle."""
    phases = cold_medium_of(
        uniform_map("lung", grid_around((0.0, 0.0, 0.0), 8.0, (2.0,) * 3, DIRECTIONS["axial"]))
    ).phases
    tissues = {item.id: (n, item.value("density_kg_m3").amount) for n, item in enumerate(known_tissues())}
    lung, muscle = (tissues[id_] for id_ in ("lung", "muscle"))
    assert lung[1] < 900.0 < 1000.0 < muscle[1]
    latent = [float(phases.mushy[n]) for n, _ in (lung, muscle)]
    # what is not latent is the heat of seven kelvin, which goes with the density as well
    assert latent[0] / lung[1] == pytest.approx(latent[1] / 1000.0, rel=0.03)
    assert phases.conductivity[lung[0], 0] < phases.conductivity[muscle[0], 0]


def test_a_run_can_be_stopped(mixed):
    seen = []
    made = freeze(mixed, CYCLE, (probe(),), progress=seen.append, should_stop=lambda: len(seen) == 3)
    assert made.stopped
    assert made.time_s == pytest.approx(15.0)


def test_what_cannot_be_is_refused(mixed):
    with pytest.raises(PlanError, match="more than 0 s"):
        freeze(mixed, [Stage(0.0, -140.0)], (probe(),))
    with pytest.raises(PlanError, match="no voxel"):
        freeze(mixed, CYCLE, (probe((500.0, 0.0, 0.0)),))
