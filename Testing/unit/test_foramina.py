"""Zones of the nerve roots: the ganglia of synthetic patients lie in them, bone, canal and discs do not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from boneir.anatomy.outline import outline_structures
from boneir.case import Role, Structure
from boneir.findings import Finding, Severity
from boneir.training.synthetic_patient import SyntheticPatient, synthetic_patient
from outlined_patient import cut

LEVELS = ("L1", "L2", "L3", "L4")


@cache
def patient() -> SyntheticPatient:
    return synthetic_patient(0, (2.0, 2.0, 2.5))


@cache
def outlined() -> tuple[dict[str, Structure], tuple[Finding, ...]]:
    # Roots and what their names rest on, from the middle of the sacrum to the lowest ribs.
    low, high = (patient().vertebra(name).at(0, 0, 0)[2] + more for name, more in (("L5", -75.0), ("T10", 0.0)))
    structures, findings = outline_structures(cut(patient().image, low, high))
    return {item.name: item for item in structures}, findings


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("side", [-1, 1])
def test_the_ganglion_below_each_pedicle_is_kept_clear_of(level: str, side: int) -> None:
    v = patient().vertebra(level)
    ganglion = v.at(
        side * (v.size.canal_width / 2 + v.size.pedicle_width * 0.55), v.canal_back_mm + 0.5, -0.42 * v.size.height
    )
    assert patient().labels["nerve_roots"].at(ganglion)
    zones = outlined()[0]["nerve_roots"].mask
    # Its middle may fall into a voxel that is partly bone.
    assert np.linalg.norm(zones.points_mm() - np.asarray(ganglion), axis=1).min() < 1.5
    around = [np.add(ganglion, step) for step in 2.0 * np.vstack([np.eye(3), -np.eye(3)])]
    assert sum(zones.at(tuple(point)) for point in around) >= 3


def test_the_zones_are_neither_bone_nor_canal() -> None:
    found, _ = outlined()
    zones = found["nerve_roots"].mask.full()
    assert not np.any(zones & (found["bone"].mask.full() | found["spinal_canal"].mask.full()))
    assert found["nerve_roots"].role is Role.CRITICAL
    assert not found["nerve_roots"].sure


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("side", [-1, 1])
def test_the_way_through_a_pedicle_and_the_disc_stay_free(level: str, side: int) -> None:
    v, zones = patient().vertebra(level), outlined()[0]["nerve_roots"].mask
    aside = side * (v.size.canal_width + v.size.pedicle_width) / 2
    through = [v.at(aside, back, 0.2 * v.size.height) for back in np.arange(0.0, v.canal_back_mm + 20.0, 2.0)]
    assert not any(zones.at(point) for point in through)
    assert not zones.at(v.at(side * 12.0, 5.0, -0.5 * v.size.height - 0.5 * v.size.disc))


def test_it_is_said_what_the_zones_stand_for() -> None:
    (finding,) = (item for item in outlined()[1] if item.code == "outline.nerve_roots")
    assert finding.severity is Severity.NOTE
    assert "sacrum" in finding.text
