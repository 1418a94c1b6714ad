"""The steady flow solver against closed forms, against scipy's direct solver, and its two sets of kernels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

from boneir.ablation import laplace_numpy
from boneir.ablation.laplace import Held, SteadyFlow, Walls, steady_flow
from boneir.errors import BoneIRError

SPACINGS = [(1.0, 1.0, 1.0), (0.8, 0.8, 2.5), (3.0, 0.7, 0.9)]


def patchwork(shape=(17, 14, 21), seed=3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Conductivities over four decades, with a cavity and a held rod at 1 and one at 0."""
    rng = np.random.default_rng(seed)
    blocks = rng.choice([2.0, 0.4, 0.02, 2e-4], size=tuple(-(-n // 4) for n in shape))
    sigma = np.kron(blocks, np.ones((4, 4, 4)))[tuple(slice(0, n) for n in shape)].copy()
    sigma[5:8, 2:5, 9:12] = 0.0
    one, zero = np.zeros(shape, bool), np.zeros(shape, bool)
    one[3:9, 7, 5], zero[9:14, 7:9, 15] = True, True
    return sigma, one, zero


def directly(flow: SteadyFlow, right: np.ndarray) -> np.ndarray:
    """The same network by a sparse direct solver: held rows are the identity."""
    number = np.arange(flow.values.size).reshape(flow.values.shape)
    rows, columns, sizes = [], [], []
    diagonal = flow.wall.astype(float).ravel().copy()
    for axis in range(3):
        low = np.take(number, range(number.shape[axis] - 1), axis).ravel()
        high = np.take(number, range(1, number.shape[axis]), axis).ravel()
        size = flow.faces[axis].ravel()[low].astype(float)
        np.add.at(diagonal, low, size)
        np.add.at(diagonal, high, size)
        rows += [low, high]
        columns += [high, low]
        sizes += [-size, -size]
    held, alone = flow.held.ravel(), diagonal == 0
    sizes = [np.where(held[r] | alone[r], 0.0, s) for r, s in zip(rows, sizes, strict=True)]
    diagonal[held | alone] = 1.0
    rows.append(number.ravel())
    columns.append(number.ravel())
    sizes.append(diagonal)
    matrix = coo_array((np.concatenate(sizes), (np.concatenate(rows), np.concatenate(columns)))).tocsc()
    wanted = np.where(held, flow.values.ravel(), np.where(alone, 0.0, right.ravel()))
    return spsolve(matrix, wanted).reshape(flow.values.shape)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("walls", list(Walls))
def test_values_are_those_of_a_direct_solver(spacing, walls) -> None:
    sigma, one, zero = patchwork()
    source = np.zeros(sigma.shape)
    source[12, 3, 3] = 0.01
    flow = steady_flow(sigma, spacing, Held(one | zero, one.astype(float)), walls=walls, source=source, tolerance=1e-9)
    assert np.abs(flow.values - directly(flow, source)).max() < 1e-6 * np.abs(flow.values).max()
    assert flow.residual <= 1e-9


@pytest.mark.parametrize("spacing", SPACINGS)
def test_flow_and_power_are_conserved(spacing) -> None:
    sigma, one, zero = patchwork()
    flow = steady_flow(sigma, spacing, Held(one | zero, 100.0 * one))
    given, taken = flow.delivered(one), flow.delivered(zero)
    assert given > 0
    assert given == pytest.approx(-taken, rel=1e-3)
    assert flow.dissipated().sum() == pytest.approx(100.0 * given, rel=1e-3)
    free = ~(one | zero)
    assert np.abs(flow.outflow()[free]).max() < 1e-4 * given


def test_power_and_source_are_conserved_through_open_walls() -> None:
    sigma, one, _ = patchwork()
    flow = steady_flow(sigma, (1.0, 0.9, 2.0), Held(one, 50.0), walls=Walls.FAR)
    assert flow.beyond_walls() > 0
    assert flow.dissipated().sum() + flow.beyond_walls() == pytest.approx(50.0 * flow.delivered(one), rel=1e-3)
    assert flow.delivered(one) == pytest.approx((flow.wall * flow.values).sum(), rel=1e-3)


def test_layers_in_series_are_exact() -> None:
    """Flux through a layered slab: the fall over the sum of thickness over conductivity, to rounding."""
    layers = np.repeat([0.3, 0.5, 0.0274, 0.32], [7, 5, 2, 9])
    sigma = np.broadcast_to(layers, (5, 6, layers.size)).copy()
    ends = np.zeros(sigma.shape, bool)
    ends[..., 0] = ends[..., -1] = True
    values = np.zeros(sigma.shape)
    values[..., 0] = 53.0
    spacing = (0.4, 1.0, 2.0)
    flow = steady_flow(sigma, spacing, Held(ends, values), tolerance=1e-10)
    # Held at the centres of the outermost voxels, which conduct perfectly: a whole step into the first free voxel.
    way_mm = np.full(layers.size - 2, spacing[0])
    resistance = (way_mm / layers[1:-1]).sum() + 0.5 * spacing[0] * (1 / layers[1] + 1 / layers[-2])
    flux = 53.0 / (resistance / 1000.0)
    area_m2 = 5 * 6 * spacing[1] * spacing[2] * 1e-6
    assert flow.delivered(values > 0) == pytest.approx(flux * area_m2, rel=1e-6)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_both_sets_of_kernels_agree(spacing) -> None:
    pytest.importorskip("numba")
    from boneir.ablation import laplace_numba

    sigma, one, zero = patchwork((20, 23, 18))
    held = Held(one | zero, 100.0 * one)
    slow = steady_flow(sigma, spacing, held, kernels=laplace_numpy, tolerance=1e-8)
    fast = steady_flow(sigma, spacing, held, kernels=laplace_numba, tolerance=1e-8)
    assert abs(slow.steps - fast.steps) <= 1
    assert np.abs(slow.values - fast.values).max() < 1e-4


def test_one_thread_and_two_give_the_same_bytes() -> None:
    numba = pytest.importorskip("numba")
    sigma, one, zero = patchwork((20, 23, 18))
    held = Held(one | zero, 100.0 * one)
    before = numba.get_num_threads()
    answers = []
    try:
        for threads in (1, min(2, before)):
            numba.set_num_threads(threads)
            answers.append(steady_flow(sigma, (1.0, 1.0, 1.5), held).values.tobytes())
    finally:
        numba.set_num_threads(before)
    assert answers[0] == answers[1]


def test_the_number_of_steps_does_not_grow_with_the_grid() -> None:
    counts = []
    for n in (16, 32, 48):
        sigma = np.full((n, n, n), 0.4)
        sigma[: n // 2] = 0.004
        rod = np.zeros(sigma.shape, bool)
        rod[n // 4 : n // 2, n // 2, n // 2] = True
        counts.append(steady_flow(sigma, (1.0, 1.0, 1.0), Held(rod, 1.0), walls=Walls.GROUNDED).steps)
    assert max(counts) <= counts[0] + 8
    assert max(counts) <= 25


def test_a_warm_start_takes_fewer_steps_and_gives_the_same() -> None:
    sigma, one, zero = patchwork()
    held = Held(one | zero, 100.0 * one)
    cold = steady_flow(sigma, (1.0, 1.0, 1.0), held)
    warm = steady_flow(sigma * 1.0001, (1.0, 1.0, 1.0), held, start=cold.values)
    assert warm.steps < cold.steps
    assert np.abs(warm.values - cold.values).max() < 0.05


def test_the_input_is_not_changed() -> None:
    sigma, one, zero = patchwork()
    values = 100.0 * one
    for array in (sigma, one, zero, values):
        array.setflags(write=False)
    steady_flow(sigma, (1.0, 1.0, 1.0), Held(one | zero, values), start=values, source=values)
    assert np.array_equal(sigma, patchwork()[0])


def test_what_cannot_flow_is_refused() -> None:
    sigma, one, _ = patchwork()
    nothing = np.zeros_like(one)
    with pytest.raises(BoneIRError, match="0 or more"):
        steady_flow(-sigma, (1.0, 1.0, 1.0), Held(one, 1.0))
    with pytest.raises(BoneIRError, match="0 or more"):
        steady_flow(np.where(one, np.nan, sigma), (1.0, 1.0, 1.0), Held(one, 1.0))
    with pytest.raises(BoneIRError, match="insulated"):
        steady_flow(sigma, (1.0, 1.0, 1.0), Held(nothing, 1.0))
    with pytest.raises(BoneIRError, match="one grid"):
        steady_flow(sigma, (1.0, 1.0, 1.0), Held(one[1:], 1.0))
