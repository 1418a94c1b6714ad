"""The picture of a lesion through its examinations."""

from __future__ import annotations

from dataclasses import replace

import pytest
from picture_pixels import pixels_of

from boneir.case import Image, Lesion
from boneir.follow_up import Exam
from boneir.mask import Mask
from boneir.respond import respond
from boneir.scene.render_check import why_no_pictures
from small_case import small_case

pytestmark = pytest.mark.skipif(bool(why_no_pictures()), reason="this machine cannot draw")


def test_every_lesion_gets_its_days_side_by_side() -> None:
    from boneir.scene.lesion_days import PANEL_PX, lesion_days

    case = small_case()
    lesion = case.lesions[0]
    darker = replace(case, image=Image(case.image.voxels - 60, case.image.grid), others=())
    smaller = Mask.within(lesion.mask.voxels[:-2, :-2, :-2].copy(), lesion.mask.corner, lesion.mask.grid)
    later = darker.with_lesion(Lesion(lesion.name, smaller))
    exams = [Exam("20260105", replace(case, others=())), Exam("20260401", later)]
    (picture,) = lesion_days(respond(exams))
    pixels = pixels_of(picture.png)
    assert pixels.shape[1] == 2 * PANEL_PX
    assert picture.about == lesion.name
    assert picture.is_wide == (pixels.shape[1] > 1.8 * pixels.shape[0])
    outlined = [(abs(part.astype(int) - (255, 170, 0)).sum(axis=-1) < 9).sum() for part in
                (pixels[:PANEL_PX, :PANEL_PX], pixels[:PANEL_PX, PANEL_PX:])]  # fmt: skip
    assert outlined[0] > outlined[1] > 20
