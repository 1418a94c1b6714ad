"""The front, the best of each patch and the choice of what differs."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from boneir.access.pareto import apart, best_per_patch, pareto_front


def by_definition(rows: np.ndarray) -> list[int]:
    front = []
    for n, row in enumerate(rows):
        beaten = ((rows <= row).all(axis=1) & (rows < row).any(axis=1)).any()
        if not beaten:
            front.append(n)
    return front


@settings(max_examples=60, deadline=None)
@given(n=st.integers(0, 120), m=st.integers(1, 5), levels=st.integers(1, 6), seed=st.integers(0, 2**31))
def test_the_front_is_what_its_definition_says(n: int, m: int, levels: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, levels, (n, m)).astype(float)
    assert pareto_front(rows).tolist() == by_definition(rows)


def test_the_front_of_a_sphere_is_all_of_it() -> None:
    rng = np.random.default_rng(1)
    rows = np.abs(rng.normal(size=(300, 3)))
    on_sphere = 1 - rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert len(pareto_front(on_sphere)) == 300
    assert len(pareto_front(np.concatenate([on_sphere, on_sphere + 0.01]))) == 300


def test_best_per_patch_keeps_the_best_of_every_cube() -> None:
    rng = np.random.default_rng(2)
    points, score = rng.uniform(-20, 20, (500, 3)), rng.random(500)
    kept = best_per_patch(points, score, 5.0)
    cubes: dict[tuple, float] = {}
    for point, value in zip(points, score, strict=True):
        cube = tuple(np.floor(point / 5).astype(int))
        cubes[cube] = min(value, cubes.get(cube, 1.0))
    assert sorted(score[kept]) == sorted(cubes.values())
    assert (np.diff(score[kept]) >= 0).all()


def test_chosen_ways_are_apart_and_every_name_is_tried_first() -> None:
    rng = np.random.default_rng(3)
    entries = rng.uniform(-60, 60, (400, 3))
    directions = -entries / np.linalg.norm(entries, axis=1, keepdims=True)
    names = ["common"] * 396 + ["rare"] * 4
    ranked = np.arange(400)
    chosen = apart(entries, directions, ranked, names, distance_mm=15, angle_deg=8, count=6)
    assert len(chosen) == 6
    assert chosen[0] == 0
    assert chosen == sorted(chosen)
    assert any(names[n] == "rare" for n in chosen)
    for a in chosen:
        for b in chosen:
            far = np.linalg.norm(entries[a] - entries[b]) >= 15
            turned = directions[a] @ directions[b] <= np.cos(np.radians(8))
            assert a == b or far or turned


def test_where_everything_is_alike_only_one_is_chosen() -> None:
    entries = np.zeros((50, 3)) + np.linspace(0, 1, 50)[:, None]
    directions = np.tile([0.0, -1.0, 0.0], (50, 1))
    assert apart(entries, directions, np.arange(50), ["x"] * 50, distance_mm=15, angle_deg=8, count=6) == [0]
