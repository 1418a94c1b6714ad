"""Cement: a range that follows from the lesion's void, never zero where there is void, wider than its middle."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.case import Image, Modality, Role, Structure
from boneir.cement.body import vertebral_body_of
from boneir.cement.measure import cement_findings, cement_measure
from boneir.cement.volume import cement_limit, cement_volume, grade_of
from boneir.errors import OutlineError, ResourceError
from boneir.evidence import Grade
from boneir.findings import Severity
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.plan import Cement, Trajectory

GRID = Grid((20, 30, 40), (1.0, 1.0, 2.0))


def block(k, j, i):
    marked = np.zeros(GRID.shape, bool)
    marked[slice(*k), slice(*j), slice(*i)] = True
    return Mask.of(marked, GRID)


def image(fill, modality=Modality.CT):
    voxels = np.full(GRID.shape, 300, np.int16)
    for mask, value in fill:
        voxels[mask.window] = value
    return Image(voxels, GRID, modality)


LESION = block((4, 14), (5, 25), (10, 30))  # 10 x 20 x 20 voxels of 2 mm3: 8 mL


def test_a_void_is_filled_to_its_published_share():
    found = cement_volume(image([(LESION, 40)]), LESION)
    assert (found.void_ml, found.trabecular_ml, found.dense_ml) == pytest.approx((8.0, 0.0, 0.0))
    assert (found.low_ml, found.expected_ml, found.high_ml) == pytest.approx((0.4 * 8, 0.55 * 8, 0.9 * 8))
    assert grade_of(found) is Grade.DEFAULT  # the range of the spongy share is ours


def test_half_void_half_spongy_bone_and_dense_bone():
    void, spongy, dense = (
        block((4, 14), (5, 25), (10, 20)),
        block((4, 14), (5, 15), (20, 30)),
        block((4, 14), (15, 25), (20, 30)),
    )
    found = cement_volume(image([(void, 0), (spongy, 200), (dense, 900)]), LESION)
    assert (found.void_ml, found.trabecular_ml, found.dense_ml) == pytest.approx((4.0, 2.0, 2.0))
    assert found.expected_ml == pytest.approx(0.55 * 4 + 0.2 * 2)
    assert found.low_ml == pytest.approx(0.4 * 4 + 0.1 * 2)
    assert found.high_ml == pytest.approx(0.9 * 4 + 0.4 * 2)


@pytest.mark.parametrize("voxels", [1, 5, 40, 400])
def test_a_lytic_lesion_never_takes_nothing(voxels):
    small = block((5, 6), (5, 6), (0, voxels)) if voxels < 41 else block((5, 15), (5, 6), (0, 40))
    found = cement_volume(image([(small, -20)]), small)
    assert 0 < found.low_ml <= found.expected_ml <= found.high_ml
    measure = cement_measure(found, "lesion-1")
    assert measure.amount is not None
    assert measure.low is not None
    assert measure.high is not None
    assert measure.low > 0


def test_dense_bone_has_no_amount():
    found = cement_volume(image([(LESION, 1200)]), LESION)
    measure = cement_measure(found, "lesion-1")
    assert measure.amount is None
    assert "Not expected to take cement" in measure.note


def test_without_ct_numbers_all_counts_as_void():
    mr = Image(np.full(GRID.shape, 300, np.float32), GRID, Modality.MR, "")
    found = cement_volume(mr, LESION)
    assert found.void_ml == pytest.approx(8.0)
    assert "Without CT numbers" in found.reasons[0]


def test_a_vertebral_body_sets_a_floor_and_a_warning():
    body = block((0, 20), (0, 30), (0, 40))  # 48 mL
    small = block((5, 7), (5, 10), (5, 10))  # 0.1 mL
    found = cement_volume(image([(small, 0)]), small, body)
    assert (found.low_ml, found.expected_ml, found.high_ml) == pytest.approx((0.15 * 48, 0.2 * 48, 0.25 * 48))
    assert found.warning is None
    large = block((0, 20), (0, 30), (0, 20))  # half of the body is void
    found = cement_volume(image([(large, 0)]), large, body)
    assert found.high_ml == pytest.approx(0.9 * 24)
    assert found.warning is not None
    codes = [(f.code, f.severity) for f in cement_findings(found, "lesion-1", ())]
    assert codes == [("cement.body_share", Severity.WARN)]


@pytest.mark.parametrize(("volume_ml", "word"), [(0.5, "less"), (4.4, ""), (9.0, "more")])
def test_a_planned_volume_is_held_against_the_range(volume_ml, word):
    found = cement_volume(image([(LESION, 40)]), LESION)
    parts = tuple(Cement(str(n), Trajectory((0, 0, 0), (20, 15, 20)), volume_ml / 2, 3.4) for n in range(2))
    findings = cement_findings(found, "lesion-1", parts)
    assert len(findings) == bool(word)
    assert not findings or (word in findings[0].text and findings[0].measured == volume_ml)


def test_the_body_of_the_level_that_holds_the_lesion():
    bodies = Mask.of(block((0, 8), (0, 15), (0, 40)).full() | block((10, 18), (0, 15), (0, 40)).full(), GRID)
    levels = [
        Structure("vertebra_L2", Role.BONE, block((0, 9), (0, 30), (0, 40))),
        Structure("vertebra_L3", Role.BONE, block((9, 20), (0, 30), (0, 40))),
    ]
    lesion = block((7, 14), (5, 10), (10, 20))
    body = vertebral_body_of(lesion, [*levels, Structure("vertebral_bodies", Role.BONE, bodies)])
    assert body is not None
    # the L3 body of 8 slices and the slice of the lesion in L3 that the bodies' outline left out
    assert body.count == 8 * 15 * 40 + 5 * 10
    assert vertebral_body_of(lesion, levels) is None
    assert (
        vertebral_body_of(block((0, 2), (20, 22), (0, 5)), [*levels, Structure("vertebral_bodies", Role.BONE, bodies)])
        is None
    )


def test_faults():
    with pytest.raises(OutlineError, match="empty"):
        cement_volume(image([]), block((0, 0), (0, 0), (0, 0)))
    with pytest.raises(ResourceError, match="cavity_fill"):
        cement_limit("none")


def test_a_volume_that_prints_as_the_end_of_the_range_is_within_it():
    found = cement_volume(image([(LESION, 40)]), LESION)
    way = Trajectory((0.0, 0.0, 0.0), (10.0, 0.0, 0.0))
    for volume, expected in ((found.low_ml - 0.04, 0), (found.high_ml + 0.04, 0), (found.low_ml - 0.1, 1)):
        assert len(cement_findings(found, "l", (Cement("1", way, volume, 3.0),))) == expected
