"""Screws that are set together: where two would meet, the longer one is taken shorter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from ..case import Image, Modality
from ..mask import Mask
from ..plan import Trajectory
from .corridor_kinds import corridor_kind
from .corridor_places import place_of
from .propose_screw import ProposedScrew
from .screw_fit import fit_of_screw, hu_along

_STEP_MM = 0.25


def gap_mm(one: ProposedScrew, other: ProposedScrew) -> float:
    """Distance between the surfaces of two screws, sampled along them; negative where they meet."""
    ways = [item.screw.trajectory for item in (one, other)]
    axes = [np.asarray([way.point_at(float(at)) for at in np.arange(0.0, way.length_mm, _STEP_MM)]) for way in ways]
    apart = np.linalg.norm(axes[0][:, None] - axes[1][None], axis=2)
    return float(apart.min()) - (one.screw.diameter_mm + other.screw.diameter_mm) / 2


def kept_apart(
    image: Image, bones: Mapping[str, Mask], found: Sequence[ProposedScrew], least_mm: float
) -> list[ProposedScrew]:
    """The same screws, shortened in steps of the catalogue until no two come nearer than `least_mm`.

    Screws that meet even when they are as short as the catalogue has them are left so: the assessment of their plan
    says it.

    Parameters
    ----------
    image : Image
    bones : mapping of structure key to mask
    found : sequence of ProposedScrew
    least_mm : float
    """
    kept = list(found)
    for a, b in combinations(range(len(kept)), 2):
        while gap_mm(kept[a], kept[b]) < least_mm:
            longer, other = (a, b) if kept[a].length_mm >= kept[b].length_mm else (b, a)
            at = next((n for n in (longer, other) if _shorter_mm(kept[n]) is not None), None)
            if at is None:
                break
            kept[at] = _shortened(kept[at])
    return [item if item is was else _fitted(image, bones, item) for item, was in zip(kept, found, strict=True)]


def _shorter_mm(item: ProposedScrew) -> float | None:
    shorter = [length for length in corridor_kind(item.site.kind).lengths_mm if length < item.length_mm - 1e-6]
    return shorter[-1] if shorter else None


def _shortened(item: ProposedScrew) -> ProposedScrew:
    way, length = item.screw.trajectory, _shorter_mm(item)
    tip = way.point_at(way.length_mm if length is None else length)
    return replace(item, screw=replace(item.screw, trajectory=Trajectory(way.entry_mm, tip)))


def _fitted(image: Image, bones: Mapping[str, Mask], item: ProposedScrew) -> ProposedScrew:
    """A screw of another length with its own measures."""
    way, width = item.screw.trajectory, item.screw.diameter_mm
    fit = fit_of_screw(place_of(item.site, bones)[0], way, width)
    is_ct = image.modality is Modality.CT
    dense = float(hu_along(image, way.entry_mm, way.tip_mm, width / 2).mean()) if is_ct else None
    return replace(item, fit=fit or item.fit, mean_hu=dense)
