"""What the plan says: each instrument, how it is set and where it goes, in numbers and in words of the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..assessment import Assessment
from ..plan import Plan, Position, Probe, Technique, Trajectory, Treatment
from .devices import DeviceSheet, device_sheets
from .material import Material
from .model import Block, Bullets, Column, Facts, Paragraph, Row, Section, Table
from .numbers import NOT_KNOWN, amount_text, seconds_text
from .room_table import setting_of_room
from .words import (
    POSITION_WORDS,
    TECHNIQUE_WORDS,
    anatomical_place,
    craniocaudal_words,
    in_plane_title,
    in_plane_words,
    lps_place,
    printed,
)


@dataclass(frozen=True)
class _Instrument:
    """Anything with a way from the skin to a tip."""

    name: str
    title: str
    what: str
    way: Trajectory


def plan_title(plan: Plan) -> str:
    """What is planned, in one line: "Microwave ablation and cement augmentation of lesion-1"."""
    title = "; ".join(f"{_done_by(treatment)} of {treatment.lesion}" for treatment in plan.treatments)
    title = title or "plan without a treatment"
    return title[0].upper() + title[1:]


def _done_by(treatment: Treatment) -> str:
    """The technique of a treatment, and the cement and screws that go with it."""
    found = [treatment.technique]
    found += [Technique.CEMENT] if treatment.cement else []
    found += [Technique.FIXATION] if treatment.screws else []
    words = [TECHNIQUE_WORDS[technique] for technique in dict.fromkeys(found)]
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def plan_section(material: Material) -> Section:
    """Every instrument: what it is, how it is set, where it goes, and the figures of its device."""
    plan, sheets = material.plan, device_sheets(material.plan.probes)
    facts = [("Approach", printed(plan.approach) or "not named"), ("Patient lies", POSITION_WORDS[plan.position])]
    facts += [(f"Margin around {t.lesion}", amount_text(t.margin_mm, "mm")) for t in plan.treatments]
    facts += [("Note", printed(plan.note))] if plan.note else []
    blocks: list[Block] = [Facts(tuple(facts))]
    for treatment in plan.treatments:
        instruments = _instruments(treatment, sheets)
        if instruments:
            blocks += [_setting_table(instruments), _room_table(instruments, plan.position, material.assessment)]
            room = setting_of_room([(item.name, item.title) for item in instruments], material.assessment)
            blocks += [room] if room.rows else []
            blocks.append(_place_table(instruments))
        else:
            blocks.append(Paragraph(f"No instrument is planned for {treatment.lesion}."))
    lines = tuple(line for sheet in sheets for line in sheet.lines(material.sources))
    blocks += [Bullets(lines)] if lines else []
    return Section("Plan", tuple(blocks))


def _instruments(treatment: Treatment, sheets: Sequence[DeviceSheet]) -> tuple[_Instrument, ...]:
    titles = {sheet.device: sheet.title for sheet in sheets}
    found = []
    for probe in treatment.probes:
        what = ", ".join([titles.get(probe.device, probe.device), *_setting(probe)])
        found.append(_Instrument(probe.name, f"Needle {probe.name}", what, probe.trajectory))
    for cement in treatment.cement:
        what = f"{amount_text(cement.volume_ml, 'mL')} of cement, cannula {amount_text(cement.diameter_mm, 'mm')}"
        found.append(_Instrument(cement.name, f"Cannula {cement.name}", what, cement.trajectory))
    for screw in treatment.screws:
        what = f"diameter {amount_text(screw.diameter_mm, 'mm')}"
        found.append(_Instrument(screw.name, screw.title, what, screw.trajectory))
    return tuple(found)


def _setting(probe: Probe) -> list[str]:
    """The energy, time and cycles of a probe; the name of its setting where it gives none of them."""
    parts = [amount_text(probe.power_w, "W")] if probe.power_w is not None else []
    parts += [seconds_text(probe.duration_s)] if probe.duration_s is not None else []
    parts += [amount_text(probe.target_c, "degC")] if probe.target_c is not None else []
    parts += [f"{probe.cycles} cycles"] if probe.cycles > 1 else []
    return parts or [f"setting {probe.setting}" if probe.setting else "no setting given"]


def _setting_table(instruments: Sequence[_Instrument]) -> Table:
    columns = (Column("Instrument", 0.18), Column("Device and setting", 0.82))
    return Table(columns, tuple(Row((item.title, item.what)) for item in instruments))


def _room_table(instruments: Sequence[_Instrument], position: Position, assessment: Assessment) -> Table:
    columns = (
        Column("Instrument", 0.18),
        Column("Depth", 0.14, numeric=True),
        Column(in_plane_title(position), 0.38),
        Column("Angle out of the axial plane", 0.30),
    )
    rows = []
    for item in instruments:
        length = _number_of(assessment, "access.length", item.name)
        depth = amount_text(item.way.length_mm if length is None else length, "mm")
        in_plane = _number_of(assessment, "access.in_plane_angle", item.name)
        out_of_plane = _number_of(assessment, "access.craniocaudal_angle", item.name)
        leaning = NOT_KNOWN if in_plane is None else in_plane_words(in_plane, item.way)
        tilt = NOT_KNOWN if out_of_plane is None else craniocaudal_words(out_of_plane, item.way)
        rows.append(Row((item.title, depth, leaning, tilt)))
    return Table(columns, tuple(rows), "In the room")


def _number_of(assessment: Assessment, code: str, instrument: str) -> float | None:
    measure = assessment.measure(code, instrument)
    return None if measure is None else measure.amount


def _place_table(instruments: Sequence[_Instrument]) -> Table:
    columns = (Column("Point", 0.22), Column("Anatomical", 0.42), Column("LPS, mm", 0.36, numeric=True))
    rows = []
    for item in instruments:
        for word, point in (("entry", item.way.entry_mm), ("tip", item.way.tip_mm)):
            rows.append(Row((f"{item.title}, {word}", anatomical_place(point), lps_place(point))))
    return Table(columns, tuple(rows), "Places from the origin of the planning image")
