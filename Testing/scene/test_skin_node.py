"""The skin map as a coloured surface: nothing of it is lost in a file, and each patch has the colour of its entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boneir.errors import PlanError
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.plan import Technique
from boneir.proposal import Goal, SkinMap

GOAL = Goal(Technique.BIOPSY, "coaxial", "lesion-1", margin_mm=0.0)
RADIUS_MM = 40.0


@pytest.fixture(scope="module")
def body() -> Mask:
    grid = Grid((60, 70, 80), (1.5, 1.5, 2.0), (-60.0, -50.0, -60.0))
    kji = np.indices(grid.shape).reshape(3, -1).T
    return Mask.of((np.linalg.norm(grid.to_mm(kji[:, ::-1]), axis=1) <= RADIUS_MM).reshape(grid.shape), grid)


@pytest.fixture(scope="module")
def skin(body: Mask) -> SkinMap:
    """Entries on the posterior half of a ball; those on the left are refused."""
    from scipy.ndimage import binary_erosion

    border = body.full() & ~binary_erosion(body.full())
    points = body.grid.to_mm(np.argwhere(border)[:, ::-1])
    points = points[points[:, 1] > 5.0]
    left = points[:, 0] > 0
    return SkinMap(
        points,
        (0.0, 0.0, 0.0),
        np.where(left, np.nan, 0.25 + points[:, 2] / 200).astype(np.float32),
        left.astype(np.uint8),
        np.where(left, 0, -1).astype(np.int16),
        np.where(left, points[:, 0], 0).astype(np.float32),
        ("allowed", "clearance"),
        ("aorta",),
    )


def colours(skin: SkinMap) -> Any:
    return np.where((skin.reason == 0)[:, None], (10, 200, 30), (200, 20, 10)).astype(np.uint8)


def test_each_patch_has_the_colour_of_its_entry(skin: SkinMap, body: Mask) -> None:
    from boneir.scene.application import new_scene
    from boneir.scene.core import numpy_support
    from boneir.scene.ras import to_lps
    from boneir.scene.skin import show_skin_map, skin_node

    scene = new_scene()
    node = show_skin_map(scene, skin, GOAL, body, colours(skin))
    surface = node.GetPolyData()
    places = to_lps(numpy_support.vtk_to_numpy(surface.GetPoints().GetData()))
    shown = numpy_support.vtk_to_numpy(surface.GetPointData().GetScalars())
    assert len(places) > 500
    sure = np.abs(places[:, 0]) > 2.0
    assert np.array_equal(shown[sure, 0] == 200, places[sure, 0] > 0)
    assert np.abs(np.linalg.norm(places, axis=1) - RADIUS_MM).max() < 2.5, "it lies on the skin"
    assert places[:, 1].min() > -3.0, "only where entries were looked at"
    assert show_skin_map(scene, skin, GOAL, body, colours(skin)) is skin_node(scene)
    assert scene.GetNumberOfNodesByClass("vtkMRMLModelNode") == 1


def test_the_map_comes_back_digit_for_digit(skin: SkinMap, body: Mask, tmp_path: Path) -> None:
    from boneir.scene.application import new_scene
    from boneir.scene.mrb import read_mrb, write_mrb
    from boneir.scene.skin import show_skin_map, skin_map_of, skin_node

    scene = new_scene()
    show_skin_map(scene, skin, GOAL, body, colours(skin))
    again, goal = skin_map_of(skin_node(read_mrb(write_mrb(scene, tmp_path / "skin.mrb"))))
    assert goal == GOAL
    for name in ("points_mm", "score", "reason", "structure", "shortfall_mm"):
        np.testing.assert_array_equal(getattr(again, name), getattr(skin, name))
        assert getattr(again, name).dtype == getattr(skin, name).dtype
    assert (again.target_mm, again.reasons, again.structures) == (skin.target_mm, skin.reasons, skin.structures)
    assert again.refusals() == skin.refusals()


def test_the_nearest_entry_is_found_and_none_far_away(skin: SkinMap) -> None:
    from boneir.scene.skin import entry_near

    index = entry_near(skin, (10.0, 45.0, 3.0))
    assert index is not None
    nearest = min(range(len(skin.points_mm)), key=lambda n: float(np.linalg.norm(skin.points_mm[n] - (10, 45, 3))))
    assert index == nearest
    assert entry_near(skin, (0.0, -90.0, 0.0)) is None


def test_a_map_without_entries_and_a_damaged_one(skin: SkinMap, body: Mask) -> None:
    from dataclasses import replace

    from boneir.scene.application import new_scene
    from boneir.scene.skin import show_skin_map, skin_map_of

    none = {name: getattr(skin, name)[:0] for name in ("points_mm", "score", "reason", "structure", "shortfall_mm")}
    node = show_skin_map(new_scene(), replace(skin, **none), GOAL, body, np.zeros((0, 3), np.uint8))
    assert len(skin_map_of(node)[0].points_mm) == 0
    node.SetAttribute("boneir.skin", "{}")
    with pytest.raises(PlanError, match="propose again"):
        skin_map_of(node)
