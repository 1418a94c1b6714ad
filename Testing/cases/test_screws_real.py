"""Corridors for screws in real images: widths of pedicles against published ranges, and the way through the sacrum."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from boneir.anatomy.vertebra_parts import vertebra_parts
from boneir.case import Case
from boneir.mask import Mask
from boneir.open import open_case
from boneir.stability.corridor_places import Site
from boneir.stability.propose_screw import ProposedScrew, propose_screw
from cases_folder import case_folder

SAFE_WIDTH_MM = (7.2, 17.8)
"""Range of the safe zone of pedicles from T11 to L5: pmc.ncbi.nlm.nih.gov/articles/PMC2200778."""
STRAIGHT_MM = 2.0
"""A straight round corridor through a curved oval pedicle is narrower than the pedicle by about so much."""


@cache
def pelvis() -> Case:
    return open_case(Path(case_folder("pelvis-ct-dicom")))


def bones_of(case: Case) -> dict[str, Mask]:
    return {item.name: item.mask for item in case.structures}


@cache
def proposed(site: Site) -> ProposedScrew:
    return propose_screw(pelvis().image, bones_of(pelvis()), site)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("level", ["T12", "L1", "L3", "L4"])
def test_pedicles_are_as_wide_as_published(level: str, side: str) -> None:
    found = proposed(Site("pedicle", level, side))
    low, high = SAFE_WIDTH_MM
    assert low - STRAIGHT_MM <= 2 * found.corridor.radius_mm <= high


@pytest.mark.parametrize("level", ["T12", "L3"])
def test_screws_go_through_their_pedicle_into_the_body_and_not_through_the_canal(level: str) -> None:
    bones = bones_of(pelvis())
    parts = vertebra_parts(bones[f"vertebra_{level}"], bones["spinal_canal"])
    for side, pedicle in (("left", parts.pedicle_left), ("right", parts.pedicle_right)):
        way = proposed(Site("pedicle", level, side)).screw.trajectory
        points = [way.point_at(float(depth)) for depth in np.arange(0.0, way.length_mm, 0.5)]
        assert any(pedicle.at(point) for point in points)
        assert parts.body.at(way.tip_mm)
        assert not any(parts.canal.at(point) for point in points)


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_iliosacral_screw_passes_ilium_and_sacrum(side: str) -> None:
    found = proposed(Site("iliosacral_s1", "", side))
    bones, way = bones_of(pelvis()), found.screw.trajectory
    points = [way.point_at(float(depth)) for depth in np.arange(0.0, way.length_mm, 0.5)]
    assert any(bones[f"hip_{side}"].at(point) for point in points[:40])
    assert bones["sacrum"].at(way.tip_mm)
    assert not any(bones["spinal_canal"].at(point) for point in points)
    assert found.fit.margin_mm > 0
