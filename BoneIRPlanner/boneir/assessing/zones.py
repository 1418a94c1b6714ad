"""Zones of the probes by the makers' tables: size, margin, coverage, and what lies near."""

from __future__ import annotations

from collections.abc import Sequence

from ..ablation.approach import approach
from ..ablation.checks import energy_check, medium_finding
from ..ablation.device import Device
from ..ablation.limits import ablation_limit
from ..ablation.safety import NEURAL, zone_safety
from ..ablation.zone import Shells, joined_zone, shells_of, zone_of, zone_size_of
from ..anatomy.structures import kind_for, structure_kinds
from ..assessment import Measure, Zone
from ..case import Case, Lesion
from ..findings import Finding, Severity
from ..fusion.margin import surface_margins
from ..fusion.margin_measures import margin_findings, margin_measures
from ..mask import Mask
from ..plan import Probe, Technique, Treatment
from .aim import severity_of_shortfall
from .sheet import Sheet
from .subject import Subject

WITHOUT_ZONE = (Technique.BIOPSY, Technique.CEMENT, Technique.FIXATION)
"""Techniques whose instruments make no zone."""

WHOLE_ZONE = 0.98
"""A zone at the edge of the image of which less than this lies inside is said to be cut off."""


def assess_zones(subject: Subject, sheet: Sheet) -> None:
    """Zones of all probes of a lesion: volume, margin, coverage, what is near, what must be known of the devices.

    Parameters
    ----------
    subject : Subject
        Probes that make no zone are left out.
    sheet : Sheet
        Takes in what is found.
    """
    chosen, treatment = subject.chosen, subject.treatment
    ablating = [(probe, instrument) for probe, instrument in chosen if instrument.technique not in WITHOUT_ZONE]
    sheet.add((), _technique_findings(treatment, chosen, ablating))
    if ablating:
        _assess_ablating(subject, ablating, sheet)


def _assess_ablating(subject: Subject, chosen: Sequence[tuple[Probe, Device]], sheet: Sheet) -> None:
    case, treatment, lesion, grid = subject.case, subject.treatment, subject.lesion, subject.case.image.grid
    sizes = [zone_size_of(probe, instrument) for probe, instrument in chosen]
    shells = [
        shells_of(probe, size, instrument.technique) for (probe, instrument), size in zip(chosen, sizes, strict=True)
    ]
    zones = [zone_of(probe, instrument, grid) for probe, instrument in chosen]
    in_spine = _in_spine(case, shells)
    for (probe, instrument), size, shell, zone in zip(chosen, sizes, shells, zones, strict=True):
        sheet.add([_volume(zone)], [_cut_off(probe, shell, zone), medium_finding(probe, instrument, size)])
        sheet.add(*energy_check(probe, instrument, size, in_spine=in_spine))
    sheet.zones += zones
    if len(zones) > 1:
        together = Technique.CRYO in {instrument.technique for _, instrument in chosen}
        joined, findings = joined_zone(zones, Technique.CRYO if together else treatment.technique)
        sheet.zones.append(joined)
        sheet.add([_volume(joined)], findings)
    assess_margin(treatment, lesion, shells, sheet)
    thermal = treatment.technique not in (Technique.ELECTROCHEMOTHERAPY, Technique.ETHANOL)
    sheet.add(*zone_safety(shells, case.structures, case.image, lesion, thermal=thermal))


def _technique_findings(
    treatment: Treatment, chosen: Sequence[tuple[Probe, Device]], ablating: Sequence[tuple[Probe, Device]]
) -> list[Finding]:
    """Devices of another technique than the treatment's, and a technique whose zone nothing here predicts."""
    found = []
    for probe, instrument in ablating:
        if instrument.technique is not treatment.technique:
            text = (
                f"Needle {probe.name}: {instrument.name} is a device for {instrument.technique}, the treatment of "
                f"{treatment.lesion} says {treatment.technique}; its zone is that of the device."
            )
            found.append(Finding("plan.technique", Severity.WARN, text, about=probe.name))
    if chosen and not ablating and treatment.technique not in WITHOUT_ZONE:
        text = f"What {treatment.technique} does to {treatment.lesion} is not predicted: its devices have no zone."
        found.append(Finding("ablation.no_zone", Severity.WARN, text, about=treatment.lesion))
    return found


def _volume(zone: Zone) -> Measure:
    low, high = (None if mask is None else mask.volume_ml for mask in (zone.inner, zone.outer))
    title = "Volume of the zone" if zone.probe else "Volume of all zones together"
    about = zone.probe or zone.name
    return Measure("ablation.zone_volume", title, zone.mask.volume_ml, "mL", about, low, high, note=zone.medium)


def _cut_off(probe: Probe, shells: Shells, zone: Zone) -> Finding | None:
    """That a zone sticks out of the image; None where it does not."""
    share = zone.mask.volume_ml / shells.expected.volume_ml
    if share > WHOLE_ZONE or (not zone.mask.is_empty and not _at_edge(zone.mask)):
        return None
    text = (
        f"Only {100 * share:.0f} % of the zone of needle {probe.name} lies within the image: the rest was not checked."
    )
    return Finding("ablation.outside_image", Severity.WARN, text, share, "1", None, probe.trajectory.tip_mm, probe.name)


def _at_edge(mask: Mask) -> bool:
    """Whether a mask reaches the outermost voxels of its image: what does not is whole, however coarse its voxels."""
    return any(part.start == 0 or part.stop == n for part, n in zip(mask.window, mask.grid.shape, strict=True))


def _in_spine(case: Case, shells: Sequence[Shells]) -> bool:
    """Whether a vertebra, the canal, the cord or a root is so near the zones that nerves need protection."""
    near_mm = ablation_limit("neural_protection_mm").amount
    for item in case.structures:
        kind = structure_kinds().get(item.kind) or kind_for(item.name)
        spinal = item.name.startswith("vertebra") or (kind is not None and kind.kin.key in NEURAL)
        found = approach(shells, item.mask) if spinal else None
        if found is not None and found.distance_mm < near_mm:
            return True
    return False


def assess_coverage(subject: Subject, sheet: Sheet) -> None:
    """Only how the zones of some probes cover the lesion: what changes while a probe is being moved.

    Parameters are those of `assess_zones`, and so are the numbers.
    """
    shells = [shells_of(probe, zone_size_of(probe, tool), tool.technique) for probe, tool in subject.chosen]
    assess_margin(subject.treatment, subject.lesion, shells, sheet)


def assess_margin(treatment: Treatment, lesion: Lesion, shells: Sequence[Shells], sheet: Sheet) -> None:
    """Coverage and margin of a lesion within the zones whose shells are given."""
    zones = [[shell.expected for shell in shells], [shell.inner for shell in shells], [shell.outer for shell in shells]]
    expected, inner, outer = surface_margins(lesion.mask, zones)
    wanted, liver = treatment.margin_mm, ablation_limit("liver_margin_mm")
    note = f"For comparison, in liver: {liver.note} ({liver.source})"
    sheet.add(
        margin_measures(expected, inner, outer, lesion.name, wanted, note),
        margin_findings(
            expected,
            inner,
            lesion.name,
            wanted,
            ablation_limit("coverage_of_lesion"),
            severity_of_shortfall(expected, wanted),
        ),
    )
