"""How near one needle comes to each critical structure, and whether that is near enough to say so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..anatomy.structures import structure_title, with_article, within_sentence
from ..assessment import Measure
from ..case import Role, Structure
from ..evidence import Value
from ..findings import Finding, Point, Severity
from .clearance import FARTHEST_MM, distance_along
from .path_samples import PathSamples


@dataclass(frozen=True)
class Nearness:
    """How near a needle comes to one structure.

    Parameters
    ----------
    clearance_mm : float
        Least distance between the surfaces of needle and structure; negative where the needle runs into it.
    place_mm : Point
        Where on the axis.
    missing_mm : float
        Most that is missing anywhere to the distance to keep; negative where there is more than enough.
    missing_place_mm : Point
        Where on the axis.
    limit : Value
        The distance to keep there.
    spare_mm : float
        Least that is left anywhere when the placement error is used up as well; negative where it is not.
    relaxed_missing_mm, relaxed_spare_mm : float
        The same if what holds inside the target bone held inside the lesion too.
    """

    clearance_mm: float
    place_mm: Point
    missing_mm: float
    missing_place_mm: Point
    limit: Value
    spare_mm: float
    relaxed_missing_mm: float
    relaxed_spare_mm: float


def nearness(path: PathSamples, structure: Structure, farthest_mm: float = FARTHEST_MM) -> Nearness | None:
    """Measure one structure; None where it is empty or farther from the needle than `farthest_mm`."""
    limits, needle = path.limits, path.needle
    outside, inside = limits.clearance_of(structure), limits.clearance_in_bone(structure)
    error = path.error_mm
    # Nothing that is asked for lies where the distance exceeds its minimum by more than what is to be kept varies by.
    slack = outside.amount - inside.amount + float(np.ptp(error))
    along = distance_along(structure.mask, path.trajectory, farthest_mm, slack)
    if along is None:
        return None
    gap = along.distance_mm - needle.diameter_mm / 2
    keep = np.where(path.in_target_bone, inside.amount, outside.amount)
    relaxed = np.where(path.in_target_bone | path.in_lesion, inside.amount, outside.amount)
    nearest, worst = int(np.argmin(gap)), int(np.argmax(keep - gap))
    limit = inside if path.in_target_bone[worst] else outside
    return Nearness(
        float(gap[nearest]),
        path.place(nearest),
        float((keep - gap)[worst]),
        path.place(worst),
        limit,
        float((gap - keep - error).min()),
        float((relaxed - gap).max()),
        float((gap - relaxed - error).min()),
    )


def measure_clearances(path: PathSamples) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Clearance to every critical structure of the case, the nearest first, and what is too near."""
    near: list[tuple[Nearness, Structure]] = []
    far: list[Measure] = []
    for item in path.case.of_role(Role.CRITICAL):
        found = nearness(path, item)
        if found is not None:
            near.append((found, item))
        elif not item.mask.is_empty:
            title = f"Clearance to {_words(item)}"
            far.append(Measure("access.clearance", title, None, "mm", item.name, FARTHEST_MM, note=path.called()))
    near.sort(key=lambda pair: pair[0].clearance_mm)
    measures = [
        Measure(
            "access.clearance", f"Clearance to {_words(item)}", found.clearance_mm, "mm", item.name,
            limit=found.limit, place_mm=found.place_mm, note=path.called(),
        )
        for found, item in near
    ]  # fmt: skip
    return (*measures, *far), tuple(
        finding for found, item in near if (finding := _finding(path, found, item)) is not None
    )


def _finding(path: PathSamples, found: Nearness, item: Structure) -> Finding | None:
    words = with_article(item.name)
    if found.clearance_mm <= 0:
        text = f"{path.called()} touches {words}: at least {found.limit} between them would be right."
        return Finding(
            "access.clearance", Severity.STOP, text, found.clearance_mm, "mm", found.limit, found.place_mm, item.name
        )
    if found.missing_mm > 0:
        kept = found.limit.amount - found.missing_mm
        text = (
            f"{path.called()} comes within {kept:.1f} mm of {words}: at least {found.limit} would be right, "
            f"{found.missing_mm:.1f} mm more."
        )
        if found.relaxed_missing_mm <= 0:
            text += " It is so only inside the lesion: a physician has to confirm it."
        severity = Severity.WARN if found.relaxed_missing_mm <= 0 else Severity.STOP
        return Finding("access.clearance", severity, text, kept, "mm", found.limit, found.missing_place_mm, item.name)
    if found.spare_mm < 0:
        missing = -found.spare_mm
        text = (
            f"{path.called()} passes {words} at {found.clearance_mm:.1f} mm, which its placement error may use "
            f"up: {missing:.1f} mm more would be right."
        )
        return Finding(
            "access.placement_error",
            Severity.WARN,
            text,
            found.clearance_mm,
            "mm",
            found.limit,
            found.place_mm,
            item.name,
        )
    return None


def _words(item: Structure) -> str:
    """A structure as people call it, within a title."""
    return within_sentence(structure_title(item.name))
