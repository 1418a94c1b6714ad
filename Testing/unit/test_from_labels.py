"""Labels of others become structures by their names, on the grid of the image."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.from_labels import RINGS, structures_from_labels
from boneir.case import Role
from boneir.grid import Grid
from boneir.image.labels import NamedMask
from boneir.mask import Mask
from torso_phantom import dice, make_torso

GRID = Grid((12, 14, 16), (2.0, 2.0, 2.0))


def _named(name, code="", grid=GRID, part=(slice(2, 8), slice(3, 9), slice(4, 10))):
    marked = np.zeros(grid.shape, bool)
    marked[part] = True
    return NamedMask(name, Mask.of(marked, grid), code, "labels.nii.gz")


def test_names_give_key_kind_role_and_origin():
    liver, bone, unknown = structures_from_labels([_named("Liver"), _named("vertebrae_L3"), _named("thing 7")], GRID)
    assert (liver.name, liver.kind, liver.role, liver.origin) == ("liver", "liver", Role.CRITICAL, "labels.nii.gz")
    assert (bone.name, bone.role) == ("vertebra_L3", Role.BONE)
    assert (unknown.name, unknown.kind, unknown.role) == ("thing 7", "", Role.CRITICAL)


def test_the_meaning_of_a_code_serves_where_the_name_says_nothing():
    (found,) = structures_from_labels([_named("Segment_1", "SCT^15825003^Aorta")], GRID)
    assert found.name == "aorta"


def test_two_outlines_of_one_structure_keep_their_masks_under_two_names():
    names = [s.name for s in structures_from_labels([_named("aorta"), _named("Aorta"), _named("AORTA")], GRID)]
    assert names == ["aorta", "aorta-2", "aorta-3"]


def test_masks_come_to_the_grid_of_the_image_and_those_outside_are_left_out():
    fine = Grid((24, 28, 32), (1.0, 1.0, 1.0), (-0.5, -0.5, -0.5))
    far = Grid((4, 4, 4), (2.0, 2.0, 2.0), (500.0, 0.0, 0.0))
    doubled = (slice(4, 16), slice(6, 18), slice(8, 20))
    found = structures_from_labels([_named("spleen", grid=fine, part=doubled), _named("liver", grid=far)], GRID)
    assert [s.name for s in found] == ["spleen"]
    assert found[0].mask.grid == GRID
    assert found[0].mask.equals(_named("spleen").mask)


@pytest.mark.parametrize("with_cord", [False, True])
def test_the_canal_is_derived_from_vertebrae_only_where_it_has_no_label(with_cord):
    torso = make_torso()
    grid = torso.image.grid
    named = [NamedMask("vertebrae", Mask.of(torso.vertebrae, grid))]
    if with_cord:
        named.append(NamedMask("spinal_cord", Mask.of(torso.canal, grid)))
    found = {s.name: s for s in structures_from_labels(named, grid, canal_from_vertebrae=True)}
    assert ("spinal_canal" in found) is not with_cord
    if not with_cord:
        canal = found["spinal_canal"]
        assert canal.origin == RINGS
        assert canal.mask.full()[torso.canal].mean() > 0.97
        assert dice(canal.mask.full(), torso.canal) > 0.85
    assert "spinal_canal" not in {s.name for s in structures_from_labels(named, grid)}
