"""The picture of lesion and ablation zone on the control image."""

from __future__ import annotations

import numpy as np
import pytest
from picture_pixels import pixels_of

from boneir.image.ellipsoid import Ellipsoid
from boneir.scene.render_check import why_no_pictures
from small_case import small_case

pytestmark = pytest.mark.skipif(bool(why_no_pictures()), reason="this machine cannot draw")


def test_lines_lie_where_lesion_zone_and_rim_do() -> None:
    from boneir.scene.control_picture import PANEL_PX, control_picture

    case = small_case()
    grid = case.image.grid
    middle = case.lesions[0].mask.centroid_mm
    lesion, zone = (Ellipsoid(middle, (0.0, 0.0, 1.0), r, r).mask_on(grid) for r in (8.0, 15.0))
    pixels = pixels_of(control_picture(case.image, lesion, zone, 3.0, middle, "lesion-1").png).astype(int)
    assert pixels.shape[1] == 3 * PANEL_PX
    mm_per_px = 60.0 / PANEL_PX
    for panel in range(3):
        part = pixels[:PANEL_PX, panel * PANEL_PX : (panel + 1) * PANEL_PX]
        for colour, radius in (((237, 115, 26), 8.0), ((89, 191, 255), 15.0), ((250, 219, 89), 11.0)):
            rows, columns = np.nonzero(np.abs(part - colour).sum(axis=-1) < 8)
            away = np.hypot(rows - (PANEL_PX - 1) / 2, columns - (PANEL_PX - 1) / 2) * mm_per_px
            assert np.median(away) == pytest.approx(radius, abs=0.5)


def test_cement_lies_on_the_control_image_beside_its_prediction() -> None:
    from boneir.scene.control_picture import PANEL_PX, cement_picture

    case = small_case()
    grid = case.image.grid
    middle = case.lesions[0].mask.centroid_mm
    lesion, cement, expected = (Ellipsoid(middle, (0.0, 0.0, 1.0), r, r).mask_on(grid) for r in (14.0, 8.0, 11.0))
    made = cement_picture(case.image, cement, expected, lesion, middle, "its middle", "lesion-1")
    pixels = pixels_of(made.png).astype(int)[:PANEL_PX, :PANEL_PX]
    for colour, radius in (((237, 115, 26), 14.0), ((89, 191, 255), 8.0), ((250, 219, 89), 11.0)):
        rows, columns = np.nonzero(np.abs(pixels - colour).sum(axis=-1) < 8)
        away = np.hypot(rows - (PANEL_PX - 1) / 2, columns - (PANEL_PX - 1) / 2) * 60.0 / PANEL_PX
        assert np.median(away) == pytest.approx(radius, abs=0.6)
    bare = cement_picture(case.image, cement, None, lesion, middle, "its middle", "lesion-1")
    assert not (np.abs(pixels_of(bare.png).astype(int)[:PANEL_PX] - (250, 219, 89)).sum(axis=-1) < 8).any()
