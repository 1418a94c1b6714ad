"""Isotherms and cement in a slice, as they are drawn: lines of their colours where the shapes end, cement filled."""

from __future__ import annotations

import numpy as np
import pytest
from picture_pixels import where

from boneir.assessing.isotherms import Isotherm
from boneir.evidence import Grade, Value
from boneir.mask import Mask
from boneir.scene.render_check import why_no_pictures
from small_case import LESION_AT, small_case

pytestmark = pytest.mark.skipif(bool(why_no_pictures()), reason="this machine cannot draw")
YELLOW, ORANGE, WHITE = (0xF0, 0xE4, 0x42), (0xE6, 0x9F, 0x00), (0xFF, 0xFF, 0xFF)
SIZE_PX, FIELD_MM = (500, 400), 100.0


def test_lines_lie_where_the_temperatures_are_passed_and_cement_is_filled() -> None:
    from boneir.scene.frames import Frame
    from boneir.scene.layers import show_cement, show_isotherms
    from boneir.scene.stage import SliceView, Stage

    image = small_case().image
    kji = np.indices(image.grid.shape).reshape(3, -1).T
    away = np.linalg.norm(image.grid.to_mm(kji[:, ::-1]) - LESION_AT, axis=1).reshape(image.grid.shape)

    def isotherm(amount: float, radius_mm: float) -> Isotherm:
        limit = Value(amount, "degC", Grade.PUBLISHED, "a paper")
        return Isotherm("lesion-1", limit, "hot", True, Mask.of(away <= radius_mm, image.grid))

    stage = Stage(image)
    show_isotherms(stage.scene, "plan-1", [isotherm(45.0, 16.0), isotherm(60.0, 11.0)])
    frame = Frame(np.asarray(LESION_AT), np.array([1.0, 0.0, 0.0]), np.array([0.0, -1.0, 0.0]), FIELD_MM, SIZE_PX)
    view = SliceView(stage, SIZE_PX)
    before = view.picture(frame)
    show_cement(stage.scene, "plan-1", [("lesion-1", Mask.of(away <= 5.0, image.grid))])
    picture = view.picture(frame)
    middle = (np.array(SIZE_PX) - 1) / 2
    for colour, radius_mm in ((YELLOW, 16.0), (ORANGE, 11.0), (WHITE, 5.0)):
        line = where(picture, colour)
        line = line[line[:, 1] < 380]  # the ruler lies below
        radii = np.linalg.norm(line - middle, axis=1) * frame.mm_per_px
        assert len(line) > 40
        assert np.median(radii) == pytest.approx(radius_mm, abs=1.5)
    changed = picture[195:205, 245:255].astype(int) - before[195:205, 245:255]
    assert changed.mean() > 10, "cement is filled, isotherms are lines"
    assert (picture[195:205, 300:310] == before[195:205, 300:310]).all()
