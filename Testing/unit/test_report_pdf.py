"""The PDF says the same as the HTML, on numbered pages that name patient and plan."""

from __future__ import annotations

import re
import sys
import zlib
from base64 import a85decode
from dataclasses import replace
from pathlib import Path

import pytest

from boneir.assessment import Assessment
from boneir.case import Case
from boneir.plan import Plan
from boneir.report import write_report
from boneir.report.compose import compose_report
from boneir.report.fonts import Typeface, Typesetter
from boneir.report.model import Report
from boneir.report.numbers import measure_text
from boneir.report.pdf import LETTERS_MISSING, pdf_of
from report_example import example_assessment, example_case, example_measures, example_pictures, example_plan

pytest.importorskip("reportlab")


@pytest.fixture(scope="module")
def case() -> Case:
    return example_case()


@pytest.fixture(scope="module")
def plan(case: Case) -> Plan:
    return example_plan(case)


@pytest.fixture(scope="module")
def assessment(case: Case, plan: Plan) -> Assessment:
    return example_assessment(case, plan)


@pytest.fixture(scope="module")
def report(case: Case, plan: Plan, assessment: Assessment) -> Report:
    return compose_report(case, plan, assessment, example_pictures())


@pytest.fixture(scope="module")
def content(report: Report) -> bytes:
    return pdf_of(report)[0]


def text_of(content: bytes) -> str:
    """The ASCII text of the pages: reportlab keeps these letters readable in the fonts that it embeds."""
    words = []
    for match in re.finditer(rb"/ASCII85Decode /FlateDecode.*?stream\r?\n(.*?)endstream", content, re.DOTALL):
        page = zlib.decompress(a85decode(b"<~" + match.group(1).strip(), adobe=True))
        words += [part.decode("latin-1") for part in re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", page)]
    return " ".join(" ".join(words).replace("\\(", "(").replace("\\)", ")").split())


def page_count(content: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", content))


def test_the_text_of_every_section_is_there_in_order(report: Report, content: bytes) -> None:
    text = text_of(content)
    place = 0
    for section in report.sections:
        place = text.index(section.title, place)
    for words in (
        "Example, Erika",
        "EX-0001",
        "No outline of bowel: not checked.",
        "not a medical device",
        "Medtronic",
    ):
        assert words in text


def test_every_measure_has_its_number(content: bytes) -> None:
    text = text_of(content)
    for measure in example_measures():
        number = re.match(r"[\d.]+|\w+", measure_text(measure).replace("\u2212", ""))
        assert number is not None
        assert number.group() in text
        assert measure.title.split()[0] in text


def test_each_page_is_numbered_and_names_patient_and_plan(plan: Plan, content: bytes) -> None:
    pages = page_count(content)
    text = text_of(content)
    assert pages >= 3
    for number in range(1, pages + 1):
        assert f"Page {number} of {pages}" in text
    assert text.count(f"SHA-256 {plan.uid}") == pages + 1, "once a page, and once in the record"
    assert text.count("Example, Erika, EX-0001") == pages


def test_the_same_report_gives_the_same_bytes(report: Report, content: bytes) -> None:
    assert pdf_of(report)[0] == content


def test_every_picture_is_embedded(content: bytes) -> None:
    assert len(re.findall(rb"/Subtype /Image", content)) == len(example_pictures())


def test_fonts_are_embedded(content: bytes) -> None:
    assert len(re.findall(rb"/FontFile2 ", content)) >= 2, "regular and bold"


def test_letters_of_other_scripts_find_a_font_or_become_a_finding() -> None:
    latin = Typeface("latin", frozenset(map(ord, "abc<&?")))
    greek = Typeface("greek", frozenset(map(ord, "αβ")))
    setter = Typesetter(latin, latin, (greek,), set())
    assert setter.markup("aα<β漢\x00") == 'a<font name="greek">α</font>&lt;<font name="greek">β</font>??'
    assert setter.missing == {"漢"}
    assert setter.plain("aα b") == "a? b"


def test_missing_letters_are_a_finding_of_the_report(case: Case, plan: Plan, assessment: Assessment) -> None:
    unassigned = "\u0378"
    other = replace(plan, note=f"written with {unassigned}")
    content, findings = pdf_of(compose_report(case, other, assessment, ()))
    assert [finding.code for finding in findings] == [LETTERS_MISSING]
    assert unassigned in findings[0].text
    assert "written with ?" in text_of(content)


def test_markup_in_a_header_stays_text(plan: Plan, assessment: Assessment) -> None:
    case = example_case("<b>Evil</b>^<font>")
    content, _ = pdf_of(compose_report(case, plan, assessment, ()))
    assert "<b>Evil</b>,<font>" in text_of(content).replace(" ", "")


def test_a_long_report_breaks_over_pages(case: Case, plan: Plan, assessment: Assessment) -> None:
    many = replace(assessment, measures=assessment.measures * 30, findings=assessment.findings * 10)
    endless = replace(plan, note="x" * 3000, reasons=("word " * 900,) * 3)
    content, _ = pdf_of(compose_report(case, endless, many, example_pictures()))
    assert page_count(content) > 10


def test_without_reportlab_the_html_comes_alone_with_a_finding(
    case: Case, plan: Plan, assessment: Assessment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "reportlab"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "reportlab", None)
    written = write_report(case, plan, assessment, (), tmp_path)
    assert written.pdf is None
    assert [finding.code for finding in written.findings] == ["report.no_pdf"]
    assert "pip install 'boneir[report]'" in written.findings[0].text
    assert [path.name for path in tmp_path.iterdir()] == ["plan-1.html"]
