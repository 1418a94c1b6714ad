"""Segmentations: names, places, layers and codes survive, and files of 3D Slicer are understood."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses

from boneir.errors import OutlineError
from boneir.grid import Grid
from boneir.image.labels import read_labels
from boneir.image.nrrd import nrrd_chunks, read_nrrd
from boneir.image.resample import mask_on
from boneir.image.seg_nrrd import Segment, color_for, file_offset, overlap, read_seg_nrrd, seg_nrrd_bytes
from boneir.mask import Mask
from small_case import DIRECTIONS

GRID = Grid((10, 12, 14), (0.7, 1.1, 2.3), (10.0, 20.0, 30.0), DIRECTIONS["oblique"])


def box(k: slice, j: slice, i: slice, grid: Grid = GRID) -> Mask:
    whole = np.zeros(grid.shape, bool)
    whole[k, j, i] = True
    return Mask.of(whole, grid)


SEGMENTS = (
    Segment("aorta", box(slice(2, 5), slice(3, 6), slice(4, 9)), "SCT^15825003^Aorta", (1.0, 0.5, 0.25)),
    Segment("vertebra L3 | körper", box(slice(5, 8), slice(3, 6), slice(4, 9))),
    Segment("lesion", box(slice(4, 7), slice(4, 7), slice(3, 7))),
    Segment("nothing", box(slice(0, 0), slice(0, 0), slice(0, 0))),
)


def test_what_is_written_reads_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "a.seg.nrrd"
    path.write_bytes(seg_nrrd_bytes(SEGMENTS))
    for before, after in zip(SEGMENTS, read_seg_nrrd(path), strict=True):
        assert after.name == before.name
        assert np.array_equal(mask_on(after.mask, GRID).full(), before.mask.full())
        assert after.color == pytest.approx(before.color or color_for(before.name), abs=1e-5)
        assert after.code == before.code


def test_only_overlapping_masks_take_another_layer(tmp_path: Path) -> None:
    path = tmp_path / "a.seg.nrrd"
    path.write_bytes(seg_nrrd_bytes(SEGMENTS))
    content = read_nrrd(path)
    assert [content.keys[f"Segment{n}_Layer"] for n in range(4)] == ["0", "0", "1", "0"]
    assert [content.keys[f"Segment{n}_LabelValue"] for n in range(4)] == ["1", "2", "1", "3"]
    assert content.numbers.shape == (6, 4, 6, 2)  # the box around all: k 2..7, j 3..6, i 3..8
    assert file_offset(content.keys) == (2, 3, 3)
    # first and last index of the segment along i, j, k in the file
    assert content.keys["Segment0_Extent"] == "1 5 0 2 0 2"
    assert content.keys["Segmentation_ReferenceImageExtentOffset"] == "3 3 2"
    assert content.grid.matches(GRID.window((2, 3, 3), (6, 4, 6)), 1e-9)


def test_one_layer_is_a_plain_label_image(tmp_path: Path) -> None:
    path = tmp_path / "a.seg.nrrd"
    path.write_bytes(seg_nrrd_bytes(SEGMENTS[:2]))
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
    assert labels.shape == (6, 3, 5)
    assert np.array_equal(labels, np.repeat([1, 2], 3)[:, None, None] * np.ones((6, 3, 5)))


def test_the_same_segments_give_the_same_bytes() -> None:
    assert seg_nrrd_bytes(SEGMENTS) == seg_nrrd_bytes(SEGMENTS)


@pytest.mark.parametrize("seed", range(5))
def test_overlap_agrees_with_whole_arrays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    masks = []
    for _ in range(8):
        low = rng.integers(0, 8, 3)
        masks.append(box(*(slice(int(a), int(a + n)) for a, n in zip(low, rng.integers(0, 5, 3), strict=True))))
    for a in masks:
        for b in masks:
            assert overlap(a, b) == bool((a.full() & b.full()).any())


def slicer_file(path: Path, keys: dict[str, str], numbers: np.ndarray) -> Path:
    grid = Grid(numbers.shape[:3], (2.0, 2.0, 2.0))  # type: ignore[arg-type]
    path.write_bytes(b"".join(nrrd_chunks(numbers, grid, keys, compression=6)))
    return path


def test_a_file_with_more_than_we_write(tmp_path: Path) -> None:
    """Keys as Slicer 5 writes them: terminology with modifier and region, tags of its own, gaps in the labels."""
    numbers = np.zeros((3, 4, 5), np.uint8)
    numbers[1, 2, 3], numbers[0, 0, 0] = 7, 9
    keys = {
        "Segment0_Color": "0.2 0.4 0.6",
        "Segment0_Extent": "3 3 2 2 1 1",
        "Segment0_ID": "Segment_1",
        "Segment0_LabelValue": "7",
        "Segment0_Layer": "0",
        "Segment0_Name": "left kidney",
        "Segment0_Tags": "DICOM.x:1|TerminologyEntry:Cat~SCT^123037004^Anatomical Structure~SCT^64033007^Kidney~"
        "SCT^7771000^Left~Anat~^^~^^|Segmentation.Status:inprogress|",
        "Segment1_ID": "Segment_2",
        "Segment1_LabelValue": "9",
        "Segment1_Tags": "TerminologyEntry:Cat~SCT^85756007^Tissue~SCT^85756007^Tissue~^^~Anat~"
        "SCT^51299004^Clavicle~^^|",
    }
    kidney, other = read_labels(slicer_file(tmp_path / "a.seg.nrrd", keys, numbers))
    assert (kidney.name, kidney.origin) == ("left kidney", "a.seg.nrrd")
    assert kidney.code == "SCT^64033007^Kidney~SCT^7771000^Left"
    assert (kidney.mask.corner, kidney.mask.count) == ((1, 2, 3), 1)
    assert (other.name, other.code) == ("Segment_2", "SCT^51299004^Clavicle")
    assert other.mask.corner == (0, 0, 0)


def test_an_old_file_has_a_layer_for_each_segment(tmp_path: Path) -> None:
    numbers = np.zeros((3, 4, 5, 2), np.uint8)
    numbers[0, 0, 0, 0] = numbers[0, 0, :2, 1] = 1
    keys = {"Segment0_ID": "a", "Segment0_Name": "first", "Segment1_ID": "b", "Segment1_Name": "second"}
    first, second = read_seg_nrrd(slicer_file(tmp_path / "old.seg.nrrd", keys, numbers))
    assert (first.mask.count, second.mask.count) == (1, 2)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, "no Segment0_ID"),
        ({"Segment0_ID": "a", "Segment0_LabelValue": "one"}, "Segment0_Layer, LabelValue or Color cannot be read"),
        ({"Segment0_ID": "a", "Segment0_Layer": "4"}, r"Segment0_Layer is 4, the file has 1 layer\(s\)"),
    ],
)
def test_faults_are_named(tmp_path: Path, keys: dict[str, str], sentence: str) -> None:
    with pytest.raises(OutlineError, match=sentence):
        read_labels(slicer_file(tmp_path / "a.seg.nrrd", keys, np.zeros((3, 4, 5), np.uint8)))


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(OutlineError, match="at least one segment"):
        seg_nrrd_bytes([])
    other = Grid((10, 12, 14), (1.0, 1.0, 1.0))
    with pytest.raises(OutlineError, match="different grids"):
        seg_nrrd_bytes([SEGMENTS[0], Segment("b", box(slice(1), slice(1), slice(1), other))])


def test_more_than_255_segments_fit(tmp_path: Path) -> None:
    grid = Grid((300, 2, 2), (1.0, 1.0, 1.0))
    many = [Segment(f"s{n}", box(slice(n, n + 1), slice(0, 2), slice(0, 1), grid)) for n in range(300)]
    path = tmp_path / "many.seg.nrrd"
    path.write_bytes(seg_nrrd_bytes(many))
    back = read_seg_nrrd(path)
    assert [mask_on(item.mask, grid).corner[0] for item in back] == list(range(300))
