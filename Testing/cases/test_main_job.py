"""The main job on real images with implanted lesions: every proposed path is walked again by a check of its own.

The check knows nothing of the planner's fields, outlines or limits. It samples the CT along the needle and asks what
a radiologist would: does the needle begin at the skin, does its hub stay outside, does it reach the lesion, does it
cross air.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
import SimpleITK
from scipy import ndimage

from boneir.anatomy.lesion import grow_lesion
from boneir.assess import assess
from boneir.case import Case, Image, Lesion
from boneir.image.read import read_image
from boneir.open import open_case
from boneir.plan import Plan, Position, Technique, Trajectory
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.training.implant import Implanted, implant_lesion
from cases_folder import case_folder

pytestmark = pytest.mark.cases

AIR_HU = -400
"""Below this the needle is in lung, gas or room air; fat is above."""

SKIN_HU = -250
"""Between fat and what touches the skin from outside: air, a blanket, a mattress."""

STEP_MM = 0.5


@dataclass(frozen=True)
class Job:
    """A lesion in a real image: voxel (i, j, k) of its centre, its diameter and kind, and how the patient lies."""

    folder: str
    centre_ijk: tuple[int, int, int]
    diameter_mm: float
    kind: str
    position: Position = Position.PRONE


JOBS = {
    "thoracic body": Job("thorax-ct-dicom", (241, 366, 40), 14.0, "lytic"),
    "posterior rib": Job("thorax-ct-dicom", (153, 392, 54), 12.0, "lytic"),
    "iliac wing": Job("pelvis-ct-dicom", (173, 350, 19), 16.0, "lytic"),
}


def prepared(job: Job) -> tuple[Case, Implanted]:
    """The image of the job with its lesion, opened as any other and the lesion grown from a click at its centre."""
    image, _ = read_image(case_folder(job.folder))
    centre = tuple(float(x) for x in image.grid.to_mm(job.centre_ijk))
    implanted = implant_lesion(image, centre, job.diameter_mm, job.kind, seed=1)
    return implanted.image, implanted


def samples_along(image: Image, trajectory: Trajectory, start_mm: float, stop_mm: float) -> np.ndarray:
    """HU every half millimetre from `start_mm` to `stop_mm` behind the entry, by linear interpolation."""
    depths = np.arange(start_mm, stop_mm, STEP_MM)
    points = np.asarray([trajectory.point_at(float(depth)) for depth in depths])
    kji = image.grid.to_ijk(points)[:, ::-1].T
    return ndimage.map_coordinates(image.voxels, kji, output=np.float32, order=1, mode="constant", cval=-1024.0)


def walk(image: Image, lesion: np.ndarray, trajectory: Trajectory) -> list[str]:
    """What is wrong with a path, in words; an empty list where nothing is."""
    faults = []
    outside = samples_along(image, trajectory, -60.0, -4.0)
    if np.mean(outside > SKIN_HU) > 0.25:
        faults.append("the shaft outside lies in tissue or in the table for more than a quarter of its way")
    skin = samples_along(image, trajectory, -4.0, 4.0)
    if not (skin.min() < SKIN_HU < skin.max()):
        faults.append("the entry is not at a skin surface")
    inside = samples_along(image, trajectory, 4.0, trajectory.length_mm)
    runs, count = ndimage.label(inside < AIR_HU)
    longest = max((int((runs == n).sum()) for n in range(1, count + 1)), default=0) * STEP_MM
    if longest > 1.0:
        faults.append(f"{longest:.1f} mm of lung or gas on the way")
    tip = trajectory.point_at(trajectory.length_mm)
    k, j, i = image.grid.nearest_voxel(tip)
    reach = np.ceil(3.0 / np.asarray(image.grid.spacing_mm[::-1])).astype(int)
    around = tuple(slice(max(0, c - r), c + r + 1) for c, r in zip((k, j, i), reach, strict=True))
    through = [image.grid.nearest_voxel(trajectory.point_at(d)) for d in np.arange(0, trajectory.length_mm, STEP_MM)]
    if not any(lesion[voxel] for voxel in through) and not lesion[around].any():
        faults.append("the needle misses the lesion")
    return faults


@pytest.mark.parametrize("name", JOBS)
def test_without_any_label_file_every_plan_is_sane(name: str, tmp_path) -> None:
    job = JOBS[name]
    image, implanted = prepared(job)
    path = tmp_path / "ct.nrrd"
    SimpleITK.WriteImage(as_sitk(image), str(path))
    case = open_case(path)
    lesion, _ = grow_lesion(case, implanted.mask.centroid_mm)
    case = case.with_lesion(lesion)
    proposal = propose(case, Goal(Technique.MICROWAVE, "emprint", position=job.position))
    assert 1 <= len(proposal.plans) <= 6, [f.text for f in proposal.findings]
    faults = {plan.name: walk(case.image, implanted.mask.full(), plan.probes[0].trajectory) for plan in proposal.plans}
    assert not any(faults.values()), faults
    check_numbers(case, proposal.plans[0])


def check_numbers(case: Case, plan: Plan) -> None:
    """The assessment of a plan repeats what the plan's own values say."""
    result = assess(case, plan)
    length = result.measure("access.length")
    assert length is not None
    assert length.amount == pytest.approx(plan.probes[0].trajectory.length_mm, abs=0.05)
    coverage = result.measure("ablation.coverage")
    assert coverage is not None
    assert 0 <= coverage.amount <= 100
    assert any(finding.code == "case.absent" for finding in result.findings), "absent outlines must be said"


def as_sitk(image: Image) -> SimpleITK.Image:
    written = SimpleITK.GetImageFromArray(image.voxels)
    written.SetSpacing(image.grid.spacing_mm)
    written.SetOrigin(image.grid.origin_mm)
    written.SetDirection(image.grid.direction)
    return written


LUMBAR_LABELS = {26: "S1", 27: "L5", 28: "L4", 29: "L3", 30: "L2", 31: "L1", 32: "T12", 33: "T11"}
"""The names that the folder's README gives to the labels."""


def test_lumbar_spine_with_its_labels_is_entered_beside_or_through_the_pedicle(tmp_path) -> None:
    folder = case_folder("lumbar-ct")
    names = tmp_path / "names.json"
    names.write_text(json.dumps({str(number): f"vertebrae_{level}" for number, level in LUMBAR_LABELS.items()}))
    case = open_case(folder / "ct.nii.gz", labels=folder / "vertebrae_labels.nii.gz", label_names=names)
    body = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(folder / "vertebrae_body.nii.gz"))) == 1
    level = case.structure("vertebra_L3").mask
    centre = np.argwhere(body & level.full()).mean(axis=0)
    implanted = implant_lesion(case.image, tuple(case.image.grid.to_mm(centre[::-1])), 16.0, "lytic", seed=2)
    case = Case(implanted.image, case.structures, (Lesion("lesion-1", implanted.mask),), (), case.findings)
    proposal = propose(case, Goal(Technique.MICROWAVE, "emprint"))
    assert proposal.plans, [f.text for f in proposal.findings]
    canal = case.structure("spinal_canal").mask.full()
    for plan in proposal.plans:
        way = plan.probes[0].trajectory
        points = [way.point_at(float(depth)) for depth in np.arange(0, way.length_mm, STEP_MM)]
        assert not any(canal[case.image.grid.nearest_voxel(p)] for p in points), f"{plan.approach} crosses the canal"
        assert not walk(case.image, implanted.mask.full(), way), plan.approach
    assert any("pedic" in plan.approach or "posterolateral" in plan.approach for plan in proposal.plans)
