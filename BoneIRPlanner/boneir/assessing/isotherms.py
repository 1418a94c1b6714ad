"""Isotherms of a plan: where tissue comes to temperatures that mean something, simulated in the patient's tissue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ablation.damage import frozen_rule
from ..ablation.limits import ablation_limit
from ..ablation.physics import SIMULATED, Prediction, predict
from ..ablation.physics_values import physics_value
from ..case import Case
from ..errors import PlanError
from ..evidence import Value
from ..mask import Mask
from ..plan import Plan, Technique, Treatment


@dataclass(frozen=True, eq=False)
class Isotherm:
    """What is at least as hot, or as cold, as a temperature at any time.

    Parameters
    ----------
    lesion : str
        Whose treatment it is of.
    limit : Value
        The temperature, in degC, with where it comes from.
    meaning : str
        What happens there, in words.
    warm : bool
        Whether inside is hotter.
    mask : Mask
        On the voxels of the simulation.
    """

    lesion: str
    limit: Value
    meaning: str
    warm: bool
    mask: Mask


def isotherms(case: Case, plan: Plan, *, spacing_mm: float = 1.0) -> tuple[Isotherm, ...]:
    """Simulate a plan, and give its isotherms, the widest first.

    Parameters
    ----------
    case : Case
        With CT.
    plan : Plan
    spacing_mm : float
        Voxels of the simulation.

    Raises
    ------
    PlanError
        If nothing of the plan heats or freezes, or it cannot be simulated.
    """
    found = [item for item in plan.treatments if item.technique in SIMULATED and item.probes]
    if not found:
        raise PlanError(f"Nothing in plan {plan.name!r} heats or freezes in a way that can be simulated.")
    return tuple(
        item for treatment in found for item in isotherms_in(treatment, predict(case, treatment, spacing_mm=spacing_mm))
    )


def isotherms_in(treatment: Treatment, made: Prediction) -> tuple[Isotherm, ...]:
    """The isotherms of a simulation that has run."""
    warm = treatment.technique is not Technique.CRYO
    drawn = []
    for limit, meaning in _warm() if warm else _cold():
        inside = made.temperature_c >= limit.amount if warm else made.temperature_c <= limit.amount
        drawn.append(Isotherm(treatment.lesion, limit, meaning, warm, Mask.of(np.asarray(inside), made.window)))
    return tuple(drawn)


def _warm() -> tuple[tuple[Value, str], ...]:
    return (
        (ablation_limit("neural_heat_c"), "toxic to nerves"),
        (physics_value("heat_sure_c"), "coagulates at once"),
    )


def _cold() -> tuple[tuple[Value, str], ...]:
    rule = frozen_rule()
    return (
        (ablation_limit("neural_cold_c"), "too cold for nerves"),
        (rule["lethal_c"], "lethal to soft tissue"),
        (rule["tumour_lethal_c"], "wanted for tumour"),
    )
