"""The report as content: sections of a few kinds of blocks, which the HTML and the PDF set in the same order."""

from __future__ import annotations

from dataclasses import dataclass

from ..assessment import Curve
from ..findings import Severity
from ..picture import Picture
from .histogram import Histogram
from .time_line import TimeLine

SEVERITY_WORDS = {Severity.STOP: "Stop", Severity.WARN: "Decide", Severity.NOTE: "Note"}
"""What is printed beside the mark of a finding."""


@dataclass(frozen=True)
class Paragraph:
    """Running text; `quiet` sets it smaller."""

    text: str
    quiet: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Pairs of a label and a value."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    title : str
    share : float
        Width as a share of the whole; the shares of a table add up to 1.
    numeric : bool
        Set right-aligned, with figures of equal width.
    """

    title: str
    share: float
    numeric: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table; a severity marks it, and a note stands in small print below its first cell."""

    cells: tuple[str, ...]
    severity: Severity | None = None
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows below column titles, with a caption where several tables follow each other."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""


@dataclass(frozen=True)
class Notice:
    """One thing that a reader must know: its weight, one sentence, and figures in small print."""

    severity: Severity
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Notices:
    """Notices in the order given."""

    items: tuple[Notice, ...]


@dataclass(frozen=True)
class Verdict:
    """The answer in one sentence; severity None where nothing stands against the plan."""

    severity: Severity | None
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Tile:
    """A number that is read first."""

    label: str
    value: str
    note: str = ""
    severity: Severity | None = None


@dataclass(frozen=True)
class Tiles:
    """The few numbers that are read first."""

    items: tuple[Tile, ...]


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side."""

    pictures: tuple[Picture, ...]
    caption: str = ""


@dataclass(frozen=True)
class Chart:
    """A curve, with a caption and small print below."""

    curve: Curve
    note: str = ""


@dataclass(frozen=True)
class Bars:
    """A histogram, with small print below."""

    histogram: Histogram
    note: str = ""


@dataclass(frozen=True)
class Days:
    """Lines over the days of examinations, with small print below."""

    line: TimeLine
    note: str = ""


Block = Paragraph | Bullets | Facts | Table | Notices | Verdict | Tiles | Gallery | Chart | Bars | Days


@dataclass(frozen=True)
class Section:
    """A part of the report under one title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """The whole report.

    Parameters
    ----------
    title : str
        What is planned ("Microwave ablation of lesion-1").
    subtitle : str
        The plan and the way in.
    patient : tuple of (label, value)
        Whom it is for, on top of the first page.
    purpose : str
        What the report may be used for; said once.
    plan_name, plan_uid : str
        Named on every page.
    sections : tuple of Section
    """

    title: str
    subtitle: str
    patient: tuple[tuple[str, str], ...]
    purpose: str
    plan_name: str
    plan_uid: str
    sections: tuple[Section, ...]
