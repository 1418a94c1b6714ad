"""The acoustic window: open where nothing is in the way, and blocked by what lies there."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.ablation.acoustic import RayEnd
from boneir.ablation.acoustic_window import acoustic_window, placements, window_findings
from boneir.ablation.bowl import Bowl
from boneir.ablation.tissue_map import TISSUE_ORDER, TissueMap, known_tissues
from boneir.errors import PlanError
from boneir.findings import Severity
from small_case import DIRECTIONS, ball, distances, grid_around

FOCUS = (5.0, 0.0, 0.0)


def phantom(direction="axial", spacing=(2.0, 2.0, 2.0), wall="gas", covered=1.2):
    """A round body of muscle; within `covered` rad of the right side (-L) a shell of gas or bone 25 mm from the focus."""  # noqa: E501
    grid = grid_around((0.0, 0.0, 0.0), 130.0, spacing, DIRECTIONS[direction])
    body = ball(grid, (0.0, 0.0, 0.0), 55.0)
    labels = np.where(body.full(), TISSUE_ORDER.index("muscle"), 0).astype(np.uint8)
    k, j, i = np.indices(grid.shape)
    away = grid.to_mm(np.stack([i, j, k], axis=-1)) - FOCUS
    r = distances(grid, FOCUS)
    shell = (np.abs(r - 25.0) < 4.0) & (-away[..., 0] > np.cos(covered) * r - 1e-6)
    labels[shell] = TISSUE_ORDER.index(wall)
    return TissueMap(labels, grid, known_tissues()), body


@pytest.mark.parametrize("direction", ["axial", "oblique", "left-handed"])
@pytest.mark.parametrize(("wall", "end"), [("gas", RayEnd.BLOCKED), ("bone_cortical", RayEnd.BONE)])
def test_the_shell_blocks_and_the_rest_is_open(direction, wall, end) -> None:
    tissues, body = phantom(direction, wall=wall)
    window = acoustic_window(tissues, body, FOCUS, 1e6)
    away = window.skin_mm - FOCUS
    away /= np.linalg.norm(away, axis=1)[:, None]
    behind, clear = -away[:, 0] > np.cos(1.1), -away[:, 0] < np.cos(1.35)
    assert behind.sum() > 100
    assert (window.end[behind] == end).all()
    assert (window.share[behind] == 0).all()
    assert (window.end[clear] == RayEnd.OPEN).all()
    length = np.linalg.norm(window.skin_mm - FOCUS, axis=1)[clear]
    z = 1090.4 * 1588.4
    expected = 4 * z * 1.5e6 / (z + 1.5e6) ** 2 * np.exp(-2 * 7.109 * length / 1000)
    assert np.abs(window.share[clear] / expected - 1).max() < 0.04
    assert sum(window.counts().values()) == len(window.skin_mm)


def test_a_bowl_is_placed_where_the_window_is_open() -> None:
    tissues, body = phantom()
    bowl = Bowl(FOCUS, (1.0, 0.0, 0.0), 64.0, 64.0, 1e6)
    window = acoustic_window(tissues, body, FOCUS, 1e6)
    found = placements(window, bowl.half_angle)
    assert found
    assert found[0].open_share == 1.0
    # Into the body from the left side, where the skin is nearest and nothing is in the way.
    assert found[0].axis[0] < -0.7
    # The whole cone of the best placement stays clear of the shell.
    assert np.arccos(found[0].axis[0]) > 1.2 + bowl.half_angle - 0.15
    for other in found[1:]:
        assert np.dot(other.axis, found[0].axis) < np.cos(bowl.half_angle)
        assert other.share <= found[0].share
    assert window_findings(window, found, "lesion-1") == ()


def test_a_focus_behind_gas_all_around_is_a_stop() -> None:
    tissues, body = phantom(covered=np.pi)
    window = acoustic_window(tissues, body, FOCUS, 1e6)
    assert set(window.counts()) == {"gas, cement or metal"}
    found = placements(window, 0.5)
    assert found == ()
    (finding,) = window_findings(window, found, "lesion-1")
    assert finding.severity is Severity.STOP
    assert finding.place_mm == FOCUS


def test_skin_and_focus_must_be_in_the_map() -> None:
    tissues, body = phantom()
    with pytest.raises(PlanError, match="outside the tissue"):
        acoustic_window(tissues, body, (500.0, 0.0, 0.0), 1e6)
    small = grid_around(FOCUS, 20.0, (2.0, 2.0, 2.0), DIRECTIONS["axial"])
    inner = TissueMap(np.full(small.shape, 3, np.uint8), small, known_tissues())
    with pytest.raises(PlanError, match="reach from the focus to the skin"):
        acoustic_window(inner, body, FOCUS, 1e6)
