"""Focused ultrasound of a lesion: the best direction, whether sound gets there, and what sonications destroy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..anatomy.structures import kind_for, structure_kinds, with_article
from ..assessment import Measure, Zone
from ..case import Case, Role, Structure
from ..errors import CaseError
from ..evidence import Value
from ..findings import Finding, Point, Severity
from ..image.resample import mask_on
from ..mask import Mask
from .acoustic import ultrasound_value
from .acoustic_window import Placement, acoustic_window, placement_along, placements, window_findings
from .bowl import Bowl
from .heat import Heated
from .heat_drive import Drive
from .in_turn import See, heat_in_turn
from .medium import medium_of
from .outcome import Outcome, share_within, zone_on
from .safety import NEURAL
from .tissue_map import TissueMap, tissue_map, window_around
from .ultrasound import Sonication, sonicate

COOLING_S = 20.0
"""How long heat is followed after the sound has ended."""


@dataclass(frozen=True)
class Transducer:
    """Curvature and diameter of a bowl in mm, and its frequency in Hz."""

    curvature_mm: float
    diameter_mm: float
    frequency_hz: float

    def aimed(self, at: Aimed) -> Bowl:
        """The bowl of one sonication."""
        return Bowl(at.focus_mm, at.axis, self.curvature_mm, self.diameter_mm, self.frequency_hz)


@dataclass(frozen=True)
class Aimed:
    """Where a sonication has its focus, in LPS mm, and the LPS unit vector of its beam into the body."""

    focus_mm: Point
    axis: Point


@dataclass
class _Burst:
    """A generator that works for some seconds and then stops."""

    watts: float
    seconds: float
    period_s: float = 0.5

    def power_w(self, time_s: float, _seen_c: float, /) -> float:
        return self.watts if time_s < self.seconds - 1e-6 else 0.0


def predict_ultrasound(
    case: Case,
    lesion: str,
    transducer: Transducer,
    *,
    power_w: float,
    duration_s: float,
    focus_mm: Point | None = None,
    axis: Point | None = None,
    further: Sequence[Aimed] = (),
    pause_s: float = 60.0,
    spacing_mm: float = 1.0,
    told: Callable[[float], None] | None = None,
) -> Outcome:
    """Predict sonications from a given direction, or from that in which most sound arrives.

    Each finds the tissue as warm as those before have left it.

    Parameters
    ----------
    case : Case
        With an outline of the body.
    lesion : str
        Name; "" for the only one.
    transducer : Transducer
    power_w : float
        Acoustic power.
    duration_s : float
    focus_mm : Point or None
        LPS mm; None takes the middle of the lesion.
    axis : Point or None
        LPS unit vector of the beam, into the body; None takes the best direction.
    further : sequence of Aimed
        Sonications after the first one, at the same power and as long.
    pause_s : float
        Without sound between two sonications.
    spacing_mm : float
        Of the voxels on which sound and heat are computed.
    told : callable or None
        Told the share that is done, between the stages of every sonication and while the heat is followed; what it
        raises ends the run.

    Raises
    ------
    CaseError
        If the lesion or the outline of the body is not in the case.
    PlanError
        If power or duration make no sense, or the focus lies where no sound gets.
    """
    target, skin = case.lesion(lesion), case.of_role(Role.BODY)
    if not skin:
        raise CaseError("Focused ultrasound needs the outline of the body: outline it first.")
    focus = target.mask.centroid_mm if focus_mm is None else focus_mm
    foci = [focus, *(item.focus_mm for item in further)]
    window = window_around(foci, transducer.curvature_mm, case.image.grid, spacing_mm)
    tissues = tissue_map(case.image, case.structures, target, window)
    seen = acoustic_window(tissues, skin[0].mask, focus, transducer.frequency_hz)
    probing = Bowl(focus, (0.0, 0.0, 1.0), transducer.curvature_mm, transducer.diameter_mm, transducer.frequency_hz)
    found = placements(seen, probing.half_angle)
    findings = (*window_findings(seen, found, target.name), *(note for at in foci for note in _standoff(case, at)))
    if not found:
        nothing = Mask.of(np.zeros(case.image.grid.shape, bool), case.image.grid)
        return Outcome(Zone("sonication", "", nothing, medium="no sound arrives"), (), findings)
    best = found[0] if axis is None else placement_along(seen, probing.half_angle, axis)
    aims = [Aimed(focus, best.axis), *further]
    tell = told or (lambda _share: None)
    stages = [partial(tell, 0.5 * number / len(aims)) for number in range(len(aims))]
    done = [
        sonicate(tissues, transducer.aimed(aim), power_w, stage=stage) for aim, stage in zip(aims, stages, strict=True)
    ]
    zone, made = _destroyed(tissues, done, power_w, duration_s, pause_s, lambda now: tell(0.5 + 0.5 * now.share))
    medium = "simulated along straight rays; aberration by tissue is not computed"
    measures = (*_of_sound(best, done, target.name), *_of_heat(zone, made, mask_on(target.mask, window), target.name))
    return Outcome(zone_on(case.image.grid, "sonication", "", medium, zone), measures, findings)


def _of_sound(best: Placement, done: Sequence[Sonication], about: str) -> tuple[Measure, ...]:
    least, peak_pa = ultrasound_value("least_open_share"), max(item.peak_pressure_pa for item in done)
    return (
        Measure(
            "ultrasound.open", "Part of the bowl that sees the focus", 100 * best.open_share, "%", limit=_percent(least)
        ),
        Measure("ultrasound.arrives", "Part of the sound that arrives", 100 * best.share, "%", about),
        Measure("ultrasound.peak_pressure", "Peak pressure", peak_pa / 1e6, "MPa", about),
        Measure("ultrasound.sonications", "Sonications", float(len(done)), "1", about),
    )


def _of_heat(zone: Mask, made: Heated, lesion: Mask, about: str) -> tuple[Measure, ...]:
    k, j, i = np.unravel_index(int(np.argmax(made.peak_c)), made.peak_c.shape)
    x, y, z = (float(v) for v in zone.grid.to_mm((i, j, k)))
    hottest, covered = float(made.peak_c[k, j, i]), 100 * share_within(lesion, zone)
    return (
        Measure("ultrasound.peak_temperature", "Highest temperature", hottest, "degC", about, place_mm=(x, y, z)),
        Measure("ablation.coverage", "Lesion within the zone", covered, "%", about),
        Measure("ablation.energy_error", "Energy not accounted for", 100 * made.energy.error, "%", about),
    )


def _destroyed(
    tissues: TissueMap, done: Sequence[Sonication], power_w: float, duration_s: float, pause_s: float, see: See
) -> tuple[Mask, Heated]:
    """Tissue that dies of the heat, and what the heat did."""
    drives = [
        partial(Drive, item.heating_w_m3 / max(power_w, 1e-9), _Burst(power_w, duration_s), duration_s + COOLING_S)
        for item in done
    ]
    made = heat_in_turn(medium_of(tissues), drives, max(pause_s - COOLING_S, 0.0), progress=see)[-1]
    return Mask.of(made.omega >= 1.0, tissues.grid), made


def _standoff(case: Case, focus: Point) -> tuple[Finding, ...]:
    """Where the focus is too near to nerves or skin."""
    found = []
    for item in case.structures:
        is_skin, key = item.role is Role.BODY, "skin_standoff_mm" if item.role is Role.BODY else "nerve_standoff_mm"
        if item.mask.is_empty or not (is_skin or _is_neural(item)):
            continue
        distance = _distance_mm(item.mask, focus, inside=not is_skin)
        limit = ultrasound_value(key)
        if distance < limit.amount:
            name = "the skin" if is_skin else with_article(item.name, item.kind)
            text = f"The focus lies {distance:.1f} mm from {name}: at least {limit} would be right."
            found.append(Finding("ultrasound.standoff", Severity.STOP, text, distance, "mm", limit, focus, item.name))
    return tuple(found)


def _is_neural(item: Structure) -> bool:
    kind = structure_kinds().get(item.kind) or kind_for(item.name)
    return kind is not None and kind.kin.key in NEURAL


def _distance_mm(mask: Mask, point: Point, *, inside: bool) -> float:
    """Distance of a point to the nearest marked voxel, or to the nearest unmarked one within the bounding box."""
    marked = np.pad(mask.voxels, 1) == inside
    index = np.argwhere(marked)[:, ::-1] + np.asarray(mask.corner)[::-1] - 1
    return float(np.sqrt(((mask.grid.to_mm(index) - np.asarray(point)) ** 2).sum(axis=1).min()))


def _percent(value: Value) -> Value:
    return Value(100.0 * value.amount, "%", value.grade, value.source, note=value.note)
