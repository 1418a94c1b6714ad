"""Bone is compared with healthy bone of its own depth, and the map says by how many standard deviations it differs."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.healthy_layers import companions, healthy_layers, zscore_map
from boneir.case import Case, Image, Modality, Role, Structure
from boneir.errors import OutlineError
from boneir.grid import Grid
from boneir.mask import Mask

GRID = Grid((44, 60, 64), (1.0, 1.0, 1.5), (-30.0, -20.0, 10.0), (0, 1, 0, 0, 0, -1, -1, 0, 0))
CORTEX_HU, MARROW_HU, SPREAD_HU = 900.0, 200.0, 40.0


def block_of_bone(lesion_hu: float = MARROW_HU) -> tuple[Case, np.ndarray]:
    """A block with a cortex of 3 mm and noisy marrow; a cube in its middle has other numbers."""
    rng = np.random.default_rng(0)
    bone, marrow, lesion = (np.zeros(GRID.shape, bool) for _ in range(3))
    bone[4:40, 6:54, 6:58] = True
    marrow[6:38, 9:51, 9:55] = True
    lesion[18:26, 26:36, 28:38] = True
    hu = np.where(bone, CORTEX_HU, 40.0)
    hu = np.where(marrow, MARROW_HU, hu) + np.where(lesion, lesion_hu - MARROW_HU, 0.0)
    hu = hu + rng.normal(scale=SPREAD_HU, size=hu.shape)
    image = Image(np.rint(hu).astype(np.int16), GRID)
    return Case(image, (Structure("bone", Role.BONE, Mask.of(bone, GRID), "bone"),)), lesion


def test_layers_give_the_median_and_the_robust_spread_of_their_depth() -> None:
    rng = np.random.default_rng(1)
    depth = rng.uniform(0.1, 9.0, 20000).astype(np.float32)
    hu = np.where(depth < 2, 800, 150) + rng.normal(scale=30, size=depth.size)
    layers = healthy_layers([(hu.astype(np.float32), depth)], (hu, depth))
    z = layers.scores(np.array([800, 800, 150, 90], np.float32), np.array([0.5, 8.0, 8.0, 8.0], np.float32))
    assert z == pytest.approx([0.0, 650 / 30, 0.0, -2.0], abs=0.6)
    assert layers.scores(np.array([50.0], np.float32), np.array([-9.0], np.float32)) == pytest.approx([0.0])


@pytest.mark.parametrize("lesion_hu", [40.0, 640.0])
def test_the_map_shows_the_lesion_and_neither_cortex_nor_marrow(lesion_hu: float) -> None:
    case, marked = block_of_bone(lesion_hu)
    lesion = Mask.of(marked, GRID)
    shown = zscore_map(case, lesion)
    assert shown.modality is Modality.OTHER
    first = case.image.grid.to_ijk([shown.grid.origin_mm])[0].round().astype(int)[::-1]
    box = tuple(slice(a, a + n) for a, n in zip(first, shown.grid.shape, strict=True))
    z, inner = shown.voxels, marked[box]
    bone = case.structure("bone").mask.full()[box]
    # Smoothing narrows the noise, so the lesion stands out by more than its contrast over the noise of a voxel.
    assert np.sign(lesion_hu - MARROW_HU) * np.median(z[inner]) > abs(lesion_hu - MARROW_HU) / SPREAD_HU
    depth_of_cortex = bone & (case.image.voxels[box] > 700)
    assert abs(np.median(z[depth_of_cortex])) < 1.0
    assert np.mean(np.abs(z[bone & ~marked[box]]) < 3) > 0.85
    assert not z[~bone].any()


def test_a_point_serves_where_no_outline_exists_yet() -> None:
    case, marked = block_of_bone(40.0)
    middle = Mask.of(marked, GRID).centroid_mm
    by_point, by_mask = zscore_map(case, middle, 20.0), zscore_map(case, Mask.of(marked, GRID), 20.0)
    at = tuple(by_point.grid.nearest_voxel(middle))
    assert by_point.voxels[at] < -2
    assert by_point.voxels[at] == pytest.approx(by_mask.voxels[by_mask.grid.nearest_voxel(middle)], rel=0.3)


def test_the_other_side_and_the_next_levels_are_companions() -> None:
    grid = Grid((12, 12, 12), (1.0, 1.0, 1.0))
    names = [
        "hip_left",
        "hip_right",
        "rib_left_7",
        "rib_right_7",
        "rib_right_8",
        *(f"vertebra_L{n}" for n in range(1, 6)),
    ]
    one = Mask.of(np.pad(np.ones((2, 2, 2), bool), 5), grid)
    bones = tuple(Structure(name, Role.BONE, one, name) for name in (*names, "vertebra_T12", "sacrum"))
    case = Case(Image(np.zeros(grid.shape, np.int16), grid), bones)

    def beside(name: str) -> set[str]:
        return {bone.name for bone in companions(case, case.structure(name))}

    assert beside("hip_left") == {"hip_right"}
    assert beside("rib_right_7") == {"rib_left_7"}
    assert beside("rib_right_8") == set()
    assert beside("vertebra_L1") == {"vertebra_T12", "vertebra_L2", "vertebra_L3"}
    assert beside("vertebra_L5") == {"vertebra_L3", "vertebra_L4"}
    assert beside("sacrum") == set()


def test_an_mr_has_no_such_map() -> None:
    image = Image(np.zeros(GRID.shape, np.float32), GRID, Modality.MR, "")
    with pytest.raises(OutlineError, match="CT numbers"):
        zscore_map(Case(image), (0.0, 0.0, 0.0))
