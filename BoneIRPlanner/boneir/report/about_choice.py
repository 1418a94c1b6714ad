"""Why this plan and not another: its reasons, the plans beside it, and what refused the other entries."""

from __future__ import annotations

from collections.abc import Sequence

from ..assessment import Measure
from ..findings import Severity
from ..picture import Picture
from ..proposal import Proposal, SkinMap
from .material import Alternative, Material, worst_measure
from .model import SEVERITY_WORDS, Block, Bullets, Column, Gallery, Paragraph, Row, Section, Table
from .numbers import NOT_KNOWN, beside_limit
from .refusals import refusal_cells
from .words import anatomical_place, printed

_MOST_REFUSALS = 8
_COMPARED = ("access.length", "access.clearance", "ablation.minimal_margin", "ablation.coverage")
_COMPARED_TITLES = ("Skin to tip", "Clearance", "Margin", "Covered")


def choice_section(material: Material) -> Section:
    """Why the plan stands where it stands, and why the others lost."""
    reasons = material.plan.reasons
    blocks: list[Block] = (
        [Bullets(tuple(map(material.words, reasons)))] if reasons else [Paragraph("The plan was made by hand.")]
    )
    if material.others:
        blocks.append(comparison(material.others))
    if material.proposal is not None:
        blocks += _refusals(material.proposal)
    skin = tuple(filter(shows_skin, material.pictures))
    if skin:
        blocks.append(Gallery(skin, "Where a needle may enter"))
    return Section("Why this plan", tuple(blocks))


def shows_skin(picture: Picture) -> bool:
    """Whether a picture shows the skin of the search, not the plan."""
    return picture.name.startswith("skin_")


def comparison(plans: Sequence[Alternative]) -> Table:
    """Plans side by side: for each number the worst within the plan."""
    numbers = tuple(Column(title, 0.12, numeric=True) for title in _COMPARED_TITLES)
    columns = (Column("Plan", 0.12), Column("Way in", 0.27), *numbers, Column("Verdict", 0.13))
    rows = []
    for plan, assessment in plans:
        cells = [_amount(worst_measure(assessment, code)) for code in _COMPARED]
        verdict = assessment.verdict
        rows.append(Row((plan.name, printed(plan.approach), *cells, _verdict_word(verdict)), verdict))
    return Table(columns, tuple(rows), "The plans that were compared")


def _amount(measure: Measure | None) -> str:
    if measure is None or measure.amount is None:
        return NOT_KNOWN
    return beside_limit(measure.amount, measure.unit, measure.limit)


def _verdict_word(verdict: Severity | None) -> str:
    return SEVERITY_WORDS[verdict] if verdict else "Clear"


def entries_sentence(skin: SkinMap) -> str:
    """How many entries were looked at and are allowed, for the point that they were aimed at."""
    aim, asked, allowed = anatomical_place(skin.target_mm), len(skin.reason), skin.allowed_count
    return f"Aimed at {aim}, {allowed} of {asked} entries on the skin are allowed."


def _refusals(proposal: Proposal) -> list[Block]:
    refusals = proposal.skin.refusals()
    text = entries_sentence(proposal.skin)
    if not refusals:
        return [Paragraph(text)]
    columns = (Column("Refused because of", 0.4), Column("Structure", 0.4), Column("Entries", 0.2, numeric=True))
    rows = [Row((*refusal_cells(rule, structure), str(count))) for rule, structure, count in refusals[:_MOST_REFUSALS]]
    rest = sum(count for _, _, count in refusals[_MOST_REFUSALS:])
    rows += [Row(("Other rules", "", str(rest)))] if rest else []
    return [Paragraph(text), Table(columns, tuple(rows))]
