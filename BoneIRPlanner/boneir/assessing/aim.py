"""What an ablation is meant for, and how much it weighs that its zone falls short of that."""

from __future__ import annotations

from ..ablation.limits import ablation_limit
from ..findings import Severity
from ..fusion.margin import SurfaceMargin


def meant_to_control(wanted_mm: float) -> bool:
    """Whether a plan that asks for this margin is meant to control the lesion, not only to relieve pain."""
    return wanted_mm >= ablation_limit("control_margin_mm").amount


def severity_of_shortfall(reached: SurfaceMargin, wanted_mm: float) -> Severity:
    """How much it weighs that a zone does not cover a lesion with its margin.

    Much of the lesion left out stops a plan that is meant to control it. Little of it, or only of its margin, is for a
    physician to decide. Where the plan is meant to relieve pain, each is one step milder.
    """
    much = reached.coverage[0] < ablation_limit("least_coverage").amount
    return (Severity.NOTE, Severity.WARN, Severity.STOP)[much + meant_to_control(wanted_mm)]
