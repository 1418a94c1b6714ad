"""Where a needle can enter: real skin only, with normals, and not from the table, the midline or a cut."""

from __future__ import annotations

import numpy as np
import pytest

from access_phantom import PERMUTED, ball, grid_around, limits_with, phantom, rod, slab, turned
from boneir.access.entries import above_table_mm, near_view_border, over_midline, skin_around
from boneir.access.field import build_field
from boneir.access.needle import Needle
from boneir.case import Case
from boneir.plan import Position

FAR = 1000.0


def skin_of(case: Case, needle_mm: float = 150.0):
    field = build_field(case, case.lesion(), Needle(2.4, needle_mm), limits_with())
    return skin_around(field, case.image, case.lesion().mask.centroid_mm, FAR)


@pytest.mark.parametrize("direction", [None, PERMUTED, turned(5)], ids=["axial", "permuted", "oblique"])
def test_the_skin_of_a_ball_is_its_surface_with_its_normals(direction) -> None:
    case = phantom(grid_around(48, (1.1, 0.9, 1.6), direction), {"body": ball((3, 2, -1), 40)}, ball((0, 0, 0), 5))
    skin = skin_of(case)
    away = skin.points_mm - [3, 2, -1]
    radius = np.linalg.norm(away, axis=1)
    assert radius.min() > 38
    assert radius.max() < 41
    cosine = np.einsum("na,na->n", away / radius[:, None], skin.normals)
    assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 10
    # Seen along the axis that the surface faces most, the layer is one voxel thick.
    ways = np.random.default_rng(0).normal(size=(20_000, 3))
    facing = (np.abs(ways).max(axis=1) / np.linalg.norm(ways, axis=1)).mean()
    assert len(skin.points_mm) == pytest.approx(4 * np.pi * 40**2 * facing, rel=0.06), "all of the surface is there"


@pytest.mark.parametrize("direction", [None, PERMUTED, turned(6)], ids=["axial", "permuted", "oblique"])
def test_where_the_image_ends_the_body_is_cut_and_has_no_skin(direction) -> None:
    matrix = np.eye(3) if direction is None else direction
    along = matrix[:, 2]
    case = phantom(grid_around(40, (1, 1, 1.5), direction), {"body": rod((0, 0, 0), along, 25)}, ball((0, 0, 0), 5))
    skin = skin_of(case)
    from_axis = np.linalg.norm(np.cross(skin.points_mm, along), axis=1)
    assert from_axis.min() > 23
    assert np.abs(skin.points_mm @ along).max() > 35, "the skin goes up to the last slice"
    assert np.abs(skin.normals @ along).max() < 0.35 if direction is None else True


def test_skin_beyond_the_reach_is_left_out() -> None:
    case = phantom(grid_around(64), {"body": ball((0, 0, 0), 60)}, ball((40, 0, 0), 5))
    field = build_field(case, case.lesion(), Needle(2.4, 60), limits_with())
    skin = skin_around(field, case.image, case.lesion().mask.centroid_mm, 50.0)
    distance = np.linalg.norm(skin.points_mm - case.lesion().mask.centroid_mm, axis=1)
    assert distance.max() <= 50
    assert np.abs(np.linalg.norm(skin.points_mm, axis=1) - 60).max() < 1.5, "the cut of the region is no skin"


@pytest.mark.parametrize(
    ("position", "lowest"),
    [
        (Position.PRONE, (0, -40, 0)),
        (Position.SUPINE, (0, 40, 0)),
        (Position.LEFT_LATERAL, (40, 0, 0)),
        (Position.RIGHT_LATERAL, (-40, 0, 0)),
    ],
)
def test_the_table_is_where_the_patient_lies(position: Position, lowest) -> None:
    case = phantom(grid_around(44), {"body": ball((0, 0, 0), 40)}, ball((0, 0, 0), 5))
    heights = above_table_mm(case, np.array([lowest, (0, 0, 0), (-lowest[0], -lowest[1], 0)], float), position)
    assert heights == pytest.approx([0.5, 40.5, 80.5], abs=0.6)


def test_a_round_field_of_view_that_cuts_the_body_is_recognised() -> None:
    shapes = {"body": ball((0, 0, 0), 60)}
    case = phantom(grid_around(50, (1, 1, 2)), shapes, ball((0, 0, 0), 5))
    body, grid = case.structure("body").mask, case.image.grid
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    points = grid.to_mm(np.stack([i, j, k], axis=-1))
    hu = np.where(body.full(), 40, -1000) + np.random.default_rng(0).integers(-9, 9, grid.shape)
    hu[np.hypot(points[..., 0], points[..., 1]) > 50] = -1024
    image = type(case.image)(hu.astype(np.int16), grid)
    at = np.array([[49.0, 0, 0], [0, -48.5, 10], [46, 0, 0], [30, 30, 0]])
    assert near_view_border(image, at, 3.0).tolist() == [True, True, False, False]
    assert not near_view_border(case.image, at, 3.0).any(), "a body that goes into the corners is no round view"


def test_the_midline_is_behind_the_canal_and_nowhere_else() -> None:
    shapes = {
        "body": ball((0, 0, 0), 60),
        "spinal_canal": lambda p: rod((4, 20, 0), (0, 0, 1), 6)(p) & slab(2, -20, 20)(p),
    }
    case = phantom(grid_around(64), shapes, ball((0, 0, 0), 5))
    at = np.array([[4.0, 58, 0], [8.5, 58, 0], [9.5, 58, 0], [-0.5, 58, 10], [4, -58, 0], [4, 50, 30]])
    assert over_midline(case, at, limits_with()).tolist() == [True, True, False, True, False, False]
    no_canal = phantom(grid_around(64), {"body": ball((0, 0, 0), 60)}, ball((0, 0, 0), 5))
    assert not over_midline(no_canal, at, limits_with()).any()
