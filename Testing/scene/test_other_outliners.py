"""A segmentation made by another extension becomes a case; what it does wrong leaves the scene as it was."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from foreign_nodes import foreign_volume

from boneir.case import Case, Role
from boneir.errors import OutlineError
from boneir.gui.other_outliners import has_outliner, outlines_from
from boneir.scene.application import new_scene
from boneir.scene.read_back import case_from_nodes
from boneir.scene.segments import Segment, fill_segmentation
from small_case import DIRECTIONS, ball, small_case

CODES = "ctx~SCT^123037004^Anatomical Structure~SCT^64033007^Kidney~SCT^7771000^Left~Anatomic codes~^^~^^"


@pytest.fixture(scope="module")
def a_case() -> Case:
    return small_case(DIRECTIONS["sagittal"], size_mm=100.0)


def foreign_segmentation(scene, masks):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "theirs")
    grid = next(iter(masks.values())).grid
    fill_segmentation(node, [Segment(name, mask, (0.5, 0.5, 0.5)) for name, mask in masks.items()], grid)
    return node


class Extension:
    """Stands for the logic of an extension; `made` is copied into the segmentation that it is given."""

    def __init__(self, made=None, error=None) -> None:
        self.made, self.error, self.asked = made, error, None

    def process(self, inputVolume, outputSegmentation, *, fast, task):
        self.asked = (inputVolume, fast, task)
        if self.error:
            raise self.error
        if self.made is not None:
            outputSegmentation.GetSegmentation().DeepCopy(self.made.GetSegmentation())


def run(scene, volume, extension, **kw):
    def new():
        return scene.AddNewNodeByClass("vtkMRMLSegmentationNode")

    return outlines_from(None if extension is None else lambda: extension, volume, new, scene.RemoveNode, **kw)


def test_segments_of_another_extension_become_structures(a_case: Case) -> None:
    scene = new_scene()
    volume = foreign_volume(scene, a_case, a_case.image.voxels)
    grid = a_case.image.grid
    masks = {"L3 vertebra": ball(grid, (0.0, 0.0, 400.0), 8.0), "Segment_7": ball(grid, (20.0, 10.0, 390.0), 8.0)}
    made = foreign_segmentation(scene, masks)
    made.GetSegmentation().GetNthSegment(1).SetTerminology(CODES)
    extension = Extension(made)
    node = run(scene, volume, extension, fast=False)
    assert extension.asked == (volume, False, "total")
    case = case_from_nodes(volume, node)
    assert [(item.name, item.role) for item in case.structures] == [
        ("vertebra_L3", Role.BONE),
        ("kidney_left", Role.CRITICAL),
    ]
    assert np.array_equal(case.structure("kidney_left").mask.full(), masks["Segment_7"].full())


@pytest.mark.parametrize("extension", [Extension(error=RuntimeError("no GPU\nhere")), Extension()])
def test_a_failure_is_said_and_leaves_no_node(a_case: Case, extension) -> None:
    scene = new_scene()
    volume = foreign_volume(scene, a_case, a_case.image.voxels)
    before = scene.GetNumberOfNodes()
    with pytest.raises(OutlineError, match=r"no GPU here|outlined nothing"):
        run(scene, volume, extension)
    assert scene.GetNumberOfNodes() == before


def test_what_is_not_there_is_said(a_case: Case) -> None:
    scene = new_scene()
    with pytest.raises(OutlineError, match="not installed"):
        run(scene, None, None)
    with pytest.raises(OutlineError, match="total, vertebrae_body"):
        run(scene, None, Extension(), task="face")
    assert has_outliner(SimpleNamespace(totalsegmentator=object()))
    assert not has_outliner(SimpleNamespace(segmenteditor=object()))
