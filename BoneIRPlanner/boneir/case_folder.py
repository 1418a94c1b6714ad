"""A case on disk: a folder with images as NRRD, outlines as ``.seg.nrrd``, plans as JSON and one ``case.json``.

The files with voxels carry a fingerprint in their names and are never overwritten; ``case.json``, which names them, is
replaced last and in one step. So whatever interrupts a saving, the folder holds the old case or the new one.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .case import Case, Image, ImageSource, Lesion, Modality, Role, Structure
from .errors import BoneIRError, CaseError, PlanError
from .findings import Finding
from .grid import Grid
from .image.nrrd import nrrd_chunks, read_nrrd
from .image.safe_file import file_name_for, write_safely
from .image.seg_nrrd import Segment, file_offset, seg_nrrd_bytes, segments_of
from .mask import Mask
from .plain import from_plain, to_json
from .plan import Plan, read_plan

CASE_SCHEMA = "boneir.case/1"
"""Name and version of the JSON form; it changes when a field changes its meaning or goes."""
SET_ASIDE = "plans/replaced"
"""Folder of a case for plans that others have taken the place of."""
CASE_FILE = "case.json"
_OURS = re.compile(r"(image-[0-9a-f]{16}\.nrrd|outlines-[0-9a-f]{16}\.seg\.nrrd|\..*\.part)")


@dataclass(frozen=True)
class ImageRecord:
    """An image in ``case.json``: the file with its voxels, its fingerprint and its place."""

    file: str
    uid: str
    modality: Modality
    unit: str
    grid: Grid
    source: ImageSource


@dataclass(frozen=True)
class StructureRecord:
    """A structure in ``case.json``; its voxels are the segment of the same name."""

    name: str
    role: Role
    kind: str = ""
    origin: str = ""
    sure: bool = True


@dataclass(frozen=True)
class LesionRecord:
    """A lesion in ``case.json``; its voxels are the segment of the same name."""

    name: str
    origin: str = ""


@dataclass(frozen=True)
class CaseRecord:
    """What ``case.json`` says.

    Parameters
    ----------
    schema : str
        Always `CASE_SCHEMA`.
    uid : str
        `Case.uid` of the case that was saved.
    image, others
        The images.
    outlines : str
        Name of the file with the voxels of structures and lesions; "" where there are none.
    structures, lesions, findings
        As in `Case`.
    """

    schema: str
    uid: str
    image: ImageRecord
    others: tuple[ImageRecord, ...] = ()
    outlines: str = ""
    structures: tuple[StructureRecord, ...] = ()
    lesions: tuple[LesionRecord, ...] = ()
    findings: tuple[Finding, ...] = ()


def save_case(case: Case, folder: Path | str, *, instead_of: str = "") -> Path:
    """Write a case into a folder; plans that lie there stay.

    Parameters
    ----------
    case : Case
    folder : Path or str
        Made where it does not exist. A case that it holds is replaced in one step.
    instead_of : str
        `Case.uid` of the case that was read from the folder and changed; "" to replace whatever lies there.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    CaseError
        If the folder cannot be written to, or another program has changed the case since it was read; the case that
        the folder holds is still whole.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        record = CaseRecord(
            schema=CASE_SCHEMA,
            uid=case.uid,
            image=_save_image(case.image, folder),
            others=tuple(_save_image(image, folder) for image in case.others),
            outlines=_save_outlines(case, folder),
            structures=tuple(StructureRecord(s.name, s.role, s.kind, s.origin, s.sure) for s in case.structures),
            lesions=tuple(LesionRecord(lesion.name, lesion.origin) for lesion in case.lesions),
            findings=case.findings,
        )
        if instead_of and _read_record(folder / CASE_FILE).uid != instead_of:
            raise CaseError(f"{folder}: another program has changed the case meanwhile, which is kept; try again.")
        write_safely(folder / CASE_FILE, [to_json(record).encode("utf-8")])
        _remove_unused(folder, record)
    except OSError as error:
        raise CaseError(f"{folder}: the case cannot be written ({error.strerror}).") from error
    except ValueError as error:
        raise CaseError(f"{folder}: the case holds a number that JSON does not know ({error}).") from error
    return folder


def is_case_folder(path: Path | str) -> bool:
    """Whether a case lies in this folder."""
    return (Path(path) / CASE_FILE).is_file()


def lesions_in(folder: Path | str) -> tuple[str, ...]:
    """The names of the lesions of the case in a folder; none where no case lies there.

    Raises
    ------
    CaseError
        If ``case.json`` has faults.
    """
    if not is_case_folder(folder):
        return ()
    return tuple(lesion.name for lesion in _read_record(Path(folder) / CASE_FILE).lesions)


def load_case(folder: Path | str) -> Case:
    """Read a case that `save_case` wrote.

    Raises
    ------
    CaseError
        If a file is missing or was changed, or ``case.json`` has faults; all of them are listed with their paths.
    """
    folder = Path(folder)
    folder = folder.parent if folder.name == CASE_FILE else folder
    record = _read_record(folder / CASE_FILE)
    try:
        image = _load_image(record.image, folder)
        others = tuple(_load_image(other, folder) for other in record.others)
        masks = _load_masks(record, folder)
        structures = tuple(
            Structure(s.name, s.role, masks[s.name], s.kind, s.origin, s.sure) for s in record.structures
        )
        lesions = tuple(Lesion(item.name, masks[item.name], item.origin) for item in record.lesions)
        case = Case(image, structures, lesions, others, record.findings)
    except CaseError:
        raise
    except BoneIRError as error:
        raise CaseError(f"{folder.name}: {error}") from error
    if case.uid != record.uid:
        raise CaseError(f"{folder.name}: the outlines are not those that were saved; their file has been changed.")
    return case


