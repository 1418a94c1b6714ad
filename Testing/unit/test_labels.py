"""Labels: outlines are known by name, never by number alone, whatever file they come in."""

from __future__ import annotations

import json
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from pydicom.sr.codedict import codes

from boneir.anatomy.from_labels import structures_from_labels
from boneir.errors import OutlineError
from boneir.image.label_names import read_label_names
from boneir.image.labels import read_labels
from boneir.image.read import read_image
from boneir.image.resample import mask_on
from boneir.image.series import find_series
from dicom_files import AXIAL, write_series


def label_image(path: Path, kind: type = np.uint8, values: tuple[int, ...] = (3, 26)) -> np.ndarray:
    numbers = np.zeros((6, 7, 8), kind)
    for n, value in enumerate(values):
        numbers[n : n + 2, 1:4, 2 + n : 5 + n] = value
    image = sitk.GetImageFromArray(numbers)
    image.SetSpacing((0.5, 0.6, 2.0))
    image.SetOrigin((1.0, 2.0, 3.0))
    image.SetDirection((0, 0, 1, 1, 0, 0, 0, -1, 0))
    sitk.WriteImage(image, str(path))
    return numbers


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("names.json", '{"3": "aorta", "26": "vertebrae_S1"}'),
        ("names.json", '{"aorta": 3, "vertebrae_S1": 26, "background": 0}'),
        ("names.json", '{"labels": {"background": 0, "aorta": 3, "vertebrae_S1": 26}}'),
        ("names.csv", "id,name\n0,background\n3,aorta\n26,vertebrae_S1\n"),
        ("names.csv", '"name";"value"\n"aorta";3\n"vertebrae_S1";26\n'),
        ("names.tsv", "index\tname\tcolor\n3\taorta\t#ff0000\n26\tvertebrae_S1\t#00ff00\n"),
        ("names.txt", "# comment 5 words\n3 aorta\n 26: vertebrae_S1\n"),
        ("names.txt", "\ufeff3 aorta\r\n26 vertebrae_S1\r\n"),
    ],
)
def test_names_in_every_form(tmp_path: Path, name: str, text: str) -> None:
    numbers = label_image(tmp_path / "seg.nii.gz")
    (tmp_path / name).write_text(text, "utf-8")
    aorta, sacrum = read_labels(tmp_path / "seg.nii.gz", tmp_path / name)
    assert (aorta.name, sacrum.name, aorta.origin) == ("aorta", "vertebrae_S1", "seg.nii.gz")
    assert np.array_equal(aorta.mask.full(), numbers == 3)
    assert np.array_equal(sacrum.mask.full(), numbers == 26)


def test_a_name_of_several_words_is_kept(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("7 inferior vena cava\n")
    assert read_label_names(tmp_path / "names.txt") == {7: "inferior vena cava"}


def test_names_beside_the_image_are_found(tmp_path: Path) -> None:
    label_image(tmp_path / "organs.nii.gz", np.int16)
    (tmp_path / "organs.json").write_text(json.dumps({"3": "aorta", "26": "sacrum"}))
    assert [item.name for item in read_labels(tmp_path / "organs.nii.gz")] == ["aorta", "sacrum"]


def test_whole_numbers_stored_as_real_ones_are_labels(tmp_path: Path) -> None:
    label_image(tmp_path / "seg.nrrd", np.float32)
    (tmp_path / "seg.txt").write_text("3 a\n26 b\n")
    assert len(read_labels(tmp_path / "seg.nrrd")) == 2


def test_numbers_without_names_are_refused(tmp_path: Path) -> None:
    label_image(tmp_path / "seg.nii.gz")
    with pytest.raises(OutlineError, match=r"seg\.nii\.gz: labels 3, 26 without names; numbers mean different things"):
        read_labels(tmp_path / "seg.nii.gz")
    (tmp_path / "names.txt").write_text("3 aorta\n")
    with pytest.raises(OutlineError, match=r"names\.txt: no name for the label\(s\) 26 of seg\.nii\.gz"):
        read_labels(tmp_path / "seg.nii.gz", tmp_path / "names.txt")


def test_an_image_is_not_taken_for_labels(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.full((4, 4, 4), 0.5, np.float32)), str(tmp_path / "a.nrrd"))
    sitk.WriteImage(sitk.GetImageFromArray(np.full((4, 4, 4), -5, np.int16)), str(tmp_path / "b.nrrd"))
    (tmp_path / "n.txt").write_text("1 a\n")
    with pytest.raises(OutlineError, match="labels are whole numbers"):
        read_labels(tmp_path / "a.nrrd", tmp_path / "n.txt")
    with pytest.raises(OutlineError, match="labels from -5 to -5"):
        read_labels(tmp_path / "b.nrrd", tmp_path / "n.txt")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("n.json", "{", r"n\.json, line 1: not valid JSON"),
        ("n.json", "[1]", "expected an object"),
        ("n.json", '{"a": "b"}', "does not join a number and a name"),
        ("n.txt", "no numbers here\n", "names no label"),
        ("n.txt", "1 aorta\n1 liver\n", "label 1 is called 'aorta' and 'liver'"),
    ],
)
def test_faults_in_names(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(OutlineError, match=sentence):
        read_label_names(tmp_path / name)


def test_a_folder_with_one_structure_per_file(tmp_path: Path) -> None:
    numbers = label_image(tmp_path / "aorta.nii.gz", values=(1,))
    label_image(tmp_path / "empty.nii.gz", values=())
    (aorta,) = read_labels(tmp_path)
    assert aorta.name == "aorta"
    assert np.array_equal(aorta.mask.full(), numbers == 1)
    label_image(tmp_path / "many.nii.gz")
    with pytest.raises(OutlineError, match=r"many\.nii\.gz: labels 3, 26 without names"):
        read_labels(tmp_path)


def test_what_holds_no_outlines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutlineError, match="no such file or folder"):
        read_labels(tmp_path / "nowhere")
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(OutlineError, match="no outlines; a label image"):
        read_labels(tmp_path / "notes.md")
    with pytest.raises(OutlineError, match="no outlines; a label image"):
        read_labels(next(write_series(tmp_path / "ct").iterdir()))
    (tmp_path / "none").mkdir()
    with pytest.raises(OutlineError, match="no outlines in this folder"):
        read_labels(tmp_path / "none")


