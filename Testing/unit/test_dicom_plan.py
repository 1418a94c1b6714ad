"""A plan as a DICOM object: what was stored comes back, in the study of its image, and nothing else passes for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import RawDataStorage

from boneir.case import ImageSource
from boneir.errors import PlanError
from boneir.image.dicom_plan import holds_plan, read_plan_file, write_plan
from boneir.plan import Cement, Plan, Probe, Technique, Trajectory, Treatment

SOURCE = ImageSource(
    patient_name="Müller^Ana",
    patient_id="7",
    study_uid="1.2.3",
    series_uid="1.2.3.4",
    frame_uid="1.2.3.9",
    study_date="20250130",
)


def plan() -> Plan:
    way = Trajectory((-45.125, 90.1, 100.0), (-3.5, -4.2, 98.5))
    treatment = Treatment(
        "Läsion 1", Technique.MICROWAVE, 5.0, (Probe("1", "emprint", way, power_w=100.0, duration_s=300.0),),
        (Cement("2", way, 2.5, 3.0),),
    )  # fmt: skip
    return Plan("plan-1", (treatment,), "image", "right transpedicular L3", reasons=("because ≥ 2 mm",))


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    return write_plan(plan(), SOURCE, tmp_path / "plan.dcm", date="20250131", time="134500")


def test_the_plan_comes_back_equal_with_its_series(stored: Path) -> None:
    found = read_plan_file(stored)
    assert found.plan == plan()
    assert found.plan.uid == plan().uid
    assert found.series_uid == "1.2.3.4"


def test_it_lies_in_the_study_of_its_image(stored: Path) -> None:
    data = dcmread(stored)
    assert data.SOPClassUID == RawDataStorage
    assert (data.PatientName, data.PatientID, data.StudyInstanceUID) == ("Müller^Ana", "7", "1.2.3")
    assert data.FrameOfReferenceUID == "1.2.3.9"
    assert data.SeriesInstanceUID not in ("1.2.3.4", "1.2.3")
    assert (data.ContentDate, data.ContentTime) == ("20250131", "134500")
    # what PS3.3 C.19.1 and C.12.1 ask of every such object
    for keyword in ("CreatorVersionUID", "SOPInstanceUID", "InstanceNumber", "AcquisitionContextSequence", "Modality"):
        assert keyword in data
    assert holds_plan(data)


def test_the_same_plan_gives_the_same_bytes_and_another_one_another_object(stored: Path, tmp_path: Path) -> None:
    again = write_plan(plan(), SOURCE, tmp_path / "again.dcm", date="20250131", time="134500")
    assert again.read_bytes() == stored.read_bytes()
    later = write_plan(plan(), SOURCE, tmp_path / "later.dcm", date="20250131", time="134501")
    assert dcmread(later).SOPInstanceUID != dcmread(stored).SOPInstanceUID


def test_other_files_are_no_plans(stored: Path, tmp_path: Path) -> None:
    data = dcmread(stored)
    del data[0x0071, 0x1001]
    data.save_as(tmp_path / "empty.dcm")
    (tmp_path / "text.dcm").write_text("no DICOM at all")
    for name in ("empty.dcm", "text.dcm", "gone.dcm"):
        with pytest.raises(PlanError, match=name):
            read_plan_file(tmp_path / name)
    data = dcmread(stored)
    data[0x0071, 0x1001].value = "{"
    data.save_as(tmp_path / "broken.dcm")
    with pytest.raises(PlanError, match="not a JSON document"):
        read_plan_file(tmp_path / "broken.dcm")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be written"):
        write_plan(plan(), SOURCE, tmp_path / "none" / "plan.dcm", date="20250131")
