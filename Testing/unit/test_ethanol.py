"""Ethanol: the front of a radial injection, volumes that add up, breaches, and what must not be reached."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.ablation.ethanol import (
    ethanol_value,
    fastest_spreading,
    infuse,
    infusion_report,
    mobility_of,
    received_numpy,
)
from boneir.ablation.tissue_map import known_tissues, uniform_map
from boneir.case import Role, Structure
from boneir.errors import PlanError
from boneir.findings import Severity
from boneir.mask import Mask
from small_case import DIRECTIONS, ball, distances, grid_around

CENTRE = (4.0, -3.0, 410.0)


def front_mm(volume_ml: float, porosity: float) -> float:
    return float((3 * volume_ml * 1000 / (4 * np.pi * porosity)) ** (1 / 3))


@pytest.mark.parametrize(
    ("volume", "porosity", "golden", "spacing"),
    [
        (1.0, 0.2, 10.6, (1.0, 1.0, 1.0)),
        (1.0, 1.0, 6.2, (0.7, 0.7, 1.0)),
        (4.0, 0.4, 13.4, (1.0, 1.5, 1.0)),
        (10.0, 0.4, 18.1, (1.5, 1.5, 1.5)),
        (25.0, 0.2, 31.0, (2.0, 2.0, 3.0)),
    ],
)
@pytest.mark.parametrize("direction", ["axial", "oblique"])
def test_the_front_of_a_radial_injection(volume, porosity, golden, spacing, direction) -> None:
    exact = front_mm(volume, porosity)
    assert exact == pytest.approx(golden, abs=0.06)
    grid = grid_around(CENTRE, 3 * exact, spacing, DIRECTIONS[direction])
    result = infuse(np.full(grid.shape, 3.0), porosity, grid, CENTRE, volume)
    assert result.zone.volume_ml * porosity == pytest.approx(volume, rel=0.03)
    assert result.within_ml == pytest.approx(volume, rel=1e-9)
    tip = tuple(float(v) for v in grid.to_mm(grid.nearest_voxel(CENTRE)[::-1]))
    r = distances(grid, tip)
    marked = result.zone.full()
    assert r[marked].max() < exact + 0.75 * max(spacing)
    assert r[~marked].min() > exact - 0.75 * max(spacing)


def box(breach: bool):
    """A bone box of 24 mm with a wall of 2 mm; in one wall there may be a hole of 4 mm. Muscle outside."""
    grid = grid_around((0.0, 0.0, 0.0), 56.0, (1.0, 1.0, 1.0), DIRECTIONS["axial"])
    k, j, i = np.indices(grid.shape)
    x, y, z = np.moveaxis(grid.to_mm(np.stack([i, j, k], axis=-1)), -1, 0)
    reach = np.max(np.abs([x, y, z]), axis=0)
    mobility = np.where(reach < 10.0, 1.0, np.where(reach < 12.0, 1e-4, 0.1))
    if breach:
        mobility[(np.abs(y) < 2) & (np.abs(z) < 2) & (x > 9.9) & (x < 12.1)] = 1.0
    return mobility, Mask.of(reach < 12.0, grid), grid


def test_ethanol_escapes_through_the_breach() -> None:
    mobility, bone, grid = box(breach=True)
    result = infuse(mobility, 0.4, grid, (0.0, 0.0, 0.0), 4.0, bone)
    leak = result.leak
    assert leak is not None
    assert leak.volume_ml > 0.4
    assert leak.place_mm[0] == pytest.approx(12.0, abs=0.6)
    assert np.abs(leak.place_mm[1:]).max() < 2.1
    # Injected is what stays and what leaves.
    assert result.within_ml + leak.volume_ml == pytest.approx(4.0, rel=1e-9)
    (injected, zone, escaped), (finding,) = infusion_report(result, (), "1")
    assert (injected.amount, escaped.amount) == (4.0, leak.volume_ml)
    assert zone.amount == result.zone.volume_ml
    assert finding.severity is Severity.WARN
    assert finding.measured == pytest.approx(leak.volume_ml / 4.0)


def test_nothing_escapes_before_the_bone_is_full() -> None:
    mobility, bone, grid = box(breach=False)
    result = infuse(mobility, 0.4, grid, (0.0, 0.0, 0.0), 1.5, bone)
    assert result.leak is None or result.leak.volume_ml < 1e-3
    assert result.within_ml == pytest.approx(1.5, rel=1e-3)
    assert infusion_report(result, (), "1")[1] == ()


def test_volumes_add_up_in_uneven_tissue() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 48.0, (1.0, 0.8, 1.5), DIRECTIONS["left-handed"])
    rng = np.random.default_rng(4)
    blocks = rng.choice([1.0, 0.1, 0.01, 3.0], size=tuple(-(-n // 5) for n in grid.shape))
    mobility = np.kron(blocks, np.ones((5, 5, 5)))[tuple(slice(0, n) for n in grid.shape)]
    porosity = np.where(mobility > 0.5, 0.4, 0.2)
    container = ball(grid, (0.0, 0.0, 0.0), 9.0)
    result = infuse(mobility, porosity, grid, (1.0, 2.0, 0.0), 2.0, container)
    whole = infuse(mobility, porosity, grid, (1.0, 2.0, 0.0), 2.0)
    assert whole.within_ml == pytest.approx(2.0, rel=1e-9)
    assert result.leak is not None
    assert result.within_ml + result.leak.volume_ml == pytest.approx(2.0, rel=1e-9)


def test_both_passes_agree() -> None:
    numba = pytest.importorskip("numba")
    mobility, bone, grid = box(breach=True)
    most = numba.get_num_threads()
    numba.set_num_threads(1)
    alone = infuse(mobility, 0.4, grid, (0.0, 0.0, 0.0), 3.0, bone)
    numba.set_num_threads(most)
    stream = infuse(mobility, 0.4, grid, (0.0, 0.0, 0.0), 3.0, bone).stream
    fed = np.zeros(grid.shape)
    fed[stream.tip] = 3.0
    arguments = (stream.pressure, stream.flows, stream.leaving, stream.pores_ml, fed)
    slow, fast = received_numpy(*arguments), fastest_spreading()(*arguments)
    assert fast.max() > 0.3
    assert np.abs(fast - slow).max() < 1e-12
    assert alone.stream.pressure.tobytes() == stream.pressure.tobytes()
    assert alone.stream.overflow_ml(3.0)[0].tobytes() == fast.tobytes()


def test_reaching_the_canal_is_a_stop() -> None:
    mobility, bone, grid = box(breach=True)
    result = infuse(mobility, 0.4, grid, (0.0, 0.0, 0.0), 4.0, bone)
    canal = Structure("spinal_canal", Role.CRITICAL, ball(grid, (15.0, 0.0, 0.0), 2.0))
    away = Structure("aorta", Role.CRITICAL, ball(grid, (-20.0, 0.0, 0.0), 3.0))
    _, findings = infusion_report(result, (canal, away), "1")
    (stop,) = [f for f in findings if f.severity is Severity.STOP]
    assert stop.about == "spinal_canal"
    assert 0.0 < stop.measured < 4.0
    assert canal.mask.at(stop.place_mm)
    less = infuse(mobility, 0.4, grid, (0.0, 0.0, 0.0), 0.9 * stop.measured, bone)
    assert not [f for f in infusion_report(less, (canal,), "1")[1] if f.severity is Severity.STOP]


def test_every_tissue_has_a_mobility_and_cortex_holds() -> None:
    grid = grid_around((0.0, 0.0, 0.0), 4.0, (2.0, 2.0, 2.0), DIRECTIONS["axial"])
    sizes = {item.id: mobility_of(uniform_map(item.id, grid)).max() for item in known_tissues()}
    assert sizes["bone_cortical"] < 1e-3 * sizes["bone_cancellous"]
    assert sizes["cement"] == 0.0
    assert ethanol_value("porosity").low < ethanol_value("porosity").amount < ethanol_value("porosity").high


def test_what_cannot_be_injected_is_refused() -> None:
    mobility, _, grid = box(breach=False)
    here = (0.0, 0.0, 0.0)
    with pytest.raises(PlanError, match="above 0"):
        infuse(mobility, 0.4, grid, here, 0.0)
    with pytest.raises(PlanError, match="porosity"):
        infuse(mobility, 1.4, grid, here, 1.0)
    with pytest.raises(PlanError, match="outside the tissue"):
        infuse(mobility, 0.4, grid, (99.0, 0.0, 0.0), 1.0)
    with pytest.raises(PlanError, match="no fluid"):
        infuse(0 * mobility, 0.4, grid, here, 1.0)
    with pytest.raises(PlanError, match="border"):
        infuse(np.ones(grid.shape), 0.2, grid, here, 60.0)
