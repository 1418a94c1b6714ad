"""Proposals for focused ultrasound: from where on the skin sound reaches the lesion, instead of ways for a needle."""

from __future__ import annotations

import numpy as np

from ..ablation.acoustic_window import BLOCKERS, AcousticWindow, Placement, acoustic_window, placements, window_findings
from ..ablation.bowl import Bowl
from ..ablation.devices import device
from ..ablation.tissue_map import tissue_map, window_around
from ..anatomy.absent import absent_findings
from ..case import Case, Role
from ..errors import CaseError, DeviceError
from ..findings import Point, worst_first
from ..plan import Plan, Probe, Technique, Trajectory, Treatment
from ..proposal import Goal, Proposal, SkinMap

SPACING_MM = 2.0
"""Voxels of the tissue through which rays are followed."""


def propose_sound(case: Case, goal: Goal) -> Proposal:
    """Look for directions from which a bowl reaches the middle of a lesion, and rank them by the sound that arrives.

    Parameters
    ----------
    case : Case
        With an outline of the body.
    goal : Goal
        For focused ultrasound.

    Raises
    ------
    CaseError
        If the lesion or the outline of the body is not in the case.
    DeviceError
        If the device is unknown, is for something else, or lacks the figures of its bowl.
    """
    item, lesion, skin = device(goal.device).ready(), case.lesion(goal.lesion), case.of_role(Role.BODY)
    if item.technique is not Technique.ULTRASOUND:
        raise DeviceError(f"{item.name} is for {item.technique}, and {goal.technique} was asked for: choose another.")
    if not skin:
        raise CaseError("Focused ultrasound needs the outline of the body: outline it first.")
    focus, curvature = lesion.mask.centroid_mm, item.parameter("curvature_mm")
    tissues = tissue_map(
        case.image, case.structures, lesion, window_around([focus], curvature, case.image.grid, SPACING_MM)
    )
    frequency = item.parameter("frequency_hz")
    seen = acoustic_window(tissues, skin[0].mask, focus, frequency)
    bowl = Bowl(focus, (0.0, 0.0, 1.0), curvature, item.parameter("aperture_mm"), frequency)
    found = placements(seen, bowl.half_angle, goal.max_plans)
    plans, scores = list[Plan](), list[float]()
    for rank, placed in enumerate(found, 1):
        probe = Probe(
            "1", goal.device, Trajectory(_entry(seen, placed), focus), "", item.parameter("power_w"),
            item.parameter("duration_s"),
        )  # fmt: skip
        reasons = (
            f"Rank {rank}: {placed.share:.0%} of the sound arrives.",
            f"{placed.open_share:.0%} of the bowl sees the middle of the lesion.",
        )
        treatment = Treatment(lesion.name, goal.technique, goal.margin_mm, (probe,))
        plans.append(Plan(f"plan-{rank}", (treatment,), case.image.uid, "", goal.position, reasons))
        scores.append(1.0 - placed.share)
    findings = (*window_findings(seen, found, lesion.name), *absent_findings(case.structures))
    return Proposal(goal, tuple(plans), _skin_map(seen), worst_first(findings), tuple(scores))


def _entry(seen: AcousticWindow, placed: Placement) -> Point:
    """The point of the skin that the axis of the beam meets."""
    away = seen.skin_mm - np.asarray(seen.focus_mm)
    along = -(away @ np.asarray(placed.axis)) / np.maximum(np.linalg.norm(away, axis=1), 1e-9)
    reach = float(np.linalg.norm(away[int(np.argmax(along))]))
    x, y, z = (f - reach * u for f, u in zip(seen.focus_mm, placed.axis, strict=True))
    return x, y, z


def _skin_map(seen: AcousticWindow) -> SkinMap:
    """For every point of the skin what part of the sound is lost, or what blocks it."""
    order = sorted(BLOCKERS)
    score = np.where(seen.end == order[0], 1.0 - seen.share, np.nan).astype(np.float32)
    count = len(seen.skin_mm)
    return SkinMap(
        seen.skin_mm, seen.focus_mm, score, np.asarray(seen.end, np.uint8), np.full(count, -1, np.int16),
        np.zeros(count, np.float32), ("allowed", *(BLOCKERS[kind] for kind in order[1:])), (),
    )  # fmt: skip
