"""What physics says of a treatment, beside the published zones."""

from __future__ import annotations

from ..ablation.physics import SIMULATED, Watch, predict
from ..case import Case
from ..findings import Finding, Severity
from ..plan import Treatment
from .sheet import Sheet
from .zones import WITHOUT_ZONE


def assess_simulation(case: Case, treatment: Treatment, sheet: Sheet, progress: Watch | None = None) -> None:
    """Simulate heat or cold where the technique can be simulated, and say where it cannot.

    Parameters
    ----------
    case : Case
    treatment : Treatment
    sheet : Sheet
        Takes in what is found.
    progress : callable, optional
        Called while a simulation runs.
    """
    if treatment.technique in SIMULATED and treatment.probes:
        found = predict(case, treatment, progress=progress)
        sheet.add(found.measures, found.findings)
        sheet.zones.append(found.zone)
    elif treatment.technique not in WITHOUT_ZONE:
        text = f"What {treatment.technique} does to {treatment.lesion} was not simulated: only its zone is known."
        sheet.add((), [Finding("ablation.not_simulated", Severity.NOTE, text, about=treatment.lesion)])
