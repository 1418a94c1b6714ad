"""Pictures of a plan: every place is computed anew from the phantom and looked for by its colour."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from picture_pixels import LESION, NERVE, VESSEL, VIEW_HEIGHT, ZONE, box_of, pixels_of, where

from boneir.assessment import Measure
from boneir.case import Case, Role
from boneir.picture import Picture
from boneir.scene.pictures import pictures_of
from boneir.scene.render_check import why_no_pictures
from small_case import (
    DIRECTIONS,
    ENTRY,
    LESION_AT,
    LESION_RADIUS_MM,
    TIP,
    ZONE_RADIUS_MM,
    small_assessment,
    small_case,
    small_plan,
)

pytestmark = [
    pytest.mark.render,
    pytest.mark.skipif(bool(why_no_pictures()), reason=f"{why_no_pictures()}"),
]

DIAMETERS = {"emprint": 2.5}


def taken(case: Case) -> dict[tuple[str, str], Picture]:
    plan = small_plan(case)
    pictures, findings = pictures_of(case, plan, small_assessment(case, plan), diameters_mm=DIAMETERS)
    assert not findings
    return {(picture.name, picture.about): picture for picture in pictures}


@pytest.fixture(scope="module")
def a_case() -> Case:
    return small_case(DIRECTIONS["axial"], spacing=(1.0, 1.0, 2.0))


@pytest.fixture(scope="module")
def album(a_case: Case) -> dict[tuple[str, str], Picture]:
    before = a_case.image.voxels.copy()
    made = taken(a_case)
    assert np.array_equal(a_case.image.voxels, before)
    return made


def view(album: dict[tuple[str, str], Picture], name: str, about: str = "1") -> np.ndarray:
    return pixels_of(album[name, about].png)


def scale_of(picture: np.ndarray, radius_mm: float) -> float:
    """Millimetres per pixel, from the width of the zone's outline."""
    return 2 * radius_mm / box_of(where(picture, ZONE))[2]


def test_every_needle_has_its_four_slices_and_the_plan_one_view_in_space(album) -> None:
    slices = ["axial", "along", "across", "down_the_needle"]
    of_needles = [(name, about) for about in ("1", "c1") for name in slices]
    assert list(album) == [("three_d", ""), *of_needles, ("z_score", "")]
    for picture in album.values():
        assert picture.title
        if picture.name != "z_score":
            assert pixels_of(picture.png).shape == (700, 800, 3)


def test_the_axial_slice_shows_lesion_zone_and_tip_in_their_places(album) -> None:
    picture = view(album, "axial")
    axis = np.subtract(TIP, ENTRY) / math.dist(TIP, ENTRY)
    level = ENTRY[2] + float(np.subtract(LESION_AT, ENTRY) @ axis) * axis[2]
    off = level - LESION_AT[2]
    x, y, width, height = box_of(where(picture, ZONE))
    mm = 2 * math.sqrt(ZONE_RADIUS_MM**2 - off**2) / width
    assert height == pytest.approx(width, abs=4)
    lesion = box_of(where(picture, LESION))
    assert (lesion[0], lesion[1]) == pytest.approx((x, y), abs=2)
    assert lesion[2] * mm == pytest.approx(2 * math.sqrt(LESION_RADIUS_MM**2 - off**2), abs=1.5)
    # Left is on the right, posterior below: so the tip lies where its L and P say.
    tip = (x + (TIP[0] - LESION_AT[0]) / mm, y + (TIP[1] - LESION_AT[1]) / mm)
    entry = (x + (ENTRY[0] - LESION_AT[0]) / mm, y + (ENTRY[1] - LESION_AT[1]) / mm)
    white = where(picture, (255, 255, 255), 5)
    for end in (tip, entry):
        assert np.min(np.linalg.norm(white - end, axis=1)) < 3.0
    assert picture[round(tip[1]) - 12, round(tip[0]) - 30].tolist() != [255, 255, 255]


def test_the_needle_is_as_wide_as_it_is(album) -> None:
    picture = view(album, "along")
    mm = scale_of(picture, ZONE_RADIUS_MM)
    x, y, _, _ = box_of(where(picture, ZONE))
    # In the plane of the needle, nearest to axial: across the shaft half way between lesion and skin, from rim to rim.
    axis = np.subtract(TIP, ENTRY) / math.dist(TIP, ENTRY)
    normal = np.array([0.0, 0.0, 1.0]) - axis[2] * axis
    normal /= np.linalg.norm(normal)
    up = np.array([0.0, -1.0, 0.0]) + normal[1] * normal
    up /= np.linalg.norm(up)
    right = np.cross(normal, up) * np.sign(np.cross(normal, up)[0])
    half_way = (np.asarray(TIP) * 0.45 + np.asarray(ENTRY) * 0.55) - LESION_AT
    centre = np.array([x + half_way @ right / mm, y - half_way @ up / mm])
    flat = np.array([axis @ right, -(axis @ up)])
    side = np.array([-flat[1], flat[0]]) / np.linalg.norm(flat)
    steps = np.arange(-14.0, 14.0, 0.25)
    line = centre + steps[:, None] * side
    bright = picture[np.rint(line[:, 1]).astype(int), np.rint(line[:, 0]).astype(int)].min(axis=1) > 240
    found = steps[bright]
    assert (found.max() - found.min()) * mm == pytest.approx(DIAMETERS["emprint"], abs=2.5 * mm)
    assert (found.max() + found.min()) / 2 == pytest.approx(0.0, abs=2.5)


