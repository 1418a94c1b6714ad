"""Makes the pictures of heat and cement in the documentation: ``python Testing/render/effect_pictures.py demo``.

The folder is the one that ``dev.py demo`` has written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from boneir.ablation.devices import device
from boneir.assessing.cement_course import cement_courses
from boneir.assessing.isotherms import isotherms
from boneir.case import Case
from boneir.case_folder import find_plan, load_case
from boneir.mask import Mask
from boneir.plan import Plan, read_plan
from boneir.proposing.cement_after import cement_after
from boneir.scene.colours import ORANGE, YELLOW
from boneir.scene.control_picture import Line, planes

FOLDER = Path(__file__).resolve().parents[2] / "Docs" / "pictures"
BLUE, GREEN, WHITE = (0.35, 0.75, 1.0), (0.0, 0.75, 0.55), (1.0, 1.0, 1.0)


def main(demo: Path) -> None:
    case = load_case(demo / "case")
    plan = read_plan(find_plan(demo / "case", "plan-1"))
    (FOLDER / "isotherms.png").write_bytes(heat(case, plan))
    (FOLDER / "cement.png").write_bytes(cement(case, plan))


def heat(case: Case, plan: Plan) -> bytes:
    """Where tissue comes to the temperatures that mean something, around the lesion and beside the canal."""
    lines = [
        Line(f"{item.limit.amount:g} °C: {item.meaning}", colour, item.mask)
        for item, colour in zip(isotherms(case, plan), (YELLOW, ORANGE), strict=True)
    ]
    return around_lesion(case, lines, "Highest temperatures of plan-1, simulated in the patient's tissue")


def cement(case: Case, plan: Plan) -> bytes:
    """Cement through the hole of the needle, as it spreads."""
    filled = cement_after(case, plan, device("cement-10g"))
    (course,) = cement_courses(case, filled)
    planned_ml = course.forecast.planned_ml
    volumes = [(0.25 * planned_ml, WHITE), (0.5 * planned_ml, YELLOW), (planned_ml, BLUE)]
    lines = [Line(f"{volume:.1f} mL", colour, course.shape(volume)) for volume, colour in volumes]
    return around_lesion(case, lines[::-1], f"Cement after ablation, {planned_ml:.1f} mL planned")


def around_lesion(case: Case, lines: list[Line], caption: str) -> bytes:
    """Lines over three planes through the middle of the lesion, with lesion and canal."""
    lesion, canal = case.lesions[0], near(case.structure("spinal_canal").mask, case.lesions[0].mask)
    lines = [*lines, Line(lesion.name, (0.93, 0.45, 0.10), lesion.mask), Line("spinal canal", GREEN, canal)]
    return planes(case.image, lines, lesion.mask.centroid_mm, caption, "cross: middle of the lesion")


def near(mask: Mask, other: Mask) -> Mask:
    """The part of a mask in the slices of another."""
    part = mask.full().copy()
    slices = other.window[0]
    part[: slices.start - 8] = part[slices.stop + 8 :] = False
    return Mask.of(part, mask.grid)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
