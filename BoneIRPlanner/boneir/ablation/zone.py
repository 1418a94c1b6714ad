"""Where a probe ablates: the published ellipsoid of its setting on the needle, with a sure and a possible extent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..assessment import Zone
from ..errors import DeviceError
from ..evidence import Value
from ..findings import Finding, Severity
from ..grid import Grid
from ..image.ellipsoid import Ellipsoid
from ..mask import Mask
from ..plan import Probe, Technique
from .device import ICE_EDGE, Device, ZoneSize
from .limits import ablation_limit


@dataclass(frozen=True)
class Shells:
    """A zone as ellipsoids.

    Parameters
    ----------
    expected : Ellipsoid
        Where the tissue is destroyed according to the published size.
    inner, outer : Ellipsoid
        What is destroyed at the least, and what may be reached at the most. In cryoablation `outer` is the edge of the
        visible ice at its largest.
    harmful : Ellipsoid
        What neighbours have to stay out of: in cryoablation the expected edge of the visible ice, else `expected`.
    """

    expected: Ellipsoid
    inner: Ellipsoid
    outer: Ellipsoid
    harmful: Ellipsoid


def zone_size_of(probe: Probe, device: Device) -> ZoneSize:
    """The published zone that belongs to a probe of a plan.

    Parameters
    ----------
    probe : Probe
        With the identifier of a setting, or without one where its power, time and temperature name exactly one.
    device : Device

    Raises
    ------
    DeviceError
        If the device is not ready, has no such setting, or the probe contradicts its setting.
    """
    if probe.setting:
        size = device.zone(probe.setting)
        if not _agrees(probe, size):
            raise DeviceError(
                f"Needle {probe.name!r}: its power, time or temperature contradicts the setting {size.setting!r} "
                f"({size.title}) of {device.name}; leave them out or choose another setting."
            )
        return size
    fitting = [size for size in device.ready().zones if _agrees(probe, size)]
    if len(fitting) != 1:
        have = ", ".join(size.setting for size in device.zones) or "none, because it makes no zone"
        raise DeviceError(f"Needle {probe.name!r} names no setting of {device.name}; its settings are: {have}.")
    return fitting[0]


def shells_of(probe: Probe, size: ZoneSize, technique: Technique) -> Shells:
    """The ellipsoids of a probe: expected, inner, outer and harmful extent.

    The zone lies on the needle and reaches `size.forward_mm` beyond its tip. Inner and outer extent take in the range
    of the published size and of its place along the needle, and, where it was not measured in bone, at least the
    share ``zone_size_uncertainty``. The edge of ice lies ``ice_beyond_lethal_mm`` outside the lethal zone.
    """
    share = 0.0 if size.in_bone else ablation_limit("zone_size_uncertainty").amount
    ice_mm = ablation_limit("ice_beyond_lethal_mm").amount if technique is Technique.CRYO else 0.0
    lethal_mm = ice_mm if size.criterion == ICE_EDGE else 0.0
    length, width, forward = size.length_mm, size.width_mm, size.forward_mm
    middle = forward.amount - length.amount / 2.0
    early = (forward.amount if forward.low is None else forward.low) - forward.amount
    late = (forward.amount if forward.high is None else forward.high) - forward.amount
    halfway, slide = middle + (early + late) / 2.0, (late - early) / 2.0
    expected = _on_needle(probe, middle, length.amount, width.amount)
    inner = _on_needle(probe, halfway, _least(length, share), _least(width, share), -slide)
    outer = _on_needle(probe, halfway, _most(length, share), _most(width, share), slide)
    return Shells(
        expected=expected.grown(-lethal_mm),
        inner=inner.grown(-lethal_mm),
        outer=outer.grown(ice_mm - lethal_mm),
        harmful=expected.grown(ice_mm - lethal_mm),
    )


def zone_of(probe: Probe, device: Device, grid: Grid) -> Zone:
    """The zone of one probe on the grid of the planning image.

    Parameters
    ----------
    probe : Probe
    device : Device
    grid : Grid
        Any spacing and direction; what lies outside it is cut off.

    Raises
    ------
    DeviceError
        If the device is not ready or has no setting that fits the probe.
    """
    size = zone_size_of(probe, device)
    shells = shells_of(probe, size, device.technique)
    return Zone(
        name=f"zone {probe.name}",
        probe=probe.name,
        mask=shells.expected.mask_on(grid),
        inner=shells.inner.mask_on(grid),
        outer=shells.outer.mask_on(grid),
        medium=size.medium_sentence,
        evidence=size.width_mm,
    )


def joined_zone(zones: Sequence[Zone], technique: Technique) -> tuple[Zone, tuple[Finding, ...]]:
    """The union of the zones of several probes, and what must be known of it.

    Probes that heat one after the other leave the union of their zones. Cryoprobes that freeze together share one field
    of cold, whose lethal zone is not the union of single ones.
    """
    media = " / ".join(dict.fromkeys(zone.medium for zone in zones))
    joined = Zone(
        name="zone of all probes",
        probe="",
        mask=_union(zone.mask for zone in zones),
        inner=_union(zone.inner or zone.mask for zone in zones),
        outer=_union(zone.outer or zone.mask for zone in zones),
        medium=media,
        evidence=zones[0].evidence,
    )
    names = ", ".join(zone.probe for zone in zones)
    if technique is Technique.CRYO:
        text = (
            f"The zones of the probes {names} are shown as the union of single zones; probes that freeze together "
            "make another zone, which it does not predict: judge coverage by the inner, safety by the outer shell."
        )
        return joined, (Finding("ablation.cryo_union", Severity.WARN, text, about=names),)
    text = f"The zones of the probes {names} count as a union, as they arise when the probes work one after the other."
    return joined, (Finding("ablation.union", Severity.NOTE, text, about=names),)


def _agrees(probe: Probe, size: ZoneSize) -> bool:
    pairs = ((probe.power_w, size.power_w), (probe.duration_s, size.duration_s), (probe.target_c, size.target_c))
    return all(mine is None or (its is not None and math.isclose(mine, its, rel_tol=1e-3)) for mine, its in pairs)


def _on_needle(probe: Probe, middle_mm: float, length_mm: float, width_mm: float, slide_mm: float = 0.0) -> Ellipsoid:
    """The ellipsoid whose centre lies `middle_mm` beyond the tip."""
    axis = probe.trajectory.direction
    x, y, z = (t + middle_mm * u for t, u in zip(probe.trajectory.tip_mm, axis, strict=True))
    return Ellipsoid((x, y, z), axis, length_mm / 2.0, width_mm / 2.0, slide_mm)


def _least(value: Value, share: float) -> float:
    return min(value.amount if value.low is None else value.low, value.amount * (1.0 - share))


def _most(value: Value, share: float) -> float:
    return max(value.amount if value.high is None else value.high, value.amount * (1.0 + share))


def _union(masks: Iterable[Mask]) -> Mask:
    """The voxels of any of the masks, which lie on one grid."""
    parts = list(masks)
    full = [mask for mask in parts if not mask.is_empty]
    if not full:
        return parts[0]
    low = np.min([mask.corner for mask in full], axis=0)
    high = np.max([np.add(mask.corner, mask.voxels.shape) for mask in full], axis=0)
    k, j, i = (int(v) for v in low)
    nk, nj, ni = (int(v) for v in high - low)
    joined = np.zeros((nk, nj, ni), bool)
    for mask in full:
        joined |= mask.part((k, j, i), (nk, nj, ni))
    return Mask.within(joined, (k, j, i), full[0].grid)
