"""The picture of bone against healthy bone: darker blue, denser red, healthy bone and soft tissue left grey."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from picture_pixels import pixels_of

from boneir.case import Case, Image, Lesion, Modality, Role, Structure
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.scene.render_check import why_no_pictures

pytestmark = pytest.mark.skipif(bool(why_no_pictures()), reason="this machine cannot draw")

GRID = Grid((60, 70, 70), (1.0, 1.0, 1.0), (-35.0, -35.0, -30.0))
CENTRES = GRID.to_mm(np.stack(np.meshgrid(*map(np.arange, GRID.shape), indexing="ij"), axis=-1)[..., ::-1])


def block(lesion_hu: float) -> Case:
    """A block of bone of 180 HU with a ball in it."""
    bone = np.abs(CENTRES).max(axis=-1) <= 24
    ball = np.linalg.norm(CENTRES, axis=-1) <= 9
    values = np.random.default_rng(0).normal(0, 8, GRID.shape) + np.where(bone, 180.0, 40.0)
    values[ball] += lesion_hu - 180.0
    structure = Structure("vertebra_L3", Role.BONE, Mask.of(bone, GRID), "vertebra_L3")
    image = Image(np.rint(values).astype(np.int16), GRID)
    return Case(image, (structure,), (Lesion("lesion-1", Mask.of(ball, GRID)),))


@pytest.mark.parametrize(("lesion_hu", "channel"), [(20.0, 2), (600.0, 0)])
def test_colour_lies_on_the_lesion_alone(lesion_hu: float, channel: int) -> None:
    from boneir.scene.zscore_picture import zscore_pictures

    (picture,) = zscore_pictures(block(lesion_hu), ("lesion-1",))
    pixels = pixels_of(picture.png).astype(int)[:300, :300]
    rows, columns = np.indices(pixels.shape[:2])
    away = np.hypot(rows - 149.5, columns - 149.5) * 60.0 / 300
    coloured = np.ptp(pixels, axis=-1) > 25
    assert coloured[away < 7].mean() > 0.95
    assert coloured[(away > 12) & (away < 20)].mean() < 0.05
    assert np.all(pixels[coloured & (away < 7)].argmax(axis=-1) == channel)


def test_without_ct_or_bone_there_is_none() -> None:
    from boneir.scene.zscore_picture import zscore_pictures

    case = block(20.0)
    mr = replace(case, image=Image(case.image.voxels.astype(np.float32), GRID, Modality.MR, ""))
    assert not list(zscore_pictures(mr, ("lesion-1",)))
    assert not list(zscore_pictures(replace(case, structures=()), ("lesion-1",)))
    assert not list(zscore_pictures(case, ("another",)))
