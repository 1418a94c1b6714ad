"""Several probes in one lesion: the ways whose zones together cover what one zone cannot.

Zones are united as they are. That is cautious for probes that help each other, as cryoprobes do, and it is what
published sizes of single zones allow to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .limits import Limits
from .needle import Needle, ZoneShape
from .search import Candidates

_SAMPLES = 24
"""Points of a probe at which its distance to another is taken."""


@dataclass(frozen=True)
class Team:
    """Ways that go together.

    Parameters
    ----------
    members : tuple of int
        Indices of the candidates, in the order in which they were chosen.
    covered : float
        Share of what shall be reached that their zones cover, 0..1.
    """

    members: tuple[int, ...]
    covered: float


def team_that_covers(
    candidates: Candidates, zone: ZoneShape, wanted_mm: NDArray[np.float64], needle: Needle, limits: Limits
) -> Team:
    """Choose probes that together cover as much as is asked for, greedily, then exchange single ones while that helps.

    Parameters
    ----------
    candidates : Candidates
        Ways that are allowed, not empty.
    zone : ZoneShape
        Zone of each probe.
    wanted_mm : ndarray, shape (p, 3)
        Points to cover.
    needle : Needle
    limits : Limits

    Returns
    -------
    Team
    """
    tips, ways = candidates.walk.tips_mm, candidates.walk.directions
    covers = zone.contains(wanted_mm, tips, ways)
    fits = _Compatible(candidates, zone, needle, limits)
    price = 1 + candidates.score / 2
    members: list[int] = []
    covered = np.zeros(len(wanted_mm), bool)
    while len(members) < int(limits.probes_most.amount) and covered.mean() < limits.coverage.amount / 100:
        gain = (covers & ~covered).mean(axis=1)
        gain[~fits.with_all(members)] = 0
        best = int(np.argmax(gain / price))
        if gain[best] < limits.probe_gain.amount / 100:
            break
        members.append(best)
        members = _exchanged(members, covers, fits)
        covered = np.asarray(covers[members].any(axis=0))
    return Team(tuple(members), float(covered.mean()))


def _exchanged(members: list[int], covers: NDArray[np.bool_], fits: _Compatible) -> list[int]:
    """Replace single members by others as long as more is covered."""
    members = list(members)
    improved = True
    while improved and len(members) > 1:
        improved = False
        for place in range(len(members)):
            rest = members[:place] + members[place + 1 :]
            without = covers[rest].any(axis=0)
            share = (covers | without).mean(axis=1)
            share[~fits.with_all(rest)] = 0
            best = int(np.argmax(share))
            if share[best] > share[members[place]] + 1e-9:
                members[place] = best
                improved = True
    return members


class _Compatible:
    """Tells which candidates can stand beside chosen ones."""

    def __init__(self, candidates: Candidates, zone: ZoneShape, needle: Needle, limits: Limits) -> None:
        self.entries, self.tips = candidates.walk.entries_mm, candidates.walk.tips_mm
        self.ways, self.limits = candidates.walk.directions, limits
        self.centres = self.tips - zone.behind_tip_mm * self.ways
        self.hubs = self.tips - needle.usable_length_mm * self.ways
        self.apart = limits.probe_apart.amount + needle.diameter_mm
        overlapping = zone.width_mm * (1 - limits.probe_overlap.amount / 100)
        self.widest = min(limits.probe_spacing_most.amount, overlapping)
        self.closest = min(limits.probe_spacing_least.amount, zone.width_mm / 2)
        self._known: dict[int, NDArray[np.bool_]] = {}

    def with_all(self, members: list[int]) -> NDArray[np.bool_]:
        """Which candidates fit each of the members, and are none of them; one neighbour has to be near enough."""
        fits = np.ones(len(self.tips), bool)
        near = np.zeros(len(self.tips), bool)
        for member in members:
            fits &= self._with(member)
            near |= self._spacing(member) <= self.widest
        return fits & near if members else fits

    def _spacing(self, member: int) -> NDArray[np.float64]:
        """Distance of the middle of each zone from the axis of the member."""
        offset = self.centres - self.centres[member]
        along = offset @ self.ways[member]
        return np.asarray(np.linalg.norm(offset - along[:, None] * self.ways[member], axis=1))

    def _with(self, member: int) -> NDArray[np.bool_]:
        if member not in self._known:
            parallel = self.ways @ self.ways[member] >= np.cos(np.radians(self.limits.probe_angle.amount))
            hubs = np.linalg.norm(self.hubs - self.hubs[member], axis=1) >= self.limits.hub_apart.amount
            spaced = self._spacing(member) >= self.closest
            self._known[member] = parallel & hubs & spaced & (self._distance(member) >= self.apart)
        return self._known[member]

    def _distance(self, member: int) -> NDArray[np.float64]:
        """Least distance between the shafts, from points along the member to each other one."""
        share = np.linspace(0, 1, _SAMPLES)[:, None]
        points = self.entries[member] + share * (self.tips[member] - self.entries[member])
        length = np.linalg.norm(self.tips - self.entries, axis=1)
        offset = points[None] - self.entries[:, None]
        along = np.clip(np.einsum("npa,na->np", offset, self.ways), 0, length[:, None])
        return np.asarray(np.linalg.norm(offset - along[..., None] * self.ways[:, None], axis=2).min(axis=1))
