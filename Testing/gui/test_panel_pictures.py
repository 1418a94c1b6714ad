"""The panel at the width of a narrow screen, filled: nothing is cut off and nothing scrolls sideways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from by_hand import findings, found, measures
from panel_look import HEIGHT, WIDTH, look_at, tab_places

LONG = (
    "It is one of 307 ways, of 1139 compared, that none beats in every respect; 4612 of 54405 entries are allowed.",
    "What binds it is nerve roots: 2.6 mm from the needle's surface, where 2 mm are to be kept beyond placement error.",
)


@pytest.fixture
def filled(planned: Any) -> Any:
    from boneir.gui.records import Outcome, named, written

    parameters = planned.parameters
    uid = planned.logic.planNow("plan-1").uid
    image, outlines = parameters.inputVolume, parameters.outlines
    about = named(image, outlines)
    parameters.imageOutcome = written(Outcome(findings=findings(), about=about))
    about = named(image, outlines, parameters.lesionName)
    parameters.lesionOutcome = written(Outcome(measures=measures(), findings=findings(), about=about))
    from dataclasses import replace

    book = planned.logic.desk.book
    pages = tuple(replace(page, plan=replace(page.plan, reasons=LONG * 3)) for page in book.pages)
    planned.logic.desk.act(lambda book: replace(book, pages=pages))
    uid = planned.logic.planNow("plan-1").uid
    found(planned, measures=measures() * 4, findings=findings() * 5, plan_uid=uid)
    parameters.reportFile = "/home/someone/Documents/Bone metastases/A rather long name of a patient/plan-1.html"
    return planned


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["images", "lesion", "access", "effect", "review", "report"])
def test_nothing_is_cut_off_at_500_pixels(filled: Any, name: str, theme: str, tmp_path: Path) -> None:
    filled.showStep(next(step.name for step in filled.steps if step.name.value == name))
    look_at(filled, tmp_path, name, theme)


def test_the_tab_key_goes_through_a_panel_from_top_to_bottom(filled: Any) -> None:
    parent = filled.parent
    parent.resize(WIDTH, HEIGHT)
    parent.show()
    for step in filled.steps:
        filled.showStep(step.name)
        places = tab_places(step.widget, parent)
        assert places == sorted(places), f"{step.name.value}: {[name for *_, name in places]}"
