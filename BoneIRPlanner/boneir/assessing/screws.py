"""What the planned screws do: bone around them, where they stand out, density, and what they meet."""

from __future__ import annotations

import numpy as np

from ..access.clearance import distance_along
from ..access.pedicle import grade_of_breach, pedicle_limit
from ..anatomy.structures import with_article, within_sentence
from ..assessment import Measure
from ..case import Case, Modality, Role, Structure
from ..findings import Finding, Severity
from ..plan import Screw, Trajectory
from ..resources import limit
from ..stability.in_bone import InBone
from ..stability.screw_fit import ScrewFit, fit_of_screw, hu_along
from .sheet import Sheet
from .subject import Subject

_LEAST_SHARE = 0.05
"""A bone that holds less than this share of a screw's axis is not its bone."""
_ROOM_MM = 15.0
_CANALS = ("spinal_canal",)
_NEAR_MM = 20.0


def assess_screws(subject: Subject, sheet: Sheet) -> None:
    """Measure every screw of a treatment.

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in what is found.
    """
    case, treatment = subject.case, subject.treatment
    for screw in treatment.screws:
        _assess_screw(case, screw, sheet)
    coarse, edge = limit("screws", "coarse_voxel"), max(case.image.grid.spacing_mm)
    if treatment.screws and edge > coarse.amount:
        text = (
            f"The voxels are up to {edge:.1f} mm long: the bone around screws is known to about {edge / 2:.1f} mm; "
            f"voxels of at most {coarse} would be right."
        )
        sheet.add((), [Finding("screw.coarse", Severity.WARN, text, edge, "mm", coarse, about=treatment.lesion)])


def _assess_screw(case: Case, screw: Screw, sheet: Sheet) -> None:
    way = screw.trajectory
    bones = _bones_of(case, way)
    if not bones:
        text = f"{screw.title} lies in no outlined bone: whether it holds was not checked."
        sheet.add((), [Finding("screw.no_bone", Severity.WARN, text, about=screw.name, place_mm=way.tip_mm)])
    else:
        canals = [item.mask for item in case.structures if item.name in _CANALS and not item.mask.is_empty]
        ends = np.asarray([way.entry_mm, way.tip_mm])
        bone = InBone.of([item.mask for item in bones], canals, around=(ends, _ROOM_MM))
        fit = fit_of_screw(bone, way, screw.diameter_mm)
        if fit is not None:
            sheet.add(*_seat(screw, fit, " and ".join(_words(item) for item in bones)))
    sheet.add(*_near(case, screw))
    sheet.add(*_density(case, screw))


def _bones_of(case: Case, way: Trajectory) -> tuple[Structure, ...]:
    """The bones by name that hold the axis of a screw; all bone together where none does."""
    points = [way.point_at(step) for step in range(int(way.length_mm) + 1)]
    held = {
        item.name: sum(item.mask.at(point) for point in points) / len(points)
        for item in case.of_role(Role.BONE)
        if not item.mask.is_empty
    }
    named = [name for name, share in held.items() if name != "bone" and share > _LEAST_SHARE]
    if not named and held.get("bone", 0.0) > _LEAST_SHARE:
        named = ["bone"]
    return tuple(case.structure(name) for name in named)


def _seat(screw: Screw, fit: ScrewFit, where: str) -> tuple[list[Measure], list[Finding]]:
    gap, first = limit("screws", "gap"), pedicle_limit("grades", "B")
    grade = grade_of_breach(fit.breach_mm)
    about, place = screw.name, fit.place_mm
    measures = [
        Measure(
            "screw.margin", f"Bone around the screw, {where}", fit.margin_mm, "mm", about, limit=gap, place_mm=place,
            note="least distance from the thread to the surface of bone, behind the mouth of the entry",
        ),
        Measure(
            "screw.breach", "Out of bone at the side", fit.breach_mm, "mm", about, limit=first, place_mm=place,
            note=f"grade {grade} after Gertzbein and Robbins, who graded pedicles",
        ),
        Measure("screw.in_bone", "Length in bone", fit.in_bone_mm, "mm", about),
        Measure("screw.length", "Length of the screw", screw.trajectory.length_mm, "mm", about),
    ]  # fmt: skip
    findings = []
    if grade != "A":
        severe = fit.breach_mm >= pedicle_limit("grades", "C").amount
        text = (
            f"{screw.title} stands {fit.breach_mm:.1f} mm out of {where} at its side (grade {grade} after Gertzbein "
            f"and Robbins): a thinner screw or another way would be right."
        )
        severity = Severity.STOP if severe else Severity.WARN
        findings.append(Finding("screw.breach", severity, text, fit.breach_mm, "mm", first, place, about))
    elif fit.margin_mm < gap.amount:
        text = f"{screw.title} leaves {max(fit.margin_mm, 0.0):.1f} mm of {where} around it; {gap} are asked for."
        findings.append(Finding("screw.margin", Severity.WARN, text, fit.margin_mm, "mm", gap, place, about))
    if fit.tip_out_mm > 0:
        text = (
            f"The tip of the {within_sentence(screw.title)} stands {fit.tip_out_mm:.1f} mm beyond {where}: what lies "
            "there has to be known."
        )
        tip = screw.trajectory.tip_mm
        findings.append(Finding("screw.tip", Severity.WARN, text, fit.tip_out_mm, "mm", None, tip, about))
    return measures, findings


def _near(case: Case, screw: Screw) -> tuple[list[Measure], list[Finding]]:
    """The critical structure that is nearest to the surface of a screw, and each that it touches."""
    found = []
    for item in case.of_role(Role.CRITICAL):
        along = distance_along(item.mask, screw.trajectory, _NEAR_MM)
        if along is not None:
            where = int(along.distance_mm.argmin())
            place = screw.trajectory.point_at(float(along.depth_mm[where]))
            found.append((float(along.distance_mm[where]) - screw.diameter_mm / 2, item, place))
    found.sort(key=lambda entry: entry[0])
    measures = [
        Measure("screw.clearance", f"Distance to {_words(item)}", gap, "mm", screw.name, place_mm=place)
        for gap, item, place in found[:1]
    ]
    findings = []
    for gap, item, place in found:
        if gap < -pedicle_limit("noise").amount:
            text = f"{screw.title} reaches {-gap:.1f} mm into {_words(item)}: another way would be right."
            findings.append(Finding("screw.critical", Severity.STOP, text, gap, "mm", None, place, item.name))
    return measures, findings


def _density(case: Case, screw: Screw) -> tuple[list[Measure], list[Finding]]:
    if case.image.modality is not Modality.CT:
        return [], []
    way = screw.trajectory
    rows = hu_along(case.image, way.entry_mm, way.tip_mm, screw.diameter_mm / 2).mean(axis=1)
    note = "mean along the screw; the range is that of its densest and its least dense mm"
    low, high = float(rows.min()), float(rows.max())
    return [
        Measure("screw.hu", "CT number along the screw", float(rows.mean()), "HU", screw.name, low, high, note=note)
    ], []


def _words(item: Structure) -> str:
    """A structure by the title of its kind."""
    return with_article(item.name, item.kind)
