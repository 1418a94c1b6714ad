"""A plan against a control image that lies elsewhere, found by the registration itself; needles and a zone in it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.fusion.margin import surface_margin
from boneir.grid import Grid
from boneir.image.ellipsoid import Ellipsoid
from boneir.image.rigid import Rigid
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment
from boneir.training.implant import implant_lesion
from boneir.training.implant_needles import implant_needles
from boneir.training.synthetic_patient import synthetic_patient
from boneir.verify import verify

GRID = Grid((80, 130, 120), (1.2, 1.2, 1.4), (-72.0, -70.0, 40.0))
SHIFTS = (np.array([2.0, 0.0, 1.0]), np.array([0.0, 3.0, -1.0]))


def points_of(grid):
    return grid.to_mm(np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)[..., ::-1])


def place(values):
    x, y, z = (float(v) for v in values)
    return x, y, z


def ways_of(middle):
    for side in (1.0, -1.0):
        tip = middle + np.array([side * 4.0, -4.0, 0.0])
        yield Trajectory(place(tip + np.array([side * 40.0, 70.0, 5.0])), place(tip))


def test_needles_and_margin_through_a_real_registration():
    patient = synthetic_patient(3, grid=GRID)
    bone = patient.labels["vertebra_L3"]
    middle = np.asarray(bone.centroid_mm) + np.array([0.0, -14.0, 0.0])
    made = implant_lesion(patient.image, place(middle), 16.0, "lytic", bone=bone, seed=1)
    names = [name for name in patient.labels if name.startswith("vertebra")]
    structures = tuple(Structure(name, Role.BONE, patient.labels[name], name) for name in names)
    structures += (Structure("body", Role.BODY, patient.labels["body"], "body"),)
    case = Case(made.image, structures, (Lesion("lesion-1", made.mask),))
    probes = tuple(Probe(str(n), "visica2", way, "1cm-4min-liver") for n, way in enumerate(ways_of(middle), 1))
    plan = Plan("plan-1", (Treatment("lesion-1", Technique.CRYO, 3.0, probes),), case.image.uid)

    truth = Rigid.about(middle, (6.0, -5.0, 7.0), (9.0, -11.0, 8.0))
    back = truth.inverse.apply(points_of(GRID).reshape(-1, 3)).reshape(*GRID.shape, 3)
    kji = np.moveaxis(GRID.to_ijk(back)[..., ::-1], -1, 0)
    values = ndimage.map_coordinates(case.image.voxels.astype(np.float32), kji, order=1, cval=-1000.0)
    values += np.random.default_rng(0).normal(0, 15, GRID.shape)
    ways = []
    for probe, shift in zip(probes, SHIFTS, strict=True):
        ends = (np.asarray(end) + shift for end in (probe.trajectory.entry_mm, probe.trajectory.tip_mm))
        ways.append(Trajectory(*(truth.apply_to(place(end)) for end in ends)))
    control = implant_needles(Image(np.rint(values).astype(np.int16), GRID), ways, 1.7)
    beside = middle + np.array([2.0, 0.0, 0.0])
    there = Ellipsoid(truth.apply_to(place(beside)), (0.0, 0.0, 1.0), 14.0, 14.0)

    found = verify(case, plan, control, zone=there.mask_on(GRID))
    assert found.error_mm < 1.0
    assert found.needles is not None
    assert [match.name for match in found.needles.matches] == ["1", "2"]
    for match, shift in zip(found.needles.matches, SHIFTS, strict=True):
        assert match.error.tip_mm == pytest.approx(np.linalg.norm(shift), abs=0.7)
        assert match.error.angle_deg <= 1.0
    here = Ellipsoid(place(beside), (0.0, 0.0, 1.0), 14.0, 14.0)
    expected = surface_margin(made.mask, [here]).minimum_mm
    margin = dict(found.margins)["lesion-1"]
    assert margin.whole.minimum_mm == pytest.approx(expected, abs=0.7)
    assert margin.claimed_mm < margin.minimum_mm
    codes = {item.code for item in found.assessment.findings}
    assert "verify.not_registered" not in codes
    assert not any(code.startswith("registration.") for code in codes)
