"""Why a plan stands where it stands, why the others lost, and what would have to give where nothing is allowed."""

from __future__ import annotations

import numpy as np

from ..anatomy.structures import with_article
from ..case import Case
from ..findings import Finding, Severity
from ..proposal import REFUSAL_WORDS, SkinMap
from .choice import Choice, Chosen
from .clearance import as_point
from .limits import COSTS, Limits
from .needle import ZoneShape
from .several import Team
from .together import spacing_reason

_MOST_REFUSALS = 3
_ADVANTAGES = {
    ("clearance",): "more room to what must not be touched",
    ("length",): "less depth",
    ("out_of_plane",): "a smaller angle out of the axial plane",
    ("incidence", "hard_bone"): "an easier entry into bone",
    ("coverage",): "more of the lesion and its margin covered",
    ("harm",): "less of what must not be treated within its zone",
}
_MORE_IN_CORE = "more of the lesion in its core"
"""What stands for coverage where the needle takes a sample."""


def reasons_of(plan: Chosen, choice: Choice, skin: SkinMap, *, sample: bool = False) -> tuple[str, ...]:
    """Sentences on one way: what it was compared with, what it is best in, what binds it, and why others lost.

    `sample` says whether the needle takes one, and makes no zone.
    """
    looked_at = len(skin.points_mm)
    standing = (
        f"It is one of {len(choice.front)} ways, of {choice.compared} compared, that none beats in every respect; "
        f"{skin.allowed_count} of {looked_at} entries are allowed for the middle of the lesion."
    )
    if not skin.allowed_count:
        standing = (
            f"It is one of {len(choice.front)} ways, of {choice.compared} compared, that none beats in every respect; "
            f"none of {looked_at} entries is allowed for the middle of the lesion, so it ends in another part of it "
            "or keeps less clearance inside the lesion."
        )
    sentences = [standing]
    if plan.best_in:
        words = _ADVANTAGES | {("coverage",): _MORE_IN_CORE} if sample else _ADVANTAGES
        sentences.append(f"No other way has {_listed([words[group] for group in plan.best_in])}.")
    sentences.append(_binding_sentence(plan))
    parts = [f"{name.replace('_', ' ')} {cost:.2f}" for name, cost in zip(COSTS, plan.costs, strict=True)]
    sentences.append(f"Costs from 0 (best) to 1: {', '.join(parts)}.")
    lost = [f"{count} {refusal_words(rule, structure)}" for rule, structure, count in skin.refusals()[:_MOST_REFUSALS]]
    if lost:
        sentences.append(f"Entries that lost: {', '.join(lost)}.")
    return tuple(sentences)


def team_reasons(team: Team, alone: float, zone: ZoneShape, limits: Limits) -> tuple[str, ...]:
    """Sentences on several probes that go together; `alone` is the share that the best single probe covers, 0..1."""
    covered = 100 * team.covered
    shares = f"{covered:.0f} % of the lesion and its margin; the best single probe covers {100 * alone:.0f} %"
    best = f"No other choice among the {team.compared} ways compared is worth more."
    if team.gap > 0:
        best = (
            f"Another choice among the {team.compared} ways compared could be worth more, by {100 * team.gap:.1f} % of "
            "lesion and margin at most (each probe counted with the share that it has to add)."
        )
    return (
        f"{len(team.members)} probes cover {shares}.",
        best,
        spacing_reason(zone, limits),
        "The zones are united as they are published for one probe, without what probes may do for each other.",
    )


def coverage_findings(covered: float, limits: Limits) -> tuple[Finding, ...]:
    """Say so where no plan covers as much of the lesion and its margin as is asked for."""
    percent, asked = 100 * covered, limits.coverage
    if percent >= asked.amount:
        return ()
    text = (
        f"No plan covers more than {percent:.0f} % of the lesion and its margin, and {asked} is asked for: a larger "
        "zone, another approach or a smaller margin would be right."
    )
    return (Finding("access.coverage", Severity.WARN, text, percent, "%", asked),)


