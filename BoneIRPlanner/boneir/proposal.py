"""Proposal: what `propose` is asked for and what it answers, rejections included."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .findings import Finding, Point
from .plan import Landmark, LimitChange, Plan, Position, Technique

REFUSAL_WORDS = {
    "length": "too far from the target for this needle",
    "view_border": "where the field of view cuts the body",
    "table": "from the side of the table",
    "midline": "over the spinous processes",
    "entry_outside": "outside the entry zones that were asked for",
    "entry_forbidden": "within an entry zone that was forbidden",
    "outside_body": "out of the body on the way",
    "canal": "across the spinal canal",
    "clearance": "too near to",
    "other_bone": "barred by bone that does not hold the lesion,",
    "bone_crossings": "into bone too often",
    "incidence": "too flat to the cortex",
    "pleura_angle": "towards the pleura behind the rib",
    "hub": "with the shaft in the body again outside the entry",
    "bore": "with the hub beyond the bore",
    "beside": "in the way of an instrument that stands already",
    "hip_joint": "where they may run through the hip joint, which is not outlined",
    "sciatic_nerve": "where they may meet the sciatic nerve, which is not outlined",
}
"""What each rule of access says of the entries that it refuses; a structure may follow."""


@dataclass(frozen=True)
class EntryZone:
    """A part of the skin: a ball, all that is near an outline of the case, or what a closed curve encloses.

    Parameters
    ----------
    centre_mm : Point or None
        Middle of the ball in LPS mm; None for an outline or a curve.
    radius_mm : float
        Radius of the ball, or how far around the outline the zone reaches; a curve has none.
    structure : str
        Name of the outline in the case ("wound", "ostomy"); "" for a ball or a curve.
    curve_mm : tuple of Point
        Points along a closed curve on the skin, LPS mm, three or more; empty for a ball or an outline.
    """

    centre_mm: Point | None = None
    radius_mm: float = 5.0
    structure: str = ""
    curve_mm: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Goal:
    """What a plan shall achieve.

    Parameters
    ----------
    technique : Technique
    device : str
        Identifier of the device in ``Resources/Devices``.
    lesion : str
        Name of the lesion; "" for the only one.
    setting : str
        Identifier of a published setting of the device; "" lets `propose` choose the one that covers best.
    margin_mm : float
        Rim around the lesion that shall be reached as well, in mm.
    position : Position
        How the patient lies.
    max_plans : int
        How many plans to give at most.
    seed : int
        Seed of every random draw.
    entry_allowed : tuple of EntryZone
        Where needles may enter the skin; empty allows it everywhere.
    entry_forbidden : tuple of EntryZone
        Where they must not: a wound, an ostomy, a drape.
    limits : tuple of LimitChange
        Limits that are other than those that this project ships.
    landmark : Landmark or None
        What entries are marked from in the room.
    """

    technique: Technique
    device: str
    lesion: str = ""
    setting: str = ""
    margin_mm: float = 5.0
    position: Position = Position.PRONE
    max_plans: int = 6
    seed: int = 0
    entry_allowed: tuple[EntryZone, ...] = ()
    entry_forbidden: tuple[EntryZone, ...] = ()
    limits: tuple[LimitChange, ...] = ()
    landmark: Landmark | None = None


@dataclass(frozen=True, eq=False)
class SkinMap:
    """For every skin entry that was looked at: its score, or the rule that refused it.

    Parameters
    ----------
    points_mm : ndarray of float, shape (n, 3)
        Entries in LPS mm.
    target_mm : Point
        The target that the map belongs to.
    score : ndarray of float32, shape (n,)
        Weighted cost in 0..1, the lower the better; NaN where refused.
    reason : ndarray of uint8, shape (n,)
        Index into `reasons`; 0 means allowed.
    structure : ndarray of int16, shape (n,)
        Index into `structures` of what refused it; -1 where no structure did.
    shortfall_mm : ndarray of float32, shape (n,)
        How many mm are missing to be allowed under the refusing rule; 0 where allowed.
    reasons : tuple of str
        Codes of the rules ("allowed", "length", "clearance", "bone_entry", ...).
    structures : tuple of str
        Names of the structures of the case that can refuse.
    place_mm : ndarray of float32, shape (n, 3), or None
        Where on the way of each entry least room is left, in LPS mm; NaN where the way was not walked. None where the
        map was kept without it.
    """

    points_mm: NDArray[np.float64]
    target_mm: Point
    score: NDArray[np.float32]
    reason: NDArray[np.uint8]
    structure: NDArray[np.int16]
    shortfall_mm: NDArray[np.float32]
    reasons: tuple[str, ...]
    structures: tuple[str, ...]
    place_mm: NDArray[np.float32] | None = None

    @property
    def allowed_count(self) -> int:
        """Number of entries that no rule refuses."""
        return int(np.count_nonzero(self.reason == 0))

    def refusals(self) -> tuple[tuple[str, str, int], ...]:
        """(rule, structure, number of entries) for all refused entries, the most frequent first."""
        refused = self.reason > 0
        pairs, counts = np.unique(
            np.stack([self.reason[refused].astype(int), self.structure[refused].astype(int)], axis=1),
            axis=0,
            return_counts=True,
        )
        rows = [
            (self.reasons[rule], self.structures[which] if which >= 0 else "", int(count))
            for (rule, which), count in zip(pairs.tolist(), counts.tolist(), strict=True)
        ]
        return tuple(sorted(rows, key=lambda row: -row[2]))


@dataclass(frozen=True, eq=False)
class Proposal:
    """Ranked plans, the best first, and the map of what was refused and why.

    Parameters
    ----------
    goal : Goal
    plans : tuple of Plan
        Empty where no entry is allowed; `findings` then says what stands in the way.
    skin : SkinMap
    findings : tuple of Finding
    scores : tuple of float
        Weighted cost of each plan, the lower the better.
    """

    goal: Goal
    plans: tuple[Plan, ...]
    skin: SkinMap
    findings: tuple[Finding, ...] = ()
    scores: tuple[float, ...] = field(default=())
