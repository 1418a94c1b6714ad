"""PET as SUV: worked by hand from dose, weight and waiting time, or refused with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from boneir.image.read import read_image
from dicom_files import PET, write_series


def write_pet(folder: Path, tracer: dict[str, Any] | None = None, **change: Any) -> Path:
    """Activity 5000 Bq/mL everywhere; 370 MBq given one half-life before the scan to a patient of 74 kg."""
    about = {
        "RadionuclideTotalDose": "370000000",
        "RadionuclideHalfLife": "6586.2",
        "RadiopharmaceuticalStartTime": "090000",
        **(tracer or {}),
    }
    tags = {
        "Modality": "PT",
        "SOPClassUID": PET,
        "Units": "BQML",
        "DecayCorrection": "START",
        "PatientWeight": "74",
        "CorrectedImage": ["ATTN", "DECY"],
        "SeriesDate": "20240301",
        "SeriesTime": "104946.2",
        "AcquisitionDate": "20240301",
        "AcquisitionTime": "104946.2",
        "values": lambda points: np.full(points.shape[:-1], 5000.0),
        "RescaleIntercept": 0,
        **change,
    }

    def edit(data: Dataset, n: int) -> None:
        item = Dataset()
        for keyword, value in about.items():
            if value is not None:
                setattr(item, keyword, value)
        data.RadiopharmaceuticalInformationSequence = Sequence([item])
        data.RescaleSlope = 1 + n  # each slice has its own slope, as scanners write it
        stored = np.rint(5000.0 / (1 + n)).astype(np.uint16)
        data.PixelData = np.full((20, 24), stored, np.uint16).tobytes()

    return write_series(folder, edit=edit, **tags)


def test_suv_by_weight_from_the_start_of_the_scan(tmp_path: Path) -> None:
    image, findings = read_image(write_pet(tmp_path))
    # half of 370 MBq is left: 5000 Bq/mL * 74000 g / 185e6 Bq = 2.0
    assert image.unit == "SUV"
    assert image.voxels.dtype == np.float32
    assert image.voxels == pytest.approx(2.0, rel=2e-3)
    assert findings == ()


def test_suv_corrected_to_the_time_of_injection(tmp_path: Path) -> None:
    image, _ = read_image(write_pet(tmp_path, DecayCorrection="ADMIN"))
    assert image.voxels == pytest.approx(1.0, rel=2e-3)


def test_injection_before_midnight(tmp_path: Path) -> None:
    change = {"SeriesTime": "001946.2", "AcquisitionTime": "001946.2"}
    image, _ = read_image(write_pet(tmp_path, {"RadiopharmaceuticalStartTime": "223000"}, **change))
    assert image.voxels == pytest.approx(2.0, rel=2e-3)


def test_date_and_time_of_injection_in_one_tag(tmp_path: Path) -> None:
    image, _ = read_image(write_pet(tmp_path, {"RadiopharmaceuticalStartDateTime": "20240301090000.00"}))
    assert image.voxels == pytest.approx(2.0, rel=2e-3)


def test_a_series_written_after_the_scan_counts_from_the_first_acquisition(tmp_path: Path) -> None:
    image, _ = read_image(write_pet(tmp_path, SeriesTime="153000"))
    assert image.voxels == pytest.approx(2.0, rel=2e-3)


def test_values_that_are_suv_already_stay(tmp_path: Path) -> None:
    image, findings = read_image(write_pet(tmp_path, Units="GML"))
    assert image.unit == "SUV"
    assert image.voxels == pytest.approx(5000.0, rel=2e-3)
    assert findings == ()


@pytest.mark.parametrize(
    ("tracer", "change", "why"),
    [
        ({}, {"PatientWeight": ""}, "PatientWeight (0010,1030) is missing"),
        ({}, {"PatientWeight": "0"}, "weight 0 kg"),
        ({"RadionuclideTotalDose": None}, {}, "RadionuclideTotalDose (0018,1074) is missing"),
        ({"RadionuclideTotalDose": "370"}, {}, "injected 370 Bq are not plausible"),
        ({"RadionuclideHalfLife": "0"}, {}, "half-life 0 s"),
        ({"RadiopharmaceuticalStartTime": None}, {}, "cannot be read"),
        ({}, {"DecayCorrection": "NONE"}, "DecayCorrection is NONE"),
        ({}, {"CorrectedImage": ["DECY"]}, "not corrected for decay and attenuation"),
    ],
)
def test_without_what_suv_needs_the_values_stay(
    tmp_path: Path, tracer: dict[str, Any], change: dict[str, Any], why: str
) -> None:
    image, (finding,) = read_image(write_pet(tmp_path, tracer, **change))
    assert (image.unit, finding.code) == ("Bq/mL", "image.no_suv")
    assert why in finding.text
    assert image.voxels == pytest.approx(5000.0, rel=2e-3)


def test_counts_are_not_taken_for_activity(tmp_path: Path) -> None:
    image, (finding,) = read_image(write_pet(tmp_path, Units="CNTS"))
    assert (image.unit, finding.code) == ("cnts", "image.no_suv")
