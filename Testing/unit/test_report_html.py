"""The HTML report says everything, escapes everything and loads nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from boneir.assessment import Assessment, Measure
from boneir.case import Case
from boneir.evidence import Grade, Value
from boneir.findings import Finding, Severity
from boneir.picture import Picture
from boneir.plan import Cement, Plan, Technique
from boneir.proposal import Goal, Proposal, SkinMap
from boneir.report import write_report
from boneir.report.compose import compose_report
from boneir.report.html import html_of
from boneir.report.model import Table
from boneir.report.numbers import measure_text
from boneir.report.source_list import SourceList
from report_example import example_assessment, example_case, example_measures, example_pictures, example_plan, png

VOID = {"meta", "br", "img", "col", "polygon"}


class Page(HTMLParser):
    """Reads a page: its text, its tags with attributes, and whether every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()
        self.text = " ".join(" ".join(self.words).split()).replace("\u00a0", " ")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID - {"polygon"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


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
def page(case: Case, plan: Plan, assessment: Assessment) -> Page:
    return Page(html_of(compose_report(case, plan, assessment, example_pictures())))


def squeezed(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def test_the_document_is_well_formed(page: Page) -> None:
    assert not page.faults
    assert not page.open


def test_nothing_is_loaded_from_elsewhere(case: Case, plan: Plan, assessment: Assessment, page: Page) -> None:
    text = html_of(compose_report(case, plan, assessment, example_pictures()))
    loading = [v for _, attributes in page.tags for key, v in attributes.items() if key in {"src", "srcset", "data"}]
    assert loading
    assert all(value is not None and value.startswith("data:image/png;base64,") for value in loading)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base"}
    assert "url(" not in text
    assert "@import" not in text
    followed = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert all(address is not None and address.startswith("https://") for address in followed)


def test_every_measure_stands_there_with_the_number_of_the_assessment(page: Page) -> None:
    for measure in example_measures():
        assert measure.title in page.text
        assert squeezed(measure_text(measure)) in page.text


def test_a_number_is_the_one_that_the_assessment_holds(page: Page) -> None:
    """Read back from the page, by another way than it was written: within half of the last digit shown."""
    rows = re.findall(r"Length from skin to tip needle 1 ([\d.]+) mm", page.text)
    assert len(rows) == 1
    assert float(rows[0]) == pytest.approx(80.872, abs=0.05)


def test_findings_come_worst_first_and_missing_outlines_before_them(page: Page) -> None:
    text = page.text[page.text.index("Not checked") :]
    order = ["No outline of bowel", "No outline of nerve roots", "passes the aorta", "reaches less far", "4.0 mm thick"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert text.count("No outline of bowel") == 1


def test_the_verdict_counts_what_stands_against_the_plan(page: Page) -> None:
    assert "Not to be carried out as written: 1 finding stops this plan, 1 more to decide." in page.text
    assert "2 critical classes of structures not outlined, so not checked." in page.text


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ((), "Nothing that was checked stands against this plan."),
        ((Severity.NOTE,), "Nothing that was checked stands against this plan."),
        ((Severity.WARN, Severity.WARN), "A physician has to decide on 2 points."),
        ((Severity.STOP, Severity.STOP), "2 findings stop this plan."),
    ],
)
def test_the_verdict_in_words(
    case: Case, plan: Plan, assessment: Assessment, severities: tuple[Severity, ...], expected: str
) -> None:
    findings = tuple(Finding(f"a.{n}", level, f"Thing {n}.") for n, level in enumerate(severities))
    given = replace(assessment, findings=findings)
    assert expected in Page(html_of(compose_report(case, plan, given, example_pictures()))).text


def test_limits_name_their_grade_and_their_source(page: Page) -> None:
    assert "limit 10 mm, default [1]" in page.text
    assert "5 mm, published [2]" in page.text
    sources = page.text[page.text.index("Limits and figures used") :]
    assert "https://doi.org/10.1007/s00330-024-10956-5" in sources
    assert "Measured in liver, not in bone." in sources
    assert "default of this software" in sources


def test_the_figures_of_the_device_stand_with_their_sources(page: Page) -> None:
    assert "Medtronic Emprint, 100 W, 5 min: shaft diameter" in page.text
    assert "zone length 37 mm" in page.text
    assert "not measured in bone" in page.text


def test_fingerprints_and_versions_are_there(case: Case, plan: Plan, page: Page) -> None:
    for words in (plan.uid, case.uid, case.image.uid, "BoneIRPlanner 0.", "numpy", "SimpleITK"):
        assert words in page.text
    assert page.text.count("not a medical device") == 1


def test_severity_is_told_by_words_and_shapes_not_by_colour_alone(page: Page) -> None:
    shapes = {attributes["points"] for tag, attributes in page.tags if tag == "polygon"}
    assert len(shapes) == 3
    assert all(word in page.text for word in ("Stop", "Decide", "Note"))


EVIL = '<script>alert("x")</script>" onload=\'y\' & 山田^太郎\x00\ud800'


@pytest.mark.parametrize("where", ["name", "id", "study", "note", "finding", "picture", "structure"])
def test_whatever_comes_from_a_file_is_escaped(case: Case, plan: Plan, assessment: Assessment, where: str) -> None:
    source = case.image.source
    fields = {"name": "patient_name", "id": "patient_id", "study": "study_description"}
    pictures = example_pictures()
    if where in fields:
        case = replace(case, image=replace(case.image, source=replace(source, **{fields[where]: EVIL})))
    elif where == "note":
        plan = replace(plan, note=EVIL, approach=EVIL, reasons=(EVIL,))
    elif where == "finding":
        assessment = replace(assessment, findings=(Finding("a.b", Severity.WARN, EVIL, about=EVIL),))
    elif where == "picture":
        pictures = (*pictures, Picture("extra", EVIL, png(), "1"))
    else:
        case = replace(case, structures=(replace(case.structures[0], name=EVIL, origin=EVIL, sure=False),))
    text = html_of(compose_report(case, plan, assessment, pictures))
    page = Page(text)
    assert not page.faults
    assert "script" not in {tag for tag, _ in page.tags}
    assert not any(key.startswith("on") for _, attributes in page.tags for key in attributes)
    assert "<script>alert" in page.text, "the words themselves stay readable"
    assert "太郎" in page.text
    assert not re.search("[\x00-\x08\ud800-\udfff]", text)


def test_an_address_that_is_not_of_the_web_is_not_linked(case: Case, plan: Plan, assessment: Assessment) -> None:
    note = 'see javascript:alert(1) and https://example.org/a"onclick="b'
    page = Page(html_of(compose_report(case, replace(plan, note=note), assessment, example_pictures())))
    assert [a["href"] for tag, a in page.tags if tag == "a" and "example" in str(a["href"])] == [
        "https://example.org/a"
    ]


def test_no_picture_is_said_where_the_pictures_would_be(case: Case, plan: Plan, assessment: Assessment) -> None:
    page = Page(html_of(compose_report(case, plan, assessment)))
    assert page.text.count("The report has no pictures: none was drawn.") == 2
    reason = Finding("report.no_pictures", Severity.NOTE, "No renderer on this machine.")
    page = Page(html_of(compose_report(case, plan, assessment, findings=(reason,))))
    assert page.text.count("No renderer on this machine.") == 2
    assert "none was drawn" not in page.text


def test_a_missing_view_is_named(case: Case, plan: Plan, assessment: Assessment) -> None:
    page = Page(html_of(compose_report(case, plan, assessment, example_pictures()[:3])))
    assert "Needle 1 has no picture of these views: three-dimensional, down the needle." in page.text


def test_a_device_that_cannot_be_read_does_not_hide_the_rest(case: Case, plan: Plan, assessment: Assessment) -> None:
    probe = replace(plan.probes[0], device="nowhere/own.json", power_w=None, duration_s=None, setting="")
    other = replace(plan, treatments=(replace(plan.treatments[0], probes=(probe,)),))
    page = Page(html_of(compose_report(case, other, assessment, example_pictures())))
    assert "nowhere/own.json: its figures could not be read." in page.text


def test_files_are_the_same_each_time_and_whole(case: Case, plan: Plan, assessment: Assessment, tmp_path: Path) -> None:
    first = write_report(case, plan, assessment, example_pictures(), tmp_path / "a" / "b")
    second = write_report(case, plan, assessment, example_pictures(), tmp_path / "c", name="../plan 1?")
    assert first.html.read_bytes() == second.html.read_bytes()
    assert first.html == tmp_path / "a" / "b" / "plan-1.html"
    assert second.html == tmp_path / "c" / "plan-1.html"
    left = sorted(path.name for path in (tmp_path / "c").iterdir())
    assert left == ["plan-1.html", "plan-1.pdf"]


def test_a_failed_write_leaves_the_old_report(
    case: Case, plan: Plan, assessment: Assessment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write_report(case, plan, assessment, (), tmp_path).html.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(case, plan, assessment, example_pictures(), tmp_path)
    assert (tmp_path / "plan-1.html").read_bytes() == old
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan-1.html", "plan-1.pdf"]


def row_class(text: str, title: str) -> str | None:
    """The class of the table row that begins with a title."""
    found = re.search(rf'<tr(?: class="(\w+)")?><td[^>]*>(?:<svg(?:(?!<tr).)*?</svg>)?{re.escape(title)}', text)
    assert found, title
    return found.group(1)


def test_a_measure_is_marked_by_the_finding_that_speaks_of_it(case: Case, plan: Plan, assessment: Assessment) -> None:
    findings = (
        Finding("ablation.coverage", Severity.STOP, "Too little.", 0.9, "1", about="lesion-1"),
        Finding("ablation.protection", Severity.WARN, "Near.", 23.7311, "mL", about="zone 1"),
        Finding("access.length", Severity.WARN, "Another needle.", 80.872, "mm", about="2"),
        Finding("access.clearance", Severity.WARN, "Another needle.", 3.0, "mm", about="aorta"),
    )
    text = html_of(compose_report(case, plan, replace(assessment, findings=findings), example_pictures()))
    assert row_class(text, "Lesion covered") == "stop", "the same code, said in another unit"
    assert row_class(text, "Volume of the zone") == "warn", "another code, the same thing and number"
    assert row_class(text, "Length from skin to tip") is None, "the same number of another needle"
    assert row_class(text, "Clearance of the needle") is None, "the same structure, another number"


def test_a_value_in_another_unit_is_not_called_a_limit(case: Case, plan: Plan, assessment: Assessment) -> None:
    share = Value(0.55, "1", Grade.PUBLISHED, "a series")
    measure = Measure("cement.volume", "Cement", 2.0, "mL", "lesion-1", limit=share, note="by void_share of the lesion")
    finding = Finding("ablation.medium", Severity.NOTE, "Measured elsewhere.", limit=share)
    given = replace(assessment, measures=(measure,), findings=(finding,))
    page = Page(html_of(compose_report(case, plan, given, example_pictures())))
    assert page.text.count("rests on 0.55, published [1]") == 2
    assert "limit 0.55" not in page.text


def test_names_of_structures_read_as_words(case: Case, plan: Plan, assessment: Assessment) -> None:
    measure = Measure(
        "access.clearance", "Clearance to spinal_canal", 4.0, "mm", "spinal_canal", note="near spinal_canal"
    )
    finding = Finding("access.clearance", Severity.WARN, "Near the spinal_canal.", 4.0, "mm", about="spinal_canal")
    given = replace(assessment, measures=(measure,), findings=(finding,))
    text = Page(html_of(compose_report(case, plan, given, example_pictures()))).text
    assert "spinal_canal" not in text
    assert "Clearance to spinal canal near spinal canal spinal canal 4.0 mm" in text


def test_two_needles_have_a_row_and_a_gallery_each(case: Case, plan: Plan, assessment: Assessment) -> None:
    treatment = plan.treatments[0]
    second = replace(treatment.probes[0], name="2", power_w=None, duration_s=90.0, cycles=2)
    cement = Cement("3", treatment.probes[0].trajectory, 2.5, 3.4)
    both = replace(treatment, probes=(treatment.probes[0], second), cement=(cement,))
    pictures = (*example_pictures(), *(replace(picture, about="2") for picture in example_pictures()))
    page = Page(html_of(compose_report(case, replace(plan, treatments=(both,)), assessment, pictures)))
    for words in ("Needle 1, entry", "Needle 2, tip", "Medtronic Emprint, 1 min 30 s, 2 cycles", "Cannula 3"):
        assert words in page.text
    assert "2.5 mL of cement, cannula 3.4 mm" in page.text
    assert [a.get("class") for tag, a in page.tags if tag == "div"].count("gallery") == 2


def test_the_plans_beside_it_and_the_refusals_are_told(case: Case, plan: Plan, assessment: Assessment) -> None:
    other = replace(plan, name="plan-2", approach="posterior")
    worse = replace(assessment, plan_uid=other.uid, findings=())
    skin = SkinMap(
        points_mm=np.zeros((5, 3)),
        target_mm=(0.0, 0.0, 0.0),
        score=np.zeros(5, np.float32),
        reason=np.asarray([0, 1, 1, 1, 2], np.uint8),
        structure=np.asarray([-1, 0, 0, 0, -1], np.int16),
        shortfall_mm=np.zeros(5, np.float32),
        reasons=("allowed", "bone_crossings", "length"),
        structures=("spinal_canal",),
    )
    proposal = Proposal(Goal(Technique.MICROWAVE, "emprint"), (plan, other), skin)
    judged = ((plan, assessment), (other, worse))
    report = compose_report(case, plan, assessment, example_pictures(), others=judged, proposal=proposal)
    text = Page(html_of(report)).text
    assert "plan-1 left transpedicular L3 80.9 mm 9.98 mm 3.3 mm 99.9 % Stop" in text
    assert "plan-2 posterior 80.9 mm 9.98 mm 3.3 mm 99.9 % Clear" in text
    assert "Aimed at L 0.0 P 0.0 S 0.0 mm, 1 of 5 entries on the skin are allowed." in text
    assert "Into bone too often Spinal canal 3 Too far from the target for this needle 1" in text


def test_figures_are_listed_by_what_they_were_used_for() -> None:
    sources = SourceList()
    value = Value(1.5, "mm", Grade.DEFAULT, "a proposal")
    for code in ("ablation.minimal_margin", "registration.edges_mm", "access.c_arm", "RECIST 1.1"):
        sources.figure_text(value, code)
    (table,) = (block for block in sources.section().blocks if isinstance(block, Table))
    uses = "effect, minimal margin; registration, edges; way in, C-arm; RECIST 1.1"
    assert squeezed(table.rows[0].cells[1]) == f"{uses}: 1.5 mm"


def test_notes_on_the_image_stand_with_the_image(case: Case, plan: Plan, assessment: Assessment) -> None:
    told = Finding("outline.organ", Severity.NOTE, "The aorta is outlined by its shape alone.", about="aorta")
    partly = Finding("case.partly_absent", Severity.NOTE, "Of great vessels only aorta is outlined.", about="vessels")
    grave = Finding("outline.canal", Severity.WARN, "The canal is carried on from the levels around.")
    found = (grave, told, partly)
    with_notes = replace(case, findings=found)
    own = Finding("access.skiving", Severity.NOTE, "Needle 1 may slip.")
    page = Page(
        html_of(compose_report(with_notes, plan, replace(assessment, findings=(own, *found)), example_pictures()))
    )
    order = ("Not checked", partly.text, "Findings", grave.text, own.text, "outlines: 1, below", "Images and outlines")
    places = [page.text.index(words) for words in (*order, told.text)]
    assert places == sorted(places)
    assert page.text.count(told.text) == 1


def test_what_is_far_from_everything_takes_one_row(case: Case, plan: Plan, assessment: Assessment) -> None:
    far = [
        Measure(
            "access.clearance",
            f"Clearance to {name}".replace("left", "the left"),
            None,
            "mm",
            about=name,
            low=50.0,
            note="Needle 1",
        )
        for name in ("lungs", "pleura", "left kidney")
    ]
    near = Measure("access.clearance", "Clearance to aorta", 7.0, "mm", about="aorta", note="Needle 1")
    measures = (*assessment.measures, far[0], near, *far[1:])
    text = Page(html_of(compose_report(case, plan, replace(assessment, measures=measures)))).text
    assert "Clearance to others Needle 1: lungs, pleura, left kidney at least 50.0 mm" in text
    assert "Clearance to aorta Needle 1 aorta 7.0 mm" in text
    assert "Clearance to pleura" not in text
