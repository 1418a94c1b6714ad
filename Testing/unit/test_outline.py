"""Everything that a CT is outlined with, in any orientation, and what is said of what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.outline import outline_structures
from boneir.case import Case, Image, Modality, Role
from boneir.errors import OutlineError
from boneir.grid import Grid
from torso_phantom import dice, grid_of, make_torso

TURNED = {
    "feet first": grid_of((1, 0, 0, 0, 1, 0, 0, 0, -1), (140, 110, 60), (2.0, 2.0, 3.0)),
    "as NIfTI": grid_of((-1, 0, 0, 0, -1, 0, 0, 0, 1), (140, 110, 60), (2.0, 2.0, 3.0)),
    "sagittal": grid_of((0, 0, 1, 1, 0, 0, 0, -1, 0), (110, 60, 140), (2.0, 3.0, 2.0)),
    "oblique": grid_of((0.9848, -0.1736, 0, 0.1736, 0.9848, 0, 0, 0, 1), (146, 120, 60), (2.0, 2.0, 3.0)),
}


def _masks(structures):
    return {item.name: item.mask.full() for item in structures}


@pytest.mark.parametrize("how", TURNED)
def test_the_outline_is_right_in_every_orientation(how):
    torso = make_torso(TURNED[how])
    structures, findings = outline_structures(torso.image)
    found = _masks(structures)
    assert dice(found["body"], torso.body) > 0.985
    assert dice(found["lungs"], torso.lungs) > 0.97
    assert dice(found["gas"], torso.gas) > 0.93
    assert dice(found["bone"], torso.vertebrae) > 0.93
    assert found["spinal_canal"][torso.canal].mean() > 0.98
    assert not [f for f in findings if f.code == "outline.canal"]


def test_structures_make_a_case_and_carry_their_roles():
    torso = make_torso()
    before = torso.image.voxels.copy()
    structures, findings = outline_structures(torso.image)
    case = Case(torso.image, structures, findings=findings)
    # The phantom has no ribs and no sacrum from which its levels could be named.
    assert [s.name for s in case.of_role(Role.BONE)] == ["bone", "vertebrae"]
    shown = {"spinal_canal", "lungs", "gas", "nerve_roots", "bowel_wall", "pleura"}
    assert {s.name for s in case.of_role(Role.CRITICAL)} == shown
    assert case.structure("spinal_canal").kind == "spinal_canal"
    assert not case.structure("spinal_canal").sure
    assert case.structure("bone").sure
    assert np.array_equal(before, torso.image.voxels)
    bone, canal = case.structure("bone").mask.full(), case.structure("spinal_canal").mask.full()
    assert not (bone & canal).any()


def test_the_same_image_gives_the_same_outlines():
    first, _ = outline_structures(make_torso().image)
    second, _ = outline_structures(make_torso().image)
    assert all(a.mask.equals(b.mask) for a, b in zip(first, second, strict=True))


def test_only_ct_is_outlined():
    image = Image(np.zeros((4, 4, 4), np.float32), Grid((4, 4, 4), (1.0, 1.0, 1.0)), Modality.MR, "")
    with pytest.raises(OutlineError, match="labels"):
        outline_structures(image)
