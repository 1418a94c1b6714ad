"""Bending for display: soft tissue comes nearer, and everything that comes of it says that it is bent."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.case import Image
from boneir.errors import ImageError
from boneir.findings import Severity
from boneir.fusion.bend import BENT, bent_for_display
from boneir.grid import Grid
from boneir.image.rigid import Rigid, placed

GRID = Grid((40, 40, 40), (4.0, 4.0, 4.0), (-78.0, -78.0, -78.0), (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0))


def body(bulge_mm: float) -> Image:
    """A body with organs that are pushed forward where the belly is."""
    k, j, i = np.indices(GRID.shape)
    points = GRID.to_mm(np.stack([i, j, k], axis=-1)) - GRID.to_mm((19.5, 19.5, 19.5))
    push = bulge_mm * np.exp(-((points[..., 1] + 30.0) ** 2 + points[..., 2] ** 2) / (2 * 30.0**2))
    points[..., 1] += push
    values = np.where(np.linalg.norm(points * (0.9, 1.1, 0.8), axis=-1) < 60.0, 40.0, -200.0)
    for centre, radius, add in (((0, -25, 0), 22, 120.0), ((25, -10, 20), 14, -140.0), ((-25, 10, -15), 16, 200.0)):
        values += add / (1 + np.exp((np.linalg.norm(points - centre, axis=-1) - radius) / 1.5))
    return Image(np.rint(values).astype(np.int16), GRID)


def test_soft_tissue_comes_nearer_and_the_image_says_that_it_is_bent() -> None:
    fixed, moving = body(0.0), body(9.0)
    bent, finding = bent_for_display(fixed, moving)
    before, after = (np.abs(image.voxels.astype(float) - fixed.voxels).mean() for image in (moving, bent))
    assert after < 0.7 * before
    places = [np.argwhere(image.voxels > 130).mean(axis=0) * 4.0 for image in (fixed, moving, bent)]
    assert np.linalg.norm(places[2] - places[0]) < 0.5 * np.linalg.norm(places[1] - places[0])
    assert bent.grid == fixed.grid
    assert BENT in bent.source.series_description
    assert finding.severity is Severity.WARN
    assert BENT in finding.text
    assert bent_for_display(fixed, moving)[0].uid == bent.uid


def test_images_apart_are_refused() -> None:
    fixed = body(0.0)
    with pytest.raises(ImageError, match="overlap"):
        bent_for_display(fixed, placed(fixed, Rigid(shift_mm=(900.0, 0.0, 0.0))))
