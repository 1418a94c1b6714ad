"""Writes the report: one HTML file that needs nothing else, and the same as PDF where reportlab is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..assessment import Assessment
from ..case import Case
from ..errors import MissingExtraError
from ..findings import Finding, Severity
from ..image.safe_file import file_name_for, write_safely
from ..picture import Picture
from ..plan import Plan
from ..proposal import Proposal
from .compose import compose_report
from .html import html_of
from .material import Alternative
from .pdf import pdf_of

NO_PDF = "report.no_pdf"
"""Code of the finding that the PDF could not be made."""


@dataclass(frozen=True)
class ReportFiles:
    """Where the report was written.

    Parameters
    ----------
    html : Path
    pdf : Path or None
        None where reportlab is not installed; `findings` then says so.
    findings : tuple of Finding
        What the report lacks.
    """

    html: Path
    pdf: Path | None
    findings: tuple[Finding, ...] = ()

    @property
    def paths(self) -> str:
        """The paths of what there is, one a line."""
        return "\n".join(str(path) for path in (self.html, self.pdf) if path)


def write_report(
    case: Case,
    plan: Plan,
    assessment: Assessment,
    pictures: Sequence[Picture],
    folder: Path,
    name: str = "",
    *,
    findings: Sequence[Finding] = (),
    others: Sequence[Alternative] = (),
    proposal: Proposal | None = None,
    made_on: str = "",
) -> ReportFiles:
    """Write the report of a plan as HTML and, where reportlab is installed, as PDF.

    Parameters
    ----------
    case, plan, assessment
        What is reported.
    pictures : sequence of Picture
        May be empty: the report then says that it has none.
    folder : Path
        Made where it does not exist.
    name : str
        File name without suffix; the name of the plan where empty.
    findings : sequence of Finding
        Further findings, for instance of drawing the pictures.
    others : sequence of (Plan, Assessment)
        The plans that this one was compared with.
    proposal : Proposal or None
        The search that the plan came from.
    made_on : str
        A date to print; without one the same input gives the same bytes.

    Returns
    -------
    ReportFiles

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    report = compose_report(
        case, plan, assessment, pictures, findings=findings, others=others, proposal=proposal, made_on=made_on
    )
    folder.mkdir(parents=True, exist_ok=True)
    stem = file_name_for(name or plan.name)
    html = write_safely(folder / f"{stem}.html", [html_of(report).encode()])
    try:
        content, lacking = pdf_of(report)
    except MissingExtraError as error:
        return ReportFiles(html, None, (Finding(NO_PDF, Severity.NOTE, str(error)),))
    return ReportFiles(html, write_safely(folder / f"{stem}.pdf", [content]), lacking)
