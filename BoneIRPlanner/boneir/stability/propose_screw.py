"""A screw for a corridor of a case: the widest corridor, the largest screw in it, and how that sits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..case import Image, Modality
from ..errors import OutlineError
from ..mask import Mask
from ..plan import Screw, Trajectory
from .corridor import Corridor, widest_corridor
from .corridor_kinds import corridor_kind
from .corridor_places import Site, place_of
from .screw_fit import ScrewFit, chosen_size, fit_of_screw, hu_along


@dataclass(frozen=True)
class ProposedScrew:
    """A screw in its corridor.

    Parameters
    ----------
    site : Site
    corridor : Corridor
    screw : Screw
    fit : ScrewFit
    mean_hu : float or None
        Mean CT number along the screw; None where the image is no CT.
    """

    site: Site
    corridor: Corridor
    screw: Screw
    fit: ScrewFit
    mean_hu: float | None

    @property
    def length_mm(self) -> float:
        """Length of the screw."""
        return self.screw.trajectory.length_mm


def _room_to_canal_mm(canal: Mask | None, way: Trajectory) -> float:
    """Distance from an axis to the outline of the canal; infinite where there is none."""
    if canal is None or canal.is_empty:
        return np.inf
    offset = canal.points_mm() - np.asarray(way.entry_mm)
    along = np.clip(offset @ np.asarray(way.direction), 0.0, way.length_mm)
    apart = np.linalg.norm(offset - along[:, None] * np.asarray(way.direction), axis=1)
    return max(float(apart.min()) - 0.5 * min(canal.grid.spacing_mm), 0.0)


def propose_screw(image: Image, bones: Mapping[str, Mask], site: Site) -> ProposedScrew:
    """Find the widest corridor of a site and the largest screw that it holds and that stays out of the canal.

    Parameters
    ----------
    image : Image
    bones : mapping of structure key to mask
        All outlines of the case by name.
    site : Site

    Raises
    ------
    OutlineError
        If there is no straight way through the bone.
    BoneIRError
        If the corridor is shorter than the shortest screw.
    """
    kind = corridor_kind(site.kind)
    bone, aim = place_of(site, bones)
    is_ct = image.modality is Modality.CT

    def mean_hu(start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
        return float(hu_along(image, tuple(start), tuple(end), 4.0).mean())

    corridor = widest_corridor(bone, aim, mean_hu if is_ct else None)
    if corridor is None:
        raise OutlineError(f"No straight way of {kind.reach.least_mm:g} mm leads through the {site.words}.")
    diameter, length = chosen_size(kind, bone, corridor, site.words)
    x, y, z = (e + length * w for e, w in zip(corridor.entry_mm, corridor.way, strict=True))
    way = Trajectory(corridor.entry_mm, (x, y, z))
    room = _room_to_canal_mm(bones.get("spinal_canal"), way)
    diameter = max(
        [size for size in kind.diameters_mm if size <= min(diameter, 2.0 * room)], default=min(kind.diameters_mm)
    )
    screw = Screw(site.title, way, diameter)
    fit = fit_of_screw(bone, screw.trajectory, diameter)
    if fit is None:
        raise OutlineError(f"The axis found for the {site.words} does not lie in bone.")
    dense = float(hu_along(image, corridor.entry_mm, (x, y, z), diameter / 2).mean()) if is_ct else None
    return ProposedScrew(site, corridor, screw, fit, dense)