def test_round_things_stay_round_whatever_the_spacing(album) -> None:
    for name in ("along", "across"):
        _, _, width, height = box_of(where(view(album, name), ZONE))
        assert width == pytest.approx(height, rel=0.05), name


def test_down_the_needle_its_circle_is_in_the_middle_and_true(album) -> None:
    picture = view(album, "down_the_needle")
    middle = np.array([400.0, VIEW_HEIGHT / 2])
    white = where(picture, (255, 255, 255), 30)
    near = np.linalg.norm(white - middle, axis=1)
    ring = near[near < 20]
    # The picture spans 110 mm.
    assert np.median(ring) * 110.0 / 800.0 == pytest.approx(DIAMETERS["emprint"] / 2, abs=0.3)
    entry_bone = picture[VIEW_HEIGHT // 2, 400]
    assert entry_bone.min() > 100  # the first bone on the way lies in the middle


def test_down_the_needle_goes_to_the_narrowest_place_of_the_assessment(a_case: Case) -> None:
    plan = small_plan(a_case)
    way = plan.probes[0].trajectory
    narrow = Measure("access.clearance", "Clearance", 4.2, "mm", "aorta", place_mm=way.point_at(way.length_mm - 9.0))
    base = small_assessment(a_case, plan)
    assessment = replace(base, measures=(*base.measures, narrow))
    pictures, _ = pictures_of(a_case, plan, assessment, diameters_mm=DIAMETERS)
    picture = pixels_of(next(p for p in pictures if p.name == "down_the_needle" and p.about == "1").png)
    at = np.asarray(way.point_at(way.length_mm - 9.0))
    off = float(np.subtract(LESION_AT, at) @ way.direction)
    radius = math.sqrt(ZONE_RADIUS_MM**2 - off**2)
    assert box_of(where(picture, ZONE))[2] * 110.0 / 800.0 == pytest.approx(2 * radius, rel=0.06)


def test_critical_structures_are_outlined_and_bone_is_not(album) -> None:
    picture = view(album, "axial")
    assert len(where(picture, VESSEL)) > 150
    assert len(where(picture, NERVE)) > 80
    bone_line = where(picture, (0xE8, 0xD9, 0xB5), 6)
    assert len(bone_line) == 0


def test_in_space_bone_lesion_zone_and_needle_are_all_seen(album, a_case: Case) -> None:
    with_bone = view(album, "three_d", "")[:VIEW_HEIGHT].astype(int)
    boneless = Case(
        a_case.image, tuple(s for s in a_case.structures if s.role is not Role.BONE), a_case.lesions, a_case.others
    )
    without = pixels_of(taken(boneless)["three_d", ""].png)[:VIEW_HEIGHT].astype(int)
    red, green, blue = with_bone[..., 0], with_bone[..., 1], with_bone[..., 2]
    bony = (red > green) & (green > blue) & (red > 45) & (red - blue > 10)
    changed = np.abs(with_bone - without).sum(axis=-1) > 30
    # The bone is a ball of 22 mm radius: its disc, at the scale that the picture has.
    assert (bony & changed).sum() > 4000
    reddish = (red - blue > 60) & (red - green > 30)
    assert reddish.sum() > 200
    plan = small_plan(a_case)
    unassessed = next(p for p in pictures_of(a_case, plan, diameters_mm=DIAMETERS)[0] if p.name == "three_d")
    gained = with_bone - pixels_of(unassessed.png)[:VIEW_HEIGHT].astype(int)
    bluer = (gained[..., 2] > 15) & (gained[..., 2] > gained[..., 0] + 10)
    assert bluer.sum() > 1000
    assert (with_bone[:440].min(axis=-1) > 200).sum() > 300  # needles, above the cube


@pytest.mark.parametrize("name", ["flipped", "sagittal", "left-handed", "oblique"])
def test_the_same_patient_looks_the_same_on_every_grid(name: str, album) -> None:
    spacing = (2.0, 1.0, 1.0) if name == "oblique" else (1.0, 1.0, 2.0)
    other = taken(small_case(DIRECTIONS[name], spacing=spacing))
    for view_name in ("axial", "across", "down_the_needle"):
        one, two = view(album, view_name), pixels_of(other[view_name, "1"].png)
        for colour in (LESION, ZONE):
            if len(where(one, colour)):
                assert box_of(where(two, colour)) == pytest.approx(box_of(where(one, colour)), abs=9), view_name
        difference = np.abs(one.astype(int) - two.astype(int)).mean()
        assert difference < 6.0, view_name


def test_the_same_input_gives_the_same_bytes(album, a_case: Case) -> None:
    again = taken(a_case)
    assert {key: picture.png for key, picture in again.items()} == {key: p.png for key, p in album.items()}


def test_a_plan_without_needles_gives_a_finding(a_case: Case) -> None:
    plan = small_plan(a_case)
    bare = replace(plan, treatments=(replace(plan.treatments[0], probes=(), cement=()),))
    pictures, findings = pictures_of(a_case, bare)
    assert pictures == ()
    assert [finding.code for finding in findings] == ["report.no_pictures"]


def test_a_probe_of_unknown_diameter_and_no_assessment_is_still_drawn(a_case: Case) -> None:
    plan = small_plan(a_case)
    unknown = replace(plan.probes[0], device="nobody-knows")
    pictures, findings = pictures_of(
        a_case, replace(plan, treatments=(replace(plan.treatments[0], probes=(unknown,)),))
    )
    assert not findings
    assert len([picture for picture in pictures if picture.name != "z_score"]) == 9
    picture = pixels_of(next(p for p in pictures if p.name == "axial").png)
    assert len(where(picture, ZONE)) == 0
    assert len(where(picture, LESION)) > 50
