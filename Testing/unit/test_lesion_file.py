"""An outline that someone drew becomes a lesion on the planning image, whole or with a finding."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from boneir.anatomy.lesion_file import LESION_CUT, lesion_from_file
from boneir.case import Case
from boneir.errors import OutlineError
from boneir.grid import Grid
from report_example import ball, example_case

GRID = Grid((50, 60, 60), (1.0, 1.0, 1.0), (-26.0, -8.0, -457.0))
CENTRE = (4.0, 22.0, -432.0)


def write(path: Path, marked: NDArray[np.generic], grid: Grid = GRID) -> Path:
    image = sitk.GetImageFromArray(marked.astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_mm)
    image.SetDirection(grid.direction)
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture(scope="module")
def case() -> Case:
    return example_case()


@pytest.mark.parametrize("value", [1, 7, 255])
@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd", ".mha"])
def test_one_marked_thing_needs_no_name(case: Case, tmp_path: Path, value: int, ending: str) -> None:
    path = write(tmp_path / f"drawn{ending}", ball(GRID, CENTRE, 12.0).full() * value)
    lesion, findings = lesion_from_file(case, path, name="left")
    assert lesion.name == "left"
    assert lesion.origin == f"mask file drawn{ending}"
    assert lesion.mask.grid == case.image.grid
    assert lesion.mask.volume_ml == pytest.approx(4 / 3 * np.pi * 12.0**3 / 1000, rel=0.06)
    assert lesion.mask.centroid_mm == pytest.approx(CENTRE, abs=0.5)
    assert findings == ()


def test_a_grid_that_is_turned_and_flipped_lands_at_the_same_place(case: Case, tmp_path: Path) -> None:
    turned = Grid((60, 50, 60), (1.0, 1.2, 0.8), (40.0, 60.0, -460.0), (0, -1, 0, 0, 0, -1, 1, 0, 0))
    path = write(tmp_path / "turned.nrrd", ball(turned, CENTRE, 10.0).full(), turned)
    lesion, _ = lesion_from_file(case, path)
    assert lesion.mask.centroid_mm == pytest.approx(CENTRE, abs=0.6)


def test_of_several_the_named_one_is_taken(case: Case, tmp_path: Path) -> None:
    marked = ball(GRID, CENTRE, 8.0).full() * 1 + ball(GRID, (24.0, 40.0, -432.0), 5.0).full() * 2
    path = write(tmp_path / "two.nrrd", marked)
    (tmp_path / "two.json").write_text(json.dumps({"1": "first", "2": "second"}), "utf-8")
    lesion, _ = lesion_from_file(case, path, label="second")
    assert lesion.mask.centroid_mm == pytest.approx((24.0, 40.0, -432.0), abs=1.0)
    with pytest.raises(OutlineError, match=r"several outlines; say which one; it has: first, second\."):
        lesion_from_file(case, path)
    with pytest.raises(OutlineError, match=r"no outline 'third'; it has: first, second\."):
        lesion_from_file(case, path, label="third")


def test_what_lies_outside_the_image_is_said(case: Case, tmp_path: Path) -> None:
    edge = Grid((60, 60, 60), (1.0, 1.0, 1.0), (-30.0, -8.0, -512.0))
    path = write(tmp_path / "edge.nrrd", ball(edge, (0.0, 22.0, -482.0), 12.0).full(), edge)
    lesion, (finding,) = lesion_from_file(case, path, name="low")
    assert finding.code == LESION_CUT
    half_ml = 2 / 3 * np.pi * 12.0**3 / 1000  # the image ends at S -482 mm, through the middle of the ball
    assert finding.measured == pytest.approx(half_ml, rel=0.06)
    assert lesion.mask.volume_ml == pytest.approx(half_ml, rel=0.06)
    away = Grid((20, 20, 20), (1.0, 1.0, 1.0), (500.0, 500.0, 500.0))
    path = write(tmp_path / "away.nrrd", np.ones(away.shape), away)
    with pytest.raises(OutlineError, match="lies outside the image"):
        lesion_from_file(case, path)


def test_files_without_an_outline_are_refused(case: Case, tmp_path: Path) -> None:
    path = write(tmp_path / "empty.nrrd", np.zeros(GRID.shape))
    with pytest.raises(OutlineError, match="nothing is marked"):
        lesion_from_file(case, path)
    with pytest.raises(OutlineError, match="No such file"):
        lesion_from_file(case, tmp_path / "none.seg.nrrd")
    (tmp_path / "broken.nrrd").write_bytes(b"NRRD0004\nnot one\n")
    with pytest.raises(OutlineError, match=r"broken\.nrrd"):
        lesion_from_file(case, tmp_path / "broken.nrrd")
