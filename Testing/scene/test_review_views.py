"""Two images in the slice views of a scene: blended, mixed, linked; overlays that come and go."""

from __future__ import annotations

from typing import Any

import pytest

from boneir.fusion.mixed_volume import chequered_volume
from small_case import small_assessment, small_case, small_plan


@pytest.fixture
def scene() -> Any:
    from boneir.scene.core import slicer

    made = slicer.vtkMRMLScene()
    for name in ("Red", "Yellow", "Green"):
        made.AddNewNodeByClass("vtkMRMLSliceCompositeNode", name)
    return made


def test_blend_goes_to_every_view(scene: Any) -> None:
    from boneir.scene.review_views import composites, show_blend
    from boneir.scene.volume import show_image

    case = small_case()
    fixed, other = show_image(scene, case.image), show_image(scene, case.image, "Other")
    show_blend(scene, fixed, other, 0.4)
    shown = [
        (n.GetBackgroundVolumeID(), n.GetForegroundVolumeID(), n.GetForegroundOpacity()) for n in composites(scene)
    ]
    assert shown == [(fixed.GetID(), other.GetID(), pytest.approx(0.4))] * 3
    show_blend(scene, fixed, None, 3.0)
    assert all(n.GetForegroundVolumeID() is None and n.GetForegroundOpacity() == 1.0 for n in composites(scene))


def test_a_mixed_volume_takes_the_place_of_the_last(scene: Any) -> None:
    from boneir.scene.review_views import composites, remove_mixed, show_mixed

    image = small_case().image
    show_mixed(scene, chequered_volume(image, image))
    node = show_mixed(scene, chequered_volume(image, image, 30.0))
    assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 1
    assert all(n.GetBackgroundVolumeID() == node.GetID() for n in composites(scene))
    assert (node.GetDisplayNode().GetWindow(), node.GetDisplayNode().GetLevel()) == (1000.0, 500.0)
    remove_mixed(scene)
    assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0


def test_the_layout_links_views_and_cursor(scene: Any) -> None:
    from boneir.scene.core import slicer
    from boneir.scene.review_views import LAYOUT, composites, use_review_layout

    use_review_layout(scene)
    use_review_layout(scene)
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    assert layout.GetViewArrangement() == LAYOUT
    assert layout.GetLayoutRootElement() is not None
    assert all(n.GetLinkedControl() for n in composites(scene))
    cross = scene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    assert cross.GetCrosshairMode() == slicer.vtkMRMLCrosshairNode.ShowBasic
    assert scene.GetNumberOfNodesByClass("vtkMRMLCrosshairNode") == 1


def test_overlays_come_and_go(scene: Any) -> None:
    from boneir.scene.build import build_scene
    from boneir.scene.marks import Part, marked
    from boneir.scene.review_views import Overlay, show_overlay

    case = small_case()
    plan = small_plan(case)
    made = build_scene(case, plan, small_assessment(case, plan))
    lines = list(marked(made, Part.LINE))
    assert lines
    assert show_overlay(made, Overlay.PLAN, False) >= len(lines)
    assert not any(node.GetDisplayVisibility() for node in lines)
    show_overlay(made, Overlay.PLAN, True)
    assert all(node.GetDisplayVisibility() for node in lines)
    zones = next(marked(made, Part.ZONES))
    names = {}
    segmentation = zones.GetSegmentation()
    for index in range(segmentation.GetNumberOfSegments()):
        names[segmentation.GetNthSegment(index).GetName()] = segmentation.GetNthSegmentID(index)
    count = show_overlay(made, Overlay.ZONES, False)
    assert count == sum(not name.endswith((", sure", ", possible")) for name in names) > 0
    shown = {name: bool(zones.GetDisplayNode().GetSegmentVisibility2DOutline(key)) for name, key in names.items()}
    assert all(on == name.endswith((", sure", ", possible")) for name, on in shown.items())
    assert show_overlay(made, Overlay.SHELLS, False) == len(names) - count
    assert not any(zones.GetDisplayNode().GetSegmentVisibility2DOutline(key) for key in names.values())
