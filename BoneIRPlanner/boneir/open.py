"""Open: images and outlines on disk become a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .anatomy.absent import absent_findings
from .anatomy.beside_labels import outlines_beside
from .anatomy.endplates import endplates
from .anatomy.from_labels import structures_from_labels
from .anatomy.joint_faces import joint_faces
from .anatomy.mr_canal import canal_on_mr
from .anatomy.outline import outline_structures
from .anatomy.outline_kind import free_name, is_lesion_name
from .anatomy.quality import quality_findings
from .case import Case, Image, Lesion, Modality, Structure
from .case_folder import is_case_folder, load_case
from .errors import OutlineError
from .findings import Finding, Severity
from .image.labels import NamedMask, frame_findings, read_labels
from .image.read import read_image
from .image.resample import mask_on


def open_case(
    path: Path | str,
    series_uid: str = "",
    labels: Path | str | None = None,
    label_names: Path | str | None = None,
) -> Case:
    """Open a case: an image with what can be outlined on it, or a case that was saved.

    What `labels` outlines is taken from there; body, bone, air and canal that it does not give are outlined on a CT by
    its own numbers. Labels whose names say lesion, metastasis, tumour or GTV become lesions.

    Parameters
    ----------
    path : Path or str
        Folder with DICOM, DICOMDIR, image file, or folder of a saved case.
    series_uid : str
        Which series, where there are several.
    labels : Path, str or None
        Label image, ``.seg.nrrd``, DICOM SEG or folder of such files.
    label_names : Path, str or None
        List of the labels' names.

    Returns
    -------
    Case
        Its findings say what was repaired, what is doubtful and which critical structures are not outlined.

    Raises
    ------
    ImageError
        If the image cannot be read.
    OutlineError
        If the labels cannot be read, or lie elsewhere than the image.
    CaseError
        If a saved case is damaged.
    """
    path = Path(path)
    if is_case_folder(path) or path.name == "case.json":
        case = load_case(path)
        return case if labels is None else _with_labels(case, read_labels(labels, label_names))
    image, findings = read_image(path, series_uid)
    named = () if labels is None else read_labels(labels, label_names)
    return case_of(image, named, findings)


def case_of(image: Image, named: Sequence[NamedMask] = (), findings: Sequence[Finding] = ()) -> Case:
    """A case of an image in memory and outlines that others made.

    Raises
    ------
    OutlineError
        If the outlines lie elsewhere than the image.
    """
    return outlined_case(_with_labels(Case(image, findings=tuple(findings)), named))


def outlined_case(case: Case) -> Case:
    """A case with all that can be outlined on it besides the outlines that it has, and what is to be said of them.

    Whoever made the outlines that it has, they are kept; where ours show something else, that is a finding.
    """
    outlined, found = _outlined(case.image)
    missing, conflicts = outlines_beside(case.structures, outlined)
    # What is said of an organ of ours does not hold for an outline that was given.
    ours = ("outline.organ", "outline.canal") if case.image.modality is not Modality.CT else ("outline.organ",)
    found = tuple(item for item in found if item.code not in ours or not case.has(item.about))
    case = case.with_findings(found).with_structures(missing).with_findings(conflicts)
    joints, about_joints = joint_faces(case.structures, case.image.grid)
    case = case.with_structures(joints).with_findings(about_joints)
    plates, about_plates = endplates(case.structures, case.image.grid)
    case = case.with_structures(plates).with_findings(about_plates)
    case = case.with_findings(quality_findings(case.image, case.structures))
    return case.with_findings(absent_findings(case.structures))


def _outlined(image: Image) -> tuple[tuple[Structure, ...], tuple[Finding, ...]]:
    if image.modality is not Modality.CT:
        text = f"Body and bone can be outlined by their numbers on CT only, not on {image.modality.value}; give labels."
        canal, found = canal_on_mr(image)
        return canal, (Finding("open.not_outlined", Severity.WARN, text), *found)
    try:
        return outline_structures(image)
    except OutlineError as error:
        text = f"Body and bone could not be outlined: {error}"
        return (), (Finding(code="open.not_outlined", severity=Severity.WARN, text=text),)


def _with_labels(case: Case, named: Sequence[NamedMask]) -> Case:
    if not named:
        return case
    grid = case.image.grid
    placed = [replace(item, mask=mask_on(item.mask, grid)) for item in named]
    inside = [item for item in placed if not item.mask.is_empty]
    if not inside:
        raise OutlineError(f"{named[0].origin}: none of its {len(named)} outlines lies within the image.")
    lesions = [item for item in inside if is_lesion_name(item.name, item.code)]
    others = [item for item in inside if item not in lesions]
    no_hu = case.image.modality is not Modality.CT
    case = case.with_structures(structures_from_labels(others, grid, canal_from_vertebrae=no_hu))
    for item in lesions:
        taken = {structure.name for structure in case.structures} | {lesion.name for lesion in case.lesions}
        case = case.with_lesion(Lesion(free_name(item.name, taken), item.mask, item.origin))
    lost = [item.name for item in placed if item.mask.is_empty]
    case = case.with_findings(frame_findings(inside, case.image.source.frame_uid))
    return case.with_findings([_outside(lost)] if lost else [])


def _outside(lost: Sequence[str]) -> Finding:
    return Finding(
        code="open.labels_outside",
        severity=Severity.WARN,
        text=f"{len(lost)} outline(s) lie outside the image and were left out: {', '.join(lost[:8])}.",
        measured=float(len(lost)),
    )
