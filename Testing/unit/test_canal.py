"""The spinal canal is followed through open and closed rings, and its absence is said."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.axial import AxialFrame
from boneir.anatomy.canal import course_of_canal, ray_lengths
from boneir.anatomy.canal_findings import canal_findings
from boneir.anatomy.outline import outline_structures
from boneir.case import Image
from boneir.findings import Severity
from boneir.grid import Grid
from torso_phantom import axial_grid, make_torso


def _canal(image):
    structures, findings = outline_structures(image)
    masks = {item.name: item.mask.full() for item in structures}
    return masks.get("spinal_canal"), [f for f in findings if f.code == "outline.canal"], masks["bone"]


def test_a_straight_canal_is_found_in_every_slice_and_not_much_more():
    torso = make_torso()
    canal, findings, _ = _canal(torso.image)
    assert findings == []
    for found, truth in zip(canal, torso.canal, strict=True):
        assert found[truth].mean() > 0.95
        # Where the ring is open it may bulge a little.
        assert found.sum() < 1.7 * truth.sum()


@pytest.mark.parametrize("bend_mm", [15.0, 30.0])
def test_a_bent_spine_is_followed(bend_mm):
    torso = make_torso(bend_mm=bend_mm)
    canal, _, _ = _canal(torso.image)
    assert min(found[truth].mean() for found, truth in zip(canal, torso.canal, strict=True)) > 0.9


def test_a_level_without_its_arch_is_bridged():
    torso = make_torso()
    voxels = torso.image.voxels.copy()
    gone = slice(26, 34)  # 24 mm: the arch of one vertebra was taken out
    behind = np.zeros(torso.canal.shape, bool)
    behind[gone, 76:92] = True
    voxels[behind & (voxels > 150)] = 40
    canal, findings, _ = _canal(Image(voxels, torso.image.grid))
    assert min(f[t].mean() for f, t in zip(canal[gone], torso.canal[gone], strict=True)) > 0.95
    (finding,) = findings
    assert finding.severity is Severity.WARN
    assert "carried on" in finding.text
    assert finding.place_mm[2] == pytest.approx(0.0, abs=15.0)


def test_a_hollow_vertebral_body_is_not_taken_for_the_canal_behind_it():
    torso = make_torso()
    # 48 mm with two arches, and bodies that bridges of bone had joined before a lesion hollowed them out.
    short = slice(27, 43)
    voxels, truth = torso.image.voxels[short].copy(), torso.canal[short]
    k, j, i = np.indices(voxels.shape)
    x, y, _ = np.moveaxis(torso.image.grid.to_mm(np.stack([i, j, k + 27], axis=-1)), -1, 0)
    hollow = np.hypot(x, y - 24) <= 17
    voxels[(np.hypot(x, y - 24) <= 20) & ~hollow & ~truth] = 650
    voxels[hollow | ((np.abs(x) < 6) & (y > 0) & (y < 25))] = 30
    grid = torso.image.grid.window((27, 0, 0), voxels.shape)
    canal, _, _ = _canal(Image(voxels, grid))
    assert min(found[there].mean() for found, there in zip(canal, truth, strict=True)) > 0.9
    assert not canal[hollow].any()


def test_a_spine_that_is_cut_off_at_the_side_has_no_canal_and_says_so():
    torso = make_torso()
    grid = axial_grid().window((0, 0, 74), (60, 110, 66))  # the image begins left of the canal
    image = Image(torso.image.voxels[:, :, 74:].copy(), grid)
    canal, findings, _ = _canal(image)
    assert canal is None
    assert [f.severity for f in findings] == [Severity.WARN]


def test_a_shaft_beside_the_midline_is_no_canal():
    grid = axial_grid()
    j, i = np.ogrid[: grid.shape[1], : grid.shape[2]]
    hu = np.full(grid.shape, -1000.0, np.float32)
    hu[:, ((j - 55) / 42) ** 2 + ((i - 70) / 60) ** 2 <= 1] = 40
    radius = np.hypot(j - 60, i - 105) * 2.0
    hu[:, radius <= 15] = 700
    hu[:, radius <= 9] = 10
    frame = AxialFrame(grid)
    coarse = frame.coarse(hu, -1024.0)
    body, bone = coarse > -300, coarse > 180
    assert course_of_canal(coarse, body, bone, frame) is None
    (finding,) = canal_findings(None, bone, frame)
    assert "no needle path is checked" in finding.text


def test_bone_below_the_found_levels_is_a_finding_with_its_range():
    torso = make_torso()
    voxels = torso.image.voxels.copy()
    low = np.zeros(voxels.shape, bool)
    low[:25] = True
    ring = low & torso.vertebrae
    voxels[ring] = 650
    voxels[low & torso.canal] = 650  # a fused, filled canal over 75 mm
    _, findings, _ = _canal(Image(voxels, torso.image.grid))
    below = [f for f in findings if "below" in f.text]
    assert len(below) == 1
    assert below[0].measured == pytest.approx(75.0, abs=15.0)


def test_rays_end_where_a_circle_ends():
    shape, spacing = (1, 81, 81), (1.0, 0.5, 0.8)
    p, left = np.ogrid[:81, :81]
    wall = (np.hypot((p - 40) * 0.5, (left - 40) * 0.8) > 12.0)[None]
    assert wall.shape == shape
    lengths = ray_lengths(wall, np.array([[0.0, 40, 40]]), spacing, 20.0, 36, 0.1)
    assert np.abs(lengths - 12.0).max() < 0.5
    eccentric = ray_lengths(wall, np.array([[0.0, 40, 45]]), spacing, 20.0, 4, 0.1)[0]
    across = np.sqrt(12.0**2 - 4.0**2)
    assert eccentric == pytest.approx([8.0, across, 16.0, across], abs=0.6)


def test_rays_that_meet_nothing_have_the_length_of_the_reach():
    grid = Grid((1, 9, 9), (1.0, 1.0, 1.0))
    lengths = ray_lengths(np.zeros(grid.shape, bool), np.array([[0.0, 4, 4]]), (1.0, 1.0, 1.0), 7.5, 8, 0.5)
    assert (lengths == 7.5).all()
