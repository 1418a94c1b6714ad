"""What must be known of the devices of a plan: their medium, where they must not be used, how much they heat."""

from __future__ import annotations

from collections.abc import Iterable

from ..anatomy.structures import with_article
from ..assessment import Measure
from ..case import Lesion, Structure
from ..findings import Finding, Severity
from ..plan import Probe, Technique
from .device import Device, ZoneSize
from .limits import ablation_limit


def medium_finding(probe: Probe, device: Device, size: ZoneSize) -> Finding | None:
    """That a zone was not measured in bone; None where it was."""
    if size.in_bone:
        return None
    share = ablation_limit("zone_size_uncertainty")
    text = (
        f"Needle {probe.name}: the zone of {device.name}, {size.title}, is of another medium ({size.medium_sentence}); "
        f"in bone it may be at least {share.amount:.0%} smaller or larger."
    )
    return Finding("ablation.medium", Severity.NOTE, text, limit=share, about=probe.name)


def contraindication_findings(
    probe: Probe, device: Device, lesion: Lesion, structures: Iterable[Structure]
) -> tuple[Finding, ...]:
    """Where a device must not be used at the level of the lesion, or that the level is not known."""
    items = {item.name: item for item in structures if not item.mask.is_empty}
    found = []
    for rule in device.contraindications:
        hit = [name for name in rule.structures if name in items and _touches(lesion, items[name])]
        tip = probe.trajectory.tip_mm
        if hit:
            bones = ", ".join(map(with_article, hit))
            text = f"Needle {probe.name}: {device.name} is {rule.text}; the lesion lies in {bones}."
            found.append(Finding("ablation.contraindicated", Severity.STOP, text, place_mm=tip, about=probe.name))
        elif not any(name.startswith("vertebra_") and _touches(lesion, item) for name, item in items.items()):
            text = (
                f"Needle {probe.name}: {device.name} is {rule.text}; in which vertebra the lesion lies is not known, "
                "so this was not checked."
            )
            found.append(Finding("ablation.level_unknown", Severity.WARN, text, place_mm=tip, about=probe.name))
    return tuple(found)


def energy_of(probe: Probe, size: ZoneSize) -> float | None:
    """Energy in kJ that a probe delivers at its setting, or None where power or time is not known."""
    power = size.power_w if probe.power_w is None else probe.power_w
    duration = size.duration_s if probe.duration_s is None else probe.duration_s
    return None if power is None or duration is None else power * duration * probe.cycles / 1000.0


def energy_check(
    probe: Probe, device: Device, size: ZoneSize, *, in_spine: bool
) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Energy of a microwave probe, and whether that is much for the spine."""
    energy = energy_of(probe, size)
    if energy is None or device.technique is not Technique.MICROWAVE:
        return (), ()
    limit = ablation_limit("microwave_energy_kj") if in_spine else None
    measure = Measure("ablation.energy", "Energy", energy, "kJ", probe.name, limit=limit)
    if limit is None or energy <= limit.amount:
        return (measure,), ()
    text = f"Needle {probe.name} delivers {energy:.3g} kJ in the spine: more than {limit} is unusual there."
    place = probe.trajectory.tip_mm
    return (measure,), (Finding("ablation.energy", Severity.WARN, text, energy, "kJ", limit, place, probe.name),)


def _touches(lesion: Lesion, structure: Structure) -> bool:
    corner, voxels = lesion.mask.corner, lesion.mask.voxels
    nk, nj, ni = voxels.shape
    return bool((structure.mask.part(corner, (nk, nj, ni)) & voxels).any())
