"""The picture of an image over the planning image, as the report shows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from picture_pixels import pixels_of

from boneir.image.rigid import Rigid, placed
from boneir.scene.render_check import why_no_pictures
from small_case import LESION_AT, small_case

pytestmark = pytest.mark.skipif(bool(why_no_pictures()), reason="this machine cannot draw")


def test_a_case_with_another_image_gets_its_picture() -> None:
    from boneir.scene.fused import fused_pictures

    case = small_case()
    moved = placed(case.image, Rigid(shift_mm=(8.0, 0.0, 0.0)))
    aligned, shifted = fused_pictures(replace(case, others=(case.image, moved)), LESION_AT)
    assert {aligned.name, shifted.name} == {"fused"}
    differences = []
    for picture in (aligned, shifted):
        pixels = pixels_of(picture.png)
        assert pixels.shape == (700, 800, 3)
        lower_right = pixels[310:560, 480:720, 0].astype(int)  # within both images
        differences.append(np.abs(lower_right - 128).mean())
    assert differences[0] < 0.5
    assert differences[1] > 5.0
    assert not list(fused_pictures(case, LESION_AT))
