"""The void of analytic shapes, blurred as a scanner blurs them, within two percent; compartments of a lesion."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from boneir.case import Image, Role, Structure
from boneir.cement.compartment import Compartment
from boneir.cement.site import cement_site, compartments_of
from boneir.cement.void import content_of
from boneir.cement.volume import cement_limit, cement_volume
from boneir.errors import OutlineError
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.training.synthetic_patient import synthetic_patient

GRID = Grid((48, 50, 52), (1.0, 1.0, 1.0), (5.0, -3.0, 2.0), (0.8, 0.0, 0.6, 0.36, 0.8, -0.48, -0.48, 0.6, 0.64))
MIDDLE = np.asarray((23.3, 24.6, 25.1))


def ball(p):
    return np.linalg.norm(p, axis=-1) <= 10.0


def ellipsoid(p):
    return np.linalg.norm(p / np.asarray((8.0, 11.0, 14.0)), axis=-1) <= 1.0


def cylinder(p):
    return (np.hypot(p[..., 0], p[..., 1]) <= 8.0) & (np.abs(p[..., 2]) <= 10.0)


def box(p):
    return np.all(np.abs(p) <= np.asarray((6.3, 8.2, 11.4)), axis=-1)


SHAPES = {
    ball: 4 / 3 * np.pi * 10**3,
    ellipsoid: 4 / 3 * np.pi * 8 * 11 * 14,
    cylinder: np.pi * 64 * 20,
    box: 8 * 6.3 * 8.2 * 11.4,
}


def shares(shape):
    """How much of each voxel lies in a shape, from 5 x 5 x 5 samples in it."""
    total = np.zeros(GRID.shape)
    places = np.moveaxis(np.indices(GRID.shape), 0, -1) - MIDDLE
    steps = (np.arange(5) - 2) / 5
    for offset in np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3):
        total += shape(places + offset)
    return total / 125


@pytest.mark.parametrize("bone_hu", [180, 300, 450])
@pytest.mark.parametrize("shape", SHAPES)
def test_void_is_within_two_percent(shape, bone_hu):
    part = shares(shape)
    blurred = ndimage.gaussian_filter(part, 0.5)
    noise = np.random.default_rng(4).normal(0.0, 12.0, GRID.shape)
    hu = np.rint(bone_hu + (35 - bone_hu) * blurred + noise).astype(np.int16)
    found = cement_volume(Image(hu, GRID), Mask.of(part >= 0.5, GRID))
    assert found.void_ml == pytest.approx(SHAPES[shape] / 1000.0, rel=0.02)


def test_the_edge_of_void_lies_half_way_and_never_below_the_limit():
    part = shares(ball)
    mask = Mask.of(part >= 0.5, GRID)
    hu = (300 - 260 * part).astype(np.int16)
    assert content_of(Image(hu, GRID), mask).below_hu == pytest.approx(170.0, abs=5.0)
    osteopenic = (120 - 110 * part).astype(np.int16)
    assert content_of(Image(osteopenic, GRID), mask).below_hu == cement_limit("lytic_hu").amount


def half(low_i, high_i):
    marked = np.zeros(GRID.shape, bool)
    marked[5:40, 5:40, low_i:high_i] = True
    return Mask.of(marked, GRID)


def test_a_lesion_in_two_bones_has_two_compartments():
    bones = [Structure("sacrum", Role.BONE, half(4, 20)), Structure("hip_left", Role.BONE, half(23, 44))]
    marked = np.zeros(GRID.shape, bool)
    marked[10:20, 10:20, 15:40] = True  # three slices of it lie in the joint between them
    parts = compartments_of(Mask.of(marked, GRID), bones)
    assert [(part.compartment, part.bone) for part in parts] == [
        (Compartment.ILIUM, "hip_left"),
        (Compartment.SACRUM, "sacrum"),
    ]
    assert sum(part.lesion.count for part in parts) == np.count_nonzero(marked)


def test_without_bones_a_lesion_is_somewhere():
    parts = compartments_of(half(10, 12), ())
    assert [(part.compartment, part.bone) for part in parts] == [(Compartment.OTHER, "")]
    assert cement_site(half(10, 12), ()) is None
    general = cement_site(half(10, 12), [Structure("bone", Role.BONE, half(4, 20))])
    assert general is not None
    assert not general.alone
    with pytest.raises(OutlineError, match="empty"):
        compartments_of(Mask.of(np.zeros(GRID.shape), GRID), ())


def test_the_acetabulum_has_its_own_range():
    part = shares(ball)
    image, mask = Image((300 - 260 * part).astype(np.int16), GRID), Mask.of(part >= 0.5, GRID)
    usual, joint = cement_volume(image, mask), cement_volume(image, mask, None, Compartment.ACETABULUM)
    assert joint.expected_ml > usual.expected_ml
    assert joint.low_ml >= usual.low_ml
    assert any("10.3 mL" in reason for reason in joint.reasons)


@pytest.fixture(scope="module")
def pelvis():
    patient = synthetic_patient(seed=0, spacing_mm=(2.5, 2.5, 2.5))
    return [
        Structure(name, Role.BONE, mask)
        for name, mask in patient.labels.items()
        if name.startswith(("vertebra_", "sacrum", "hip_", "femur_", "rib_")) and not mask.is_empty
    ]


@pytest.mark.parametrize(
    ("bone", "kinds"),
    [
        ("vertebra_L3", {Compartment.VERTEBRA}),
        ("sacrum", {Compartment.SACRUM}),
        ("hip_left", {Compartment.ACETABULUM, Compartment.ILIUM}),
        ("femur_right", {Compartment.LONG_BONE}),
    ],
)
def test_compartments_of_a_whole_bone(pelvis, bone, kinds):
    mask = next(item.mask for item in pelvis if item.name == bone)
    parts = compartments_of(mask, pelvis)
    assert {part.compartment for part in parts} == kinds
    assert {part.bone for part in parts} == {bone}


def test_acetabulum_is_what_is_near_the_femur(pelvis):
    hip = next(item.mask for item in pelvis if item.name == "hip_left")
    femur = next(item.mask for item in pelvis if item.name == "femur_left")
    for part in compartments_of(hip, pelvis):
        points = part.lesion.points_mm()[::40]
        apart = np.min(np.linalg.norm(points[:, None] - femur.points_mm()[None, ::20], axis=2), axis=1)
        near = apart <= 20.0 + 6.0 if part.compartment is Compartment.ACETABULUM else apart >= 20.0 - 1.0
        assert near.all()


def test_the_site_of_a_vertebral_lesion_knows_its_body_and_directions():
    from cement_blocks import lumbar

    spine = lumbar()
    lesion = spine.lesion(spine.at(0.0, -4.0, 0.0))
    structures = [
        Structure(name, Role.CRITICAL if name in ("spinal_canal", "nerve_roots") else Role.BONE, mask)
        for name, mask in spine.patient.labels.items()
        if name.startswith(("vertebra_", "spinal_canal", "nerve_roots"))
    ]
    site = cement_site(lesion.mask, structures)
    assert site is not None
    assert (site.compartment, site.name, site.alone) == (Compartment.VERTEBRA, "vertebra_L3", True)
    assert site.neighbours.body is not None
    assert site.neighbours.body.volume_ml == pytest.approx(spine.parts.body.volume_ml)
    assert site.axes is not None
    axes = np.asarray(site.axes).reshape(3, 3)
    truth = spine.patient.vertebra("L3").axes
    assert np.degrees(np.arccos(np.clip(axes[:, 2] @ truth[:, 2], -1, 1))) < 8.0
    assert site.beyond == (spine.patient.labels["spinal_canal"],)
