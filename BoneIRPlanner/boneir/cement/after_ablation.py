"""Cement after ablation: the order of steps, one hole for probe and cement, and what ablated bone lets through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..findings import Finding, Point, Severity
from ..image.resample import mask_on
from ..mask import Mask
from ..plan import Cement, Technique, Treatment
from ..resources import limit
from .medium import FillingMedium

_HOT = (Technique.RADIOFREQUENCY, Technique.MICROWAVE)


def ablated(medium: FillingMedium, zone: Mask, technique: Technique) -> FillingMedium:
    """The medium after ablation: what was killed lets cement through more, or less, easily.

    Parameters
    ----------
    medium : FillingMedium
    zone : Mask
        Predicted extent of the ablation.
    technique : Technique

    Returns
    -------
    FillingMedium
        The same one where nothing is known of the technique, or ablation is taken to change nothing.
    """
    key = "ablated_hot" if technique in _HOT else "ablated_cold" if technique is Technique.CRYO else ""
    if not key:
        return medium
    factor = limit("curing", key).amount
    if factor == 1.0:
        return medium
    there = mask_on(zone, medium.grid).full() & medium.bone & ~medium.void
    speed = np.where(there, np.minimum(1.0, medium.speed * factor), medium.speed)
    return replace(medium, speed=speed)


def order_findings(treatment: Treatment, probe_diameters_mm: dict[str, float]) -> tuple[Finding, ...]:
    """What has to be kept in mind where a lesion is ablated and filled.

    Parameters
    ----------
    treatment : Treatment
    probe_diameters_mm : dict of float
        Outer diameter of each probe, by its name.
    """
    if not treatment.cement or not treatment.probes or treatment.technique in (Technique.CEMENT, Technique.BIOPSY):
        return ()
    return tuple(_order(treatment, probe_diameters_mm))


def _order(treatment: Treatment, diameters: dict[str, float]) -> Iterator[Finding]:
    name = treatment.lesion
    text = (
        f"Ablate {name} before cement goes in: cured cement carries hardly any heat or current, and no probe gets in."
    )
    yield Finding("cement.order", Severity.NOTE, text, about=treatment.lesion)
    if treatment.technique is Technique.CRYO:
        wait = limit("curing", "thaw_min")
        text = f"Let {name} thaw before cement goes in, about {wait}: cold slows curing, and ice lets no cement in."
        yield Finding(
            "cement.thaw", Severity.WARN, text, None, "", wait, treatment.cement[0].trajectory.tip_mm, treatment.lesion
        )
    if treatment.technique in _HOT:
        wait = limit("curing", "cool_min")
        text = (
            f"Let {name} cool before cement goes in, about {wait}: heat hastens curing and leaves less time to inject."
        )
        yield Finding(
            "cement.cool", Severity.NOTE, text, None, "", wait, treatment.cement[0].trajectory.tip_mm, treatment.lesion
        )
    for cannula in treatment.cement:
        for probe in treatment.probes:
            if not _same_way(cannula, probe.trajectory.entry_mm, probe.trajectory.tip_mm):
                continue
            wall = limit("curing", "cannula_wall_mm")
            bore = cannula.diameter_mm - 2.0 * wall.amount
            needs = diameters.get(probe.name, 0.0)
            if needs > bore:
                text = (
                    f"Needle {probe.name} ({needs:.1f} mm) does not go through cannula {cannula.name}, whose bore is "
                    f"about {bore:.1f} mm: take a wider cannula, or a second hole."
                )
                yield Finding(
                    "cement.bore", Severity.WARN, text, needs, "mm", wall, cannula.trajectory.tip_mm, cannula.name
                )
            else:
                text = (
                    f"Needle {probe.name} ({needs:.1f} mm) goes through cannula {cannula.name}, whose bore is about "
                    f"{bore:.1f} mm, and cement after it."
                )
                yield Finding("cement.one_cannula", Severity.NOTE, text, about=cannula.name)


def _same_way(cannula: Cement, entry_mm: Point, tip_mm: Point) -> bool:
    """Whether a probe lies on the line of a cannula."""
    start, way = np.asarray(cannula.trajectory.entry_mm), np.asarray(cannula.trajectory.direction)
    offset = np.asarray([entry_mm, tip_mm]) - start
    across = offset - (offset @ way)[:, None] * way
    return bool((np.linalg.norm(across, axis=1) <= limit("curing", "same_way_mm").amount).all())
