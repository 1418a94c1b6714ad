"""The skin map as a picture: every colour of the legend is seen, from the side where needles may enter."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from access_phantom import ball, grid_around, phantom, rod
from boneir.access.skin_colours import skin_colours
from boneir.assess import assess
from boneir.case_folder import save_case
from boneir.cli import main
from boneir.commands.drawing import draw
from boneir.plan import Technique
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.proposing.live import live_access
from boneir.report import write_report
from boneir.report.compose import compose_report
from boneir.report.model import Gallery
from boneir.scene.render_check import why_no_pictures
from boneir.scene.skin_picture import skin_picture

pytestmark = pytest.mark.skipif(bool(why_no_pictures()), reason="this machine cannot draw")
GOAL = Goal(Technique.BIOPSY, "biopsy-13g")


def pixels(png: bytes) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), float)


def near(picture: np.ndarray, rgb) -> int:
    """Pixels of the view whose hue is that of a colour, however it is lit."""
    view = picture[:560].reshape(-1, 3)
    bright = view[np.linalg.norm(view, axis=1) > 40]
    unit, wanted = bright / np.linalg.norm(bright, axis=1, keepdims=True), np.asarray(rgb) / np.linalg.norm(rgb)
    return int(np.count_nonzero(unit @ wanted > 0.995))


@pytest.mark.parametrize("by", ["reason", "score"])
def test_what_the_legend_names_is_seen(by: str) -> None:
    shapes = {"body": ball((0, 0, 0), 70), "aorta": rod((20, 30, 0), (0, 0, 1), 10)}
    case = phantom(grid_around(74, (1.5, 1.5, 1.5)), shapes, ball((0, 0, 0), 6))
    live = live_access(case, GOAL)
    skin = live.skin_map(tuple(live.aim.target_mm))
    made = skin_picture(case, skin, GOAL, by)
    assert made is not None
    assert made.name == f"skin_{by}"
    picture = pixels(made.png)
    assert picture.shape == (700, 800, 3)
    for entry in skin_colours(skin, by)[1]:
        share = entry.count / len(skin.reason)
        assert near(picture, entry.rgb) > (2000 if share > 0.1 else 0) or share < 0.02, entry


def test_the_command_writes_it(tmp_path) -> None:
    case = phantom(grid_around(44, (2, 2, 2)), {"body": ball((0, 0, 0), 40)}, ball((0, 0, 0), 5))
    save_case(case, tmp_path / "case")
    words = ["propose", str(tmp_path / "case"), "--technique", "biopsy", "--device", "biopsy-13g", "--max-plans", "1"]
    assert main([*words, "--skin-map", str(tmp_path / "skin.png")]) == 0
    assert pixels((tmp_path / "skin.png").read_bytes()).std() > 10


def test_a_report_shows_the_skin_beside_why_this_plan_and_not_among_its_needles(tmp_path) -> None:
    shapes = {"body": ball((0, 0, 0), 60), "aorta": rod((20, 30, 0), (0, 0, 1), 10)}
    case = phantom(grid_around(64, (2, 2, 2)), shapes, ball((0, 0, 0), 6))
    proposal = propose(case, replace(GOAL, max_plans=1))
    plan = proposal.plans[0]
    assessment = assess(case, plan)
    pictures, findings = draw(case, plan, assessment, proposal)
    skin = [picture for picture in pictures if picture.name.startswith("skin_")]
    assert [picture.name for picture in skin] == ["skin_reason", "skin_score"]
    assert not any(picture.name.startswith("skin_") for picture in draw(case, plan, assessment)[0])
    report = compose_report(case, plan, assessment, pictures, findings=findings, proposal=proposal)
    shown = {
        section.title: [
            picture.name for block in section.blocks if isinstance(block, Gallery) for picture in block.pictures
        ]
        for section in report.sections
    }
    assert shown["Why this plan"] == ["skin_reason", "skin_score"]
    assert "axial" in shown["Pictures"]
    assert not any(name.startswith("skin_") for name in shown["Pictures"])
    files = write_report(case, plan, assessment, pictures, tmp_path, proposal=proposal)
    assert "Skin by what refuses an entry" in files.html.read_text()


def test_nothing_to_show_makes_no_picture() -> None:
    case = phantom(grid_around(30, (2, 2, 2)), {"body": ball((0, 0, 0), 26)}, ball((0, 0, 0), 5))
    live = live_access(case, GOAL)
    skin = live.skin_map(tuple(live.aim.target_mm))
    none = {name: getattr(skin, name)[:0] for name in ("points_mm", "score", "reason", "structure", "shortfall_mm")}
    assert skin_picture(case, replace(skin, **none), GOAL) is None
