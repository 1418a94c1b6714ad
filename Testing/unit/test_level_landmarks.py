"""What counts as a sacrum: wings beside the canal, in bone as wide as a pelvis."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.axial import AxialFrame
from boneir.anatomy.level_landmarks import Levels, find_landmarks
from boneir.anatomy.spine_line import STEP_MM, SpineLine
from boneir.grid import Grid

SPACING_MM = 4.0
HEIGHT_MM = 80.0


@pytest.mark.parametrize(
    ("bone_width_mm", "image_width_mm", "is_sacrum"),
    [(260.0, 400.0, True), (150.0, 400.0, False), (150.0, 150.0, True)],
    ids=["pelvis", "skull", "narrow image of a pelvis"],
)
def test_a_skull_is_no_pelvis(bone_width_mm: float, image_width_mm: float, is_sacrum: bool) -> None:
    shape = (round(HEIGHT_MM / SPACING_MM), 50, round(image_width_mm / SPACING_MM))
    frame = AxialFrame(Grid(shape, (SPACING_MM,) * 3), SPACING_MM)
    middle_mm = image_width_mm / 2
    away_mm = np.abs(np.arange(shape[2]) * SPACING_MM - middle_mm)
    bone = np.zeros(shape, bool)
    bone[:10, 15:30, :] = (away_mm > 10.0) & (away_mm <= bone_width_mm / 2)
    stations = np.arange(0.0, HEIGHT_MM - SPACING_MM, STEP_MM)
    up, back, left = np.broadcast_to(np.eye(3)[:, None, :], (3, len(stations), 3))
    middle = np.column_stack([stations, np.full_like(stations, 100.0), np.full_like(stations, middle_mm)])
    line, half = SpineLine(middle, up, back, left), len(stations) // 2
    levels = Levels(np.asarray([0, half, len(stations) - 1]), (True, True), (1.0, 1.0))
    seen, _ = find_landmarks(line, levels, bone, frame)
    assert seen.sacrum == (0 if is_sacrum else None)
