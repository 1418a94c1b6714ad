"""Distance fields against independent routines and against geometry."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from boneir.image.distance import (
    LARGEST_LIMIT,
    exact_distance_mm,
    has_numba,
    squared_distance_below,
    squared_distance_numpy,
)


def twins() -> list:
    found = [pytest.param(squared_distance_numpy, id="numpy")]
    if has_numba():
        from boneir.image.distance_numba import squared_distance_compiled

        found.append(pytest.param(squared_distance_compiled, id="numba"))
    return found


def by_brute_force(marked: np.ndarray, limit: int) -> np.ndarray:
    places, every = np.argwhere(marked), np.argwhere(np.ones(marked.shape, bool))
    squared = ((every[:, None] - places[None]) ** 2).sum(axis=2).min(axis=1, initial=limit * limit + 1)
    return np.minimum(squared, limit * limit + 1).reshape(marked.shape)


@pytest.mark.parametrize("transform", twins())
@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    share=st.sampled_from([0.0, 0.004, 0.05, 0.5, 1.0]),
    limit=st.integers(1, 12),
    seed=st.integers(0, 2**31),
)
def test_truncated_distance_is_exact_for_any_set(transform, shape, share, limit, seed) -> None:
    marked = np.random.default_rng(seed).random(shape) < share
    before = marked.copy()
    assert np.array_equal(transform(marked, limit), by_brute_force(marked, limit))
    assert np.array_equal(marked, before)


@pytest.mark.parametrize("transform", twins())
@pytest.mark.parametrize("limit", [1, 7, 25])
def test_truncated_distance_agrees_with_two_other_libraries(transform, limit: int) -> None:
    k, j, i = np.ogrid[:60, :70, :80]
    marked = (k - 20) ** 2 + (j - 30) ** 2 + (i - 25) ** 2 < 100
    marked |= ((j - 50) ** 2 + (i - 60) ** 2 < 30) & (k > 10)
    ours = transform(marked, limit)
    assert ours.dtype == np.uint16
    scipys = np.rint(exact_distance_mm(marked, (1, 1, 1)).astype(float) ** 2)
    assert np.array_equal(ours, np.minimum(scipys, limit * limit + 1))
    image = SimpleITK.GetImageFromArray(marked.astype(np.uint8))
    itks = SimpleITK.GetArrayFromImage(SimpleITK.SignedMaurerDistanceMap(image, False, True, False))
    assert np.array_equal(ours, np.clip(itks, 0, limit * limit + 1))


def test_exact_distance_respects_the_spacing_of_each_axis() -> None:
    marked = np.zeros((5, 6, 7), bool)
    marked[1, 2, 3] = True
    distance = exact_distance_mm(marked, (0.7, 0.9, 4.0))
    k, j, i = np.ogrid[:5, :6, :7]
    expected = np.sqrt((0.7 * (i - 3)) ** 2 + (0.9 * (j - 2)) ** 2 + (4.0 * (k - 1)) ** 2)
    assert np.allclose(distance, expected, atol=1e-5)


def test_nothing_marked_is_far_from_everything() -> None:
    nothing = np.zeros((3, 4, 5), bool)
    assert np.isinf(exact_distance_mm(nothing, (1, 1, 1))).all()
    assert (squared_distance_below(nothing, 9) == 82).all()


@pytest.mark.parametrize("limit", [0, LARGEST_LIMIT + 1])
def test_a_limit_that_does_not_fit_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        squared_distance_below(np.ones((2, 2, 2), bool), limit)


@pytest.mark.parametrize("transform", twins())
def test_the_largest_limit_does_not_overflow(transform) -> None:
    marked = np.zeros((1, 2, 400), bool)
    marked[0, 0, 0] = True
    squared = transform(marked, LARGEST_LIMIT)
    assert squared[0, 1, 179] == 179**2 + 1
    assert squared[0, 0, 180] == 180**2
    assert (squared[0, :, 181:] == 180**2 + 1).all()
