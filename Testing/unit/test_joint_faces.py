"""Joints between outlined bones: where the bones meet, and only where they are sure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from boneir.anatomy.joint_faces import joint_faces
from boneir.anatomy.structures import structure_kinds
from boneir.case import Role, Structure
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.training.synthetic_patient import synthetic_patient

PELVIS = Grid((115, 110, 150), (2.0, 2.0, 2.0), (-149.0, -95.0, -178.0))
DIRECTIONS = ((1, 0, 0, 0, 1, 0, 0, 0, 1), (0, 0, 1, 1, 0, 0, 0, -1, 0))


@pytest.fixture(scope="module")
def patient():
    made = synthetic_patient(seed=0, grid=PELVIS)
    keys = (
        "hip_left",
        "femur_left",
        "hip_right",
        "femur_right",
        "sacrum",
        "spinal_canal",
        "vertebra_L4",
        "vertebra_L5",
    )
    kinds = structure_kinds()
    items = [Structure(key, kinds[key].role, made.labels[key], key, "labels") for key in keys]
    return made, items


def test_hip_joints_lie_where_the_cartilage_is(patient):
    made, items = patient
    found = {item.name: item.mask for item in joint_faces(items, made.image.grid)[0]}
    for side in ("left", "right"):
        truth, joint = made.labels[f"hip_joint_{side}"], found[f"hip_joint_{side}"]
        away = ndimage.distance_transform_edt(~truth.full(), sampling=truth.grid.spacing_mm[::-1])
        assert np.quantile(away[joint.full()], 0.95) < 5.0
        near = ndimage.distance_transform_edt(~joint.full(), sampling=truth.grid.spacing_mm[::-1])
        assert np.quantile(near[truth.full()], 0.5) < 2.1


def test_joints_are_left_out_between_bones_that_are_not_sure(patient):
    made, items = patient
    rough = [replace(item, sure=not item.name.startswith(("hip", "femur"))) for item in items]
    names = {item.name for item in joint_faces(rough, made.image.grid)[0]}
    assert not any(name.startswith(("hip_joint", "sacroiliac")) for name in names)


def test_given_joints_are_kept(patient):
    made, items = patient
    given = Structure("hip_joint_left", Role.CRITICAL, made.labels["hip_joint_left"], "hip_joint_left", "labels")
    names = {item.name for item in joint_faces([*items, given], made.image.grid)[0]}
    assert "hip_joint_left" not in names
    assert "hip_joint_right" in names


def box(name: str, grid: Grid, corner, size) -> Structure:
    """A block given by its corner and size in mm."""
    marked = np.zeros(grid.shape, bool)
    index = np.argwhere(np.ones(grid.shape, bool))
    points = grid.to_mm(index[:, ::-1])
    inside = ((points >= corner) & (points < np.asarray(corner) + size)).all(axis=1)
    marked[tuple(index[inside].T)] = True
    return Structure(name, structure_kinds()[name].role, Mask.of(marked, grid), name)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_facets_are_beside_and_behind_the_canal_alone(direction):
    along = np.asarray(direction, float).reshape(3, 3)
    counts = np.abs(along.T) @ [70, 60, 60]
    size = tuple(int(v) for v in counts[::-1])
    low = np.asarray([-35.0, -35.0, -30.0]) + np.clip(-along @ np.ones(3), 0, None) * [70, 60, 60]
    grid = Grid(size, (1.0, 1.0, 1.0), tuple(low), tuple(map(float, direction)))
    canal = box("spinal_canal", grid, (-6, -6, -30), (12, 12, 60))
    # Bodies and laminae touch at z = 0, and so do the facets 14 mm aside.
    parts = [
        ((-18, -30, 0), (36, 20, 20)),
        ((-4, 6, 0), (8, 8, 20)),
        ((10, -2, 0), (8, 8, 20)),
        ((-18, -2, 0), (8, 8, 20)),
    ]
    upper = [box("vertebra_L3", grid, corner, size) for corner, size in parts]
    lower = [box("vertebra_L4", grid, (x, y, -20), size) for (x, y, _), size in parts]

    def joined(items):
        marked = np.any([item.mask.full() for item in items], axis=0)
        return replace(items[0], mask=Mask.of(marked, grid))

    (found,), (said,) = joint_faces([joined(upper), joined(lower), canal], grid)
    assert found.name == "facet_joints"
    assert not found.sure
    points = found.mask.points_mm()
    assert (np.abs(points[:, 2]) <= 3.1).all()
    assert (np.abs(points[:, 0]) >= 6).all()
    assert (points[:, 1] > -6).all()
    assert (points[:, 0] > 0).any()
    assert (points[:, 0] < 0).any()
    assert found.mask.at(said.place_mm)
    assert "cartilage is not seen" in said.text


def test_bones_apart_have_no_joint():
    grid = Grid((60, 60, 60), (1.0, 1.0, 1.0), (-30.0, -30.0, -30.0))
    items = [box("hip_left", grid, (-20, -20, -20), (10, 40, 40)), box("femur_left", grid, (0, -20, -20), (10, 40, 40))]
    assert joint_faces(items, grid) == ((), ())


def test_no_facets_in_thick_slices():
    for thick, expected in ((4.0, True), (5.0, False)):
        grid = Grid((12, 60, 60), (1.0, 1.0, thick), (-30.0, -30.0, -6 * thick))
        items = [
            box("vertebra_L3", grid, (-18, -2, 0), (36, 8, 20)),
            box("vertebra_L4", grid, (-18, 6.5, -10), (36, 8, 30)),
            box("spinal_canal", grid, (-6, -12, -30), (12, 9, 60)),
        ]
        assert bool(joint_faces(items, grid)[0]) is expected
