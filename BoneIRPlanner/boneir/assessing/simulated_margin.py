"""The margin around a lesion within a simulated zone, beside that of the maker's zone and named apart from it."""

from __future__ import annotations

from ..assessment import Curve, CurveMark, Measure, Zone
from ..case import Lesion
from ..findings import Finding, Severity
from ..fusion.margin import MARGINS_MM, SurfaceMargin, surface_margins
from ..fusion.margin_measures import RELIEF, asked_margin
from .aim import severity_of_shortfall
from .sheet import Sheet

NOTE = "of the simulated zone, not of the maker's"


def assess_simulated_margin(lesion: Lesion, zone: Zone, wanted_mm: float, sheet: Sheet) -> None:
    """Measure how far a simulated zone reaches beyond a lesion.

    Parameters
    ----------
    lesion : Lesion
    zone : Zone
        With shells, on the grid of the planning image.
    wanted_mm : float
        Width of the rim that the plan asks for.
    sheet : Sheet
        Takes in what is found; nothing where the zone is empty.
    """
    if zone.mask.is_empty or lesion.mask.is_empty:
        return
    masks = [zone.mask, *(mask for mask in (zone.inner, zone.outer) if mask is not None and not mask.is_empty)]
    expected, *shells = surface_margins(lesion.mask, masks)
    asked = asked_margin(wanted_mm)
    around = [expected, *shells]
    low, high = min(m.minimum_mm for m in around), max(m.minimum_mm for m in around)
    rims = [100.0 * m.coverage_of_rim(wanted_mm) for m in around]
    if zone.inner is not None and zone.inner.is_empty:
        low, rims = -float("inf"), [*rims, 0.0]
    sheet.add(
        [
            Measure(
                "ablation.simulated_minimal_margin", "Minimal margin of the simulated zone", expected.minimum_mm, "mm",
                lesion.name, None if low == -float("inf") else low, high, asked, expected.place_mm, NOTE,
            ),
            Measure(
                "ablation.simulated_margin_coverage", f"Lesion with a rim of {wanted_mm:g} mm in the simulated zone",
                rims[0], "%", lesion.name, min(rims), max(rims), note=NOTE,
            ),
        ],
        [_finding(expected, lesion, wanted_mm)],
    )  # fmt: skip
    sheet.curves.append(_curve(expected, lesion, wanted_mm))


def _finding(expected: SurfaceMargin, lesion: Lesion, wanted_mm: float) -> Finding | None:
    least = expected.minimum_mm
    if least >= wanted_mm:
        return None
    state = f"leaves {-least:.1f} mm of it uncovered" if least < 0.0 else f"has a margin of {least:.1f} mm at its least"
    text = f"The simulated zone of {lesion.name} {state}; the plan asks for {wanted_mm:g} mm."
    asked = asked_margin(wanted_mm)
    severity = severity_of_shortfall(expected, wanted_mm)
    text += RELIEF if severity is Severity.STOP else ""
    return Finding(
        "ablation.simulated_minimal_margin", severity, text, least, "mm", asked, expected.place_mm, lesion.name
    )


def _curve(expected: SurfaceMargin, lesion: Lesion, wanted_mm: float) -> Curve:
    """Which part of the lesion and a rim lies within, by the width of the rim."""
    points = tuple((float(mm), 100.0 * share) for mm, share in zip(MARGINS_MM, expected.coverage, strict=True))
    marks = (CurveMark(wanted_mm, "asked for"),) if wanted_mm <= MARGINS_MM[-1] else ()
    return Curve(
        "ablation.simulated_rim", f"Rim around {lesion.name} within the simulated zone", "width of the rim",
        "part within the zone", "mm", "%", lesion.name, points, marks, "simulated",
    )  # fmt: skip
