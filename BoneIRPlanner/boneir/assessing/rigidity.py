"""How rigid the bone of a lesion is against its neighbours or the other side, without and with what is planned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..assessment import Measure
from ..case import Case, Modality
from ..findings import Finding, Point, Severity
from ..mask import Mask
from ..plan import Treatment
from ..resources import limit
from ..stability.answers import neighbours_of, parts_of, score_of
from ..stability.rigidity import CUT_MM, Added, WeakestCut, cuts_across, weakest_cut
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
    before = cuts_across(case.image, *sick)
    now = weakest_cut(before, healthy)
    sheet.add(_measures(now, lesion.name, words, ""), _findings(now, lesion.name, words))
    sheet.add((), _not_forecast(subject.treatment, sheet))
    added = _added(subject.treatment, sheet)
    if added:
        with_it = cuts_across(case.image, *sick, added)
        after = weakest_cut(with_it, healthy)
        means = _means_of(added)
        sheet.add(_measures(after, lesion.name, words, means))
        sheet.add((), _missed(lesion.name, sick, now, before, with_it, means))


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


def _means_of(added: Sequence[Added]) -> str:
    """What a plan puts into bone, in words."""
    kinds = {"cement" if item.mask is not None else "screws" for item in added}
    return " and ".join(sorted(kinds))


def _not_forecast(treatment: Treatment, sheet: Sheet) -> list[Finding]:
    """That cement is planned whose shape could not be told, so that what it does to rigidity cannot either."""
    if not treatment.cement or any(zone.name == f"{_CEMENT}{treatment.lesion}" for zone in sheet.zones):
        return []
    text = (
        f"What the planned cement does to the rigidity of {treatment.lesion} is not known: its shape was not forecast."
    )
    return [Finding("stability.cement_unknown", Severity.NOTE, text, about=treatment.lesion)]


def _missed(
    about: str,
    sick: Cut,
    now: WeakestCut,
    before: tuple[NDArray[np.float64], NDArray[np.float64]],
    after: tuple[NDArray[np.float64], NDArray[np.float64]],
    means: str,
) -> list[Finding]:
    """The weakest cuts that nothing of what is planned lies in: there the bone stays as weak as it is."""
    gain = limit("stability", "fixation_gain")
    missed = [
        (title, number, getattr(now, name))
        for number, (name, title) in enumerate(_KINDS)
        if after[1][now.cuts[number], number] < (1.0 + gain.amount) * before[1][now.cuts[number], number]
    ]
    if not missed:
        return []
    _, number, share = min(missed, key=lambda item: item[2])
    weak = 1.0 - share > limit("stability", "rigidity_loss").amount
    titles = ", ".join(title for title, _, _ in missed)
    verb = "adds" if means == "cement" else "add"
    text = (
        f"The planned {means} {verb} nothing where the bone of {about} is weakest in {titles}: that cut keeps "
        f"{100 * share:.0f} % of the rigidity of healthy bone."
    )
    severity = Severity.WARN if weak else Severity.NOTE
    place = _place_of(sick, before[0][now.cuts[number]])
    return [Finding("stability.fixation_misses", severity, text, share, "1", gain, place, about)]


def _place_of(sick: Cut, station_mm: float) -> Point:
    """The middle of a bone at a cut so far above its lowest."""
    mask, axis = sick
    points = mask.points_mm()
    up = points @ axis
    near = points[np.abs(up - up.min() - station_mm) <= CUT_MM]
    x, y, z = (float(v) for v in near.mean(axis=0))
    return x, y, z


def _measures(cut: WeakestCut, about: str, words: str, means: str) -> Sequence[Measure]:
    error = limit("stability", "modulus_error")
    planned, suffix = (f", with {means} as planned", "_planned") if means else ("", "")
    note = (
        f"weakest cut, as a share of {words}; the range is the error of the density calibration that a ratio does not "
        "cancel" + ("; taken as bonded, an upper bound" if means else "")
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
