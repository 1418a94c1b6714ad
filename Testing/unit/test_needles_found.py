"""Needles in a control scan: implanted ones are found where they are, and told apart from what is none."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.case import Image, Modality
from boneir.errors import ImageError
from boneir.fusion.carried_out import actual_plan, carried_out, moved_needle, needle_error, needle_measures
from boneir.fusion.implants import wide_metal
from boneir.fusion.metal_lines import MetalLine
from boneir.fusion.needles_found import find_needles
from boneir.grid import Grid
from boneir.image.rigid import Rigid
from boneir.mask import Mask
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment
from boneir.resources import limit
from boneir.training.implant_needles import implant_needles
from boneir.training.synthetic_patient import synthetic_patient
from needle_implants import apart, bundle, errors_of


@pytest.fixture(scope="module")
def patient():
    return synthetic_patient(0, grid=Grid((80, 330, 450), (0.9, 0.9, 1.5), (-200.0, -150.0, 40.0)))


@pytest.mark.parametrize("seed", range(3))
def test_needles_in_the_synthetic_patient(patient, seed):
    """One to three needles that cross at 4 to 12 degrees, with blooming, streaks and noise."""
    needles = bundle(seed, patient.image, patient.labels["body"], 1 + seed % 3)
    rng = np.random.default_rng(seed)
    control = implant_needles(
        patient.image, needles, rng.choice([1.5, 1.8, 2.4]), blur_mm=rng.uniform(0.4, 0.8), seed=seed
    )
    found, _ = find_needles(control, patient.labels["body"])
    tips, angles, entries = errors_of(needles, found, patient.labels["body"])
    assert len(found) == len(needles)
    assert max(tips) <= 0.5
    assert max(angles) <= 0.5
    assert max(entries) <= 1.5  # the skin is known to a voxel


def box(direction, spacing=(0.8, 0.8, 1.2)):
    shape = (70, 100, 100)
    grid = Grid(shape, spacing, (0.0, 0.0, 0.0), tuple(np.asarray(direction, float).ravel()))
    voxels = np.random.default_rng(1).normal(40, 15, shape).astype(np.int16)
    inner = np.zeros(shape, bool)
    inner[:, 10:90, 10:90] = True
    voxels[~inner] = -1000
    return Image(voxels, grid), Mask.of(inner, grid)


OBLIQUE = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
PERMUTED = [[0, 0, -1], [1, 0, 0], [0, 1, 0]]


def needle_in(image, tail=(35, 3, 30), head=(48, 60, 38)):
    rear, tip = image.grid.to_mm([tail, head])
    return Trajectory(tuple(map(float, rear)), tuple(map(float, tip)))


@pytest.mark.parametrize("direction", [np.eye(3), PERMUTED, OBLIQUE, np.diag([-1, -1, 1])])
def test_any_orientation_of_the_image(direction):
    image, body = box(direction)
    needle = needle_in(image)
    found, findings = find_needles(implant_needles(image, [needle], 2.0, seed=5), body)
    assert len(found) == 1
    tips, angles, entries = errors_of([needle], found, body)
    assert tips[0] <= 0.3
    assert angles[0] <= 0.3
    assert entries[0] <= 1.0
    assert not findings


def test_a_needle_that_runs_out_of_the_image_has_no_depth():
    image, body = box(np.eye(3))
    needle = needle_in(image, head=(35, 60, 90))
    found, findings = find_needles(implant_needles(image, [needle], 2.0), body)
    assert not found[0].tip_seen
    assert "verify.tip_outside" in {item.code for item in findings}
    assert np.degrees(np.arccos(np.dot(found[0].direction, needle.direction))) <= 0.5


def test_the_planned_way_says_which_end_is_the_tip():
    image, _ = box(np.eye(3))
    needle = needle_in(image, tail=(30, 20, 30), head=(60, 70, 38))
    control = implant_needles(image, [needle], 2.0)
    back = Trajectory(needle.tip_mm, needle.entry_mm)
    forth, _ = find_needles(control, planned=[needle])
    turned, _ = find_needles(control, planned=[back])
    assert apart(forth[0].tip_mm, needle.tip_mm) <= 0.4
    assert apart(turned[0].tip_mm, needle.entry_mm) <= 0.4


def test_many_implants_are_one_finding():
    wide, wider, slim = (MetalLine(np.zeros(3), np.asarray([0.0, 0.0, 50.0]), radius) for radius in (4.2, 4.8, 1.0))
    widest = limit("verification", "widest_needle_mm")
    (told,) = wide_metal([wider, slim, wide], widest)
    assert told.text == "2 straight pieces of metal, 8.4 to 9.6 mm wide, were taken for implants."
    assert (told.measured, told.place_mm) == (9.6, (0.0, 0.0, 25.0))
    assert not wide_metal([slim], widest)


def test_wide_metal_and_dense_bone_are_no_needles():
    image, body = box(np.eye(3))
    screw = needle_in(image, tail=(30, 20, 30), head=(60, 70, 38))
    found, findings = find_needles(implant_needles(image, [screw], 8.0), body)
    assert not found
    assert {"verify.wide_metal", "verify.no_needle"} <= {item.code for item in findings}
    voxels = np.array(image.voxels)
    voxels[30:50, 40:60, 40:60] = 1900
    assert not find_needles(Image(voxels, image.grid), body)[0]
    assert find_needles(image, body)[1][0].code == "verify.no_needle"


def test_only_ct_shows_needles():
    image, _ = box(np.eye(3))
    with pytest.raises(ImageError, match="looked for in CT"):
        find_needles(Image(image.voxels.astype(np.float32), image.grid, Modality.MR, ""))


def test_errors_are_those_of_the_geometry():
    planned = Trajectory((0.0, 0.0, 0.0), (0.0, 0.0, 100.0))
    moved = Trajectory((1.0, 0.0, 0.0), (0.0, 4.0, 103.0))
    error = needle_error(planned, moved)
    assert error.tip_mm == pytest.approx(5.0)
    assert error.depth_mm == pytest.approx(3.0)
    assert error.lateral_mm == pytest.approx(4.0)
    assert error.entry_mm == pytest.approx(1.0)
    assert error.most_lateral_mm == pytest.approx(4.0)
    assert error.angle_deg == pytest.approx(np.degrees(np.arctan(np.hypot(1, 4) / 103)))
    # along and across make up the whole, whatever the needle
    draw = np.random.default_rng(0)
    for _ in range(20):
        ends = draw.normal(size=(4, 3)) * 50
        error = needle_error(Trajectory(*map(tuple, ends[:2])), Trajectory(*map(tuple, ends[2:])))
        assert error.depth_mm**2 + error.lateral_mm**2 == pytest.approx(error.tip_mm**2)


def three_needles():
    ways = [Trajectory((x, -80.0, 0.0), (x, 0.0, 0.0)) for x in (0.0, 10.0, 20.0)]
    probes = tuple(Probe(str(n), "iceforce", way) for n, way in enumerate(ways, 1))
    return Plan("plan-1", (Treatment("lesion-1", Technique.CRYO, probes=probes),)), ways


def test_each_needle_is_matched_with_its_plan():
    plan, ways = three_needles()
    image = Image(np.full((20, 130, 70), 40, np.int16), Grid((20, 130, 70), (1.0, 1.0, 1.0), (-20.0, -100.0, -10.0)))
    shift = np.array([2.0, 6.0, 0.0])
    placed = [Trajectory(tuple(np.add(w.entry_mm, shift)), tuple(np.add(w.tip_mm, shift))) for w in ways[1:]]
    found, _ = find_needles(implant_needles(image, placed, 2.0), planned=ways)
    result = carried_out(plan, found)
    assert [match.name for match in result.matches] == ["2", "3"]
    assert result.missing == ("1",)
    assert {"verify.needle_missing", "verify.tip_error"} <= {item.code for item in result.findings}
    for match in result.matches:
        assert match.error.depth_mm == pytest.approx(6.0, abs=0.4)
        assert match.error.lateral_mm == pytest.approx(2.0, abs=0.3)
    actual = actual_plan(plan, result)
    assert [probe.name for probe in actual.probes] == ["2", "3"]
    assert actual.probes[0].device == "iceforce"
    assert actual.probes[0].trajectory == result.matches[0].actual
    amounts = {(m.code, m.about): m.amount for m in needle_measures(result)}
    assert amounts["needle.tip_error", "2"] == result.matches[0].error.tip_mm
    assert amounts["needle.entry_error", "2"] is None
    assert amounts["needle.tip_error_median", ""] == pytest.approx(np.hypot(6, 2), abs=0.4)


def test_a_needle_moves_with_its_frame():
    image, body = box(np.eye(3))
    needle = needle_in(image)
    found, _ = find_needles(implant_needles(image, [needle], 2.0), body)
    motion = Rigid.about((10.0, 0.0, 0.0), (0.0, 12.0, 3.0), (4.0, -2.0, 7.0))
    moved = moved_needle(found[0], motion)
    assert apart(moved.tip_mm, motion.apply_to(found[0].tip_mm)) < 1e-9
    np.testing.assert_allclose(moved.direction, motion.matrix @ found[0].direction, atol=1e-9)
