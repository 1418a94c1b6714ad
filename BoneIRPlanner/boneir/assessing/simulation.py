"""What physics says of a treatment, beside the published zones."""

from __future__ import annotations

from collections.abc import Callable

from ..ablation.physics import Watch
from ..ablation.simulate import SIMULATED_HERE, simulate
from ..findings import Finding, Severity
from .sheet import Sheet
from .simulated_margin import assess_simulated_margin
from .subject import Subject
from .zones import WITHOUT_ZONE


def assess_simulation(
    subject: Subject,
    sheet: Sheet,
    progress: Watch | None = None,
    *,
    spread: bool = False,
    in_turn: bool = False,
    told: Callable[[float], None] | None = None,
) -> None:
    """Simulate what can be simulated, and say where it cannot.

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in what is found.
    progress : callable, optional
        Called while a simulation runs.
    spread : bool
        Whether heat and cold are simulated over the ranges of tissue values.
    in_turn : bool
        Whether needles heat one after the other instead of together.
    told : callable, optional
        Called with the share of those simulations that is done.
    """
    case, treatment = subject.case, subject.treatment
    if treatment.technique in SIMULATED_HERE and treatment.probes:
        for outcome in simulate(case, treatment, spread=spread, in_turn=in_turn, progress=progress, told=told):
            sheet.add(outcome.measures, outcome.findings)
            sheet.zones += (outcome.zone, *outcome.each)
            sheet.curves += outcome.curves
            assess_simulated_margin(subject.lesion, outcome.zone, treatment.margin_mm, sheet)
    elif treatment.technique not in WITHOUT_ZONE:
        text = f"What {treatment.technique} does to {treatment.lesion} was not simulated: only its zone is known."
        sheet.add((), [Finding("ablation.not_simulated", Severity.NOTE, text, about=treatment.lesion)])
