"""A lesion, plans and findings made by hand, for what the panel shows of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from boneir.assessment import Measure
from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.evidence import Grade, Value
from boneir.findings import Finding, Severity
from boneir.mask import Mask
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment

CENTRE = (-3.5, -4.2, 98.5)
"""LPS mm of a place inside the third lumbar vertebra of the synthetic patient."""


def ball(image: Image, diameter_mm: float = 20.0) -> Mask:
    kji = np.indices(image.grid.shape).reshape(3, -1).T
    inside = np.linalg.norm(image.grid.to_mm(kji[:, ::-1]) - CENTRE, axis=1) <= diameter_mm / 2
    return Mask.of(inside.reshape(image.grid.shape), image.grid)


def with_lesion(case: Case) -> Case:
    body = Mask.of(case.image.voxels > -300, case.image.grid)
    skin = Structure("body", Role.BODY, body, "body", "threshold")
    return case.with_structures([skin]).with_lesion(Lesion("lesion-1", ball(case.image), "by hand"))


def plan(image: Image, name: str, approach: str, entry_mm: tuple[float, float, float]) -> Plan:
    probe = Probe("1", "emprint", Trajectory(entry_mm, CENTRE), setting="", power_w=100, duration_s=300)
    reasons = (f"Nothing else enters {approach} with more room.", "Nearest: spinal canal, 7.2 mm.")
    return Plan(
        name, (Treatment("lesion-1", Technique.MICROWAVE, 5.0, (probe,)),), image.uid, approach, reasons=reasons
    )


def proposed(image: Image, parameters: Any) -> Any:
    from boneir.gui.records import Proposed, Refusal
    from boneir.gui.wording import goal_of

    plans = (
        plan(image, "plan-1", "right transpedicular L3", (-45.0, 90.0, 100.0)),
        plan(
            image, "plan-2", "left posterior oblique, between the transverse processes of L3 and L4", (62.0, 85.0, 92.0)
        ),
    )
    refusals = (Refusal("clearance", "spinal_canal", 1204), Refusal("length", "", 311))
    return Proposed(goal_of(parameters), plans, (0.21, 0.34), (), refusals)


LIMIT = Value(5.0, "mm", Grade.DEFAULT, "proposed by this project")


def findings() -> tuple[Finding, ...]:
    return (
        Finding("x.note", Severity.NOTE, "The zone was measured in excised bovine liver; not measured in bone."),
        Finding(
            "x.stop",
            Severity.STOP,
            "The needle passes 2.1 mm from the spinal canal at L3, and 5 mm are wanted: choose another way in or"
            " another device.",
            2.1,
            "mm",
            LIMIT,
            (10.0, 20.0, 95.0),
            "spinal_canal",
        ),
        Finding("x.absent", Severity.WARN, "No outline of bowel: not checked."),
    )


def measures() -> tuple[Measure, ...]:
    return (
        Measure("access.length", "Length from skin to tip", 103.96, "mm", "Needle 1"),
        Measure("ablation.minimal_margin", "Smallest margin around the lesion", 2.44, "mm", "lesion-1", limit=LIMIT),
        Measure("cement.volume", "Cement that fills the lesion", None, "mL", "lesion-1", 2.1, 4.3, note="a range"),
        Measure("ablation.distance", "Distance from the zone", 12.34, "mm", "inferior_vena_cava"),
        Measure(
            "lesion.kind", "Kind of lesion by its density", None, about="lesion-1", note="mixed: lytic with a dense rim"
        ),
    )


def found(widget: Any, plan: str = "plan-1", **what: Any) -> None:
    """Let the panel hold what was found of a plan."""
    from boneir.gui.records import Outcome, Outcomes, written

    widget.parameters.assessments = written(Outcomes((Outcome(plan_name=plan, **what),)))
