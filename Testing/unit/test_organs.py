"""Vessels, kidneys, bladder, bowel wall and pleura: found where they are, with any contrast, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from boneir.anatomy.absent import absent_findings
from boneir.anatomy.axial import AxialFrame
from boneir.anatomy.bladder import find_bladder
from boneir.anatomy.canal import CanalCourse
from boneir.anatomy.kidneys import find_kidney
from boneir.anatomy.organ_settings import organ_setting, organ_span
from boneir.anatomy.outline_organs import Inside, outline_organs
from boneir.anatomy.structures import structure_kinds
from boneir.anatomy.vessels import find_vessels
from boneir.errors import ResourceError
from boneir.findings import Severity
from boneir.grid import Grid

DIRECTIONS = {
    "axial": (1, 0, 0, 0, 1, 0, 0, 0, 1),
    "feet first, face down": (-1, 0, 0, 0, 1, 0, 0, 0, -1),
}


class Belly:
    """Fat in which organs are painted, in mm to superior, posterior and left of the middle of the canal."""

    def __init__(self, direction=DIRECTIONS["axial"], spacing=(2.0, 2.0, 3.0), noise=12.0) -> None:
        size = (130, 100, 60)
        self.grid = Grid((size[2], size[1], size[0]), spacing, (0.0, 0.0, 0.0), tuple(map(float, direction)))
        self.frame = AxialFrame(self.grid)
        shape = self.frame.coarse(np.zeros(self.grid.shape, np.int16), 0.0).shape
        rise, row, column = self.frame.coarse_spacing_mm
        s, p, left = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
        self.up = (s - shape[0] / 2) * rise
        self.canal = np.tile([shape[1] * 0.7, shape[2] / 2], (shape[0], 1))
        self.ahead = (self.canal[0, 0] - p) * row
        self.left = (left - self.canal[0, 1]) * column
        self.noise = np.random.default_rng(3).normal(0, noise, shape)
        self.body = (self.ahead / 95) ** 2 + (self.left / 125) ** 2 < 1
        self.hu = np.where(self.body, -100.0, -1000.0)
        self.bone = (np.hypot(self.ahead - 25, self.left) < 20) | (np.hypot(self.ahead, self.left) < 15)
        self.hu[self.bone] = 300.0

    def tube(self, ahead, left, radius, hu, lean=0.0, below=-200.0, above=200.0):
        marked = np.hypot(self.ahead - ahead, self.left - left - lean * self.up) < radius
        marked &= (self.up > below) & (self.up < above)
        self.hu[marked] = hu
        return marked

    def ellipsoid(self, up, ahead, left, half, hu):
        a, b, c = half
        marked = ((self.up - up) / a) ** 2 + ((self.ahead - ahead) / b) ** 2 + ((self.left - left) / c) ** 2 < 1
        self.hu[marked] = hu
        return marked

    def seen(self):
        return (self.hu + self.noise).astype(np.float32)


def dice(a, b) -> float:
    return float(2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b)))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("blood", [40.0, 160.0, 320.0])
def test_vessels_are_found_with_and_without_contrast(direction, blood):
    belly = Belly(DIRECTIONS[direction])
    aorta = belly.tube(62, 12, 10, blood)
    cava = belly.tube(60, -18, 11, 0.8 * blood + 8)
    found = {item.key: item for item in find_vessels(belly.seen(), belly.body & ~belly.bone, belly.canal, belly.frame)}
    assert set(found) == {"aorta", "inferior_vena_cava"}
    assert dice(found["aorta"].marked, aorta) > 0.88
    assert dice(found["inferior_vena_cava"].marked, cava) > 0.88
    assert found["aorta"].confidence > 0.85


def test_below_the_midline_a_vessel_is_an_iliac_one():
    belly = Belly()
    belly.tube(60, 5, 10, 45.0, above=200, below=-10)
    branch = belly.tube(60, -3, 8, 45.0, lean=-0.8, above=-10)
    found = {item.key: item for item in find_vessels(belly.seen(), belly.body & ~belly.bone, belly.canal, belly.frame)}
    assert set(found) == {"aorta", "iliac_artery_left"}
    assert found["iliac_artery_left"].marked[branch].mean() > 0.4
    assert found["iliac_artery_left"].slices[1] < found["aorta"].slices[0]


def test_what_is_not_round_or_too_short_is_no_vessel():
    for paint in (
        lambda belly: None,
        lambda belly: belly.tube(60, 10, 10, 45.0, below=-15, above=15),
        lambda belly: belly.ellipsoid(0, 60, 10, (200, 8, 45), 45.0),
        lambda belly: belly.ellipsoid(0, 60, 0, (200, 30, 60), 45.0),
    ):
        belly = Belly()
        paint(belly)
        assert find_vessels(belly.seen(), belly.body & ~belly.bone, belly.canal, belly.frame) == ()


@pytest.mark.parametrize(("kidney_hu", "liver_hu"), [(28.0, 60.0), (190.0, 110.0)])
def test_a_kidney_is_found_beside_liver_with_and_without_contrast(kidney_hu, liver_hu):
    belly = Belly()
    belly.ellipsoid(25, 45, -85, (60, 40, 30), liver_hu)
    right = belly.ellipsoid(0, 12, -60, (52, 24, 22), kidney_hu)
    left = belly.ellipsoid(0, 12, 60, (52, 24, 22), kidney_hu)
    free = belly.body & ~belly.bone
    for side, truth in ((1, left), (-1, right)):
        found = find_kidney(belly.seen(), free, belly.canal, side, belly.frame)
        assert found is not None
        assert dice(found.marked, truth) > 0.85
        assert 0.4 < found.confidence <= 1.0


def test_muscle_bowel_and_cut_kidneys_are_no_kidneys():
    belly = Belly()
    belly.tube(20, 45, 22, 50.0)  # psoas from end to end
    belly.ellipsoid(-90, 12, -60, (52, 24, 22), 28.0)  # cut by the end of the scan
    free = belly.body & ~belly.bone
    assert find_kidney(belly.seen(), free, belly.canal, 1, belly.frame) is None
    assert find_kidney(belly.seen(), free, belly.canal, -1, belly.frame) is None


def _with_hips(belly: Belly):
    for side in (-1, 1):
        belly.bone |= (np.abs(belly.left - side * 75) < 10) & (np.abs(belly.ahead - 50) < 25) & belly.body
    belly.hu[belly.bone] = 300.0
    return belly


def test_the_bladder_is_fluid_between_the_hips():
    belly = _with_hips(Belly())
    whole = belly.ellipsoid(0, 70, 0, (35, 23, 33), 40.0)
    content = belly.ellipsoid(0, 70, 0, (32, 20, 30), 6.0)
    found = find_bladder(belly.seen(), belly.body, belly.bone, belly.frame)
    assert found is not None
    assert dice(found.marked, whole) > 0.85
    # What is missed lies at its edge, within a voxel of the rough look (4 mm).
    deep = np.asarray(ndimage.distance_transform_edt(content, sampling=belly.frame.coarse_spacing_mm)) > 5.0
    assert found.marked[deep].all()


def test_no_bladder_aside_without_hips_or_as_dense_as_muscle():
    for hips, left, hu in ((True, 45, 6.0), (False, 0, 6.0), (True, 0, 50.0)):
        belly = _with_hips(Belly()) if hips else Belly()
        belly.ellipsoid(0, 70, left, (32, 20, 26), hu)
        assert find_bladder(belly.seen(), belly.body, belly.bone, belly.frame) is None


def test_every_organ_is_said_with_its_place_and_what_is_missing_is_absent():
    belly = Belly()
    belly.tube(62, 12, 10, 45.0)
    belly.ellipsoid(0, 12, 60, (52, 24, 22), 28.0)
    gas = belly.ellipsoid(10, 80, -40, (15, 10, 10), -1000.0)
    nothing = np.zeros(belly.body.shape, bool)
    course = CanalCourse(belly.canal, np.ones(len(belly.canal)), 0, len(belly.canal) - 1)
    inside = Inside(belly.body, belly.bone, nothing, gas)
    bone = np.asarray(belly.frame.fine(belly.bone))
    structures, findings = outline_organs(belly.seen(), inside, course, bone, "test", belly.frame)
    assert {item.name for item in structures} == {"aorta", "kidney_left", "bowel_wall"}
    assert not any(item.sure for item in structures)
    said = {finding.about: finding for finding in findings}
    assert set(said) == {"aorta", "kidney_left", "bowel_wall", "kidney_right"}
    assert said["kidney_right"].severity is Severity.WARN
    masks = {item.name: item.mask for item in structures}
    for name, mask in masks.items():
        assert mask.at(said[name].place_mm), name
        assert not (mask.full() & belly.frame.on_grid(bone)).any()
    # The wall is beside gas and does not hold it.
    wall = belly.frame.upright(masks["bowel_wall"].full())
    assert not (wall & belly.frame.fine(gas)).any()
    absent = {finding.about: finding for finding in absent_findings(structures)}
    assert "vena cava" in absent["great_vessels"].text
    assert absent["bowel"].code == "case.absent"
    assert structure_kinds()["bowel_wall"].partial


def test_settings_of_organs_are_refused_by_name():
    assert organ_span("aorta_radius_mm")[0] < organ_setting("aorta_radius_mm") < organ_span("aorta_radius_mm")[1]
    with pytest.raises(ResourceError, match="has no 'nonsense_mm'"):
        organ_setting("nonsense_mm")
    with pytest.raises(ResourceError, match="low or high"):
        organ_span("vessel_gap_mm")
