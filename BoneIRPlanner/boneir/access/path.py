"""The measures of one path: what a physician reads of a needle, proposed, hand-made or really placed."""

from __future__ import annotations

import math

from ..assessment import Measure
from ..case import Case, Role
from ..findings import Finding, Severity
from ..plan import Trajectory
from .hip_hazards import hip_findings
from .limits import Limits, access_limits
from .needle import Needle
from .path_bone import measure_bone
from .path_clearance import measure_clearances
from .path_samples import PathSamples
from .placement import measure_placement
from .room import room_measures

_SKIN_MM = 3.0
"""The outline of the skin is a staircase: so near the entry air does not count."""
_NO_PLANE = 1e-3
"""Sine below which a needle runs straight along the body."""


def measure_path(
    case: Case,
    trajectory: Trajectory,
    diameter_mm: float,
    *,
    about: str = "",
    lesion: str = "",
    usable_length_mm: float | None = None,
    limits: Limits | None = None,
    seed: int | None = 0,
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Measure one path and hold it against the limits.

    Parameters
    ----------
    case : Case
    trajectory : Trajectory
    diameter_mm : float
        Outer diameter of the instrument.
    about : str
        Name of the needle, for the texts. Clearances are about their structure and name the needle in their note.
    lesion : str
        Name of the lesion that it is for, whose bone may be entered; "" where the case has one lesion or none.
    usable_length_mm : float or None
        Length of the shaft; None does not check it.
    limits : Limits or None
        None takes those that this project ships.
    seed : int or None
        Seed of the drawn placements; None leaves them out, where only what is exact and quick is wanted.

    Returns
    -------
    measures : tuple of Measure
        Codes "access.length", "access.craniocaudal_angle", "access.in_plane_angle", "access.from_midline",
        "access.depth_cortex", "access.depth_target", "access.needle_length", "access.bone", "access.cortex_crossings",
        "access.incidence_angle" and, for each critical structure, "access.clearance" and,
        where placement error could reach it, "access.spared".
    findings : tuple of Finding
        What breaks a limit, with its place.

    Raises
    ------
    PlanError
        If entry and tip are the same place.
    CaseError
        If there is no lesion of that name.
    """
    rules = access_limits() if limits is None else limits
    long_enough = trajectory.length_mm + rules.hub_reserve.amount
    needle = Needle(diameter_mm, long_enough if usable_length_mm is None else usable_length_mm)
    target = case.lesion(lesion) if lesion or len(case.lesions) == 1 else None
    return measure_samples(PathSamples(case, trajectory, needle, target, about, rules), seed)


def measure_samples(path: PathSamples, seed: int | None = 0) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """The same for a needle or cannula of which instrument, lesion and limits are settled."""
    bone_measures, bone_findings = measure_bone(path)
    clearance_measures, clearance_findings = measure_clearances(path)
    spared_measures, spared_findings = ((), ()) if seed is None else measure_placement(path, seed)
    measures = (
        *_length_and_angles(path), *room_measures(path), *bone_measures, *clearance_measures, *spared_measures
    )  # fmt: skip
    return measures, (*_way_findings(path), *hip_findings(path), *bone_findings, *clearance_findings, *spared_findings)


def _length_and_angles(path: PathSamples) -> tuple[Measure, ...]:
    """Length, and the angles as they are set on the gantry and read on the axial image."""
    x, y, z = path.trajectory.direction
    tilt = math.degrees(math.asin(max(-1.0, min(1.0, z))))
    across = math.hypot(x, y)
    in_plane = None if across < _NO_PLANE else math.degrees(math.atan2(-x, abs(y)))
    return (
        Measure("access.length", "Length from skin to tip", path.trajectory.length_mm, "mm", path.about),
        Measure(
            "access.craniocaudal_angle", "Angle out of the axial plane", tilt, "deg", path.about,
            note="positive where the tip points to the head",
        ),
        Measure(
            "access.in_plane_angle", "Angle to the anteroposterior axis, in the axial plane", in_plane, "deg",
            path.about,
            note="positive where the needle comes from the patient's left"
            if in_plane is not None
            else "the needle runs straight along the body, so there is no such angle",
        ),
    )  # fmt: skip


def _way_findings(path: PathSamples) -> tuple[Finding, ...]:
    """A shaft that is too short, and a way that leaves the body."""
    found = []
    reach, length = path.needle.reach_mm(path.limits), path.trajectory.length_mm
    if length > reach + 1e-6:
        text = (
            f"{path.called()} has to go {length:.0f} mm deep and reaches {reach:.0f} mm, with "
            f"{path.limits.hub_reserve} of the shaft left outside: a longer one or a nearer entry would be right."
        )
        found.append(
            Finding("access.length", Severity.STOP, text, length, "mm", None, path.trajectory.tip_mm, path.about)
        )
    if path.case.of_role(Role.BODY):
        outside = ~path.within([item for item in path.case.structures if item.role is Role.BODY])
        outside &= path.depth_mm > _SKIN_MM
        if outside.any():
            place = path.place(int(outside.argmax()))
            text = f"{path.called()} leaves the body on its way: a way that stays in it would be right."
            millimetres = float(outside.sum()) * path.step_mm
            found.append(
                Finding("access.outside_body", Severity.STOP, text, millimetres, "mm", None, place, path.about)
            )
    return tuple(found)
