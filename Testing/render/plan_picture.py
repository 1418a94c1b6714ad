"""Makes the picture of a plan in the README: ``python Testing/render/plan_picture.py demo``.

The folder is the one that ``dev.py demo`` has written.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from picture_pixels import pixels_of

from boneir.assess import assess
from boneir.case_folder import find_plan, load_case
from boneir.plan import read_plan
from boneir.scene.pictures import pictures_of

TARGET = Path(__file__).resolve().parents[2] / "Resources" / "Screenshots" / "plan.png"
ROWS = (("three_d", "along"), ("across", "down_the_needle"))


def main(demo: Path) -> None:
    case = load_case(demo / "case")
    plan = read_plan(find_plan(demo / "case", "plan-1"))
    pixels = {picture.name: pixels_of(picture.png) for picture in pictures_of(case, plan, assess(case, plan))[0]}
    sheet = sitk.GetImageFromArray(np.vstack([np.hstack([pixels[name] for name in row]) for row in ROWS]), True)
    sitk.WriteImage(sheet, str(TARGET), useCompression=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
