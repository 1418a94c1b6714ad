"""Registration and transfer: how exact and how fast, beside SimpleITK's own registration of the same images."""

from __future__ import annotations

import time

import numpy as np
import SimpleITK as sitk  # noqa: N813
from calibration import best_of, triad_gb_per_s
from study_registration import bones_and_targets, error_mm, middle_of, motion, rescanned

from boneir.assess import assess
from boneir.case import Case, Image, Lesion
from boneir.fusion.quality import quality_of
from boneir.fusion.registration import pair_of_bone, register_bone, register_whole
from boneir.grid import Grid
from boneir.image.labels import NamedMask
from boneir.image.rigid import Rigid, placed
from boneir.mask import Mask
from boneir.open import case_of
from boneir.plan import Technique
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.training.demo_patient import DemoPatient, demo_patient
from boneir.transfer import transfer

GROUP = "fusion"

HALF_MM = 100.0
NOISE_HU, SLICE_MM = 40.0, 5.0


def figures() -> list[dict]:
    """Seconds and mm for the part of the synthetic patient around L3, moved by a known motion."""
    calibration = f"triad {triad_gb_per_s():.1f} GB/s"
    made = patient((1.5, 1.5, 2.0))
    case = case_from(made, Rigid()).with_lesion(Lesion("lesion-1", made.lesion))
    truth = motion(1, middle_of(made.image))
    bones, targets = bones_and_targets(made.image)
    again = rescanned(made.image, truth, SLICE_MM, NOISE_HU, 1, targets[0])
    seconds, found = best_of(2, register_whole, made.image, again, bones)
    peer_seconds, peer = best_of(1, by_simpleitk, made.image, again, bones)
    off, peer_off = error_mm(found, truth, targets), error_mm(peer, truth, targets)
    rows = [
        row("rigid, whole image: time", seconds, "s", 15.0, calibration, peer_seconds),
        row("rigid, whole image: error at bone", off, "mm", 1.0, calibration, peer_off),
    ]
    vertebra = case.structure("vertebra_L3").mask
    seconds, bone = best_of(2, register_bone, made.image, again, vertebra, found)
    rows.append(row("rigid, one vertebra: time", seconds, "s", 5.0, calibration))
    rows.append(row("rigid, one vertebra: error", error_mm(bone, truth, vertebra.points_mm()), "mm", 1.0, calibration))
    seconds, _ = best_of(2, judged, made.image, again, vertebra, bone)
    rows.append(row("quality of one vertebra: time", seconds, "s", None, calibration))
    rows.append(moved(case, made, calibration))
    return rows


def moved(case: Case, made: DemoPatient, calibration: str) -> dict:
    """Seconds from a plan and today's outlined image to the plan checked again."""
    plan = propose(case, Goal(Technique.MICROWAVE, "emprint", max_plans=1)).plans[0]
    today = case_from(patient((1.7, 1.7, 2.2)), Rigid.about(made.seed_mm, (4.0, -3.0, 6.0), (9.0, -6.0, 12.0)))
    seconds, _ = best_of(1, transfer, case, plan, today)
    start = time.perf_counter()
    assess(case, plan)
    one = time.perf_counter() - start
    return row("transfer with re-check: time", seconds, "s", 10.0, f"{calibration}, one assessment {one:.1f} s")


def judged(fixed: Image, moving: Image, bone: Mask, found: Rigid) -> object:
    return quality_of(pair_of_bone(fixed, moving, bone, found), found)


def patient(spacing: tuple[float, float, float]) -> DemoPatient:
    rough = demo_patient(0, (6.0, 6.0, 6.0))
    low, high = rough.image.grid.corners_mm.min(axis=0), rough.image.grid.corners_mm.max(axis=0)
    low[2], high[2] = rough.seed_mm[2] - HALF_MM, rough.seed_mm[2] + HALF_MM
    ni, nj, nk = (int(n) for n in (high - low) / spacing)
    return demo_patient(0, grid=Grid((nk, nj, ni), spacing, (float(low[0]), float(low[1]), float(low[2]))))


def case_from(made: DemoPatient, truth: Rigid) -> Case:
    image = placed(made.image, truth)
    named = [NamedMask(name, Mask(image.grid, m.corner, m.voxels), "", "labels") for name, m in made.labels.items()]
    return case_of(image, named)


def by_simpleitk(fixed: Image, moving: Image, bones: Mask) -> Rigid:
    """SimpleITK as its manual has it: moments, then Mattes' information, 5 % of the voxels, two levels."""
    images = []
    for image in (fixed, moving):
        images.append(sitk.GetImageFromArray(np.clip(np.asarray(image.voxels, np.float32), -200, 1200)))
        images[-1].SetSpacing(image.grid.spacing_mm)
        images[-1].SetOrigin(image.grid.origin_mm)
        images[-1].SetDirection(image.grid.direction)
    first = sitk.CenteredTransformInitializer(
        *images, sitk.Euler3DTransform(), sitk.CenteredTransformInitializerFilter.MOMENTS
    )
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(50)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.05, 1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, 200)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2])
    method.SetSmoothingSigmasPerLevel([2, 1])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetInitialTransform(first, inPlace=False)
    found = method.Execute(*images)
    ends = np.array([found.TransformPoint(tuple(map(float, point))) for point in np.vstack([np.zeros(3), np.eye(3)])])
    return Rigid.of((ends[1:] - ends[0]).T, ends[0])


def row(name: str, value: float, unit: str, bar: float | None, calibration: str, peer: float | None = None) -> dict:
    met = None if bar is None else value <= bar
    text = None if peer is None else f"SimpleITK {peer:.3g} {unit}"
    return {
        "name": name, "value": value, "unit": unit, "bar": bar, "met": met, "calibration": calibration, "peer": text,
    }  # fmt: skip
