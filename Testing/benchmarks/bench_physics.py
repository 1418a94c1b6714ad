"""Physics of whole plans: each technique once and over the ranges of tissue values, and the comparison of all of them.

On the synthetic patient and, where the images are there, on a real thorax with an implanted lesion.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace

from calibration import triad_gb_per_s

from boneir.ablation.compare import Option
from boneir.ablation.simulate import simulate
from boneir.ablation.substitutes import substitutes
from boneir.anatomy.lesion import grow_lesion
from boneir.case import Case
from boneir.compare import by_technique, compare, simulate_options
from boneir.image.read import read_image
from boneir.open import outlined_case
from boneir.plan import Plan, Probe, Technique, Trajectory
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.training.demo_patient import demo_patient
from boneir.training.implant import implant_lesion
from cases_folder import cases_root

GROUP = "physics"

ONCE_S, NINE_S, COMPARED_S = 10.0, 60.0, 60.0
NINE = (Technique.MICROWAVE, Technique.RADIOFREQUENCY, Technique.CRYO)
"""Techniques that can be simulated over ranges; ethanol always is."""


def figures():
    for name, case in cases():
        yield from figures_of(name, case)


def cases():
    patient = demo_patient(1)
    yield "synthetic", with_lesion(patient.image, patient.seed_mm)
    folder = cases_root() / "thorax-ct-dicom"
    if not folder.is_dir():
        print("bench_physics: the real case is left out, the folder of real images is absent", file=sys.stderr)
        return
    image, _ = read_image(folder)
    place = tuple(float(x) for x in image.grid.to_mm((241, 366, 40)))
    yield "thorax", with_lesion(implant_lesion(image, place, 14.0, "lytic", seed=1).image, place)


def with_lesion(image, place_mm) -> Case:
    case = outlined_case(Case(image))
    lesion, _ = grow_lesion(case, place_mm)
    return case.with_lesion(lesion)


def figures_of(name: str, case: Case):
    plan = propose(case, Goal(Technique.MICROWAVE, "emprint")).plans[0]
    start = time.perf_counter()
    plans, _ = substitutes(plan)
    options = compare(case, plans, lambda _: None).options
    by_table = time.perf_counter() - start
    groups = by_technique(options)
    made = simulate_options(case, plans, groups, lambda _: None)
    whole = time.perf_counter() - start
    text = f"{by_table:.1f} s of it for {len(plans)} plans by their tables"
    yield row(f"{name}: compare {len(made.options)} techniques", whole, "s", COMPARED_S, text)
    for option in made.options:
        if not option.reason:
            yield from runs(name, case, option, next(plan for plan in plans if plan.name == option.plan))


def runs(name: str, case: Case, option: Option, plan: Plan):
    (treatment,) = plan.treatments
    if treatment.technique is Technique.ELECTROCHEMOTHERAPY:
        treatment = replace(treatment, probes=tuple(aside(treatment.probes[0], mm) for mm in (-7.0, 7.0)))
    always_nine = treatment.technique is Technique.ETHANOL
    for spread in (False, True) if treatment.technique in NINE else (False,):
        start = time.perf_counter()
        simulate(case, treatment, spread=spread)
        seconds = time.perf_counter() - start
        nine = spread or always_nine
        title = f"{name}: {treatment.technique}, {'nine runs' if nine else 'once'}"
        yield row(title, seconds, "s", NINE_S if nine else ONCE_S, plan.name)


def aside(probe: Probe, mm: float) -> Probe:
    """The needle so far to the left or right: one alone makes no field."""
    ends = ((x + mm, y, z) for x, y, z in (probe.trajectory.entry_mm, probe.trajectory.tip_mm))
    return replace(probe, name=f"{probe.name} {mm:+g}", trajectory=Trajectory(*ends))


def row(name: str, value: float, unit: str, bar: float, what: str) -> dict:
    calibration = f"triad {triad_gb_per_s():.0f} GB/s, load {os.getloadavg()[0]:.1f}; {what}"
    return {
        "name": name, "value": value, "unit": unit, "bar": bar, "met": value <= bar, "calibration": calibration,
        "peer": None,
    }  # fmt: skip
