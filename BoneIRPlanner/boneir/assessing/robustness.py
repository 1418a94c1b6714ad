"""What remains of a treatment when its needles do not go exactly where they are planned."""

from __future__ import annotations

from ..ablation.zone import zone_size_of
from ..access.guidance import guidance_of
from ..access.needle import ZoneShape
from ..access.placement import DRAWS, kept_share
from ..access.robustness import coverage_under_error, robustness_measures
from ..access.targets import wanted_points
from ..assessment import Measure
from .sheet import Sheet
from .subject import Subject
from .zones import WITHOUT_ZONE

SEED = 0
"""Of the drawn placements: the same plan always gives the same numbers."""


def assess_robustness(subject: Subject, sheet: Sheet) -> None:
    """Draw placements of all needles together: how often every clearance is kept, and what the zones then cover.

    Parameters
    ----------
    subject : Subject
        Its limits hold the placement error of the way in which the needles are guided.
    sheet : Sheet
        Takes in what is found.
    """
    if not subject.paths:
        return
    guided, lesion = guidance_of(subject.limits), subject.lesion
    share = kept_share(subject.paths, SEED)
    note = f"guided {guided.name}: {guided.tip_sigma} per axis at the tip, {DRAWS} drawn placements, seed {SEED}"
    title, low, high = "Probability of keeping every clearance", 100 * share.low, 100 * share.high
    sheet.add([Measure("access.kept", title, 100 * share.value, "%", lesion.name, low, high, note=note)])
    ablating = [(probe, tool) for probe, tool in subject.chosen if tool.technique not in WITHOUT_ZONE]
    if ablating:
        sizes = [zone_size_of(probe, tool) for probe, tool in ablating]
        shapes = [ZoneShape(size.length_mm.amount, size.width_mm.amount, size.forward_mm.amount) for size in sizes]
        wanted = wanted_points(subject.case, lesion, subject.treatment.margin_mm)
        found = coverage_under_error([probe.trajectory for probe, _ in ablating], shapes, wanted, guided, seed=SEED)
        sheet.add(robustness_measures(found, guided, lesion.name, SEED))
