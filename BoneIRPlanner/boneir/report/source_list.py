"""The sources behind a report: every limit and device figure once, numbered as the text refers to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..evidence import Grade, Value
from .model import Block, Column, Paragraph, Row, Section, Table
from .numbers import value_text
from .words import printed

GRADE_WORDS = {
    Grade.PUBLISHED: "published",
    Grade.DERIVED: "derived",
    Grade.DEFAULT: "default of this software",
}
"""What is printed for a grade."""

_PARTS = {"access": "way in", "ablation": "effect", "case": "outlines", "outline": "outlines"}
"""What the first part of a code stands for, where it is not the word itself."""


@dataclass
class SourceList:
    """Collects the values that a report uses, in the order in which it mentions them."""

    _uses: dict[Value, list[str]] = field(default_factory=dict)

    def cite(self, value: Value, use: str) -> str:
        """Add a value with what it was used for; gives its number as the text prints it: "[3]"."""
        uses = self._uses.setdefault(value, [])
        if use not in uses:
            uses.append(use)
        return f"[{list(self._uses).index(value) + 1}]"

    def figure_text(self, value: Value, code: str) -> str:
        """A value with its grade and number: "3 mm, published [2]"; `code` of measure or finding, or words."""
        return f"{value_text(value)}, {value.grade} {self.cite(value, _use_in_words(code))}"

    def section(self) -> Section:
        """The table of all values cited so far."""
        if not self._uses:
            return Section("Limits and figures used", (Paragraph("No limit and no device figure was used."),))
        columns = (Column("No.", 0.06), Column("Figure", 0.38), Column("Grade", 0.14), Column("Source", 0.42))
        rows = tuple(Row(_cells(number, value, uses)) for number, (value, uses) in enumerate(self._uses.items(), 1))
        blocks: list[Block] = [Table(columns, rows)]
        if any(value.grade is Grade.DEFAULT for value in self._uses):
            blocks.append(
                Paragraph("Defaults of this software are proposals: a physician should set them.", quiet=True)
            )
        return Section("Limits and figures used", tuple(blocks))


def _use_in_words(code: str) -> str:
    """What a value was used for: "effect, minimal margin" of "ablation.minimal_margin"; words stay as they are."""
    part, dot, use = code.partition(".")
    if not dot or not part.replace("_", "").islower():
        return code
    return f"{_PARTS.get(part, part)}, {use.removesuffix('_mm')}".replace("_", " ").replace("c arm", "C-arm")


def _cells(number: int, value: Value, uses: list[str]) -> tuple[str, ...]:
    figure = f"{'; '.join(uses)}: {value_text(value)}"
    note = value.note[:1].upper() + value.note[1:]
    source = f"{value.source.rstrip('.')}. {note}" if note else value.source
    return (f"[{number}]", figure, GRADE_WORDS[value.grade], printed(source))
