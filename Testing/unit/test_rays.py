"""Walking along paths: both kernels agree to the last bit, and what they find is what lies on the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access_phantom import ball, grid_around, limits_with, phantom, slab
from boneir.access.field import EIGHTHS, OFFSET, Tissue, build_field
from boneir.access.needle import Needle
from boneir.access.rays import BINS, COLUMNS, needed_room, walk_numpy, walk_paths
from boneir.errors import PlanError
from boneir.image.distance import has_numba

NEEDLE = Needle(2.4, 150.0)


@pytest.mark.skipif(not has_numba(), reason="numba is not installed, so there is only one kernel")
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), gap=st.integers(1, 5), paths=st.integers(1, 700), even=st.booleans())
def test_both_kernels_agree_to_the_last_bit(seed: int, gap: int, paths: int, even: bool) -> None:
    from boneir.access.rays_numba import walk_compiled

    rng = np.random.default_rng(seed)
    shape = (24, 19, 31)
    blocks = rng.integers(0, len(Tissue), (6, 5, 8)).repeat(4, 0).repeat(4, 1).repeat(4, 2)[:24, :19, :31]
    room = rng.integers(0, 256, shape)
    if even:  # as in a body: the same over wide parts, with a tight place here and there
        room = rng.integers(150, 256, (3, 3, 4)).repeat(8, 0).repeat(8, 1).repeat(8, 2)[:24, :19, :31].copy()
        room[rng.random(shape) < 0.01] = rng.integers(0, 200)
        blocks = np.where(rng.random(shape) < 0.02, blocks, rng.choice(blocks.ravel()))
    packed = ((room << 8) | blocks).astype(np.uint16)
    first, last = (rng.uniform(0, np.array(shape[::-1]) - 1, (paths, 3)) for _ in range(2))
    steps = np.maximum(np.ceil(np.linalg.norm(last - first, axis=1)), 1).astype(np.int32)
    start = np.rint(first * 65536).astype(np.int32) + 32768
    stride = np.rint((last - first) / steps[:, None] * 65536).astype(np.int32)
    needed = needed_room(NEEDLE, limits_with())
    ours = walk_numpy(packed, start, stride, steps, needed, gap)
    assert np.array_equal(ours, walk_compiled(packed, start, stride, steps, needed, gap))
    order = rng.permutation(paths)
    assert np.array_equal(ours[order], walk_compiled(packed, start[order], stride[order], steps[order], needed, gap))


@pytest.mark.skipif(not has_numba(), reason="numba is not installed, so there are no blocks")
@pytest.mark.parametrize("shape", [(8, 8, 8), (9, 10, 3), (1, 5, 6)])
def test_blocks_hold_the_least_room_and_the_tissue_where_there_is_one(shape) -> None:
    from boneir.access.rays_numba import blocks_of

    rng = np.random.default_rng(1)
    tissue = rng.integers(0, 2, [-(-n // 4) for n in shape]).repeat(4, 0).repeat(4, 1).repeat(4, 2)
    tissue[0, 0, 0] = Tissue.LESION
    packed = ((rng.integers(0, 256, shape) << 8) | tissue[tuple(slice(n) for n in shape)]).astype(np.uint16)
    found = blocks_of(packed)
    for place in np.ndindex(found.shape):
        part = packed[tuple(slice(4 * n, 4 * n + 4) for n in place)]
        kinds = np.unique(part & 0xFF)
        assert found[place] >> 8 == (part >> 8).min()
        assert found[place] & 0xFF == (kinds[0] if len(kinds) == 1 else 255)


@pytest.mark.skipif(not has_numba(), reason="numba is not installed, so there are no bricks")
@pytest.mark.parametrize("shape", [(8, 8, 8), (9, 10, 3), (1, 5, 6)])
def test_bricks_hold_every_voxel_once_beside_its_neighbours(shape) -> None:
    from boneir.access.rays_numba import bricks_of

    packed = np.random.default_rng(3).permutation(int(np.prod(shape))).astype(np.uint16).reshape(shape) + np.uint16(1)
    bricks = bricks_of(packed)
    filled = [-(-n // 4) * 4 for n in shape]
    whole = np.zeros(filled, np.uint16)
    whole[tuple(slice(n) for n in shape)] = packed
    expected = [
        whole[k : k + 4, j : j + 4, i : i + 4].ravel()
        for k in range(0, filled[0], 4)
        for j in range(0, filled[1], 4)
        for i in range(0, filled[2], 4)
    ]
    assert np.array_equal(bricks, np.concatenate(expected))


@pytest.mark.skipif(not has_numba(), reason="numba is not installed, so there is only one kernel")
def test_a_search_is_the_same_with_either_kernel() -> None:
    shapes = {"body": ball((0, 0, 0), 45), "bone": ball((0, 0, 0), 15), "aorta": ball((10, 20, 5), 8)}
    case = phantom(grid_around(50, (0.9, 0.9, 2.0)), shapes, ball((0, 0, 0), 6))
    field = build_field(case, case.lesion(), NEEDLE, limits_with())
    entries = 44 * np.eye(3).repeat(3, 0) @ np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    tips = np.random.default_rng(2).uniform(-3, 3, entries.shape)
    one = walk_paths(field, entries, tips, NEEDLE, limits_with(), compiled=True)
    other = walk_paths(field, entries, tips, NEEDLE, limits_with(), compiled=False)
    assert np.array_equal(one.found, other.found)


def layers() -> tuple:
    """Soft tissue with two plates of bone 8 mm apart, a lesion in the inner one and a canal before it."""
    shapes = {
        "body": ball((0, 0, 0), 60),
        "bone": lambda p: (slab(1, 20, 26)(p) | slab(1, -6, 12)(p)) & ball((0, 0, 0), 50)(p),
        "spinal_canal": lambda p: slab(1, 14, 17)(p) & slab(0, 20, 40)(p),
    }
    case = phantom(grid_around(64), shapes, ball((0, 0, 0), 4))
    return case, build_field(case, case.lesion(), NEEDLE, limits_with())


def test_tissues_are_counted_along_the_way() -> None:
    case, field = layers()
    walk = walk_paths(field, [[0, 60.0, 0], [30, 59.0, 0]], [[0, 0, 0], [30, 0, 0.0]], NEEDLE, limits_with())
    assert walk.mm_of("bone")[0] == pytest.approx(8, abs=1.5)
    assert walk.mm_of("lesion")[0] == pytest.approx(4, abs=1.5)
    assert walk.mm_of("other_bone")[0] == pytest.approx(6, abs=1.5), "the outer plate does not hang together with it"
    assert walk.mm_of("canal").tolist() == [0.0, pytest.approx(3, abs=1.2)]
    assert walk.mm_of("soft")[0] == pytest.approx(60 - 26 + 8, abs=2.0)
    assert walk.length_mm[0] == pytest.approx(60)
    assert walk.column("crossings").tolist() == [1, 1]
    entered = walk.point_at(walk.column("first_bone"))[0]
    assert entered == pytest.approx([0, 12, 0], abs=1.1)
    assert case.lesion().name == "lesion-1"


def test_cortex_crossings_close_short_gaps_and_pass_over_the_lesion() -> None:
    codes = {"s": Tissue.SOFT, "b": Tissue.BONE, "h": Tissue.HARD_BONE, "l": Tissue.LESION, "a": Tissue.AIR}
    rows = {
        "bbbbssssssss": (1, 3), "bbssbbssssss": (1, 5), "bbsssbbsssss": (2, 6), "bbllllllhhss": (1, 9),
        "llllllssssss": (0, -1), "lllsssbbbsss": (1, 8), "bbbsslsshhss": (1, 9), "bbbsssssshss": (2, 9),
    }  # fmt: skip
    tissue = np.array([[codes[c] for c in row] for row in rows], np.uint16)
    packed = ((np.uint16(255) << np.uint16(8)) | tissue)[None]
    n = len(rows)
    start = np.stack([np.zeros(n), np.arange(n), np.zeros(n)], axis=1).astype(np.int32) * 65536 + 32768
    stride = np.tile(np.array([65536, 0, 0], np.int32), (n, 1))
    found = walk_numpy(packed, start, stride, np.full(n, 11, np.int32), needed_room(NEEDLE, limits_with()), 3)
    columns = [COLUMNS.index(name) for name in ("crossings", "first_bone")]
    assert [tuple(row) for row in found[:, columns].tolist()] == list(rows.values())


def test_the_needed_room_is_radius_error_and_guard_and_never_less() -> None:
    limits = limits_with()
    needed = (needed_room(NEEDLE, limits) - OFFSET) / EIGHTHS
    at_tip, at_skin = (
        1.2 + limits.certainty_z.amount * sigma.amount + limits.numeric_guard.amount
        for sigma in (limits.tip_sigma, limits.entry_sigma)
    )
    assert needed[-1] == pytest.approx(at_skin, abs=0.13)
    assert needed[0] >= at_tip
    share = np.linspace(0, 1, 5000)
    exact = NEEDLE.kept_clear_mm(share, limits) + limits.numeric_guard.amount
    assert (needed[np.minimum(((1 - share) * BINS).astype(int), BINS)] >= exact - 1e-9).all()


def test_paths_that_leave_the_region_are_refused() -> None:
    _, field = layers()
    with pytest.raises(PlanError, match=r"entry .* outside the region"):
        walk_paths(field, [[0, 500.0, 0]], [[0, 0, 0]], NEEDLE, limits_with())


def test_air_on_the_way_is_counted_but_not_at_the_skin() -> None:
    shapes = {"body": lambda p: ball((0, 0, 0), 50)(p) & ~slab(1, 20, 28)(p)}
    case = phantom(grid_around(54), shapes, ball((0, 0, 0), 4))
    field = build_field(case, case.lesion(), NEEDLE, limits_with())
    walk = walk_paths(field, [[0, 50.0, 0], [0, 19.0, 0]], np.zeros((2, 3)), NEEDLE, limits_with())
    assert walk.mm_of("air").tolist() == [pytest.approx(8, abs=1.5), 0.0]
