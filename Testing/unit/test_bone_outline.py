"""Bone holds its marrow, leaves its foramina open, and is not contrast medium."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.axial import AxialFrame
from boneir.anatomy.bone import bone_envelope
from boneir.anatomy.outline import outline_structures
from boneir.case import Image
from boneir.grid import Grid
from torso_phantom import make_torso


def _outlined(image):
    structures, findings = outline_structures(image)
    return {item.name: item.mask.full() for item in structures}, findings


@pytest.mark.parametrize("kidney_hu", [220.0, 400.0])
def test_a_kidney_full_of_contrast_is_no_bone(kidney_hu):
    torso = make_torso(kidney_hu=kidney_hu)
    found, findings = _outlined(torso.image)
    assert found["contrast_filled"][torso.kidney].mean() > 0.85
    assert found["bone"][torso.kidney].mean() < 0.05
    (finding,) = [f for f in findings if f.code == "outline.contrast"]
    volume = np.count_nonzero(torso.kidney) * torso.image.grid.voxel_ml
    assert finding.measured == pytest.approx(volume, rel=0.15)
    assert torso.image.grid.contains(finding.place_mm)


def test_a_dense_lesion_within_a_vertebra_stays_bone():
    torso = make_torso()
    grid = torso.image.grid
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    places = grid.to_mm(np.stack([i, j, k], -1)) - (0.0, 25.0, 0.0)
    lesion = np.linalg.norm(places, axis=-1) <= 8.0
    voxels = torso.image.voxels.copy()
    voxels[lesion] = 700
    found, _ = _outlined(Image(voxels, grid))
    assert found["bone"][lesion].all()


def test_marrow_as_dark_as_soft_tissue_belongs_to_bone():
    torso = make_torso()
    voxels = torso.image.voxels.copy()
    marrow = torso.vertebrae & (voxels < 300)
    voxels[marrow] = 60
    found, _ = _outlined(Image(voxels, torso.image.grid))
    assert found["bone"][marrow].mean() > 0.97


def test_a_cavity_is_filled_and_a_tunnel_is_not():
    grid = Grid((40, 60, 60), (2.0, 2.0, 2.0))
    frame = AxialFrame(grid)
    block = np.zeros(grid.shape, bool)
    block[10:30, 15:45, 15:45] = True
    cavity = np.zeros_like(block)
    cavity[14:26, 18:28, 18:42] = True
    j, i = np.ogrid[:60, :60]
    tunnel = np.broadcast_to(np.hypot(j - 37, i - 30) <= 3.5, grid.shape)
    hu = np.where(block, 600.0, 30.0).astype(np.float32)
    bone = block & ~cavity & ~tunnel
    envelope = bone_envelope(bone, np.zeros_like(bone), hu, frame)
    assert envelope[cavity].all()
    assert not envelope[tunnel].any()
    assert not bone_envelope(bone, tunnel, hu, frame)[tunnel].any()


def test_vertebrae_that_are_dense_throughout_stay_bone():
    torso = make_torso()
    voxels = torso.image.voxels.copy()
    column = torso.vertebrae & (np.arange(110)[None, :, None] < 76)  # the bodies, in front of the canal
    voxels[column] = 480
    found, _ = _outlined(Image(voxels, torso.image.grid))
    assert found["bone"][column].mean() > 0.97
    assert found["spinal_canal"][torso.canal].mean() > 0.97
