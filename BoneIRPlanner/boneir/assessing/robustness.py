"""What remains of a treatment when its needles do not go exactly where they are planned."""

from __future__ import annotations

from collections.abc import Sequence

from ..ablation.device import Device
from ..ablation.zone import zone_size_of
from ..access.guidance import guidance_of
from ..access.limits import Limits
from ..access.needle import Needle, ZoneShape
from ..access.path_samples import PathSamples
from ..access.placement import DRAWS, kept_share
from ..access.robustness import coverage_under_error, robustness_measures
from ..access.targets import wanted_points
from ..assessment import Measure
from ..case import Case
from ..plan import Probe, Treatment
from .sheet import Sheet
from .zones import WITHOUT_ZONE

SEED = 0
"""Of the drawn placements: the same plan always gives the same numbers."""


def assess_robustness(
    case: Case, treatment: Treatment, chosen: Sequence[tuple[Probe, Device]], limits: Limits, sheet: Sheet
) -> None:
    """Draw placements of all needles together: how often every clearance is kept, and what the zones then cover.

    Parameters
    ----------
    case : Case
    treatment : Treatment
    chosen : sequence of (Probe, Device)
        The probes of the treatment, each with its device.
    limits : Limits
        Hold the placement error of the way in which the needles are guided.
    sheet : Sheet
        Takes in what is found.
    """
    guided, lesion = guidance_of(limits), case.lesion(treatment.lesion)
    ways = [(probe.trajectory, Needle(tool.diameter_mm.amount, tool.usable_length_mm.amount)) for probe, tool in chosen]
    ways += [
        (item.trajectory, Needle(item.diameter_mm, item.trajectory.length_mm + limits.hub_reserve.amount))
        for item in treatment.cement
    ]
    if not ways:
        return
    paths = [PathSamples(case, way, needle, lesion, "", limits) for way, needle in ways]
    share = kept_share(paths, SEED)
    note = f"guided {guided.name}: {guided.tip_sigma} per axis at the tip, {DRAWS} drawn placements, seed {SEED}"
    title, low, high = "Probability of keeping every clearance", 100 * share.low, 100 * share.high
    sheet.add([Measure("access.kept", title, 100 * share.value, "%", lesion.name, low, high, note=note)])
    ablating = [(probe, tool) for probe, tool in chosen if tool.technique not in WITHOUT_ZONE]
    if ablating:
        sizes = [zone_size_of(probe, tool) for probe, tool in ablating]
        shapes = [ZoneShape(size.length_mm.amount, size.width_mm.amount, size.forward_mm.amount) for size in sizes]
        wanted = wanted_points(case, lesion, treatment.margin_mm)
        found = coverage_under_error([probe.trajectory for probe, _ in ablating], shapes, wanted, guided, seed=SEED)
        sheet.add(robustness_measures(found, guided, lesion.name, SEED))
