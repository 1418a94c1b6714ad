"""The margin after an ablation as measures and findings."""

from __future__ import annotations

from ..assessment import Curve, CurveMark, Measure
from ..findings import Finding, Severity
from ..resources import limit
from .after_margin import PERCENTILES, AfterMargin
from .margin import MARGINS_MM
from .margin_measures import asked_margin

_LIVER = ("liver_minimum_mm", "liver_covered_mm")


def after_measures(found: AfterMargin, lesion: str, wanted_mm: float) -> tuple[Measure, ...]:
    """Margin, percentiles, coverage and what was missed, each with what a reader must know."""
    asked = asked_margin(wanted_mm)
    away = "Without the surface that faces canal or joint." if found.excluded_share else ""
    sure = f"The minimum less 1.96 times the registration's error of {found.error_mm:.1f} mm."
    measures = [
        Measure("after.minimum", "Minimal margin", found.minimum_mm, "mm", lesion, limit=asked,
                place_mm=found.place_mm, note=away),
        Measure("after.claimed", "Margin that may be claimed", found.claimed_mm, "mm", lesion, limit=asked,
                place_mm=found.place_mm, note=sure),
        Measure("after.minimum_everywhere", "Minimal margin, barriers included", found.whole.minimum_mm, "mm", lesion,
                place_mm=found.whole.place_mm),
        Measure("after.excluded", "Surface that faces canal or joint", 100.0 * found.excluded_share, "%", lesion,
                limit=limit("verification", "barrier_mm"), note="It does not count for the margin."),
    ]  # fmt: skip
    for percent, value in zip(PERCENTILES[1:-1], found.percentiles_mm[1:-1], strict=True):
        title = f"Margin, {percent:g}th percentile of the surface"
        measures.append(Measure(f"after.p{percent:g}", title, value, "mm", lesion))
    for width, share in zip(MARGINS_MM, found.whole.coverage, strict=True):
        title = "Lesion within the zone" if not width else f"Lesion with a rim of {width} mm within the zone"
        measures.append(Measure(f"after.coverage_{width}", title, 100.0 * share, "%", lesion))
    missed = sum(part.volume_ml for part in found.missed_rim)
    place = found.missed_rim[0].place_mm if found.missed_rim else None
    title = f"Lesion and rim of {wanted_mm:g} mm outside the zone"
    measures.append(Measure("after.missed_rim", title, missed, "mL", lesion, place_mm=place))
    return tuple(measures)


def after_findings(found: AfterMargin, lesion: str, wanted_mm: float) -> tuple[Finding, ...]:
    """What was missed and where, a margin that is too narrow or not sure, and what is known of other organs."""
    findings = []
    for part in found.missed:
        text = (
            f"{part.volume_ml:.2f} mL of {lesion} lie outside the zone, at {_where(part.place_mm)}, up to "
            f"{part.deepest_mm:.1f} mm from it."
        )
        findings.append(Finding("after.missed", Severity.STOP, text, part.volume_ml, "mL", None, part.place_mm, lesion))
    asked = asked_margin(wanted_mm)
    if found.minimum_mm < 0.0:
        text = f"The zone ends {-found.minimum_mm:.1f} mm inside {lesion} at {_where(found.place_mm)}."
        findings.insert(
            0, Finding("after.minimum", Severity.STOP, text, found.minimum_mm, "mm", asked, found.place_mm, lesion)
        )
    elif found.minimum_mm < wanted_mm:
        where = _where(found.place_mm)
        text = f"The margin around {lesion} is {found.minimum_mm:.1f} mm at {where}; the plan asked for {asked}."
        findings.append(
            Finding("after.minimum", Severity.WARN, text, found.minimum_mm, "mm", asked, found.place_mm, lesion)
        )
    if found.claimed_mm < wanted_mm <= found.minimum_mm:
        text = (
            f"With the error of the registration the margin around {lesion} may be as little as "
            f"{found.claimed_mm:.1f} mm; the plan asked for {asked}."
        )
        findings.append(
            Finding("after.claimed", Severity.WARN, text, found.claimed_mm, "mm", asked, found.place_mm, lesion)
        )
    if found.excluded_share:
        share = f"{100 * found.excluded_share:.0f} % of the surface of {lesion} lie at the canal or a joint"
        least = f"it is {found.whole.minimum_mm:.1f} mm at the least, barriers included"
        text = f"{share}: no margin is asked for there; {least}."
        findings.append(
            Finding("after.barrier", Severity.NOTE, text, 100 * found.excluded_share, "%", None, None, lesion)
        )
    findings += _of_liver(found, lesion)
    return tuple(findings)


def _of_liver(found: AfterMargin, lesion: str) -> list[Finding]:
    """Thresholds that are known: in the liver, not in bone."""
    findings = []
    for key in _LIVER:
        bound = limit("verification", key)
        reached = "reached" if found.claimed_mm >= bound.amount else "not reached"
        text = f"For comparison, in the liver (not in bone, where no margin is accepted): {bound.note} Here {reached}."
        findings.append(
            Finding(f"after.{key}", Severity.NOTE, text, found.claimed_mm, "mm", bound, found.place_mm, lesion)
        )
    return findings


def coverage_curve(found: AfterMargin, lesion: str, wanted_mm: float) -> Curve:
    """How much of the lesion with a rim of 0 to 10 mm lies in the zone."""
    points = tuple((float(w), 100.0 * c) for w, c in zip(MARGINS_MM, found.whole.coverage, strict=True))
    return Curve(
        "after.coverage", f"Coverage of {lesion}", "Rim around the lesion", "Within the zone", "mm", "%", lesion,
        points, (CurveMark(wanted_mm, "asked for"),), "Part of the lesion, grown by the rim, that lies in the zone.",
    )  # fmt: skip


def _where(place_mm: tuple[float, float, float]) -> str:
    return f"({', '.join(f'{round(v)}' for v in place_mm)}) mm LPS"
