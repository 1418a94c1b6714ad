"""A planning field is found again while nothing has changed, and never when something has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from access_phantom import ball, grid_around, limits_with, phantom, rod
from boneir.access.field import build_field
from boneir.access.field_cache import FIELDS, FieldCache, field_key
from boneir.access.needle import Needle
from boneir.case import Case, Image, Lesion, Structure
from boneir.mask import Mask
from boneir.plan import Technique
from boneir.proposal import Goal
from boneir.proposing.live import live_access

NEEDLE, LIMITS = Needle(2.4, 100.0), limits_with()


def small(aorta_at: float = 18.0) -> Case:
    shapes = {
        "body": ball((0, 0, 0), 40),
        "bone": rod((0, 8, 0), (0, 0, 1), 10),
        "spinal_canal": rod((0, 24, 0), (0, 0, 1), 4),
        "aorta": rod((aorta_at, -8, 0), (0, 0, 1), 5),
    }
    return phantom(grid_around(43, (1.5, 1.5, 2.0)), shapes, ball((2, 7, 0), 4))


@pytest.fixture(scope="module")
def case() -> Case:
    return small()


def test_the_same_case_finds_its_field_again(case: Case) -> None:
    kept = FieldCache()
    first = kept.field(case, case.lesion(), NEEDLE, LIMITS)
    assert kept.field(case, case.lesion(), NEEDLE, LIMITS) is first
    again = small()  # other objects, the same voxels
    assert kept.field(again, again.lesion(), NEEDLE, LIMITS) is first
    weights = replace(LIMITS, weights={name: replace(w, amount=0.5) for name, w in LIMITS.weights.items()})
    assert kept.field(case, case.lesion(), NEEDLE, weights) is first
    assert len(kept) == 1
    built = build_field(case, case.lesion(), NEEDLE, LIMITS)
    assert np.array_equal(first.packed, built.packed)
    assert np.array_equal(first.nearest, built.nearest)


def test_one_changed_voxel_of_a_structure_makes_a_new_field(case: Case) -> None:
    kept = FieldCache()
    first = kept.field(case, case.lesion(), NEEDLE, LIMITS)
    aorta = case.structure("aorta")
    voxels = aorta.mask.full().copy()
    voxels[tuple(np.argwhere(voxels)[0])] = False
    fewer = case.with_structures([replace(aorta, mask=Mask.of(voxels, aorta.mask.grid))])
    second = kept.field(fewer, fewer.lesion(), NEEDLE, LIMITS)
    assert second is not first
    assert np.array_equal(second.packed, build_field(fewer, fewer.lesion(), NEEDLE, LIMITS).packed)
    moved = small(aorta_at=21.0)
    third = kept.field(moved, moved.lesion(), NEEDLE, LIMITS)
    assert np.array_equal(third.packed, build_field(moved, moved.lesion(), NEEDLE, LIMITS).packed)
    assert not np.array_equal(third.packed, first.packed)


def test_every_thing_that_a_field_is_built_from_is_part_of_its_key(case: Case) -> None:
    lesion, canal = case.lesion(), case.structure("spinal_canal")
    whiter = Image(case.image.voxels + np.int16(500), case.image.grid)
    other = Lesion(lesion.name, Mask.of(np.roll(lesion.mask.full(), 1, axis=0), lesion.mask.grid))
    renamed = Structure("mine", canal.role, canal.mask, canal.kind)
    keys = [
        field_key(case, lesion, NEEDLE, LIMITS),
        field_key(case, other, NEEDLE, LIMITS),
        field_key(case, lesion, Needle(1.8, 100.0), LIMITS),
        field_key(case, lesion, Needle(2.4, 90.0), LIMITS),
        field_key(case, lesion, NEEDLE, limits_with(tip_sigma=4.7)),
        field_key(case, lesion, NEEDLE, LIMITS, relaxed=True),
        field_key(replace(case, image=whiter), lesion, NEEDLE, LIMITS),
        field_key(case.with_structures([renamed]), lesion, NEEDLE, LIMITS),
        field_key(case.with_structures([replace(canal, kind="aorta")]), lesion, NEEDLE, LIMITS),
        field_key(replace(case, structures=case.structures[:-1]), lesion, NEEDLE, LIMITS),
    ]
    assert len(set(keys)) == len(keys)


def test_its_memory_is_bounded_and_the_oldest_goes_first(case: Case) -> None:
    kept = FieldCache(most=2)
    needles = [Needle(d, 100.0) for d in (1.5, 2.0, 2.5)]
    fields = [kept.field(case, case.lesion(), needle, LIMITS) for needle in needles[:2]]
    assert kept.field(case, case.lesion(), needles[0], LIMITS) is fields[0]  # used again: the other one is older
    kept.field(case, case.lesion(), needles[2], LIMITS)
    assert len(kept) == 2
    assert kept.field(case, case.lesion(), needles[0], LIMITS) is fields[0]
    tight = FieldCache(most_bytes=1)
    for needle in needles:
        tight.field(case, case.lesion(), needle, LIMITS)
        assert len(tight) == 1
    assert tight.bytes_kept >= fields[0].packed.nbytes
    tight.clear()
    assert (len(tight), tight.bytes_kept) == (0, 0)


def test_a_needle_moved_by_hand_takes_the_field_of_the_search_before(case: Case) -> None:
    FIELDS.clear()
    goal = Goal(Technique.BIOPSY, "biopsy-13g")
    first = live_access(case, goal).judge.field
    assert live_access(small(), goal).judge.field is first
    assert live_access(small(aorta_at=21.0), goal).judge.field is not first
    FIELDS.clear()
