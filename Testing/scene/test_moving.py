"""What moves with a needle lies where the plan's own shapes lie, and is never kept in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boneir.image.ellipsoid import Ellipsoid
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment

WAY = Trajectory((10.0, 70.0, 30.0), (14.0, 6.0, 41.0))
PLAN = Plan("plan-1", (Treatment("lesion-1", Technique.MICROWAVE, 5.0, (Probe("1", "emprint", WAY, "100w-300s"),)),))


@pytest.fixture
def plan() -> Plan:
    from dataclasses import replace

    from boneir.ablation.devices import device

    treatment = PLAN.treatments[0]
    probe = replace(treatment.probes[0], setting=device("emprint").zones[0].setting)
    return replace(PLAN, treatments=(replace(treatment, probes=(probe,)),))


@pytest.mark.parametrize("slide", [0.0, 3.0, -2.5])
def test_the_outline_lies_on_the_ellipsoid(slide: float) -> None:
    from boneir.scene.moving import ellipsoid_points

    shape = Ellipsoid((3.0, -4.0, 50.0), (0.6, 0.0, 0.8), 18.0, 12.0, slide)
    points = ellipsoid_points(shape)
    np.testing.assert_allclose(shape.level(points), 1.0, atol=1e-6)
    along = (points - shape.centre_mm) @ np.asarray(shape.axis)
    assert along.max() == pytest.approx(18.0 + slide)
    assert along.min() == pytest.approx(-18.0 - slide)


def points_of(node: Any) -> Any:
    from boneir.scene.core import numpy_support
    from boneir.scene.ras import to_lps

    return to_lps(numpy_support.vtk_to_numpy(node.GetPolyData().GetPoints().GetData()))


def test_cylinder_and_zone_follow_the_needle(plan: Plan) -> None:
    from boneir.ablation.devices import device
    from boneir.ablation.zone import shells_of, zone_size_of
    from boneir.scene.application import new_scene
    from boneir.scene.build import show_plan
    from boneir.scene.marks import Part, marked
    from boneir.scene.moving import MovingPlan

    scene = new_scene()
    show_plan(scene, plan)
    moving = MovingPlan(scene, plan)
    line = moving.lines["1"]
    line.SetNthControlPointPositionWorld(1, -20.0, -10.0, 45.0)
    way = moving.ways()["1"]
    assert way.tip_mm == (20.0, 10.0, 45.0)
    moving.update("1", way)
    body = points_of(next(marked(scene, Part.BODY, "plan-1")))
    offset = body - way.entry_mm
    depth = offset @ np.asarray(way.direction)
    beside = np.linalg.norm(offset - depth[:, None] * way.direction, axis=1)
    assert (depth.min(), depth.max()) == pytest.approx((0.0, way.length_mm))
    assert beside.max() == pytest.approx(device("emprint").diameter_mm.amount / 2)
    probe = Probe("1", "emprint", way, plan.probes[0].setting)
    shells = shells_of(probe, zone_size_of(probe, device("emprint")), Technique.MICROWAVE)
    nodes = {node.GetAttribute("boneir.shell"): node for node in marked(scene, Part.LIVE, "plan-1")}
    assert set(nodes) == {"1 expected", "1 inner", "1 outer"}
    for name, node in nodes.items():
        np.testing.assert_allclose(getattr(shells, name[2:]).level(points_of(node)), 1.0, atol=1e-5)
        assert node.GetDisplayNode().GetVisibility2D()
    count = scene.GetNumberOfNodes()
    MovingPlan(scene, plan).update("1", way)
    assert scene.GetNumberOfNodes() == count, "nothing is made twice"


def test_the_tightest_place_has_a_colour_of_its_own(plan: Plan) -> None:
    from boneir.scene.application import new_scene
    from boneir.scene.build import show_plan
    from boneir.scene.core import numpy_support
    from boneir.scene.marks import Part, marked
    from boneir.scene.moving import MovingPlan, tightest_of

    scene = new_scene()
    show_plan(scene, plan)
    moving = MovingPlan(scene, plan)
    near, far = WAY.point_at(40.0), WAY.point_at(20.0)
    tightest = tightest_of(WAY, {near: (2.0, 3.0), far: (1.5, 0.0)})
    assert tightest is not None
    assert not tightest.kept
    assert tightest.depth_mm == pytest.approx(40.0)
    moving.update("1", WAY, tightest)
    body = next(marked(scene, Part.BODY, "plan-1"))
    rgb = numpy_support.vtk_to_numpy(body.GetPolyData().GetPointData().GetScalars())
    depth = (points_of(body) - WAY.entry_mm) @ np.asarray(WAY.direction)
    coloured = (rgb == (213, 94, 0)).all(axis=1)
    assert np.array_equal(coloured, np.abs(depth - 40.0) <= 4.0)
    assert (rgb[~coloured] == 255).all()
    assert tightest_of(WAY, {}) is None


def test_moving_outlines_are_not_saved(plan: Plan, tmp_path: Path) -> None:
    from boneir.scene.application import new_scene
    from boneir.scene.build import show_plan
    from boneir.scene.marks import Part, marked
    from boneir.scene.moving import MovingPlan, remove_moving
    from boneir.scene.mrb import read_mrb, write_mrb

    scene = new_scene()
    show_plan(scene, plan)
    MovingPlan(scene, plan).update("1", WAY)
    again = read_mrb(write_mrb(scene, tmp_path / "moving.mrb"))
    assert not list(marked(again, Part.LIVE))
    remove_moving(scene)
    names = [scene.GetNthNode(index).GetName() for index in range(scene.GetNumberOfNodes())]
    assert not [name for name in names if "moving" in (name or "")]


@pytest.mark.parametrize("way", [WAY, Trajectory((0.0, 0.0, 120.0), (0.0, 0.0, 20.0))])
def test_the_views_hold_the_needle_or_look_down_on_it(way: Trajectory) -> None:
    from boneir.scene.application import new_scene
    from boneir.scene.core import slicer
    from boneir.scene.ras import to_ras
    from boneir.scene.reslice import show_along_needle, show_plain, slice_node

    scene = new_scene()
    for name in ("Red", "Green", "Yellow"):
        node = slicer.vtkMRMLSliceNode()
        node.SetSingletonTag(name)
        node.SetLayoutName(name)
        scene.AddNode(node)
    show_along_needle(scene, way, 30.0)
    place, axis = to_ras(way.point_at(30.0)), to_ras(way.direction)
    for name in ("Red", "Green", "Yellow"):
        matrix = slice_node(scene, name).GetSliceToRAS()
        normal = np.array([matrix.GetElement(row, 2) for row in range(3)])
        origin = np.array([matrix.GetElement(row, 3) for row in range(3)])
        assert matrix.Determinant() == pytest.approx(1.0)
        if name == "Red":
            np.testing.assert_allclose(origin, place, atol=1e-9)
            assert normal @ axis == pytest.approx(-1.0), "seen from the entry"
        else:
            assert normal @ axis == pytest.approx(0.0, abs=1e-9)
            assert (origin - place) @ normal == pytest.approx(0.0, abs=1e-9)
    show_plain(scene, way)
    matrix = slice_node(scene, "Red").GetSliceToRAS()
    assert abs(matrix.GetElement(2, 2)) == 1.0
    assert matrix.GetElement(2, 3) == pytest.approx(way.tip_mm[2])


def test_the_layout_is_one_that_slicer_can_read() -> None:
    from boneir.scene.application import new_scene
    from boneir.scene.reslice import LAYOUT, use_layout

    scene = new_scene()
    use_layout(scene)
    use_layout(scene)
    node = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    assert node.GetViewArrangement() == LAYOUT
    root = node.GetCurrentLayoutRootElement() if hasattr(node, "GetCurrentLayoutRootElement") else None
    root = root or node.GetLayoutRootElement()
    assert root is not None
    assert root.GetName() == "layout"
