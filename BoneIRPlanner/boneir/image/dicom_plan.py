"""A plan as a DICOM object, so that an archive keeps it beside the images: Raw Data Storage with a private block.

DICOM has no object for a needle plan. Raw Data Storage (PS3.3 A.37,
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_A.37.html) holds what only its creator can read;
every archive that takes it gives it back as it was.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, RawDataStorage

from ..case import ImageSource
from ..errors import PlanError
from ..plan import Plan, plan_from_plain
from .dicom_header import without_warnings
from .dicom_write import uid_from

_CREATOR, _GROUP = "BoneIRPlanner plan 1", 0x0071
_JSON, _SERIES = 0x01, 0x02
"""Elements of the private block: the plan's JSON text, and the UID of the series that it was made on."""


@dataclass(frozen=True)
class StoredPlan:
    """A plan and where it came from.

    Parameters
    ----------
    plan : Plan
    series_uid : str
        Of the planning image; "" where it was no DICOM series.
    """

    plan: Plan
    series_uid: str


def write_plan(plan: Plan, source: ImageSource, path: Path | str, *, date: str, time: str = "000000") -> Path:
    """Write a plan as one DICOM file of the study of its planning image.

    Parameters
    ----------
    plan : Plan
    source : ImageSource
        Of the planning image: names the patient and the study.
    path : Path or str
        Replaced in one step where it is there.
    date, time : str
        When it was stored, as DICOM writes it (20250131, 134500). The same arguments give the same bytes.

    Raises
    ------
    PlanError
        If the file cannot be written.
    """
    path = Path(path)
    data = _dataset(plan, source, date, time)
    beside = path.with_name(path.name + ".part")
    try:
        data.save_as(beside, enforce_file_format=True)
        return beside.replace(path)
    except OSError as error:
        raise PlanError(f"{path}: the plan cannot be written ({error.strerror}).") from error


def holds_plan(data: Any) -> bool:
    """Whether the header of a DICOM file is that of a plan of this software."""
    return data.get("SOPClassUID") == RawDataStorage and _block(data) is not None


def read_plan_file(path: Path | str) -> StoredPlan:
    """Read a plan from its DICOM file.

    Raises
    ------
    PlanError
        If the file cannot be read, or holds no plan.
    """
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    path = Path(path)
    try:
        with without_warnings():
            data = dcmread(path)
    except (OSError, InvalidDicomError) as error:
        raise PlanError(f"{path.name}: not a DICOM file that can be read ({error}).") from error
    block = _block(data)
    if data.get("SOPClassUID") != RawDataStorage or block is None or _JSON not in block:
        raise PlanError(f"{path.name}: holds no plan of this software.")
    try:
        plain = json.loads(block[_JSON].value)
    except (json.JSONDecodeError, TypeError) as error:
        raise PlanError(f"{path.name}: its plan is not a JSON document ({error}).") from error
    series = str(block[_SERIES].value) if _SERIES in block else ""
    return StoredPlan(plan_from_plain(plain, path.name), series)


def _block(data: Any) -> Any:
    """The private block of a plan, or None."""
    try:
        return data.private_block(_GROUP, _CREATOR)
    except KeyError:
        return None


def _dataset(plan: Plan, source: ImageSource, date: str, time: str) -> FileDataset:
    name, number = source.patient_name or "Anonymous", source.patient_id or "ANONYMOUS"
    study = source.study_uid or uid_from("study of a plan", plan.image_uid)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = RawDataStorage
    meta.MediaStorageSOPInstanceUID = uid_from("plan", plan.uid, study, date, time)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid_from("implementation", "BoneIRPlanner")
    meta.ImplementationVersionName = "BONEIR"
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID, data.SOPInstanceUID = RawDataStorage, meta.MediaStorageSOPInstanceUID
    data.PatientName, data.PatientID = name, number
    data.PatientBirthDate, data.PatientSex = source.birth_date, source.sex
    data.StudyInstanceUID, data.StudyDate, data.StudyTime = study, source.study_date, ""
    data.StudyDescription, data.StudyID = source.study_description, ""
    data.AccessionNumber, data.ReferringPhysicianName = "", ""
    data.SeriesInstanceUID = uid_from("series of a plan", plan.uid, study, date, time)
    data.SeriesDescription, data.SeriesNumber, data.Modality = f"Plan {plan.name}"[:64], None, "OT"
    data.SeriesDate, data.SeriesTime, data.Manufacturer = date, time, "BoneIRPlanner"
    if source.frame_uid:
        data.FrameOfReferenceUID, data.PositionReferenceIndicator = source.frame_uid, ""
    data.AcquisitionContextSequence = Sequence()
    data.InstanceNumber, data.ContentDate, data.ContentTime = 1, date, time
    data.CreatorVersionUID = uid_from("format", _CREATOR)
    block = data.private_block(_GROUP, _CREATOR, create=True)
    block.add_new(_JSON, "UT", plan.to_json())
    block.add_new(_SERIES, "UI", source.series_uid)
    return data
