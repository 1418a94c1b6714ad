"""Structure sets: contours filled to where they lie, whatever the direction of their planes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from boneir.anatomy.lesion_file import lesion_from_file
from boneir.case import Case, ImageSource
from boneir.errors import OutlineError
from boneir.findings import Severity
from boneir.grid import Grid
from boneir.image.labels import frame_findings, read_labels
from boneir.image.polygon_fill import pixels_within
from boneir.image.resample import mask_on
from boneir.image.rtstruct import STRUCTURE_SET_CLASS
from boneir.open import case_of
from small_case import small_case

OBLIQUE = np.linalg.qr(np.array([[0.8, 0.3, -0.2], [-0.2, 0.9, 0.4], [0.3, -0.3, 0.9]]))[0]


def ring(radius: float, w: float, count: int = 180, middle: tuple[float, float] = (3.0, -4.0)) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    u, v = middle[0] + radius * np.cos(turn), middle[1] + radius * np.sin(turn)
    return np.stack([u, v, np.full(count, w)], axis=1)


def write(path: Path, outlines: dict[str, list[np.ndarray]], kind: str = "CLOSED_PLANAR", frame: str = "") -> Path:
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID, data.SOPInstanceUID, data.Modality = STRUCTURE_SET_CLASS, "1.2.3.9", "RTSTRUCT"
    data.file_meta.MediaStorageSOPClassUID, data.file_meta.MediaStorageSOPInstanceUID = STRUCTURE_SET_CLASS, "1.2.3.9"
    rois, contours = [], []
    for number, (name, rings) in enumerate(outlines.items(), 1):
        roi, item = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName = number, name
        if frame:
            roi.ReferencedFrameOfReferenceUID = frame
        item.ReferencedROINumber, item.ContourSequence = number, []
        for points in rings:
            contour = Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = kind, len(points)
            contour.ContourData = [f"{x:.8g}" for x in np.asarray(points).ravel()]
            item.ContourSequence.append(contour)
        rois.append(roi)
        contours.append(item)
    data.StructureSetROISequence, data.ROIContourSequence = rois, contours
    pydicom.dcmwrite(path, data, enforce_file_format=True)
    return path


@pytest.mark.parametrize("axes", [np.eye(3), np.eye(3)[:, [2, 0, 1]], OBLIQUE], ids=["axial", "sagittal", "oblique"])
def test_a_ball_of_contours_keeps_its_volume_and_place(tmp_path: Path, axes: np.ndarray) -> None:
    levels = np.arange(-19.0, 20.0, 2.0)
    rings = [ring(np.sqrt(400 - w * w), w) @ axes.T for w in levels]
    (found,) = read_labels(write(tmp_path / "rs.dcm", {"GTV": rings}))
    assert found.name == "GTV"
    # The slices are slabs: the volume of the stack of discs, by the area of their polygons.
    discs = sum(0.5 * 180 * np.sin(2 * np.pi / 180) * (400 - w * w) * 2.0 for w in levels) / 1000
    assert found.mask.volume_ml == pytest.approx(discs, rel=0.003)
    assert np.allclose(found.mask.centroid_mm, axes @ [3.0, -4.0, 0.0], atol=0.05)


def test_a_contour_within_another_is_a_hole_and_others_stand_beside(tmp_path: Path) -> None:
    rings = [r for w in (0.0, 3.0) for r in (ring(10, w), ring(5, w), ring(4, w, middle=(30.0, 0.0)))]
    (found,) = read_labels(write(tmp_path / "rs.dcm", {"ring": rings}))
    assert found.mask.volume_ml == pytest.approx(np.pi * (100 - 25 + 16) * 6 / 1000, rel=0.01)
    assert not found.mask.at((3.0, -4.0, 0.0))
    assert found.mask.at((30.0, 0.0, 3.0))


def test_on_a_coarse_grid_no_voxel_is_wrong_by_half_its_size(tmp_path: Path) -> None:
    levels = np.arange(-12.0, 13.0, 3.0)
    rings = [ring(15.0, w) for w in levels]
    (found,) = read_labels(write(tmp_path / "rs.dcm", {"tube": rings}))
    grid = Grid((17, 40, 40), (1.7, 1.3, 3.0), (-30.0, -30.0, -24.0))
    marked = mask_on(found.mask, grid).full()
    k, j, i = np.indices(grid.shape)
    places = grid.to_mm(np.stack([i, j, k], axis=-1))
    away = np.hypot(places[..., 0] - 3.0, places[..., 1] + 4.0) - 15.0
    within = np.abs(places[..., 2]) < 12.1
    assert marked[within & (away < -0.5)].all()
    assert not marked[within & (away > 0.5)].any()
    assert not marked[~within].any()


@given(seed=st.integers(0, 10_000), count=st.integers(3, 9))
@settings(max_examples=60, deadline=None)
def test_filling_agrees_with_the_winding_of_any_polygon(seed: int, count: int) -> None:
    """Against the angle that the corners sweep around each pixel, odd turns being within."""
    corners = np.random.default_rng(seed).uniform(-2, 14, (count, 2))
    filled = pixels_within([corners], (12, 11))
    j, i = np.indices((12, 11))
    away = corners - np.stack([i, j], axis=-1)[..., None, :]
    angle = np.arctan2(away[..., 1], away[..., 0])
    step = (np.roll(angle, -1, axis=-1) - angle + np.pi) % (2 * np.pi) - np.pi
    assert np.array_equal(filled, np.rint(step.sum(axis=-1) / (2 * np.pi)).astype(int) % 2 == 1)


def test_polygons_that_share_a_border_share_no_pixel() -> None:
    left = np.array([[0, 0], [4, 0], [4, 6], [0, 6]], float)
    right = left + np.array([4.0, 0.0])
    one, other = pixels_within([left], (8, 10)), pixels_within([right], (8, 10))
    assert not (one & other).any()
    assert int((one | other).sum()) == 48
    assert np.array_equal(pixels_within([left, right], (8, 10)), one | other)


@pytest.mark.parametrize(
    ("outlines", "kind", "message"),
    [
        ({"isocentre": [np.zeros((1, 3))]}, "POINT", "holds no closed contour"),
        ({"bent": [ring(9, 0) + np.linspace(0, 4, 180)[:, None] * [0, 0, 1]]}, "CLOSED_PLANAR", "leaves its plane"),
        ({"mixed": [ring(9, 0), ring(5, 1)[:, [0, 2, 1]]]}, "CLOSED_PLANAR", "one direction are right"),
        ({"line": [np.array([[0.0, 0, 0], [9, 0, 0], [4, 0, 0]])]}, "CLOSED_PLANAR", "enclose nothing"),
    ],
)
def test_what_cannot_be_filled_is_refused(tmp_path: Path, outlines: dict, kind: str, message: str) -> None:
    with pytest.raises(OutlineError, match=message):
        read_labels(write(tmp_path / "rs.dcm", outlines, kind))


def test_a_missing_slice_is_filled(tmp_path: Path) -> None:
    rings = [ring(10.0, w) for w in (0.0, 2.0, 4.0, 8.0, 10.0)]
    (found,) = read_labels(write(tmp_path / "rs.dcm", {"gap": rings}))
    assert found.mask.volume_ml == pytest.approx(np.pi * 100 * 12 / 1000, rel=0.01)


def test_outlines_of_another_frame_of_reference_are_doubted(tmp_path: Path) -> None:
    image = replace(small_case().image, source=ImageSource(frame_uid="1.2.3.4"))
    x, y, z = small_case().lesion().mask.centroid_mm
    rings = [ring(9.0, z + w, middle=(x, y)) for w in (-3.0, 0.0, 3.0)]
    told = {}
    for frame in ("", "1.2.3.4", "1.2.3.5"):
        path = write(tmp_path / f"rs{frame}.dcm", {"GTV": rings}, frame=frame)
        lesion, findings = lesion_from_file(Case(image), path, name="left")
        assert lesion.mask.at((x, y, z))
        told[frame] = [(item.code, item.severity, item.about) for item in findings]
        assert bool(frame_findings(read_labels(path), "1.2.3.4")) == bool(told[frame])
    assert told == {"": [], "1.2.3.4": [], "1.2.3.5": [("labels.other_frame", Severity.WARN, "left")]}
    case = case_of(image, read_labels(tmp_path / "rs1.2.3.5.dcm"))
    assert "labels.other_frame" in {item.code for item in case.findings}
