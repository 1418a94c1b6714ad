"""A case and a plan as nodes: what Slicer would show, and that it comes back as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import slicer
import vtk

from boneir.assessment import Assessment
from boneir.case import Case, Role, Structure
from boneir.errors import CaseError, PlanError
from boneir.plan import Plan
from boneir.scene.build import build_scene, show_plan
from boneir.scene.marks import FOLDER, Part, marked
from boneir.scene.needles import follow_lines
from boneir.scene.read_back import case_from_scene, plan_from_scene, plan_names
from small_case import DIRECTIONS, ENTRY, LESION_AT, TIP, small_assessment, small_case, small_plan


@pytest.fixture(scope="module")
def a_case() -> Case:
    return small_case(DIRECTIONS["oblique"], size_mm=180.0)


@pytest.fixture(scope="module")
def a_plan(a_case: Case) -> Plan:
    return small_plan(a_case)


@pytest.fixture(scope="module")
def an_assessment(a_case: Case, a_plan: Plan) -> Assessment:
    return small_assessment(a_case, a_plan)


@pytest.fixture
def a_scene(a_case: Case, a_plan: Plan, an_assessment: Assessment):
    return build_scene(a_case, a_plan, an_assessment)


def test_bone_and_endplates_leave_the_slices_free(a_case: Case) -> None:
    plates = Structure("endplates", Role.PASSABLE, a_case.of_role(Role.BONE)[0].mask, "endplates")
    scene = build_scene(a_case.with_structures([plates]))
    outlines = node_of(scene, Part.OUTLINES)
    display = outlines.GetDisplayNode()
    assert outlines.GetSegmentation().GetSegment("endplates").GetName() == "endplates"
    for item in (plates, *a_case.of_role(Role.BONE)):
        assert not display.GetSegmentVisibility2DFill(item.name)
        assert not display.GetSegmentVisibility2DOutline(item.name)
        assert display.GetSegmentVisibility3D(item.name)
    critical = a_case.of_role(Role.CRITICAL)[0].name
    assert display.GetSegmentVisibility2DFill(critical)


def node_of(scene, part: Part):
    return next(marked(scene, part))


def assert_same_case(back: Case, case: Case) -> None:
    assert back.image.grid == case.image.grid
    assert back.image.uid == case.image.uid
    assert back.image.source == case.image.source
    assert {s.name for s in back.structures} == {s.name for s in case.structures}
    for structure in case.structures:
        other = back.structure(structure.name)
        assert other.mask.equals(structure.mask), structure.name
        assert (other.role, other.kind, other.origin, other.sure) == (
            structure.role,
            structure.kind,
            structure.origin,
            structure.sure,
        )
    assert back.lesion().mask.equals(case.lesion().mask)
    assert back.lesion().origin == case.lesion().origin
    assert back.uid == case.uid


@pytest.mark.parametrize("name", DIRECTIONS)
def test_a_case_comes_back_voxel_for_voxel(name: str) -> None:
    case = small_case(DIRECTIONS[name], size_mm=120.0, spacing=(3.0, 2.5, 4.0))
    before = case.image.voxels.copy()
    back = case_from_scene(build_scene(case))
    assert_same_case(back, case)
    assert not back.findings
    assert np.array_equal(case.image.voxels, before)


def test_a_plan_comes_back_equal(a_scene, a_plan: Plan) -> None:
    assert plan_from_scene(a_scene) == a_plan
    assert plan_from_scene(a_scene).uid == a_plan.uid


def test_the_volume_shows_the_lesion_where_it_is(a_scene, a_case: Case) -> None:
    volume = node_of(a_scene, Part.IMAGE)
    matrix = _matrix(volume)
    ras = np.array([-LESION_AT[0], -LESION_AT[1], LESION_AT[2], 1.0])
    i, j, k = np.rint(np.linalg.solve(matrix, ras)[:3]).astype(int)
    assert volume.GetImageData().GetScalarComponentAsDouble(int(i), int(j), int(k), 0) == 60.0
    display = volume.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (1500.0, 350.0)


def _matrix(volume) -> np.ndarray:
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return np.array([[matrix.GetElement(r, c) for c in range(4)] for r in range(4)])


def test_a_needle_is_a_locked_line_from_entry_to_tip_with_its_length(a_scene, a_plan: Plan) -> None:
    line = node_of(a_scene, Part.LINE)
    assert line.GetName() == "Needle 1"
    assert line.GetLocked()
    assert [line.GetNthControlPointLabel(n) for n in (0, 1)] == ["entry", "tip"]
    assert list(line.GetNthControlPointPositionWorld(0)) == pytest.approx([-ENTRY[0], -ENTRY[1], ENTRY[2]])
    assert list(line.GetNthControlPointPositionWorld(1)) == pytest.approx([-TIP[0], -TIP[1], TIP[2]])
    length = line.GetMeasurement("length")
    assert length.GetEnabled()
    assert length.GetValue() == pytest.approx(float(np.linalg.norm(np.subtract(ENTRY, TIP))))


def test_the_cylinder_has_the_needles_true_diameter(a_case: Case, a_plan: Plan) -> None:
    scene = build_scene(a_case, a_plan, diameters_mm={"emprint": 2.5})
    bodies = list(marked(scene, Part.BODY))
    assert [body.GetName() for body in bodies] == ["Needle 1, 2.5 mm", "Cannula c1, 3.4 mm"]
    points = bodies[0].GetPolyData().GetPoints()
    found = np.array([points.GetPoint(n) for n in range(points.GetNumberOfPoints())]) * [-1, -1, 1]
    axis = np.subtract(TIP, ENTRY) / np.linalg.norm(np.subtract(TIP, ENTRY))
    from_entry = found - ENTRY
    away = np.linalg.norm(from_entry - np.outer(from_entry @ axis, axis), axis=1)
    assert away.max() == pytest.approx(1.25, abs=1e-3)
    assert (from_entry @ axis).min() == pytest.approx(0.0, abs=1e-3)


def test_segments_carry_colour_and_code(a_scene) -> None:
    segmentation = node_of(a_scene, Part.OUTLINES).GetSegmentation()
    aorta = segmentation.GetSegment("aorta")
    assert "SCT^15825003^Aorta" in aorta.GetTerminology()
    assert [round(c * 255) for c in aorta.GetColor()] == [214, 60, 50]
    assert "SCT^14799000^Neoplasm, Secondary" in segmentation.GetSegment("lesion-1").GetTerminology()


def test_segments_that_do_not_overlap_share_a_label_map(a_scene) -> None:
    segmentation = node_of(a_scene, Part.OUTLINES).GetSegmentation()
    assert segmentation.GetNumberOfSegments() == 6
    # body holds everything, bone holds the lesion: three layers are the least.
    assert segmentation.GetNumberOfLayers() == 3


def test_a_closed_surface_of_the_lesion_has_its_volume_and_place(a_scene, a_case: Case) -> None:
    node = node_of(a_scene, Part.OUTLINES)
    node.CreateClosedSurfaceRepresentation()
    surface = vtk.vtkPolyData()
    node.GetClosedSurfaceRepresentation("lesion-1", surface)
    measured = vtk.vtkMassProperties()
    measured.SetInputData(surface)
    # Slicer smooths the surface, which takes the corners off voxels of 2 x 2 x 3 mm.
    assert measured.GetVolume() / 1000.0 == pytest.approx(a_case.lesion().mask.volume_ml, rel=0.15)
    assert np.multiply(surface.GetCenter(), [-1, -1, 1]) == pytest.approx(LESION_AT, abs=1.5)


def test_everything_lies_in_one_folder(a_scene) -> None:
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(a_scene)
    folder = hierarchy.GetItemChildWithName(hierarchy.GetSceneItemID(), FOLDER)
    plan = hierarchy.GetItemChildWithName(folder, "Plan plan-1")
    for part in Part:
        for node in marked(a_scene, part):
            parent = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node))
            assert parent == (folder if part in (Part.IMAGE, Part.OUTLINES) else plan), node.GetName()


def test_the_table_lists_places_and_measures(a_scene) -> None:
    table = node_of(a_scene, Part.VALUES).GetTable()
    rows = {tuple(table.GetValue(r, c).ToString() for c in range(3)) for r in range(table.GetNumberOfRows())}
    assert ("Needle 1", "entry", "L 30.0 P 78.0 S 396.0") in rows
    assert ("1", "Length from skin to tip", "69.55") in rows
    assert ("Cannula c1", "cement", "3") in rows


def test_a_moved_line_moves_the_plan_and_its_cylinder(a_scene, a_plan: Plan) -> None:
    line = node_of(a_scene, Part.LINE)
    line.SetNthControlPointPositionWorld(0, -40.0, -70.0, 390.0)
    moved = plan_from_scene(a_scene)
    assert moved.probes[0].trajectory.entry_mm == (40.0, 70.0, 390.0)
    assert moved.probes[0].trajectory.tip_mm == pytest.approx(TIP)
    assert moved.reasons == ()
    assert moved.treatments[0].cement == a_plan.treatments[0].cement
    follow_lines(a_scene, "plan-1")
    body = node_of(a_scene, Part.BODY)
    box = body.GetPolyData().GetBounds()
    assert box[0] <= -39.0
    assert box[4] <= 391.0


def test_a_line_under_a_transform_counts_where_it_is_seen(a_scene) -> None:
    transform = a_scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 5.0)
    transform.SetMatrixTransformToParent(matrix)
    node_of(a_scene, Part.LINE).SetAndObserveTransformNodeID(transform.GetID())
    moved = plan_from_scene(a_scene).probes[0].trajectory
    assert moved.tip_mm == pytest.approx((TIP[0] - 5.0, TIP[1], TIP[2]))


def test_a_lost_line_is_an_error_and_not_an_invisible_needle(a_scene) -> None:
    a_scene.RemoveNode(node_of(a_scene, Part.LINE))
    with pytest.raises(PlanError, match=r"'1'.*lost its line"):
        plan_from_scene(a_scene)


def test_showing_again_replaces_and_keeps_other_plans(a_scene, a_case: Case, a_plan: Plan) -> None:
    count = a_scene.GetNumberOfNodes()
    build_scene(a_case, a_plan, small_assessment(a_case, a_plan), scene=a_scene)
    assert a_scene.GetNumberOfNodes() == count
    other = replace(a_plan, name="plan-2")
    show_plan(a_scene, other)
    assert plan_names(a_scene) == ("plan-1", "plan-2")
    assert plan_from_scene(a_scene, "plan-1") == a_plan
    assert plan_from_scene(a_scene, "plan-2") == other
    with pytest.raises(PlanError, match="Which plan"):
        plan_from_scene(a_scene)


def test_the_assessment_of_another_plan_is_refused(a_case: Case, a_plan: Plan, an_assessment: Assessment) -> None:
    with pytest.raises(CaseError, match="another plan"):
        build_scene(a_case, replace(a_plan, note="changed"), an_assessment)


def test_a_scene_without_a_plan_or_case_says_so() -> None:
    from boneir.scene.application import new_scene

    scene = new_scene()
    with pytest.raises(PlanError, match="none"):
        plan_from_scene(scene)
    with pytest.raises(CaseError, match="no planning image"):
        case_from_scene(scene)
