"""Outlines that cannot be right are said, each with the place to look at; good ones are not."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.quality import quality_findings
from boneir.case import Image, Role, Structure
from boneir.findings import Finding
from boneir.grid import Grid
from boneir.mask import Mask

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
TURNED = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)


def image(direction=AXIAL, hu: int = 200) -> Image:
    grid = Grid((60, 60, 60), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0), direction)
    return Image(np.full(grid.shape, hu, np.int16), grid)


def box(name: str, where: Image, low, size, role: Role = Role.BONE) -> Structure:
    marked = np.zeros(where.grid.shape, bool)
    marked[tuple(slice(a, a + n) for a, n in zip(low, size, strict=True))] = True
    return Structure(name, role, Mask.of(marked, where.grid), name)


def union(first: Structure, second: Structure) -> Structure:
    return Structure(
        first.name, first.role, Mask.of(first.mask.full() | second.mask.full(), first.mask.grid), first.name
    )


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def spine(where: Image, middle_rows: int = 12) -> list[Structure]:
    return [
        box("vertebra_L2", where, (40, 20, 20), (12, 12, 14)),
        box("vertebra_L3", where, (24, 20, 20), (12, middle_rows, 14)),
        box("vertebra_L4", where, (8, 20, 20), (12, 12, 14)),
    ]


def test_a_plain_spine_has_no_finding() -> None:
    where = image()
    assert quality_findings(where, spine(where)) == ()


@pytest.mark.parametrize(("rows", "word"), [(5, "too small"), (24, "too large")])
def test_a_vertebra_unlike_its_neighbours_is_said(rows: int, word: str) -> None:
    where = image()
    (finding,) = quality_findings(where, spine(where, rows))
    assert finding.code == "quality.volume"
    assert word in finding.text
    assert finding.measured == pytest.approx(rows / 12)
    assert finding.place_mm == pytest.approx(((20 + 6.5) * 2, (20 + (rows - 1) / 2) * 2, (24 + 5.5) * 2))


def test_a_cut_vertebra_is_not_compared() -> None:
    where = image()
    three = spine(where, 5)
    cut = box("vertebra_L4", where, (0, 20, 20), (12, 12, 14))
    assert quality_findings(where, [three[0], three[1], cut]) == ()


def test_a_missing_level_is_said_between_its_neighbours() -> None:
    where = image()
    above, _, below = spine(where)
    (finding,) = quality_findings(where, [above, below])
    assert finding.code == "quality.missing_level"
    assert "no outline of L3" in finding.text
    assert finding.place_mm is not None
    assert finding.place_mm[2] == pytest.approx(59.0)


def test_a_vertebra_in_pieces_is_said_where_the_loose_piece_is() -> None:
    where = image()
    item = union(box("vertebra_L3", where, (24, 20, 20), (12, 12, 14)), box("", where, (50, 20, 20), (6, 12, 14)))
    (finding,) = quality_findings(where, [item])
    assert finding.code == "quality.pieces"
    assert finding.measured == pytest.approx(2 / 3)
    assert finding.place_mm is not None
    assert finding.place_mm[2] == pytest.approx(105.0)


def test_bone_as_dark_as_fat_is_a_leak() -> None:
    voxels = np.full((60, 60, 60), 200, np.int16)
    voxels[24:27] = -100
    where = Image(voxels, image().grid)
    (finding,) = quality_findings(where, spine(where))
    assert finding.code == "quality.leak"
    assert finding.measured == pytest.approx(0.25)
    assert finding.about == "vertebra_L3"


def test_a_hip_that_has_taken_the_femur_is_said() -> None:
    where = image()
    (finding,) = quality_findings(where, [box("hip_left", where, (5, 5, 5), (40, 40, 40))])
    assert finding.measured == pytest.approx(512.0)


@pytest.mark.parametrize("direction", [AXIAL, TURNED])
@pytest.mark.parametrize(("wide", "narrow"), [(4.0, True), (8.0, False)])
def test_a_narrow_canal_is_said_with_its_width_and_place(direction, wide: float, narrow: bool) -> None:
    grid = Grid((80, 80, 80), (0.5, 0.5, 0.5), (0.0, 0.0, 0.0), direction)
    k, j, i = np.indices(grid.shape)
    points = grid.to_mm(np.stack([i, j, k], axis=-1))
    middle = grid.to_mm((39.5, 39.5, 39.5))
    away = np.linalg.norm((points - middle)[..., :2], axis=-1)
    # A tube of 14 mm along the patient's axis with a waist in its middle.
    rise = points[..., 2] - middle[2]
    radius = np.where(np.abs(rise) < 3.0, wide / 2, 7.0)
    canal = Structure("spinal_canal", Role.CRITICAL, Mask.of(away < radius, grid), "spinal_canal")
    findings = quality_findings(Image(np.zeros(grid.shape, np.int16), grid), [canal])
    assert codes(findings) == (["quality.canal"] if narrow else [])
    for finding in findings:
        assert finding.measured == pytest.approx(wide, abs=0.75)
        assert finding.place_mm is not None
        assert abs(finding.place_mm[2] - middle[2]) < 3.5
        assert np.hypot(*(np.asarray(finding.place_mm) - middle)[:2]) < 1.5