def harm_findings(least_ml: float, limits: Limits) -> tuple[Finding, ...]:
    """Say so where the zone of every plan reaches into what must not be treated."""
    if least_ml <= 0:
        return ()
    text = (
        "The zone of every plan, as published, reaches into a critical structure: a smaller setting, another device or "
        "a protected neighbour would be right."
    )
    return (Finding("access.zone_harm", Severity.WARN, text, least_ml, "mL", limits.harm_scale),)


def may_relax(skin: SkinMap, case: Case, limits: Limits) -> bool:
    """Whether some entry is refused for the clearance of a structure that is kept less inside bone."""
    by_clearance = np.unique(skin.structure[skin.reason == skin.reasons.index("clearance")])
    near = [case.structure(skin.structures[n]) for n in by_clearance.tolist() if n >= 0]
    return any(limits.clearance_in_bone(item).amount < limits.clearance_of(item).amount for item in near)


def relaxed_findings() -> tuple[Finding, ...]:
    """Say that the plans keep less clearance inside the lesion than they should."""
    text = (
        "No way keeps every clearance up to its tip. These plans keep it up to the lesion, and inside the lesion what "
        "is kept inside bone: a physician has to confirm that for each."
    )
    return (Finding("access.relaxed", Severity.WARN, text),)


def _binding_sentence(plan: Chosen) -> str:
    if plan.binding is None:
        return "No critical structure that is outlined lies near the way."
    name, near = with_article(plan.binding[0]), plan.binding[1]
    place = ", ".join(f"{x:.0f}" for x in near.place_mm)
    kept = f"{near.limit} are to be kept" if near.limit.amount > 0 else "no clearance is asked for"
    left = f"{near.spare_mm:.1f} mm are left beyond the placement error"
    if near.spare_mm < 0:
        left = f"{-near.spare_mm:.1f} mm are missing with the placement error, inside the lesion"
    return (
        f"What binds it is {name}: {near.clearance_mm:.1f} mm from the needle's surface at ({place}) mm LPS, "
        f"where {kept} and {left}."
    )


def refusal_words(rule: str, structure: str) -> str:
    """What a rule says of the entries that it refuses, with the structure where one refuses."""
    words = REFUSAL_WORDS.get(rule, rule.replace("_", " "))
    named = structure and rule in ("clearance", "other_bone")
    return f"{words} {with_article(structure)}" if named else words.rstrip(",").removesuffix(" to")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def no_way_findings(skin: SkinMap) -> tuple[Finding, ...]:
    """Say that nothing is allowed, what stands in the way, and by how much the nearest miss fails.

    Returns
    -------
    tuple of Finding
        ``access.no_way`` (stop), then ``access.refused`` (note) for the most frequent refusals, each with the least
        that is missing and the entry where that is so.
    """
    n = len(skin.points_mm)
    if n == 0:
        text = "No skin lies within reach of the lesion: a longer needle would be right."
        return (Finding("access.no_way", Severity.STOP, text, place_mm=skin.target_mm),)
    text = f"None of {n} entries is allowed; see what refuses them, and change device, margin, position or limits."
    if skin.allowed_count:
        text = (
            f"The search allows {skin.allowed_count} of {n} entries, but none of their ways keeps every rule when "
            "measured on the outlines; change device, margin, position or limits."
        )
    found = [Finding("access.no_way", Severity.STOP, text, place_mm=skin.target_mm)]
    for rule, structure, count in skin.refusals()[: 2 * _MOST_REFUSALS]:
        here = skin.reason == skin.reasons.index(rule)
        if structure:
            here &= skin.structure == skin.structures.index(structure)
        missing = np.where(here, skin.shortfall_mm, np.inf)
        least = int(missing.argmin())
        amount = float(missing[least])
        relax = f"; the nearest miss lacks {amount:.1f} mm" if amount > 0 else ""
        text = f"{count} of {n} entries: {refusal_words(rule, structure)}{relax}."
        measured = amount if amount > 0 else None
        place = as_point(skin.points_mm[least])
        found.append(
            Finding("access.refused", Severity.NOTE, text, measured, "mm" if measured else "", None, place, structure)
        )
    return tuple(found)
