"""Thin discs are found between their endplates in the full image, from planes that lie in the marrow beside them."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.axial import AxialFrame
from boneir.anatomy.disc_ends import between_endplates
from boneir.anatomy.disc_planes import PIVOT_MM, DiscPlanes
from boneir.anatomy.spine_line import STEP_MM, SpineLine
from boneir.grid import Grid

DISCS_MM = (20.0, 41.0, 62.0, 83.0)
"""Heights of the discs in front of the canal."""
BACK_MM, LEFT_MM = 50.0, 30.0
"""Where the canal runs, from the first voxel."""


def spine(frame: AxialFrame, width_mm: float, lean: float, noise_hu: float = 30.0) -> np.ndarray:
    """Marrow of 200 HU, discs of 60 HU and endplates of 600 HU, 1.5 mm thick; mean over each voxel."""
    shape = frame.upright(np.broadcast_to(np.int16(0), frame.grid.shape)).shape
    s, p = (np.arange(n) * step for n, step in zip(shape[:2], frame.spacing_mm[:2], strict=True))
    parts = []
    for part in np.linspace(-0.4, 0.4, 5) * frame.spacing_mm[0]:
        height = s[:, None] + part - lean * (p - BACK_MM - PIVOT_MM)
        off = np.abs(height[..., None] - np.asarray(DISCS_MM)).min(axis=-1) - width_mm / 2
        parts.append(np.where(off < 0, 60.0, np.where(off < 1.5, 600.0, 200.0)))
    values = np.broadcast_to(np.mean(parts, axis=0)[..., None], shape)
    return values + np.random.default_rng(0).normal(scale=noise_hu, size=shape)


def straight_line(length_mm: float) -> SpineLine:
    count = int(length_mm / STEP_MM)
    middle = np.column_stack([np.arange(count) * STEP_MM, np.full(count, BACK_MM), np.full(count, LEFT_MM)])
    axes = (np.broadcast_to(axis, (count, 3)).astype(float) for axis in np.eye(3))
    return SpineLine(middle, *axes)


def first_voxel_to_first_coarse_mm(frame: AxialFrame) -> np.ndarray:
    """The line counts from the middle of the first coarse voxel."""
    return (np.asarray(frame.factors) - 1) / 2 * np.asarray(frame.spacing_mm)


@pytest.mark.parametrize("spacing", [(0.8, 0.8, 1.0), (0.7, 0.9, 1.25)])
@pytest.mark.parametrize(("width_mm", "lean", "off_mm"), [(3.0, 0.0, 6.0), (3.0, 0.14, -6.0), (8.0, -0.14, 3.0)])
def test_planes_move_to_the_middle_of_discs(spacing: tuple, width_mm: float, lean: float, off_mm: float) -> None:
    frame = AxialFrame(Grid((int(105 / spacing[2]), 90, 70), spacing))
    voxels, shift = spine(frame, width_mm, lean), first_voxel_to_first_coarse_mm(frame)
    line = straight_line(100.0)
    expected = np.asarray(DISCS_MM) - shift[0] + lean * shift[1]
    bounds = np.rint((expected + off_mm) / STEP_MM).astype(int)
    rough = DiscPlanes(bounds.astype(float), np.zeros(len(bounds)))
    found = between_endplates(rough, bounds, line, voxels, frame)
    assert found.station * STEP_MM == pytest.approx(expected, abs=0.6)
    assert found.lean == pytest.approx(np.full(len(bounds), lean), abs=0.04)


def test_planes_stay_where_no_endplates_show_and_at_the_ends_of_the_line() -> None:
    frame = AxialFrame(Grid((100, 90, 70), (0.8, 0.8, 1.0)))
    line = straight_line(95.0)
    bounds = np.array([0, 20, 40, line.count - 1])
    rough = DiscPlanes(bounds + 0.5, np.full(4, 0.1))
    plain = np.random.default_rng(1).normal(200.0, 30.0, frame.upright(np.zeros(frame.grid.shape, bool)).shape)
    found = between_endplates(rough, bounds, line, plain, frame)
    assert np.array_equal(found.station, rough.station)
    assert np.array_equal(found.lean, rough.lean)
    ends = between_endplates(rough, bounds, line, spine(frame, 3.0, 0.0), frame)
    assert np.array_equal(ends.station[[0, -1]], rough.station[[0, -1]])
