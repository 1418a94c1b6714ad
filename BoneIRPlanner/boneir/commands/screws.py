"""``boneir screws``: corridors for screws, and a plan with those that are chosen."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..access.bones import bones_holding
from ..access.limits import access_limits
from ..access.pedicle import grade_of_breach
from ..case import Case, Role
from ..case_folder import find_plan, load_case, save_plan
from ..errors import BoneIRError
from ..findings import Finding, Severity
from ..mask import Mask
from ..plan import Plan, Screw, Technique, Treatment, read_plan
from ..stability.corridor_places import Site, site_named, sites_of
from ..stability.pedicle_width import widest_pedicle
from ..stability.propose_screw import ProposedScrew, propose_screw
from ..stability.screws_together import kept_apart
from .output import Answer, Progress, TextTable
from .tables import finding_lines, plain


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """List the corridors around a lesion with the largest screw of each; save the chosen ones as a plan."""
    case = load_case(options.case)
    lesion = case.lesion(options.lesion)
    bones = {item.name: item.mask for item in case.structures if item.role is Role.BONE or item.name == "spinal_canal"}
    chosen = tuple(site_named(key, bones) for key in options.corridor)
    found: list[ProposedScrew] = []
    refused: list[Finding] = []
    with progress.step("Looking for corridors"):
        for site in chosen or _around(case, lesion.name, sites_of(bones)):
            try:
                found.append(propose_screw(case.image, bones, site))
            except BoneIRError as error:
                refused.append(Finding("screw.no_corridor", Severity.NOTE, str(error), about=site.key))
    if chosen:
        found, refused = _apart(case, bones, found, refused)
    refused += [finding for item in found if (finding := _as_wide_as_they_are(item)) is not None]
    plan = _plan(case, lesion.name, [item.screw for item in found], options) if chosen and found else None
    path = None if plan is None else save_plan(plan, options.case)
    document = {
        "case": str(options.case),
        "lesion": lesion.name,
        "corridors": [_record(item) for item in found],
        "findings": refused,
        "plan": None if path is None else str(path),
    }
    parts: list[str | TextTable] = [_table(found)] if found else ["No corridor was found."]
    parts += [finding_lines(refused)] if refused else []
    if plan is not None:
        parts.append(f"Plan {plan.name} holds these screws: 'boneir assess' says what they do.")
    elif found:
        parts.append("Choose with --corridor NAME; it may be given again.")
    return Answer(document, tuple(parts))


def _apart(
    case: Case, bones: dict[str, Mask], found: list[ProposedScrew], refused: list[Finding]
) -> tuple[list[ProposedScrew], list[Finding]]:
    """Screws that are set together, shortened where they would meet, and what was shortened."""
    kept = kept_apart(case.image, bones, found, access_limits().probe_apart.amount)
    said = [
        Finding(
            "screw.shortened",
            Severity.NOTE,
            f"{now.screw.title} was taken {now.length_mm:.0f} mm long instead of {was.length_mm:.0f} mm, so that it "
            "does not meet another screw.",
            about=now.site.key,
        )
        for now, was in zip(kept, found, strict=True)
        if now is not was
    ]
    return kept, [*refused, *said]


def _as_wide_as_they_are(item: ProposedScrew) -> Finding | None:
    """That a corridor fills all of the width that pedicles of its level have at most."""
    width, widest = 2 * item.corridor.radius_mm, widest_pedicle(item.site.level)
    if widest is None or width < widest.amount:
        return None
    text = (
        f"The corridor through the {item.site.words} is {width:.1f} mm wide, as wide as pedicles of {item.site.level} "
        f"are at most ({widest}): the outline may hold rib or joint beside the pedicle; measure it on the CT."
    )
    return Finding("screw.pedicle_width", Severity.WARN, text, width, "mm", widest, about=item.site.key)


def _around(case: Case, lesion: str, sites: tuple[Site, ...]) -> tuple[Site, ...]:
    """The corridors of the bone that holds a lesion; all of them where no bone is known to."""
    names = {item.name for item in bones_holding(case, case.lesion(lesion))}
    levels = {name.removeprefix("vertebra_") for name in names if name.startswith("vertebra_")}
    pelvic = {"sacrum", "hip_left", "hip_right"} & names
    near = [
        site
        for site in sites
        if (site.level in levels if site.level else False)
        or (pelvic and not site.level and site.kind != "femoral_neck")
        or (site.kind == "femoral_neck" and f"femur_{site.side}" in names)
    ]
    return tuple(near) or sites


def _plan(case: Case, lesion: str, screws: list[Screw], options: argparse.Namespace) -> Plan:
    """The screws in a plan of their own, or beside what another plan does to the lesion."""
    if not options.beside:
        treatment = Treatment(lesion, Technique.FIXATION, screws=tuple(screws))
        return Plan(options.name, (treatment,), case.image.uid, approach="screws")
    plan = read_plan(find_plan(options.case, options.beside))
    if all(treatment.lesion != lesion for treatment in plan.treatments):
        raise BoneIRError(f"The plan {plan.name!r} does not treat {lesion!r}: name one that does with --beside.")
    treatments = tuple(
        replace(treatment, screws=(*treatment.screws, *screws)) if treatment.lesion == lesion else treatment
        for treatment in plan.treatments
    )
    return replace(plan, name=options.name, treatments=treatments)


def _table(found: list[ProposedScrew]) -> TextTable:
    titles = ("Corridor", "Name", "Screw", "Corridor width", "Bone around", "Grade", "CT number")
    rows = [
        (
            item.site.words,
            item.site.key,
            f"{item.screw.diameter_mm:g} x {item.length_mm:.0f} mm",
            f"{2 * item.corridor.radius_mm:.1f} mm",
            plain(f"{item.fit.margin_mm:.1f} mm"),
            str(grade_of_breach(item.fit.breach_mm)),
            "-" if item.mean_hu is None else f"{item.mean_hu:.0f} HU",
        )
        for item in found
    ]
    return TextTable(titles, tuple(rows), numeric=("Corridor width", "Bone around", "CT number"))


def _record(item: ProposedScrew) -> dict[str, object]:
    return {
        "name": item.site.key,
        "title": item.site.words,
        "width_mm": 2 * item.corridor.radius_mm,
        "entry_mm": item.corridor.entry_mm,
        "way": item.corridor.way,
        "screw": item.screw,
        "margin_mm": item.fit.margin_mm,
        "grade": str(grade_of_breach(item.fit.breach_mm)),
        "mean_hu": item.mean_hu,
    }
