"""What the needles of a biopsy bring home, and what they cross on their way."""

from __future__ import annotations

import math

from ..ablation.device import Device
from ..access.biopsy import (
    Core,
    biopsy_limit,
    compartment_words,
    compartments,
    core_of,
    crossed_mm,
    fan_of_cores,
)
from ..access.choice import stand_of
from ..access.limits import Limits
from ..access.needle import Needle
from ..access.path_samples import PathSamples
from ..assessment import Measure
from ..case import Case, Lesion
from ..evidence import Value
from ..findings import Finding, Severity
from ..plan import Probe, Technique, Trajectory
from .sheet import Sheet
from .subject import Subject


def throw_of(instrument: Device, limits: Limits | None = None) -> float:
    """Length of one core in mm: what the user set, that of the device, or what is shipped where it does not say."""
    lengths = () if limits is not None and "biopsy.throw" in limits.more else instrument.active_tips_mm
    return lengths[0].amount if lengths else biopsy_limit("throw", limits).amount


def assess_biopsy(subject: Subject, sheet: Sheet) -> None:
    """Measure the cores of every biopsy needle of a treatment.

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in "biopsy.core_in_lesion", "biopsy.viable_core", "biopsy.fan" and "biopsy.crossed", and what is amiss.
    """
    needles = [(probe, tool) for probe, tool in subject.chosen if tool.technique is Technique.BIOPSY]
    if not needles:
        return
    case, lesion, limits = subject.case, subject.lesion, subject.limits
    if not compartments(case):
        text = (
            "No muscle or compartment is outlined: which ones the biopsy crosses, and may contaminate, was not checked."
        )
        sheet.add((), [Finding("biopsy.no_compartments", Severity.WARN, text, about=lesion.name)])
    least = limits.of_file("biopsy", "viable_least")
    for probe, tool in needles:
        core = core_of(case.image, lesion, probe.trajectory, throw_of(tool, limits), limits)
        sheet.add(_core_measures(probe, core, case, least), _core_findings(probe, core, least))
        sheet.add([_fan(case, lesion, probe, tool, limits)], ())
        _crossed(case, lesion, probe, sheet)


def _core_measures(probe: Probe, core: Core, case: Case, least: Value) -> list[Measure]:
    lost = [
        f"{amount:.0f} mm of {what}"
        for amount, what in (
            (core.gas_mm, "gas"), (core.necrotic_mm, "necrosis or fluid"), (core.sclerotic_mm, "dense sclerosis"),
        )
        if amount >= 0.5
    ]  # fmt: skip
    note = f"without {', '.join(lost)}" if lost else f"of a core of {core.throw_mm:.0f} mm"
    if case.image.unit != "HU":
        note = "the image is not in HU: all of the lesion counts as viable"
    tip = probe.trajectory.tip_mm
    return [
        Measure("biopsy.core_in_lesion", "Core within the lesion", core.in_lesion_mm, "mm", probe.name, place_mm=tip),
        Measure(
            "biopsy.viable_core", "Core of viable lesion", core.viable_mm, "mm", probe.name, limit=least, note=note
        ),
    ]


def _core_findings(probe: Probe, core: Core, least: Value) -> list[Finding]:
    tip = probe.trajectory.tip_mm
    if core.in_lesion_mm <= 0:
        text = f"The core of needle {probe.name} misses the lesion: a tip within it would be right."
        return [Finding("biopsy.misses", Severity.STOP, text, 0.0, "mm", least, tip, probe.name)]
    if core.viable_mm >= least.amount:
        return []
    held = math.floor(10 * core.viable_mm) / 10  # what is too little must not be read as enough
    text = (
        f"The core of needle {probe.name} holds {held:.1f} mm of viable lesion, {least} would be right: "
        "another way, a deeper tip or more cores."
    )
    return [Finding("biopsy.viable_core", Severity.WARN, text, core.viable_mm, "mm", least, tip, probe.name)]


def _fan(case: Case, lesion: Lesion, probe: Probe, tool: Device, limits: Limits) -> Measure:
    """Expected viable mm of all cores that can be taken through the entry of one needle."""
    needle = Needle(tool.diameter_mm.amount, tool.usable_length_mm.amount)

    def allowed(way: Trajectory) -> bool:
        if way.length_mm > needle.reach_mm(limits):
            return False
        return stand_of(PathSamples(case, way, needle, lesion, probe.name, limits), relaxed=False).allowed

    cores = fan_of_cores(case.image, lesion, probe.trajectory, throw_of(tool, limits), allowed, limits)
    total = sum(core.viable_mm for core in cores)
    note = f"{len(cores)} core{'s' if len(cores) > 1 else ''} through one entry, as each would be alone"
    return Measure("biopsy.fan", "Viable lesion of all cores through this entry", total, "mm", probe.name, note=note)


def _crossed(case: Case, lesion: Lesion, probe: Probe, sheet: Sheet) -> None:
    for item, length in crossed_mm(case, lesion, probe.trajectory):
        words = compartment_words(item)
        title = f"Way through {words} before the lesion"
        note = "its cells may be carried along this way: a surgeon may want to remove it with the tumour"
        sheet.add([Measure("biopsy.crossed", title, length, "mm", item.name, note=f"needle {probe.name}; {note}")], ())
