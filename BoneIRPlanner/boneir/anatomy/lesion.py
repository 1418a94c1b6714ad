"""Grow the outline of a lesion from a click inside it, and correct it by further clicks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..case import Case, Lesion, Modality
from ..errors import OutlineError
from ..evidence import Value
from ..findings import Finding, Point, Severity
from ..mask import Mask
from .lesion_choice import Choice, likely_surface
from .lesion_kind import LesionKind, kind_of
from .lesion_settings import lesion_setting, lesion_value
from .lesion_surface import SIZES_MM, Surface
from .lesion_window import Clicks, LesionWindow, lesion_window
from .neighbourhood import healthy_marrow
from .settings import outline_values, setting

ORIGIN = "grown from a seed"
LARGE_SIZES_MM = (11.0, 16.0, 24.0, 34.0)
"""Radii that are tried where a lesion is larger than the usual window."""


@dataclass(frozen=True, eq=False)
class LesionOutline:
    """A lesion, and how far its outline may be wrong.

    Parameters
    ----------
    lesion : Lesion
    sure : Mask
        What belongs to it even if its surface lies as deep as the image allows.
    possible : Mask
        What may belong to it.
    findings : tuple of Finding
        Where the outline is doubtful.
    expected_dice : float or None
        How well the outline agrees with the lesion, as lesions of known extent that looked like this one let expect;
        None on MR.
    """

    lesion: Lesion
    sure: Mask
    possible: Mask
    findings: tuple[Finding, ...]
    expected_dice: float | None


def grow_lesion(
    case: Case,
    seed_mm: Point,
    name: str = "lesion-1",
    *,
    inside_mm: Sequence[Point] = (),
    outside_mm: Sequence[Point] = (),
    edge_mm: Point | None = None,
) -> tuple[Lesion, tuple[Finding, ...]]:
    """Outline the lesion around a click; what `outline_lesion` gives without the band of doubt."""
    outline = outline_lesion(case, seed_mm, name, inside_mm=inside_mm, outside_mm=outside_mm, edge_mm=edge_mm)
    return outline.lesion, outline.findings


def outline_lesion(
    case: Case,
    seed_mm: Point,
    name: str = "lesion-1",
    *,
    inside_mm: Sequence[Point] = (),
    outside_mm: Sequence[Point] = (),
    edge_mm: Point | None = None,
) -> LesionOutline:
    """Outline the lesion around a click, with the band in which its surface may lie.

    Several sizes are supposed. For each a smooth closed surface grows that separates numbers like those within from
    numbers like those around, marrow, cortex and soft tissue apart; the sharpest one, on CT weighed with what else
    supports it, is moved to the edges of the image. Where nothing in the image says that the lesion broke out, bone
    holds it back on CT, and on MR a wall of other tissue.

    Parameters
    ----------
    case : Case
        A CT with bone outlined, or an MR.
    seed_mm : Point
        LPS mm, inside the lesion.
    name : str
        What the lesion is called in the case.
    inside_mm, outside_mm : sequence of Point
        Further clicks or points of a scribble that belong to it, and that do not.
    edge_mm : Point, optional
        A click on its border: settles its size where the image leaves it open, as for a mixed lesion.

    Returns
    -------
    LesionOutline

    Raises
    ------
    OutlineError
        If the image is neither CT nor MR, the click does not lie in bone, or nothing grows around it.
    ImageError
        If a click lies outside the image.
    """
    if case.image.modality not in (Modality.CT, Modality.MR):
        raise OutlineError(f"A lesion grows on CT or MR, this image is {case.image.modality}: give a mask.")
    clicks = Clicks((seed_mm, *inside_mm), tuple(outside_mm), edge_mm)
    window = lesion_window(case, clicks, lesion_setting("reach_mm"))
    corrects = edge_mm is None
    choice = likely_surface(window.around, clicks.sizes_mm(SIZES_MM), lesion_setting("reach_mm"), by_seed=corrects)
    if _is_cut(choice.surface):
        reach_mm = lesion_setting("far_reach_mm")
        window = lesion_window(case, clicks, reach_mm)
        choice = likely_surface(window.around, clicks.sizes_mm(LARGE_SIZES_MM), reach_mm, by_seed=corrects)
    grown = window.mask_of(window.within(choice.surface, choice.surface.reach_mm))
    if grown.is_empty or not grown.at(seed_mm):
        place = ", ".join(f"{x:.1f}" for x in seed_mm)
        raise OutlineError(
            f"Nothing grows around ({place}) mm LPS: it is like what lies around it; put the click in the middle of "
            "the lesion, add one on its border, or give a mask."
        )
    lesion = Lesion(name, grown, ORIGIN)
    sure, possible = _band(window, choice)
    findings = (*_doubts(lesion, choice, sure, possible), *_findings(lesion, window, choice))
    return LesionOutline(lesion, sure, possible, findings, choice.expected_dice)


def _band(window: LesionWindow, choice: Choice) -> tuple[Mask, Mask]:
    """What surely belongs to the lesion and what possibly does: all that its surface and its rival leave open."""
    inner, outer = choice.surface.band_mm()
    sure, possible = window.within(choice.surface, inner), window.within(choice.surface, outer)
    if choice.rival is not None:
        sure = sure & window.within(choice.rival, choice.rival.band_mm()[1])
        possible = possible | window.within(choice.rival, choice.rival.reach_mm)
    return window.mask_of(sure), window.mask_of(possible)


def _doubts(lesion: Lesion, choice: Choice, sure: Mask, possible: Mask) -> tuple[Finding, ...]:
    """That the outline agrees badly with lesions, or that its band of doubt is wide."""
    found, place, expected = [], lesion.mask.centroid_mm, choice.expected_dice
    least, widest = lesion_value("least_expected"), lesion_value("wide_band")
    if expected is not None and expected < least.amount:
        text = "The outline is doubtful: add a click on its border, or one where it is wrong, or give a mask."
        found.append(Finding("lesion.doubtful", Severity.WARN, text, expected, least.unit, least, place, lesion.name))
    ratio = possible.volume_ml / max(sure.volume_ml, lesion.mask.grid.voxel_ml)
    if ratio > widest.amount:
        text = (
            f"Between {sure.volume_ml:.1f} mL that surely belong to the lesion and {possible.volume_ml:.1f} mL that "
            "possibly do, the image leaves much open."
        )
        found.append(Finding("lesion.wide_band", Severity.WARN, text, ratio, widest.unit, widest, place, lesion.name))
    return tuple(found)


def _is_cut(surface: Surface) -> bool:
    """Whether the surface lies at the end of some rays."""
    rays = surface.rays
    return float(np.mean(surface.reach_mm > rays.radii_mm[-1] - 2 * rays.step_mm)) > 0.01


def _findings(lesion: Lesion, window: LesionWindow, choice: Choice) -> tuple[Finding, ...]:
    surface, place, found = choice.surface, lesion.mask.centroid_mm, []

    def add(code: str, text: str, measured: float | None = None, unit: str = "", limit: Value | None = None) -> None:
        found.append(Finding(code, Severity.WARN, text, measured, unit, limit, place, lesion.name))

    if _is_cut(surface):
        add("lesion.leak", "The outline runs on into tissue that looks like the lesion: check it and cut it by hand.")
    if surface.sharpness < lesion_setting("least_sharpness"):
        text = "The border of the lesion is not sharp: add a click on its border or where the outline is wrong."
        add("lesion.blurred", text, surface.sharpness, "1", lesion_value("least_sharpness"))
    if choice.rival is not None:
        other_ml = window.mask_of(window.within(choice.rival, choice.rival.reach_mm)).volume_ml
        text = (
            f"The image allows a lesion of {other_ml:.1f} mL as well as one of {lesion.mask.volume_ml:.1f} mL: "
            "a click on its border settles it."
        )
        add("lesion.rival", text, other_ml, "mL")
    around = window.bone
    if around is None:
        return tuple(found)
    grown = lesion.mask.part(around.corner, window.shape)
    healthy = healthy_marrow(around, grown)
    if healthy is None:
        add("lesion.no_reference", "No healthy marrow nearby to compare with: its kind is told by fixed CT numbers.")
    if kind_of(around.hu[grown], healthy) is LesionKind.UNSURE:
        add("lesion.unsure", "The lesion differs little from the marrow around it: its kind and edge are not sure.")
    beyond = float(np.mean(around.distance_from(around.bone)[grown] > setting("lesion_breach_mm")))
    if beyond > setting("lesion_breach_share"):
        text = (
            f"{100 * beyond:.0f} % of the outline lies where the bone's surface is gone: look for a part in the soft "
            "tissue."
        )
        add("lesion.breach", text, 100 * beyond, "%", outline_values()["lesion_breach_share"])
    return tuple(found)
