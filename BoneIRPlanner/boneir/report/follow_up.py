"""The report of a follow-up: how every lesion has answered, by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as calendar_day

from ..assessment import Assessment
from ..evidence import Value
from ..findings import Finding, Severity, worst_first, worst_severity
from ..follow_up import Answer, Course, FollowUp, LesionState, Response
from ..picture import Picture
from ..plain import fingerprint
from ..plan import Plan
from ..resources import limit
from .about_case import images_section, patient_facts
from .about_findings import findings_section
from .compose import PURPOSE
from .material import Material
from .model import Block, Column, Days, Facts, Gallery, Paragraph, Report, Row, Section, Table, Tile, Tiles, Verdict
from .numbers import MINUS, NO_BREAK_SPACE, amount_text
from .time_line import TimeLine
from .words import date_words

_LIMITS = {
    "RECIST 1.1": ("recist_measurable_mm", "recist_partial", "recist_progression", "recist_growth_mm"),
    "MDA bone criteria": ("mda_partial", "mda_progression", "mda_filled", "mda_partly_filled"),
    "PERCIST": ("percist_share", "percist_units"),
}
_NAME = "Follow-up"
_ROWS: tuple[tuple[str, str, str], ...] = (
    ("volume_ml", "Volume", "mL"),
    ("long_mm", "Long axis in the slice", "mm"),
    ("short_mm", "Short axis across it", "mm"),
    ("soft_mm", "Soft-tissue part, longest", "mm"),
    ("soft_ml", "Soft-tissue part", "mL"),
    ("hu_mean", "Mean CT number", "HU"),
    ("hu_z", "Above healthy marrow, in its standard deviations", ""),
    ("lytic_ml", "Lytic volume", "mL"),
    ("sclerotic_ml", "Sclerotic volume", "mL"),
    ("suv_peak", "SUV peak", ""),
)


def compose_follow_up(
    found: FollowUp, *, pictures: Sequence[Picture] = (), findings: Sequence[Finding] = (), made_on: str = ""
) -> Report:
    """Put a follow-up in order: the answers, the findings, the time line, then lesion by lesion.

    Parameters
    ----------
    found : FollowUp
    pictures : sequence of Picture
        About a lesion each.
    findings : sequence of Finding
        Further findings.
    made_on : str
    """
    case = found.exams[-1].case
    uid = fingerprint([[exam.date, exam.case.uid] for exam in found.exams])
    everything = worst_first(dict.fromkeys((*found.findings, *findings)))
    material = Material(case, Plan(_NAME, (), case.image.uid), Assessment(uid, case.uid), pictures, everything)
    sections = [_at_a_glance(found), findings_section(material), _time_line(found)]
    sections += [_of_lesion(found, course, pictures) for course in found.courses]
    sections += [_criteria(material), *_images(found), material.sources.section(), _record(found, made_on)]
    days = f"{date_words(found.dates[0])} to {date_words(found.dates[-1])}"
    return Report(
        "Response to treatment", f"{len(found.exams)} examinations, {days}", patient_facts(case), PURPOSE, _NAME, uid,
        tuple(sections),
    )  # fmt: skip


def _at_a_glance(found: FollowUp) -> Section:
    worst = worst_severity(found.findings)
    known = [response for response in found.overall[-1] if response.answer is not None]
    text = "; ".join(f"{item.criteria}: {item.answer}" for item in known) or "No criteria can be used"
    tiles: list[Tile | None] = [_tile_of(response) for response in found.overall[-1]]
    tiles += [_volume_tile(course) for course in found.courses]
    return Section(
        "At a glance",
        (
            Verdict(worst if worst is not Severity.NOTE else None, f"{text}.", f"On {date_words(found.dates[-1])}."),
            Tiles(tuple(tile for tile in tiles if tile is not None)),
        ),
    )


def _tile_of(response: Response) -> Tile:
    severity = Severity.WARN if response.answer is Answer.PROGRESSION else None
    answer = str(response.answer).capitalize() if response.answer else "Not judged"
    note = _change(response.change) if response.answer else response.note
    if severity and (response.change or 0.0) < 0.0:
        note = f"a new or growing lesion; {note}"
    return Tile(response.criteria, answer, note, severity)


def _change(change: float | None) -> str:
    return "" if change is None else f"{_percent(change)} since the start"


def _volume_tile(course: Course) -> Tile | None:
    start, now = course.states[0], course.states[-1]
    if now is None:
        return None
    note = "new" if start is None else _change(now.volume_ml / start.volume_ml - 1.0)
    return Tile(f"Volume of {course.lesion}", amount_text(now.volume_ml, "mL"), note)


def _time_line(found: FollowUp) -> Section:
    first = _day(found.dates[0])
    days = tuple((float((_day(text) - first).days), date_words(text)) for text in found.dates)
    blocks: list[Block] = [
        Days(_lines(found, days, "volume_ml", "Volume", "mL"), "Of each lesion as it was outlined on that day.")
    ]
    if any(state and state.lytic_ml for course in found.courses for state in course.states):
        note = "What is less dense than healthy marrow nearby, within the bone."
        blocks.append(Days(_lines(found, days, "lytic_ml", "Lytic volume", "mL"), note))
    if any(state and state.suv_peak for course in found.courses for state in course.states):
        blocks.append(Days(_lines(found, days, "suv_peak", "SUV peak", ""), "Mean over the hottest sphere of 1 mL."))
    return Section("Time line", tuple(blocks))


def _day(text: str) -> calendar_day:
    return calendar_day(int(text[:4]), int(text[4:6]), int(text[6:8]))


def _lines(found: FollowUp, days: tuple[tuple[float, str], ...], key: str, title: str, unit: str) -> TimeLine:
    lines = []
    for course in found.courses:
        pairs = ((day, _amount(state, key)) for (day, _), state in zip(days, course.states, strict=True))
        points = tuple((day, amount) for day, amount in pairs if amount is not None)
        lines += [(course.lesion, points)] if any(amount for _, amount in points) else []
    return TimeLine(f"{title} by day", title, unit, days, tuple(lines))


def _amount(state: LesionState | None, key: str) -> float | None:
    value = None if state is None else getattr(state, key)
    return None if value is None else float(value)


def _of_lesion(found: FollowUp, course: Course, pictures: Sequence[Picture]) -> Section:
    width = 0.64 / len(found.dates)
    columns = (Column("Measure", 0.36), *(Column(date_words(day), width, numeric=True) for day in found.dates))
    rows = []
    for key, title, unit in _ROWS:
        amounts = [_amount(state, key) for state in course.states]
        if any(amount is not None for amount in amounts):
            rows.append(Row((title, *("\u2013" if a is None else _text(a, unit) for a in amounts))))
    filled = [None if part is None or n == 0 else part for n, part in enumerate(course.filled_in)]
    if any(part is not None for part in filled):
        rows.append(Row(("Lytic share filled in", *("\u2013" if p is None else f"{100 * p:.0f} %" for p in filled))))
    blocks: list[Block] = [Gallery(tuple(item for item in pictures if item.about == course.lesion))]
    blocks += [Table(columns, tuple(rows)), Table(columns, _answers(course), "Answers")]
    notes = dict.fromkeys(f"{item.criteria}: {item.note}" for item in course.answers[-1] if item.answer is None)
    blocks += [Paragraph(note, quiet=True) for note in notes]
    return Section(course.lesion, tuple(blocks))


def _text(amount: float, unit: str) -> str:
    return amount_text(amount, unit) if unit else f"{amount:.1f}".replace("-", MINUS)


def _answers(course: Course) -> tuple[Row, ...]:
    rows = []
    for n, response in enumerate(course.answers[0]):
        mine = [answers[n] for answers in course.answers]
        cells = ["not judged" if r.answer is None else f"{r.answer} ({_percent(r.change)})" for r in mine]
        severity = Severity.WARN if mine[-1].answer is Answer.PROGRESSION else None
        rows.append(Row((response.criteria, "start", *cells), severity))
    return tuple(rows)


def _percent(change: float | None) -> str:
    return "" if change is None else f"{100.0 * change:+.0f}{NO_BREAK_SPACE}%".replace("-", MINUS)


def _criteria(material: Material) -> Section:
    rows = []
    for name, keys in _LIMITS.items():
        bounds = [limit("response", key) for key in keys]
        rows.append((name, "; ".join(f"{_words(bound)} ({_figure(material, bound, name)})" for bound in bounds)))
    return Section("Criteria", (Facts(tuple(rows)),))


def _words(bound: Value) -> str:
    return bound.note.rstrip(".").partition(" in ")[0]


def _figure(material: Material, bound: Value, name: str) -> str:
    return material.sources.figure_text(bound, name)


def _images(found: FollowUp) -> list[Section]:
    sections = []
    for exam in found.exams:
        material = Material(exam.case, Plan(_NAME, (), exam.case.image.uid), Assessment("", exam.case.uid))
        sections.append(Section(f"Images of {date_words(exam.date)}", images_section(material).blocks))
    return sections


def _record(found: FollowUp, made_on: str) -> Section:
    rows = [(f"Case of {date_words(exam.date)}", f"SHA-256 {exam.case.uid}") for exam in found.exams]
    rows += [("Made on", made_on)] if made_on else []
    return Section("Record", (Facts(tuple(rows)),))
