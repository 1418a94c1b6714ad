"""How rigid the bone of a lesion is against its neighbours or the other side, without and with what is planned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..assessment import Measure
from ..case import Case, Modality
from ..findings import Finding, Severity
from ..mask import Mask
from ..plan import Treatment
from ..resources import limit
from ..stability.answers import neighbours_of, parts_of, score_of
from ..stability.rigidity import Added, WeakestCut, cuts_across, weakest_cut
from .sheet import Sheet
from .subject import Subject

_CEMENT = "cement in "
_KINDS = (("axial", "pull and push"), ("bending", "bending"), ("torsion", "torsion"))
_OTHER = {"left": "right", "right": "left"}


def assess_rigidity(subject: Subject, sheet: Sheet) -> None:
    """Compare the rigidity of cuts through the bone of a lesion with healthy bone of the same patient.

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in what is found; the cement predicted for the plan is read from it.
    """
    case, lesion = subject.case, subject.lesion
    suited = score_of(case, lesion)
    if suited is None or case.image.modality is not Modality.CT:
        return
    bone = suited[1]
    sick, references, words = _bodies(case, bone) if suited[0] == "sins" else _sides(case, bone)
    if sick is None or not references:
        text = f"The rigidity of the bone of {lesion.name} was not compared: no healthy bone beside it is outlined."
        sheet.add((), [Finding("stability.no_reference", Severity.NOTE, text, about=lesion.name)])
        return
    healthy = [cuts_across(case.image, mask, axis) for mask, axis in references]
    now = weakest_cut(cuts_across(case.image, *sick), healthy)
    sheet.add(_measures(now, lesion.name, words, ""), _findings(now, lesion.name, words))
    added = _added(subject.treatment, sheet)
    if added:
        after = weakest_cut(cuts_across(case.image, *sick, added), healthy)
        sheet.add(_measures(after, lesion.name, words, "_planned"))


Cut = tuple[Mask, NDArray[np.float64]]


def _bodies(case: Case, bone: str) -> tuple[Cut | None, list[Cut], str]:
    """The vertebral body of a level and those next to it, each with its own axis."""
    parts = parts_of(case, bone)
    if parts is None or parts.body.is_empty:
        return None, [], ""
    names = [name for name in neighbours_of(case, bone) if not _holds_lesion(case, name)]
    found = [(name, part) for name in names if (part := parts_of(case, name)) is not None and not part.body.is_empty]
    words = " and ".join(name.removeprefix("vertebra_") for name, _ in found)
    return (parts.body, parts.frame.up), [(part.body, part.frame.up) for _, part in found], words


def _sides(case: Case, bone: str) -> tuple[Cut | None, list[Cut], str]:
    """A long bone and that of the other side, along their lengths."""
    stem, _, side = bone.rpartition("_")
    other = f"{stem}_{_OTHER.get(side, '')}"
    sick = (case.structure(bone).mask, _axis(case.structure(bone).mask))
    if not case.has(other) or case.structure(other).mask.is_empty or _holds_lesion(case, other):
        return sick, [], ""
    mask = case.structure(other).mask
    return sick, [(mask, _axis(mask))], f"the {_OTHER[side]} {stem}"


def _axis(mask: Mask) -> NDArray[np.float64]:
    points = mask.points_mm()
    _, _, axes = np.linalg.svd(points[:: max(1, len(points) // 5000)] - points.mean(axis=0), full_matrices=False)
    return np.asarray(axes[0] if axes[0][2] > 0 else -axes[0])


def _holds_lesion(case: Case, name: str) -> bool:
    mask = case.structure(name).mask
    nk, nj, ni = mask.voxels.shape
    return any(bool((item.mask.part(mask.corner, (nk, nj, ni)) & mask.voxels).any()) for item in case.lesions)


def _added(treatment: Treatment, sheet: Sheet) -> list[Added]:
    """Cement and screws of a plan."""
    cement, screw = limit("stability", "cement_modulus").amount, limit("stability", "screw_modulus").amount
    shape = f"{_CEMENT}{treatment.lesion}"
    added = [Added(cement, zone.mask) for zone in sheet.zones if zone.name == shape]
    return added + [Added(screw, None, item.trajectory, item.diameter_mm) for item in treatment.screws]


def _measures(cut: WeakestCut, about: str, words: str, suffix: str) -> Sequence[Measure]:
    error = limit("stability", "modulus_error")
    planned = ", with cement and screws as planned" if suffix else ""
    note = (
        f"weakest cut, as a share of {words}; the range is the error of the density calibration that a ratio does not "
        "cancel" + ("; taken as bonded, an upper bound" if suffix else "")
    )
    found = []
    for name, title in _KINDS:
        share = 100.0 * getattr(cut, name)
        spread = share * error.amount
        found.append(
            Measure(
                f"stability.rigidity_{name}{suffix}", f"Rigidity in {title}{planned}", share, "%", about,
                max(share - spread, 0.0), share + spread, note=note,
            )
        )  # fmt: skip
    return found


def _findings(cut: WeakestCut, about: str, words: str) -> list[Finding]:
    loss = limit("stability", "rigidity_loss")
    if 1.0 - cut.least <= loss.amount:
        return []
    text = (
        f"The weakest cut through the bone of {about} has {100 * cut.least:.0f} % of the rigidity of {words}: less "
        f"than {100 * (1 - loss.amount):.0f} % is called weak."
    )
    return [Finding("stability.rigidity", Severity.WARN, text, 1.0 - cut.least, "1", loss, None, about)]
