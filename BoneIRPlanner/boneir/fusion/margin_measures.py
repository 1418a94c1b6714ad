"""Margins as measures and findings of a plan."""

from __future__ import annotations

from ..assessment import Measure
from ..evidence import Grade, Value
from ..findings import Finding, Severity
from .margin import SurfaceMargin

RELIEF = " If it is only to relieve pain, ask for a smaller margin."
"""What a plan can say that was stopped for leaving out too much of a lesion."""


def margin_measures(
    expected: SurfaceMargin, inner: SurfaceMargin, outer: SurfaceMargin, lesion: str, wanted_mm: float, note: str = ""
) -> tuple[Measure, ...]:
    """Coverage and margin of a lesion, each with the range from the inner to the outer shell of its zone.

    Parameters
    ----------
    expected, inner, outer : SurfaceMargin
        Of the expected zone and its shells.
    lesion : str
    wanted_mm : float
        Width of the rim that the plan asks for.
    note : str
        What a reader must know of the minimal margin.
    """
    asked = asked_margin(wanted_mm)

    def share(code: str, title: str, *values: float) -> Measure:
        middle, low, high = (100.0 * value for value in values)
        return Measure(f"ablation.{code}", title, middle, "%", lesion, min(low, high), max(low, high))

    def length(code: str, title: str, *values: float) -> Measure:
        middle, low, high = values
        return Measure(f"ablation.{code}", title, middle, "mm", lesion, low, high)

    three = (expected, inner, outer)
    return (
        share("coverage", "Lesion within the zone", *(m.coverage[0] for m in three)),
        share(
            "margin_coverage",
            f"Lesion with a rim of {wanted_mm:g} mm within the zone",
            *(m.coverage_of_rim(wanted_mm) for m in three),
        ),
        Measure(
            "ablation.minimal_margin", "Minimal margin", expected.minimum_mm, "mm", lesion, inner.minimum_mm,
            outer.minimum_mm, asked, expected.place_mm, note,
        ),
        length("margin_p5", "Margin, 5th percentile of the surface", *(m.fifth_percentile_mm for m in three)),
        length("margin_median", "Margin, median of the surface", *(m.median_mm for m in three)),
        share("surface_uncovered", "Surface outside the zone", *(m.share_uncovered for m in three)),
        share("surface_narrow", "Surface with a margin of 0 to 5 mm", *(m.share_narrow for m in three)),
        share("surface_wide", "Surface with a margin of 5 mm and more", *(m.share_wide for m in three)),
    )  # fmt: skip


def margin_findings(
    expected: SurfaceMargin, inner: SurfaceMargin, lesion: str, wanted_mm: float, whole: Value, severity: Severity
) -> tuple[Finding, ...]:
    """A lesion that is not covered, a margin that is too narrow, and one that is wide enough only if all goes well.

    `severity` is that of the first two.
    """
    place = expected.place_mm
    covered = expected.coverage[0]
    if expected.minimum_mm < 0.0:
        within = f"{100 * covered:.0f} % of it" if covered < 0.995 else "all but its edge"
        text = (
            f"The zone leaves {-expected.minimum_mm:.1f} mm of {lesion} uncovered ({within} lies within): another "
            "place, a larger setting or one probe more would be right."
        )
        text += RELIEF if severity is Severity.STOP else ""
        return (Finding("ablation.coverage", severity, text, covered, "1", whole, place, lesion),)
    asked = asked_margin(wanted_mm)
    if expected.minimum_mm < wanted_mm:
        text = (
            f"The margin around {lesion} is {expected.minimum_mm:.1f} mm where it is least; the plan asks for {asked}."
        )
        return (Finding("ablation.minimal_margin", severity, text, expected.minimum_mm, "mm", asked, place, lesion),)
    if inner.minimum_mm < wanted_mm:
        text = (
            f"If the zone is as small as its inner shell, the margin around {lesion} falls from "
            f"{expected.minimum_mm:.1f} to {inner.minimum_mm:.1f} mm; the plan asks for {asked}."
        )
        place, least = inner.place_mm, inner.minimum_mm
        return (Finding("ablation.margin_uncertain", Severity.NOTE, text, least, "mm", asked, place, lesion),)
    return ()


def asked_margin(wanted_mm: float) -> Value:
    """The margin that a plan asks for, as a value with its evidence."""
    return Value(wanted_mm, "mm", Grade.DEFAULT, "Asked for in the plan")
