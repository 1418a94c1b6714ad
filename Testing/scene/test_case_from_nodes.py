"""Volumes and segmentations that somebody else made, as a case: geometry, transforms, names."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
import vtk
from foreign_nodes import foreign_volume

from boneir.case import Case, Modality, Role
from boneir.errors import CaseError, ImageError
from boneir.mask import Mask
from boneir.scene.application import new_scene
from boneir.scene.build import show_case
from boneir.scene.ras import ijk_to_ras, vtk_matrix
from boneir.scene.read_back import case_from_nodes
from boneir.scene.volume import IMAGE, vtk_image
from small_case import DIRECTIONS, ball, small_case


@pytest.fixture(scope="module")
def a_case() -> Case:
    return small_case(DIRECTIONS["sagittal"], size_mm=100.0)


def foreign_segmentation(scene, masks: dict[str, Mask]):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "outlines")
    for name, mask in masks.items():
        data = slicer.vtkOrientedImageData()
        data.ShallowCopy(vtk_image(mask.voxels))
        data.SetImageToWorldMatrix(vtk_matrix(ijk_to_ras(mask.window_grid)))
        node.AddSegmentFromBinaryLabelmapRepresentation(data, name)
    return node


def moved_by(scene, node, matrix: np.ndarray) -> None:
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(vtk_matrix(matrix))
    node.SetAndObserveTransformNodeID(transform.GetID())


def test_a_volume_from_elsewhere_is_read_and_what_is_assumed_is_said(a_case: Case) -> None:
    scene = new_scene()
    node = foreign_volume(scene, a_case, a_case.image.voxels.astype(np.float64))
    case = case_from_nodes(node)
    assert case.image.voxels.dtype == np.float32
    assert case.image.modality is Modality.CT
    assert [finding.code for finding in case.findings] == ["scene.modality_assumed"]
    assert case.image.grid.matches(a_case.image.grid, 1e-9)
    assert np.array_equal(case.image.voxels, a_case.image.voxels)


def test_the_modality_that_slicer_knows_is_taken(a_case: Case) -> None:
    scene = new_scene()
    node = foreign_volume(scene, a_case, a_case.image.voxels)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    item = hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
    hierarchy.SetItemAttribute(item, "DICOM.Modality", "MR")
    case = case_from_nodes(node)
    assert (case.image.modality, case.image.unit, case.findings) == (Modality.MR, "", ())


def test_the_voxels_are_a_copy(a_case: Case) -> None:
    scene = new_scene()
    volume, _ = show_case(scene, a_case)
    case = case_from_nodes(volume)
    volume.GetImageData().GetPointData().GetScalars().Fill(7)
    assert np.array_equal(case.image.voxels, a_case.image.voxels)


def test_a_rigid_transform_moves_image_and_outlines_together(a_case: Case) -> None:
    scene = new_scene()
    volume, outlines = show_case(scene, a_case)
    turn = np.array([[0.0, -1.0, 0.0, 10.0], [1.0, 0.0, 0.0, -20.0], [0.0, 0.0, 1.0, 5.0], [0.0, 0.0, 0.0, 1.0]])
    for node in (volume, outlines):
        moved_by(scene, node, turn)
    case = case_from_nodes(volume, outlines)
    x, y, z = a_case.lesion().mask.centroid_mm
    expected = turn @ [-x, -y, z, 1.0] * [-1, -1, 1, 1]
    assert case.lesion().mask.centroid_mm == pytest.approx(expected[:3])
    assert case.lesion().mask.count == a_case.lesion().mask.count
    assert case.image.uid != a_case.image.uid


def test_shear_and_bending_are_refused(a_case: Case) -> None:
    scene = new_scene()
    volume, _ = show_case(scene, a_case)
    shear = np.eye(4)
    shear[0, 1] = 0.3
    moved_by(scene, volume, shear)
    with pytest.raises(ImageError, match="perpendicular"):
        case_from_nodes(volume)
    bent = scene.AddNewNodeByClass("vtkMRMLTransformNode")
    spline = vtk.vtkThinPlateSplineTransform()
    bent.SetAndObserveTransformToParent(spline)
    volume.SetAndObserveTransformNodeID(bent.GetID())
    with pytest.raises(ImageError, match="harden"):
        case_from_nodes(volume)


def test_names_decide_what_a_foreign_segment_is(a_case: Case) -> None:
    scene = new_scene()
    grid = a_case.image.grid
    masks = {
        "left kidney": ball(grid, (20.0, 10.0, 390.0), 8.0),
        "Lytic metastasis": ball(grid, (-20.0, 10.0, 390.0), 8.0),
        "screw of 2019": ball(grid, (0.0, -20.0, 410.0), 6.0),
    }
    case = case_from_nodes(foreign_volume(scene, a_case, a_case.image.voxels), foreign_segmentation(scene, masks))
    assert case.lesion().name == "Lytic metastasis"
    kidney, unknown = case.structures
    assert (kidney.name, kidney.role, kidney.kind) == ("kidney_left", Role.CRITICAL, "kidney_left")
    assert (unknown.name, unknown.role) == ("screw of 2019", Role.CRITICAL)
    assert "case.unknown_name" in {finding.code for finding in case.findings}
    for name, mask in zip(
        ("kidney_left", "screw of 2019"), (masks["left kidney"], masks["screw of 2019"]), strict=True
    ):
        assert np.array_equal(case.structure(name).mask.full(), mask.full())


def test_segments_that_mean_the_same_are_numbered_and_empty_ones_left_out(a_case: Case) -> None:
    scene = new_scene()
    grid = a_case.image.grid
    masks = {
        "left kidney": ball(grid, (20.0, 10.0, 390.0), 8.0),
        "Kidney L": ball(grid, (-20.0, 10.0, 390.0), 8.0),
        "liver": ball(grid, (900.0, 0.0, 0.0), 8.0),
    }
    assert masks["liver"].is_empty
    outlines = foreign_segmentation(scene, {name: mask for name, mask in masks.items() if name != "liver"})
    outlines.GetSegmentation().AddEmptySegment("liver", "liver")
    case = case_from_nodes(foreign_volume(scene, a_case, a_case.image.voxels), outlines)
    assert [(s.name, s.kind) for s in case.structures] == [
        ("kidney_left", "kidney_left"),
        ("kidney_left-2", "kidney_left"),
    ]
    assert "scene.empty_segment" in {finding.code for finding in case.findings}


def test_a_named_segment_is_the_lesion_and_a_missing_one_an_error(a_case: Case) -> None:
    scene = new_scene()
    volume = foreign_volume(scene, a_case, a_case.image.voxels)
    outlines = foreign_segmentation(scene, {"Segment_1": ball(a_case.image.grid, (0.0, 0.0, 400.0), 9.0)})
    assert case_from_nodes(volume, outlines, lesions=["Segment_1"]).lesion().name == "Segment_1"
    with pytest.raises(CaseError, match="no segment Segment_2"):
        case_from_nodes(volume, outlines, lesions=["Segment_2"])


def test_a_label_map_that_reaches_beyond_the_image_is_cut_at_its_border(a_case: Case) -> None:
    scene = new_scene()
    grid = a_case.image.grid
    x, y, z = (float(v) for v in grid.to_mm((-3, -2, -4)))
    wider = type(grid)(tuple(n + 8 for n in grid.shape), grid.spacing_mm, (x, y, z), grid.direction)
    marked = Mask.of(np.ones(wider.shape, bool), wider)
    case = case_from_nodes(
        foreign_volume(scene, a_case, a_case.image.voxels), foreign_segmentation(scene, {"liver": marked})
    )
    assert case.structure("liver").mask.count == np.prod(grid.shape)


def test_a_segmentation_on_another_grid_is_resampled(a_case: Case) -> None:
    scene = new_scene()
    other = small_case(DIRECTIONS["oblique"], size_mm=100.0, spacing=(1.3, 1.3, 1.3)).image.grid
    outlines = foreign_segmentation(scene, {"liver": ball(other, (5.0, 5.0, 398.0), 15.0)})
    case = case_from_nodes(foreign_volume(scene, a_case, a_case.image.voxels), outlines)
    mask = case.structure("liver").mask
    assert mask.volume_ml == pytest.approx(4 / 3 * np.pi * 1.5**3, rel=0.05)
    assert mask.centroid_mm == pytest.approx((5.0, 5.0, 398.0), abs=0.3)


def test_a_surface_is_filled_without_changing_the_node(a_case: Case) -> None:
    scene = new_scene()
    volume = foreign_volume(scene, a_case, a_case.image.voxels)
    sphere = vtk.vtkSphereSource()
    sphere.SetCenter(-5.0, -5.0, 398.0)
    sphere.SetRadius(20.0)
    sphere.SetThetaResolution(60)
    sphere.SetPhiResolution(60)
    sphere.Update()
    outlines = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "surfaces")
    outlines.AddSegmentFromClosedSurfaceRepresentation(sphere.GetOutput(), "liver", (1.0, 0.0, 0.0))
    before = _representations(outlines)
    mask = case_from_nodes(volume, outlines).structure("liver").mask
    assert mask.volume_ml == pytest.approx(4 / 3 * np.pi * 2.0**3, rel=0.05)
    assert mask.centroid_mm == pytest.approx((5.0, 5.0, 398.0), abs=0.5)
    assert _representations(outlines) == before


def _representations(node) -> list[str]:
    names: list[str] = []
    node.GetSegmentation().GetContainedRepresentationNames(names)
    return names


def test_a_colour_image_or_an_empty_volume_is_refused(a_case: Case) -> None:
    scene = new_scene()
    empty = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    with pytest.raises(ImageError, match="no voxels"):
        case_from_nodes(empty)
    volume = foreign_volume(scene, a_case, a_case.image.voxels)
    volume.SetAttribute(IMAGE, "{not json")
    assert case_from_nodes(volume).findings
    data = vtk.vtkImageData()
    data.SetDimensions(3, 3, 3)
    data.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
    volume.SetAndObserveImageData(data)
    with pytest.raises(ImageError, match="colour"):
        case_from_nodes(volume)


def test_of_segments_of_one_name_the_library_s_own_keeps_it_else_the_largest(a_case: Case) -> None:
    scene = new_scene()
    volume, outlines = show_case(scene, a_case)
    middle = a_case.lesion().mask.centroid_mm
    small, large = ball(a_case.image.grid, middle, 6.0), ball(a_case.image.grid, middle, 30.0)
    strangers = foreign_segmentation(scene, {"Body": small, "body": large, "liver": small, "Liver": large})
    own = outlines.GetSegmentation()
    for n in range(strangers.GetSegmentation().GetNumberOfSegments()):
        segment = strangers.GetSegmentation().GetNthSegment(n)
        own.AddSegment(segment, f"imported-{n}")
    case = case_from_nodes(volume, outlines)
    known = a_case.structure("body").mask
    assert case.structure("body").mask.equals(known)
    assert {case.structure(name).mask.count for name in ("body-2", "body-3")} == {small.count, large.count}
    assert case.structure("liver").mask.equals(large)
    assert case.structure("liver-2").mask.equals(small)
    told = [finding.text for finding in case.findings if finding.code == "scene.same_name"]
    assert [text[:22] for text in told] == ["3 segments are 'body':", "2 segments are 'liver'"]
    assert f"{known.volume_ml:.1f} mL is taken" in told[0]


def test_outlines_that_were_drawn_on_another_image_are_doubted(a_case: Case) -> None:
    scene = new_scene()
    volume, outlines = show_case(scene, a_case)
    other = foreign_volume(scene, a_case, a_case.image.voxels[::-1].copy())
    assert "scene.other_image" not in {item.code for item in case_from_nodes(volume, outlines).findings}
    told = [item.text for item in case_from_nodes(other, outlines).findings if item.code == "scene.other_image"]
    assert len(told) == 1
    assert f"drawn on the image {volume.GetName()!r}, not on 'from elsewhere'" in told[0]
