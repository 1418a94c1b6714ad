"""Shoulders of known shape: humerus, blade and joint on both sides, wherever the arms lie and the grid turns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from boneir.anatomy.axial import AxialFrame
from boneir.anatomy.ball_joints import joints_of
from boneir.anatomy.shoulders import part_shoulders
from boneir.anatomy.spine_line import STEP_MM, SpineLine
from boneir.case import Role
from torso_phantom import dice, grid_of

HEAD_MM, GAP_MM = 22.0, 3.0
CENTRE = np.array([150.0, -10.0, 0.0])
SOCKET = np.array([-0.87, 0.5, 0.0])
ARMS = {"down": (0.2, 0.0, -1.0), "raised": (0.5, -0.4, 0.75)}
UPRIGHT = (1, 0, 0, 0, 1, 0, 0, 0, 1)
TURN = np.radians(12.0)
OBLIQUE = (np.cos(TURN), 0, -np.sin(TURN), 0, 1, 0, np.sin(TURN), 0, np.cos(TURN))
FLIPPED = (-1, 0, 0, 0, 0, 1, 0, -1, 0)
GRIDS = {
    "axial": grid_of(UPRIGHT, (192, 62, 60), (2.0, 2.0, 3.0)),
    "thick": grid_of(UPRIGHT, (240, 80, 34), (1.6, 1.6, 5.0)),
    "oblique": grid_of(OBLIQUE, (192, 62, 66), (2.0, 2.0, 3.0)),
    "coronal, from the left": grid_of(FLIPPED, (192, 90, 42), (2.0, 2.0, 3.0)),
}


@dataclass(frozen=True)
class Shoulders:
    """A phantom on a grid: CT numbers, and what is where."""

    hu: np.ndarray
    parts: dict[str, np.ndarray]
    frame: AxialFrame


def rod(points: np.ndarray, start: tuple[float, ...], end: tuple[float, ...], radius_mm: float) -> np.ndarray:
    way = np.subtract(end, start)
    share = np.clip((points - start) @ way / (way @ way), 0.0, 1.0)
    return np.linalg.norm(points - start - share[..., None] * way, axis=-1) < radius_mm


@cache
def shoulders(grid_name: str, arms: str, gap_mm: float = GAP_MM) -> Shoulders:
    grid = GRIDS[grid_name]
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    places = grid.to_mm(np.stack([i, j, k], axis=-1))
    parts = {"spine": np.linalg.norm(places[..., :2] + (0, 25), axis=-1) < 18}
    for word, side in (("left", 1), ("right", -1)):
        here = places * (side, 1, 1)
        away = here - CENTRE
        distance = np.linalg.norm(away, axis=-1)
        towards = away @ SOCKET / np.maximum(distance, 1e-6)
        rim = HEAD_MM + gap_mm
        arm = (distance < HEAD_MM) | (rod(here, CENTRE, CENTRE + 120 * np.asarray(ARMS[arms]), 11) & (towards < 0))
        glenoid = (distance > rim) & (distance < rim + 8) & (towards > 0.8)
        neck = rod(here, CENTRE + 34 * SOCKET, (100, 20, 0), 7) & (distance > rim)
        plate = (np.abs((here - (100, 20, 0)) @ (0.57, 0.82, 0)) < 2.5) & (here[..., 0] > 72) & (here[..., 0] < 118)
        plate &= (here[..., 2] < 25) & (here[..., 2] > here[..., 0] - 180)
        crest = rod(here, (95, 28, 5), (150, 36, 15), 5) | rod(here, (150, 36, 15), (158, 12, 38), 5)
        parts[f"humerus_{word}"] = arm
        parts[f"scapula_{word}"] = (glenoid | neck | plate | crest) & ~arm
        parts[f"clavicle_{word}"] = rod(here, (20, -55, 15), (148, -12, 42), 5)
        parts[f"gap_{word}"] = (distance > HEAD_MM) & (distance < rim) & (towards > 0.8)
    hu = np.full(grid.shape, 40.0)
    for name, part in parts.items():
        if not name.startswith("gap"):
            hu[part] = 300.0
    hu += np.random.default_rng(4).normal(0.0, 25.0, grid.shape)
    return Shoulders(hu.astype(np.float32), parts, AxialFrame(grid))


def straight_line(frame: AxialFrame) -> SpineLine:
    """A canal along the slices' axis, through the place of x and y 0."""
    middle = np.asarray(frame.upright(np.zeros(frame.grid.shape)).shape) / 2 * frame.spacing_mm
    heights = np.arange(0.0, 2 * middle[0], STEP_MM)
    ways = [np.tile(way, (len(heights), 1)) for way in np.eye(3)]
    return SpineLine(np.column_stack([heights, *(np.full(len(heights), mm) for mm in middle[1:])]), *ways)