OBLIQUE = (0.8, 0.6, 0.0, -0.6 * 0.8, 0.8 * 0.8, -0.6)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
@pytest.mark.parametrize("orientation", [AXIAL, OBLIQUE], ids=["axial", "oblique"])
def test_dicom_seg(tmp_path: Path, kind: str, orientation: tuple[float, ...]) -> None:
    blank = dict.fromkeys(
        ("PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate", "StudyTime"), ""
    )
    more = {**blank, "FrameOfReferenceUID": "1.2.9", "SeriesNumber": 1, "Manufacturer": "none", "SliceThickness": 2}
    folder = write_series(tmp_path / "ct", orientation=orientation, **more)
    image, _ = read_image(folder)
    (series,) = find_series(folder)
    assert series.stack is not None
    sources = [pydicom.dcmread(item.path) for item in series.stack.slices]
    marked = np.zeros(image.voxels.shape, np.uint8)
    marked[2:5, 3:9, 4:7], marked[6:9, 3:9, 4:12] = 1, 2
    about = [
        hd.seg.SegmentDescription(
            segment_number=n,
            segment_label=name,
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=code,
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for n, name, code in [(1, "aorta", codes.SCT.Aorta), (2, "left kidney", codes.SCT.Kidney)]
    ]
    seg = hd.seg.Segmentation(
        source_images=sources,
        pixel_array=marked,
        segmentation_type=kind,
        segment_descriptions=about,
        series_instance_uid="1.2.50",
        series_number=2,
        sop_instance_uid="1.2.51",
        instance_number=1,
        manufacturer="none",
        manufacturer_model_name="none",
        software_versions="1",
        device_serial_number="1",
    )
    seg.save_as(tmp_path / "seg.dcm")
    aorta, kidney = read_labels(tmp_path / "seg.dcm")
    assert (aorta.name, kidney.name) == ("aorta", "left kidney")
    assert aorta.code == "SCT^15825003^Aorta"
    assert np.array_equal(mask_on(aorta.mask, image.grid).full(), marked == 1)
    assert np.array_equal(mask_on(kidney.mask, image.grid).full(), marked == 2)
    # Where the name tells no side, the modifier of the type does, or that of the anatomic region.
    data, right = pydicom.dcmread(tmp_path / "seg.dcm"), hd.sr.CodedConcept("24028007", "SCT", "Right")
    segment = data.SegmentSequence[-1]
    segment.SegmentLabel = "Segment_2"
    segment.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [right]
    data.save_as(tmp_path / "type.dcm")
    del segment.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence
    region = hd.sr.CodedConcept("64033007", "SCT", "Kidney")
    region.AnatomicRegionModifierSequence = [right]
    segment.AnatomicRegionSequence = [region]
    data.save_as(tmp_path / "region.dcm")
    for name in ("type.dcm", "region.dcm"):
        found = structures_from_labels(read_labels(tmp_path / name), image.grid)
        assert [item.kind for item in found] == ["aorta", "kidney_right"]
        assert np.array_equal(found[1].mask.full(), marked == 2)
    (tmp_path / "broken.dcm").write_bytes((tmp_path / "seg.dcm").read_bytes()[:1500])
    with pytest.raises(OutlineError):
        read_labels(tmp_path / "broken.dcm")
