"""Cement in real bone: volumes of vertebral bodies, and breaches of known place that are found as ports."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from boneir.anatomy.vertebra_parts import vertebra_parts
from boneir.case import Case
from boneir.cement.forecast import PreparedBone, best_tips, forecast, prepare
from boneir.cement.volume import cement_volume
from boneir.findings import Point
from boneir.image.volume_file import read_volume_file
from boneir.mask import Mask
from boneir.open import open_case
from boneir.training.implant import Implanted, LesionKind, implant_lesion
from cases_folder import case_folder

pytestmark = pytest.mark.cases

NAMES = {26: "S1", 27: "L5", 28: "L4", 29: "L3", 30: "L2", 31: "L1", 32: "T12", 33: "T11"}
DIAMETER_MM, FROM_WALL_MM = 14.0, 11.0


@cache
def lumbar(folder: str) -> Case:
    where = case_folder("lumbar-ct")
    names = json.dumps({str(number): f"vertebra_{level}" for number, level in NAMES.items()})
    list_of_names = Path(folder) / "names.json"
    list_of_names.write_text(names, "utf-8")
    return open_case(where / "ct.nii.gz", labels=where / "vertebrae_labels.nii.gz", label_names=list_of_names)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return lumbar(str(tmp_path_factory.mktemp("names")))


def point(place: np.ndarray) -> Point:
    x, y, z = (float(v) for v in place)
    return x, y, z


def with_lesion(case: Case, level: str, breach: bool) -> tuple[Implanted, PreparedBone]:
    bone, canal = case.structure(f"vertebra_{level}").mask, case.structure("spinal_canal").mask
    middle = np.asarray(vertebra_parts(bone, canal).body.centroid_mm)
    places = canal.points_mm()
    wall = places[int(np.argmin(np.linalg.norm(places - middle, axis=1)))]
    inward = (middle - wall) / np.linalg.norm(middle - wall)
    centre, towards = (point(wall + FROM_WALL_MM * inward), point(wall) if breach else None)
    made = implant_lesion(
        case.image, centre, DIAMETER_MM, LesionKind.LYTIC, bone=bone, breach=breach, towards_mm=towards, seed=1
    )
    return made, prepare(made.image, made.mask, case.structures)


def test_bodies_grow_downwards_as_is_published(case: Case) -> None:
    """Volumes rise from L1 to L4 (https://pubmed.ncbi.nlm.nih.gov/26377928)."""
    canal = case.structure("spinal_canal").mask
    volumes = {
        level: vertebra_parts(case.structure(f"vertebra_{level}").mask, canal).body.volume_ml
        for level in ("T12", "L1", "L2", "L3", "L4")
    }
    assert list(volumes.values()) == sorted(volumes.values())
    report = json.loads((case_folder("lumbar-ct") / "spine_report.json").read_text("utf-8"))["results"]
    for level in ("L1", "L2", "L3", "L4"):
        # That report gives less than a count of its own labels, with which these bodies agree (see below).
        assert 1.0 <= volumes[level] / report[f"vertebrae_{level}_volume_ml"] <= 1.25


def test_bodies_are_those_that_others_outlined(case: Case) -> None:
    """The body parted from its vertebra by its shape alone against an outline of all bodies by another program."""
    folder = case_folder("lumbar-ct")
    numbers, grid = read_volume_file(folder / "vertebrae_labels.nii.gz")
    bodies, _ = read_volume_file(folder / "vertebrae_body.nii.gz")
    canal = case.structure("spinal_canal").mask
    for number, level in NAMES.items():
        if level in ("S1", "T11"):  # not a body of its own; cut off by the border of the image
            continue
        theirs = Mask.of((numbers == number) & (bodies == 1), grid).volume_ml
        ours = vertebra_parts(case.structure(f"vertebra_{level}").mask, canal).body.volume_ml
        assert ours / theirs == pytest.approx(1.0, abs=0.03 if level != "L5" else 0.09), level


@pytest.mark.parametrize("level", ["L3", "L1"])
def test_an_implanted_breach_is_the_first_port(case: Case, level: str) -> None:
    made, bone = with_lesion(case, level, True)
    volume = cement_volume(made.image, made.mask, bone.site.neighbours.body, bone.site.compartment)
    assert volume.void_ml == pytest.approx(made.volume_ml, rel=0.25)  # voxels of 27 mm3, and only 70 of them
    found = forecast(bone, [made.mask.centroid_mm], [volume.expected_ml], draws=8)
    first = found.ports[0]
    assert first.port.kind == "posterior wall"
    assert made.breach_mm is not None
    assert np.linalg.norm(np.subtract(first.port.place_mm, made.breach_mm)) < 6.0
    assert first.leak_chance > 0.8
    best = best_tips(bone, volume.expected_ml)[0]
    assert best.safe.volume_ml > found.safe.volume_ml
    for step in np.arange(0.5, 4.0, 0.5):
        assert (found.filling.shares(step) * bone.medium.capacity_ml).sum() == pytest.approx(step, rel=1e-6)


def test_a_breach_adds_the_area_of_its_hole(case: Case) -> None:
    areas = []
    for breach in (False, True):
        _, bone = with_lesion(case, "L3", breach)
        near = [port for port in bone.ports if port.kind == "posterior wall" and port.open_chance.amount > 0.5]
        areas.append(sum(port.area_mm2 for port in near))
    # The implanted hole has a radius of 0.32 diameters; what is open without it is the mouth of the basivertebral vein,
    # which voxels of 3 mm blur.
    assert areas[1] - areas[0] > 0.9 * np.pi * (0.32 * DIAMETER_MM) ** 2
