"""Which probes can stand together: apart along their whole length, near enough to help, alike in direction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..evidence import Grade, Value
from .capsules import Capsule, segment_distances
from .limits import Limits
from .needle import Needle, ZoneShape
from .search import Candidates

Marked = NDArray[np.bool_]
Floats = NDArray[np.float64]


def spacing_of(zone: ZoneShape, limits: Limits) -> tuple[float, float]:
    """Least and largest distance between neighbouring probes of one zone, in mm."""
    overlapping = zone.width_mm * (1 - limits.probe_overlap.amount / 100)
    closest = min(limits.probe_spacing_least.amount, zone.width_mm / 2)
    return closest, min(limits.probe_spacing_most.amount, overlapping)


def spacing_reason(zone: ZoneShape, limits: Limits) -> str:
    """One sentence on how probes stand to each other and where each rule comes from."""
    closest, widest = spacing_of(zone, limits)
    near, far = limits.probe_spacing_least, limits.probe_spacing_most
    below = f"half a zone, as {_whence(near)} asks for more" if closest < near.amount else _whence(near)
    above = _whence(far)
    if widest < far.amount:
        above = f"so that zones overlap by {limits.probe_overlap}, {_whence(limits.probe_overlap)}"
    return (
        f"Neighbouring probes stand {closest:.0f} mm ({below}) to {widest:.0f} mm ({above}) apart and at most "
        f"{limits.probe_angle} out of parallel ({_whence(limits.probe_angle)}); a rule of the device's maker is not "
        "known here: see its instructions for use."
    )


def _whence(value: Value) -> str:
    """Where a rule comes from, in words."""
    if value.grade is Grade.PUBLISHED:
        return f"published, {value.source}"
    if value.source.startswith("Set by the user"):
        return "set by the user"
    return "a default of this project"


class Together:
    """Tells which candidates can stand beside each other, and beside what stands already.

    Parameters
    ----------
    candidates : Candidates
    zone : ZoneShape
    needle : Needle
        Its shaft counts from the hub to the tip.
    limits : Limits
    beside : sequence of Capsule
        What stands already.
    """

    def __init__(
        self, candidates: Candidates, zone: ZoneShape, needle: Needle, limits: Limits, beside: Sequence[Capsule] = ()
    ) -> None:
        self.tips, self.ways, self.limits = candidates.walk.tips_mm, candidates.walk.directions, limits
        self.centres = self.tips - zone.behind_tip_mm * self.ways
        self.hubs = self.tips - needle.usable_length_mm * self.ways
        self.apart = limits.probe_apart.amount + needle.diameter_mm
        self.closest, self.widest = spacing_of(zone, limits)
        self.swing_mm = zone.length_mm / 2
        self.free = self._free_of(beside, needle)
        self._known: dict[int, tuple[Marked, Marked]] = {}

    def with_all(self, members: list[int]) -> Marked:
        """Which candidates fit each of the members, and are none of them; one neighbour has to be near enough."""
        fits, near = self.free.copy(), np.zeros(len(self.tips), bool)
        for member in members:
            fits &= self._with(member)[0]
            near |= self._with(member)[1]
        fits[members] = False
        return fits & near if members else fits

    def all_near(self, members: list[int]) -> bool:
        """Whether each of several members has a neighbour that is near enough."""
        near = np.array([self._with(member)[1][members] for member in members])
        return len(members) == 1 or bool((near & ~np.eye(len(members), dtype=bool)).any(axis=1).all())

    def pairs(self, some: NDArray[np.intp]) -> tuple[Marked, Marked]:
        """Which pairs of some candidates exclude each other, and which are near enough; each of shape (n, n)."""
        fits, near = (np.array([self._with(int(n))[which][some] for n in some]) for which in (0, 1))
        excludes = ~fits
        np.fill_diagonal(excludes, False)
        return excludes, near

    def _with(self, member: int) -> tuple[Marked, Marked]:
        """Which candidates can stand beside a member, and which of them are near enough to it."""
        if member not in self._known:
            parallel = self.ways @ self.ways[member] >= np.cos(np.radians(self.limits.probe_angle.amount)) - 1e-9
            hubs = np.linalg.norm(self.hubs - self.hubs[member], axis=1) >= self.limits.hub_apart.amount - 1e-9
            spacing = self._spacing(member)
            fits = parallel & hubs & (spacing >= self.closest - 1e-9)
            some = np.flatnonzero(fits)
            shafts = segment_distances(self.hubs[some], self.tips[some], self.hubs[member], self.tips[member])
            fits[some] = shafts >= self.apart - 1e-9
            self._known[member] = fits, spacing <= self.widest + 1e-9
        return self._known[member]

    def _spacing(self, member: int) -> Floats:
        """Distance of the middle of one zone from the axis of the other, whichever is less."""
        offset = self.centres - self.centres[member]
        squared = (offset**2).sum(axis=1)
        along = np.stack([offset @ self.ways[member], np.einsum("na,na->n", offset, self.ways)])
        return np.asarray(np.sqrt(np.maximum(squared - (along**2).max(axis=0), 0)))

    def _free_of(self, beside: Sequence[Capsule], needle: Needle) -> Marked:
        free = np.ones(len(self.tips), bool)
        for item in beside:
            room = (item.diameter_mm + needle.diameter_mm) / 2 + self.limits.probe_apart.amount
            free &= segment_distances(self.hubs, self.tips, item.start_mm, item.end_mm) >= room - 1e-9
        return free
