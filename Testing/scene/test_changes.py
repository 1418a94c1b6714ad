"""A change of an outline is seen, wherever it was made; saving, reopening, colours and names of nodes are no change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from small_case import small_case


@pytest.fixture
def shown() -> tuple[Any, Any, Any]:
    from boneir.scene.application import new_scene
    from boneir.scene.build import show_case

    scene = new_scene()
    return scene, *show_case(scene, small_case())


def edited(segment: Any, by: int = 1) -> None:
    """Mark voxels as the Segment Editor does: in the array of the label map."""
    from boneir.scene.volume import numpy_image

    data = segment.GetRepresentation("Binary labelmap")
    voxels = numpy_image(data)
    k, j, i = np.argwhere(voxels == segment.GetLabelValue())[0]
    voxels[k, j, i : i + by] = 0
    data.Modified()
    segment.Modified()


def test_an_edited_segment_changes_the_text_and_undoing_it_brings_the_text_back(shown: Any) -> None:
    from boneir.scene.changes import Fingerprints
    from boneir.scene.volume import numpy_image

    _, volume, outlines = shown
    prints = Fingerprints()
    before = prints.of(volume, outlines)
    assert prints.of(volume, outlines) == before == Fingerprints().of(volume, outlines)
    segment = outlines.GetSegmentation().GetNthSegment(0)
    data = segment.GetRepresentation("Binary labelmap")
    kept = numpy_image(data).copy()
    edited(segment)
    assert prints.of(volume, outlines) != before
    numpy_image(data)[:] = kept
    data.Modified()
    assert prints.of(volume, outlines) == before


@pytest.mark.parametrize("what", ["removed", "renamed", "moved", "image", "role"])
def test_other_changes_are_seen_too(shown: Any, what: str) -> None:
    import vtk

    from boneir.scene.changes import Fingerprints
    from boneir.scene.volume import numpy_image

    scene, volume, outlines = shown
    prints = Fingerprints()
    before = prints.of(volume, outlines)
    segmentation = outlines.GetSegmentation()
    if what == "removed":
        segmentation.RemoveSegment(segmentation.GetNthSegmentID(0))
    elif what == "renamed":
        segmentation.GetNthSegment(0).SetName("another")
    elif what == "role":
        segmentation.GetNthSegment(0).SetTag("boneir.role", "passable")
        segmentation.GetNthSegment(0).Modified()
    elif what == "moved":
        transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        matrix = vtk.vtkMatrix4x4()
        matrix.SetElement(0, 3, 2.0)
        transform.SetMatrixTransformToParent(matrix)
        outlines.SetAndObserveTransformNodeID(transform.GetID())
    else:
        numpy_image(volume.GetImageData())[0, 0, 0] += 1
        volume.GetImageData().Modified()
    assert prints.of(volume, outlines) != before


def test_colour_name_and_selection_are_no_change(shown: Any) -> None:
    from boneir.scene.changes import Fingerprints

    _, volume, outlines = shown
    prints = Fingerprints()
    before = prints.of(volume, outlines)
    outlines.GetSegmentation().GetNthSegment(0).SetColor(0.1, 0.2, 0.3)
    outlines.SetName("another")
    volume.SetName("another")
    volume.GetDisplayNode().SetWindowLevel(100.0, 20.0)
    assert prints.of(volume, outlines) == before
    assert prints.of(volume, None) != before
    assert prints.of(None, None) != prints.of(volume, None)


def test_a_scene_that_was_saved_and_opened_has_the_same_text(shown: Any, tmp_path: Path) -> None:
    from boneir.scene.changes import Fingerprints
    from boneir.scene.marks import Part, marked
    from boneir.scene.mrb import read_mrb, write_mrb

    scene, volume, outlines = shown
    before = Fingerprints().of(volume, outlines)
    again = read_mrb(write_mrb(scene, tmp_path / "case.mrb"))
    assert Fingerprints().of(next(marked(again, Part.IMAGE)), next(marked(again, Part.OUTLINES))) == before
