"""Images made small for registration: smoothed and interpolated as SciPy does it on the whole image."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from boneir.case import Image, Modality
from boneir.fusion.scaled import scaled
from boneir.grid import Grid

OBLIQUE = tuple(np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0].ravel())


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [((30, 41, 52), (0.7, 0.9, 1.5)), ((12, 60, 50), (0.8, 0.8, 5.0)), ((1, 40, 40), (1.0, 1.0, 3.0))],
)
@pytest.mark.parametrize("modality", [Modality.CT, Modality.MR])
def test_as_scipy_on_the_whole_image(shape, spacing, modality):
    voxels = np.random.default_rng(0).normal(300, 600, shape).astype(np.int16)
    image = Image(voxels, Grid(shape, spacing, (5.0, -3.0, 9.0), OBLIQUE), modality)
    small = scaled(image, 2.0)
    sizes = np.asarray(spacing)
    coarse = np.maximum(sizes, 2.0)
    np.testing.assert_allclose(small.grid.spacing_mm, coarse)
    seen = np.clip(voxels, -200, 1200) if modality is Modality.CT else voxels
    smooth = ndimage.gaussian_filter(
        seen.astype(float), np.where(coarse > sizes, 0.5 * coarse / sizes, 0.0)[::-1], truncate=3.0
    )
    k, j, i = np.indices(small.grid.shape)
    kji = image.grid.to_ijk(small.grid.to_mm(np.stack([i, j, k], axis=-1)))[..., ::-1]
    wanted = ndimage.map_coordinates(smooth, np.moveaxis(kji, -1, 0), order=1, mode="nearest")
    np.testing.assert_allclose(small.values, wanted, atol=2e-3)


def test_an_image_of_that_size_stays_as_it_is():
    grid = Grid((5, 6, 7), (2.0, 2.0, 3.0), (0.0, 0.0, 0.0))
    image = Image(np.full(grid.shape, 2000, np.int16), grid)
    small = scaled(image, 2.0)
    assert small.grid == grid
    assert (small.values == 1200).all()