def parted(made: Shoulders):
    """The bones (on the voxels of the grid) and the balls that are found in a phantom."""
    frame = made.frame
    bones = [part for name, part in made.parts.items() if name[:3] in ("hum", "sca", "cla")]
    beside, spine = (
        frame.coarse(part.astype(np.float32), 0.0) >= 0.5 for part in (np.any(bones, axis=0), made.parts["spine"])
    )
    found, balls = part_shoulders(beside, spine, straight_line(frame), frame.coarse(made.hu, -1024.0), frame)
    return {key: frame.on_grid(frame.fine(marked)) for key, marked in found.items()}, balls


@pytest.mark.parametrize(
    ("grid", "arms"),
    [("axial", "down"), ("thick", "raised"), ("oblique", "raised"), ("coronal, from the left", "down")],
)
def test_humerus_blade_and_joint_are_where_they_were_drawn(grid: str, arms: str) -> None:
    made = shoulders(grid, arms)
    found, balls = parted(made)
    joints, findings = joints_of(balls, "test", made.frame)
    assert {item.name for item in joints} == {"shoulder_joint_left", "shoulder_joint_right"}
    said = {finding.about: finding for finding in findings}
    for word, side in (("left", 1), ("right", -1)):
        arm, blade = found[f"humerus_{word}"], found[f"scapula_{word}"]
        true_arm, true_blade = made.parts[f"humerus_{word}"], made.parts[f"scapula_{word}"]
        assert dice(arm, true_arm) > 0.9
        assert dice(blade, true_blade) > 0.8
        assert true_blade[arm].mean() < 0.02
        assert true_arm[blade].mean() < 0.02
        # Where blade and clavicle meet is not known to a millimetre; the clavicle itself is neither.
        assert made.parts[f"clavicle_{word}"][blade].mean() < 0.1
        (joint,) = (item for item in joints if item.name == f"shoulder_joint_{word}")
        assert joint.mask.full()[made.parts[f"gap_{word}"]].mean() > 0.9
        assert joint.role is Role.CRITICAL
        assert not joint.sure
        finding = said[joint.name]
        assert np.linalg.norm(np.subtract(finding.place_mm, CENTRE * (side, 1, 1))) < 2.0
        assert HEAD_MM - 0.5 < finding.measured < HEAD_MM + GAP_MM + 0.5
        assert "from the shoulder blade" in finding.text


def test_without_heads_there_are_no_shoulders() -> None:
    made = shoulders("axial", "down")
    headless = dict(made.parts)
    for word in ("left", "right"):
        headless[f"humerus_{word}"] = np.zeros_like(headless[f"humerus_{word}"])
    hu = np.where(made.parts["humerus_left"] | made.parts["humerus_right"], 40.0, made.hu).astype(np.float32)
    assert parted(Shoulders(hu, headless, made.frame)) == ({}, ())
    nothing = np.zeros(made.frame.coarse(made.hu, -1024.0).shape, bool)
    assert part_shoulders(nothing, nothing, straight_line(made.frame), made.hu, made.frame) == ({}, ())


def test_a_scan_that_ends_within_a_head_shows_no_shoulder_there() -> None:
    made = shoulders("axial", "down")
    kept = slice(0, int(GRIDS["axial"].to_ijk(np.zeros(3))[2]))
    grid = GRIDS["axial"].window((0, 0, 0), (kept.stop, *GRIDS["axial"].shape[1:]))
    parts = {name: part[kept] for name, part in made.parts.items()}
    found, balls = parted(Shoulders(made.hu[kept], parts, AxialFrame(grid)))
    assert found == {}
    assert balls == ()
