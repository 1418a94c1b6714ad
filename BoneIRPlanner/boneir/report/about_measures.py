"""Every number of the assessment, in groups, each beside the limit that it is held against."""

from __future__ import annotations

from collections.abc import Sequence

from ..assessment import Measure
from ..evidence import Value
from .material import Material
from .model import Block, Bullets, Chart, Column, Paragraph, Row, Section, Table
from .numbers import amount_text, measure_text

LESION = "lesion"
"""Group of the measures that describe the lesion itself; they stand in its own section."""

_GROUPS = {
    "access": "Way in",
    "ablation": "Effect",
    "cement": "Cement",
    "stability": "Stability",
    "screw": "Screws",
    "fusion": "Registration and margin",
}


def measures_section(material: Material) -> Section:
    """Every measure but those of the lesion itself, in groups."""
    groups: dict[str, list[Measure]] = {}
    for measure in material.assessment.measures:
        groups.setdefault(measure.code.partition(".")[0], []).append(measure)
    groups.pop(LESION, None)
    if not groups:
        return Section("Measures", (Paragraph("The assessment has no measures."),))
    tables = [measures_table(material, group, _GROUPS.get(key, key.capitalize())) for key, group in groups.items()]
    charts = [Chart(curve, curve.note) for curve in material.assessment.curves]
    return Section("Measures", (*tables, *charts, *_zones(material)))


def measures_table(material: Material, measures: Sequence[Measure], caption: str) -> Table:
    """Measures as a table: what, of what, how much, and the limit that it is held against."""
    columns = (Column("Measure", 0.36), Column("Of", 0.17), Column("Value", 0.23, numeric=True), Column("Limit", 0.24))
    return Table(columns, _gathered([_row(material, measure) for measure in measures], measures), caption)


def _gathered(rows: Sequence[Row], measures: Sequence[Measure]) -> tuple[Row, ...]:
    """One row for all structures that are only known to lie far away, in the place of the first of them."""
    groups: dict[object, list[Row]] = {}
    for n, (row, measure) in enumerate(zip(rows, measures, strict=True)):
        title, thing, *rest = row.cells
        is_far = measure.amount is None and row.severity is None and bool(thing) and title.endswith(thing)
        what = title.removesuffix(thing).removesuffix("the ")
        groups.setdefault((what, *rest, row.note) if is_far else n, []).append(row)
    return tuple(_of_all(group) if len(group) > 1 else group[0] for group in groups.values())


def _of_all(group: Sequence[Row]) -> Row:
    title, thing, *rest = group[0].cells
    names = ", ".join(row.cells[1] for row in group)
    note = f"{group[0].note}: {names}" if group[0].note else names
    return Row((f"{title.removesuffix(thing).removesuffix('the ')}others", "", *rest), None, note)


def _row(material: Material, measure: Measure) -> Row:
    value = measure_text(measure)
    limit = _limit(material, measure, measure.limit) if measure.limit else ""
    note = material.words(measure.note) if measure.note != value else ""
    cells = (material.words(measure.title), material.thing(measure.about), value, limit)
    return Row(cells, material.severity_of(measure), note)


def _limit(material: Material, measure: Measure, limit: Value) -> str:
    """The limit of a measure; a value in another unit is none, but what the number rests on."""
    text = material.sources.figure_text(limit, measure.code)
    same_unit = limit.unit == measure.unit or {limit.unit, measure.unit} == {"1", ""}
    return text if same_unit else f"rests on {text}"


def _zones(material: Material) -> tuple[Block, ...]:
    """What each predicted zone was measured in, and how large it is."""
    lines = []
    for zone in material.assessment.zones:
        line = f"{zone.name}: {amount_text(zone.mask.volume_ml, 'mL')}; {zone.medium or 'medium not stated'}"
        line += f" {material.sources.cite(zone.evidence, zone.name)}" if zone.evidence is not None else ""
        lines.append(line + ".")
    return (Bullets(tuple(lines)),) if lines else ()
