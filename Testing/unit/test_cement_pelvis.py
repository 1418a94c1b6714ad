"""Cement in the acetabulum: a lesion that opens into the joint has the joint surface as its first port."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from boneir.assessing.cement import assess_cement
from boneir.assessing.sheet import Sheet
from boneir.assessing.subject import Subject
from boneir.case import Case, Lesion, Role, Structure
from boneir.cement.compartment import Compartment
from boneir.cement.forecast import forecast, prepare
from boneir.cement.ports import PortKind
from boneir.cement.site import cement_site
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.plan import Technique, Treatment
from boneir.proposing.cement import wanted_cement
from boneir.training.implant import LesionKind, implant_lesion
from boneir.training.synthetic_patient import synthetic_patient

BONES = ("hip_left", "femur_left", "sacrum")


@cache
def hip():
    """The left hip of the synthetic patient, and the middle of its femoral head."""
    rough = synthetic_patient(seed=0, spacing_mm=(4.0, 4.0, 4.0))
    pelvis, femur = rough.labels["hip_left"].points_mm(), rough.labels["femur_left"].points_mm()
    apart = np.linalg.norm(femur[:, None] - pelvis[None, ::5], axis=2).min(axis=1)
    head = femur[apart < 8.0].mean(axis=0)
    grid = Grid((80, 80, 80), (1.2, 1.2, 1.2), tuple(float(v) for v in head - 48.0 + np.asarray((-8.0, 0.0, 12.0))))
    return synthetic_patient(seed=0, grid=grid), head


def structures(patient):
    return tuple(
        Structure(name, Role.BONE, mask, name)
        for name, mask in patient.labels.items()
        if name in BONES and not mask.is_empty
    )


def in_the_roof(patient, head):
    """A place in the bone above the head, 8 mm from its surface."""
    bone = patient.labels["hip_left"].points_mm()
    femur = patient.labels["femur_left"].points_mm()
    above = bone[(bone[:, 2] > head[2] + 20.0) & (bone[:, 2] < head[2] + 45.0)]
    near = above[np.argsort(np.linalg.norm(above - head, axis=1))]
    for place in near[::20]:
        if np.linalg.norm(femur - place, axis=1).min() > 11.0:
            return place
    raise AssertionError("the hip has no roof")


@pytest.mark.parametrize("breach", [False, True])
def test_the_joint_is_a_port_where_the_roof_is_open(breach):
    patient, head = hip()
    place = in_the_roof(patient, head)
    made = implant_lesion(
        patient.image, tuple(float(v) for v in place), 14.0, LesionKind.LYTIC, bone=patient.labels["hip_left"],
        breach=breach, towards_mm=tuple(float(v) for v in head) if breach else None, seed=1,
    )  # fmt: skip
    bone = prepare(made.image, made.mask, structures(patient))
    assert bone.site.compartment is Compartment.ACETABULUM
    assert bone.site.axes is None
    found = forecast(bone, [made.mask.centroid_mm], [2.0], draws=6)
    joint = [item for item in found.ports if item.port.kind is PortKind.JOINT and item.port.open_chance.amount > 0.5]
    if breach:
        assert joint[0].at_ml < 2.0
        assert found.safe.port == joint[0].port.name
        assert np.linalg.norm(np.subtract(joint[0].port.place_mm, made.breach_mm)) < 7.0
        assert joint[0].port.is_dangerous
    else:
        assert not joint


def test_foramina_of_the_sacrum_count_as_places_where_roots_leave():
    patient, _ = hip()
    pelvis = patient.labels["hip_left"]
    sick = Mask.within(pelvis.voxels, pelvis.corner, pelvis.grid)
    one, other = (np.zeros(pelvis.grid.shape, bool) for _ in range(2))
    one[2:4, 2:4, 2:4] = True
    other[60:62, 60:62, 60:62] = True
    made = [
        Structure(name, Role.CRITICAL, Mask.of(marked, pelvis.grid), "nerve_roots")
        for name, marked in (("nerve_roots", one), ("sacral foramina", other))
    ]
    site = cement_site(sick, (Structure("hip_left", Role.BONE, pelvis, "hip_left"), *made))
    assert np.array_equal(site.neighbours.roots.full(), one | other)


def test_a_plan_and_its_assessment_rest_on_one_range():
    """A lesion in two compartments is filled as the larger part is, in what is proposed and in what is assessed."""
    patient, head = hip()
    made = implant_lesion(
        patient.image, tuple(float(v) for v in in_the_roof(patient, head)), 14.0, LesionKind.LYTIC,
        bone=patient.labels["hip_left"], seed=1,
    )  # fmt: skip
    case = Case(made.image, structures(patient), (Lesion("l", made.mask),))
    sheet = Sheet()
    assess_cement(Subject(case, Treatment("l", Technique.CEMENT)), sheet)
    (whole,) = (item for item in sheet.measures if item.code == "cement.volume")
    wanted = wanted_cement(case, case.lesions[0])
    assert (whole.amount, whole.low, whole.high) == (wanted.expected_ml, wanted.low_ml, wanted.high_ml)
    assert wanted.expected_ml > 0.6 * wanted.void_ml, "the roof bears weight and is filled to more than elsewhere"
