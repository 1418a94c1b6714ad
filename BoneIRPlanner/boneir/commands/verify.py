"""``boneir verify``: what a control image shows of a plan."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..anatomy.lesion_file import lesion_from_file
from ..assessment import assessment_record
from ..case import Case, Image
from ..case_folder import find_plan, load_case, save_plan
from ..errors import BoneIRError, MissingExtraError, OutlineError
from ..findings import Finding, Severity
from ..fusion.ablated import Look, outline_ablated
from ..fusion.changes import changes_between
from ..image.read import read_image
from ..mask import Mask
from ..picture import Picture
from ..plan import Plan, read_plan
from ..report.histogram import Histogram
from ..report.verification import compose_verification, write_verification
from ..verify import Verification, verify
from .drawing import draw
from .output import Answer, Progress
from .tables import finding_lines, measure_table

_SAME = 0.05


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Verify a plan and write the report."""
    case, plan = load_case(options.case), read_plan(find_plan(options.case, options.plan))
    with progress.step(f"Reading {options.control}"):
        control, found = read_image(options.control, options.series)
        zone, of_zone = _zone(options, control)
    with progress.step("Comparing it with the plan"):
        made = verify(case, plan, control, zone=zone, needles=not options.no_needles, aligned=options.aligned)
    folder: Path = options.out or options.case / "verified"
    with progress.step("Drawing it"):
        pictures, missing = _pictures(made)
    findings = (*found, *of_zone, *missing)
    report = compose_verification(
        made.case, plan, made.assessment, histograms=_histograms(made), pictures=pictures, changes=_changes(made),
        findings=findings, made_on=options.date,
    )  # fmt: skip
    with progress.step("Writing the report"):
        written = write_verification(report, folder, f"{plan.name}-verified")
        actual = save_plan(made.actual, options.case) if made.actual else None
    document = {
        "plan": plan.name,
        "actual_plan": str(actual) if actual else None,
        "registration_error_mm": made.error_mm,
        "verification": assessment_record(made.assessment),
        "after": assessment_record(made.after),
        "html": str(written.html),
        "pdf": str(written.pdf) if written.pdf else None,
        "findings": (*findings, *written.findings),
    }
    said = finding_lines((*made.assessment.findings, *findings, *written.findings))
    return Answer(document, (measure_table(made.assessment.measures), said, written.paths))


def _zone(options: argparse.Namespace, control: Image) -> tuple[Mask | None, tuple[Finding, ...]]:
    if options.zone is not None:
        outline, said = lesion_from_file(Case(control), options.zone, name="ablation zone")
        return outline.mask, said
    if options.zone_seed is None:
        return None, ()
    try:
        outlined = outline_ablated(control, options.zone_seed, Look(options.zone_look))
    except OutlineError as error:
        text = f"No ablation zone was outlined: its margin is not known. {error} --zone takes its mask."
        return None, (Finding("verify.no_zone", Severity.WARN, text, place_mm=options.zone_seed),)
    return outlined.mask, outlined.findings


def _histograms(made: Verification) -> dict[str, Histogram]:
    drawn = {}
    wanted = {item.lesion: item.margin_mm for item in made.plan.treatments}
    for lesion, margin in made.margins:
        edges, shares = margin.histogram()
        drawn[lesion] = Histogram(
            f"Margin over the surface of {lesion}", "Margin", "mm", "Share of the surface",
            tuple(float(v) for v in edges), tuple(100.0 * float(v) for v in shares),
            ((0.0, "edge of the zone"), (wanted[lesion], "asked for")),
        )  # fmt: skip
    return drawn


def _changes(made: Verification) -> tuple[tuple[str, float, float, str], ...]:
    if made.actual is None:
        return ()
    changes = changes_between(made.before, made.after).measures
    return tuple(
        (c.title if c.about in ("", *c.title.split()) else f"{c.title}, {c.about}", c.before, c.after, c.unit)
        for c in changes
        if abs(c.difference) >= _SAME
    )


def _pictures(made: Verification) -> tuple[tuple[Picture, ...], tuple[Finding, ...]]:
    """The margin on each lesion, and the needles where they are beside where they were planned."""
    drawn: list[Picture] = []
    missing: tuple[Finding, ...] = ()
    if made.actual is not None:
        shown, missing = draw(made.case, _beside(made.plan, made.actual), made.after)
        names = {probe.name for probe in made.actual.probes}
        drawn += [item for item in shown if item.about in ("", *names)]
    try:
        drawn = [*_of_margins(made), *_of_cement(made), *drawn]
    except (MissingExtraError, ImportError, BoneIRError) as error:
        if made.margins or made.cement:
            missing = (*missing, Finding("report.no_pictures", Severity.NOTE, f"No map was drawn: {error}"))
    return tuple(drawn), missing


def _of_margins(made: Verification) -> Iterator[Picture]:
    """The control image with lesion and zone, and the margin on the surface, of each lesion."""
    from ..scene.control_picture import control_picture
    from ..scene.margin_picture import margin_picture

    wanted = {item.lesion: item.margin_mm for item in made.plan.treatments}
    for lesion, margin in made.margins:
        if made.zone is not None:
            mask, control = made.case.lesion(lesion).mask, made.case.others[-1]
            yield control_picture(control, mask, made.zone, wanted[lesion], margin.place_mm, lesion)
        yield margin_picture(margin, lesion)


def _of_cement(made: Verification) -> Iterator[Picture]:
    """The cement on the control image, at its gravest leak or in its middle."""
    from ..scene.control_picture import cement_picture

    for lesion, found in made.cement:
        if not found.mask.is_empty:
            leak = found.leaks[0] if found.leaks else None
            place, at = (leak.place_mm, f"leak into {leak.into}") if leak else (found.mask.centroid_mm, "its middle")
            zone = next((item.mask for item in made.before.zones if item.name == f"cement in {lesion}"), None)
            mask = made.case.lesion(lesion).mask
            yield cement_picture(made.case.others[-1], found.mask, zone, mask, place, at, lesion)


def _beside(plan: Plan, actual: Plan) -> Plan:
    """The actual needles, and the planned ones as further needles beside them."""
    treatments = []
    for then, now in zip(plan.treatments, actual.treatments, strict=True):
        planned = tuple(replace(probe, name=f"{probe.name} planned") for probe in then.probes)
        treatments.append(replace(now, probes=(*now.probes, *planned)))
    return replace(actual, treatments=tuple(treatments))
