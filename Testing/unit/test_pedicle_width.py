"""Pedicles are not taken to be wider than those of their level were found to be."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.vertebra_frame import VertebraFrame
from boneir.evidence import Grade
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.stability.pedicle_width import beside_pedicle, widest_pedicle


def test_widths_are_the_published_ones_and_lie_between_them_elsewhere() -> None:
    """Means and deviations of T1, T4 and T12: pmc.ncbi.nlm.nih.gov/articles/PMC4857161; L: articles/PMC2200778."""
    widest = {level: widest_pedicle(level) for level in ("T1", "T4", "T8", "T12", "L1", "L5")}
    assert all(value is not None and value.grade is Grade.DERIVED for value in widest.values())
    amounts = {level: value.amount for level, value in widest.items() if value is not None}
    assert amounts["T1"] == pytest.approx(9.27 + 2 * 1.01, abs=0.06)
    assert amounts["T4"] == pytest.approx(4.5 + 2 * 0.93, abs=0.06)
    assert amounts["T12"] == pytest.approx(8.31 + 2 * 1.83, abs=0.06)
    assert amounts["T8"] == pytest.approx((amounts["T4"] + amounts["T12"]) / 2, abs=0.06)
    assert amounts["L1"] == amounts["L5"] == 17.8
    assert widest_pedicle("C5") is None


@pytest.mark.parametrize("turn", [0, 1])
def test_bone_farther_from_the_canal_than_a_pedicle_is_wide_is_no_pedicle(turn: int) -> None:
    axes = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0] if turn else np.eye(3)
    size, spacing = (70, 100, 120), (0.8, 0.8, 1.0)
    first = -axes @ ((np.array(size[::-1]) - 1) / 2 * spacing)
    grid = Grid(size, spacing, tuple(float(v) for v in first), tuple(axes.ravel()))
    points = grid.to_mm(np.argwhere(np.ones(size, bool))[:, ::-1])
    x, y, z = points.T
    canal = np.hypot(x, y) <= 8.0
    slab = (np.abs(x) < 28) & (np.abs(y) < 20) & (np.abs(z) < 10) & ~canal
    frame = VertebraFrame(np.zeros(3), np.eye(3)[2], np.eye(3)[1], np.eye(3)[0], 100.0)
    made = [Mask.of(part.reshape(size), grid) for part in (slab, canal)]
    beside = beside_pedicle(made[0], made[1:], frame, np.array([-8.0, 8.0]), "T4")
    assert beside is not None
    gone = beside.points_mm()
    assert np.abs(gone[:, 1]).max() <= 8.0, "only beside the pedicle, not beside body and arch"
    widest = widest_pedicle("T4")
    assert widest is not None
    at_canal = gone[np.abs(gone[:, 1]) < 1.0]
    assert np.abs(at_canal[:, 0]).min() == pytest.approx(8.0 + widest.amount, abs=1.0)
    assert beside_pedicle(made[0], [], frame, np.array([-8.0, 8.0]), "T4") is None
    assert beside_pedicle(made[0], made[1:], frame, np.array([-8.0, 8.0]), "C4") is None