def save_plan(plan: Plan, folder: Path | str) -> Path:
    """Write a plan into the folder ``plans`` of a case; a plan of the same name is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    PlanError
        If it cannot be written, or the file of that name holds a plan that is called otherwise.
    """
    path = Path(folder) / "plans" / f"{file_name_for(plan.name)}.json"
    if path.is_file():
        there = read_plan(path).name
        if there != plan.name:
            raise PlanError(f"{path.name} holds the plan {there!r}; give {plan.name!r} another name.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_safely(path, [plan.to_json().encode("utf-8")])
    except (OSError, ValueError) as error:
        raise PlanError(f"{path}: the plan cannot be written ({error}).") from error


def set_aside(plan: Plan, folder: Path | str) -> bool:
    """Move a saved plan that `plan` would replace into ``plans/replaced``; False where there is none, or the same."""
    path = Path(folder) / "plans" / f"{file_name_for(plan.name)}.json"
    there = read_plan(path) if path.is_file() else plan
    if there == plan or there.name != plan.name:
        return False
    kept = Path(folder) / SET_ASIDE / path.name
    kept.parent.mkdir(exist_ok=True)
    path.replace(kept)
    return True


def plan_paths(folder: Path | str) -> tuple[Path, ...]:
    """The files of all plans of a case, by name."""
    return tuple(sorted((Path(folder) / "plans").glob("*.json")))


def find_plan(folder: Path | str, name_or_path: Path | str) -> Path:
    """The file of a plan: a path as it is, or the plan of that name in the folder of a case.

    Raises
    ------
    PlanError
        If there is none; the sentence lists those that exist.
    """
    given = Path(name_or_path)
    if given.is_file():
        return given
    paths = plan_paths(folder)
    for path in paths:
        if str(name_or_path) in (path.stem, path.name) or path.stem == file_name_for(str(name_or_path)):
            return path
    have = ", ".join(path.stem for path in paths) or "none"
    raise PlanError(f"{Path(folder).name}: no plan {str(name_or_path)!r}; there are: {have}.")


def _save_image(image: Image, folder: Path) -> ImageRecord:
    path = folder / f"image-{image.uid[:16]}.nrrd"
    if not path.is_file():
        write_safely(path, nrrd_chunks(image.voxels, image.grid, {"boneir_uid": image.uid}))
    return ImageRecord(path.name, image.uid, image.modality, image.unit, image.grid, image.source)


def _save_outlines(case: Case, folder: Path) -> str:
    outlines: tuple[Structure | Lesion, ...] = (*case.structures, *case.lesions)
    if not outlines:
        return ""
    content = seg_nrrd_bytes([Segment(item.name, item.mask, id=item.name) for item in outlines])
    path = folder / f"outlines-{hashlib.sha256(content).hexdigest()[:16]}.seg.nrrd"
    if not path.is_file():
        write_safely(path, [content])
    return path.name


def _remove_unused(folder: Path, record: CaseRecord) -> None:
    used = {record.image.file, record.outlines, *(other.file for other in record.others)}
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in used:
            path.unlink(missing_ok=True)


def _read_record(path: Path) -> CaseRecord:
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CaseError(f"{path.parent}: no case here; {CASE_FILE} cannot be read ({error.strerror}).") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: not a JSON document ({error}).") from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != CASE_SCHEMA:
        raise CaseError(f"{path}: the schema is {schema!r}; this version reads {CASE_SCHEMA!r}.")
    try:
        return from_plain(CaseRecord, data, str(path))
    except PlanError as error:
        count = len(error.faults)
        raise CaseError(f"{path}: {count} fault{'s' if count > 1 else ''}: {'; '.join(error.faults)}.") from error
    except BoneIRError as error:
        raise CaseError(f"{path}: {error}") from error


def _load_image(record: ImageRecord, folder: Path) -> Image:
    numbers = read_nrrd(_inside(folder, record.file)).numbers
    dtype = np.int16 if record.modality is Modality.CT else np.float32
    if numbers.dtype != dtype or numbers.shape != record.grid.shape:
        raise CaseError(
            f"{folder.name}: {record.file} holds {numbers.dtype} {numbers.shape}, not what {CASE_FILE} says."
        )
    voxels: NDArray[Any] = numbers
    image = Image(voxels, record.grid, record.modality, record.unit, record.source)
    if image.uid != record.uid:
        raise CaseError(f"{folder.name}: {record.file} is not the image that was saved; it has been changed.")
    return image


def _load_masks(record: CaseRecord, folder: Path) -> dict[str, Mask]:
    names = [*(item.name for item in record.structures), *(item.name for item in record.lesions)]
    if not names:
        return {}
    content = read_nrrd(_inside(folder, record.outlines))
    grid, offset = record.image.grid, file_offset(content.keys)
    if any(o < 0 or o + n > size for o, n, size in zip(offset, content.grid.shape, grid.shape, strict=True)):
        raise CaseError(f"{folder.name}: {record.outlines} reaches beyond the image.")
    masks = {}
    for segment in segments_of(content, record.outlines):
        if segment.mask.is_empty:
            masks[segment.id] = replace(segment.mask, grid=grid)
            continue
        k, j, i = (a + b for a, b in zip(segment.mask.corner, offset, strict=True))
        masks[segment.id] = Mask(grid, (k, j, i), segment.mask.voxels)
    missing = [name for name in names if name not in masks]
    if missing:
        raise CaseError(f"{folder.name}: {record.outlines} has no segment for {', '.join(missing)}.")
    return masks


def _inside(folder: Path, name: str) -> Path:
    """A file of the case; a name that leads elsewhere is refused."""
    if not name or Path(name).name != name:
        raise CaseError(f"{folder.name}: {CASE_FILE} names the file {name!r}, which is not a file of this folder.")
    return folder / name
