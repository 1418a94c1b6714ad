"""The real core of Slicer reads the segmentations that are written here, and what it writes is read here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from boneir.grid import Grid
from boneir.image.labels import read_labels
from boneir.image.resample import mask_on
from boneir.image.seg_nrrd import Segment, seg_nrrd_bytes
from boneir.mask import Mask
from small_case import DIRECTIONS


def segments(direction: str) -> list[Segment]:
    grid = Grid((10, 12, 14), (0.7, 1.1, 2.3), (10.0, 20.0, 30.0), DIRECTIONS[direction])
    rng = np.random.default_rng(5)
    found = []
    for n, code in enumerate(("SCT^15825003^Aorta", "", "SCT^64033007^Kidney")):
        whole = np.zeros(grid.shape, bool)
        whole[n : n + 4, 2 + n : 9, 1:7] = rng.random((4, 7 - n, 6)) < 0.6  # they overlap: several layers
        found.append(Segment(f"part {n} ä", Mask.of(whole, grid), code, (0.25, 0.5, 0.75)))
    return found


def loaded(path: Path, scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLSegmentationNode:
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(path))
    assert storage.ReadData(node) == 1
    return node


def points_lps(labelmap: vtk.vtkImageData, label: int) -> np.ndarray:
    """LPS mm of the voxels of one label in Slicer's labelmap, sorted."""
    first, last = np.reshape(labelmap.GetExtent(), (3, 2)).T
    numbers = vtk_to_numpy(labelmap.GetPointData().GetScalars()).reshape((last - first + 1)[::-1])
    ijk = np.argwhere(numbers == label)[:, ::-1] + first
    matrix = vtk.vtkMatrix4x4()
    labelmap.GetImageToWorldMatrix(matrix)
    affine = np.array([[matrix.GetElement(r, c) for c in range(4)] for r in range(3)])
    points = (ijk @ affine[:, :3].T + affine[:, 3]) * [-1, -1, 1]
    return points[np.lexsort(points.T.round(4))]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_slicer_reads_what_is_written(tmp_path: Path, direction: str) -> None:
    written = segments(direction)
    (tmp_path / "a.seg.nrrd").write_bytes(seg_nrrd_bytes(written))
    scene = slicer.vtkMRMLScene()
    node = loaded(tmp_path / "a.seg.nrrd", scene)
    assert node.GetSegmentation().GetNumberOfSegments() == 3
    for n, before in enumerate(written):
        segment = node.GetSegmentation().GetNthSegment(n)
        assert segment.GetName() == before.name
        assert segment.GetColor() == pytest.approx(before.color)
        tag = vtk.reference("")
        assert segment.GetTag("TerminologyEntry", tag)
        assert (before.code or "SCT^85756007^Tissue") in str(tag)
        expected = before.mask.points_mm()
        found = points_lps(segment.GetRepresentation("Binary labelmap"), segment.GetLabelValue())
        assert found == pytest.approx(expected[np.lexsort(expected.T.round(4))], abs=1e-4)
    scene.Clear(1)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_what_slicer_writes_is_read(tmp_path: Path, direction: str) -> None:
    written = segments(direction)
    (tmp_path / "a.seg.nrrd").write_bytes(seg_nrrd_bytes(written))
    scene = slicer.vtkMRMLScene()
    node = loaded(tmp_path / "a.seg.nrrd", scene)
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(tmp_path / "b.seg.nrrd"))
    assert storage.WriteData(node) == 1
    for before, after in zip(written, read_labels(tmp_path / "b.seg.nrrd"), strict=True):
        assert (after.name, after.code) == (before.name, before.code)
        assert np.array_equal(mask_on(after.mask, before.mask.grid).full(), before.mask.full())
    scene.Clear(1)
