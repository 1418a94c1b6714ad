"""Cores of a biopsy: what they hold of a lesion, several through one entry, and the compartments that are crossed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..anatomy.structures import structure_kinds
from ..case import Case, Image, Lesion, Role, Structure
from ..evidence import Value
from ..mask import Mask
from ..plan import Trajectory
from .clearance import as_point
from .field import kin_of
from .limits import Limits, access_limits
from .region import marked_at

Floats = NDArray[np.float64]

_STEP_MM = 0.25
_FAN_TIPS = 60
"""Tips that are tried for the cores of a fan."""


def biopsy_limit(key: str, limits: Limits | None = None) -> Value:
    """One value of ``Resources/Limits/biopsy.json``, or what the limits hold in its place.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    return (limits or access_limits()).of_file("biopsy", key)


@dataclass(frozen=True)
class Core:
    """What one core is expected to hold, in mm of its length.

    Parameters
    ----------
    trajectory : Trajectory
    throw_mm : float
        Length of the core, back from the tip.
    in_lesion_mm, viable_mm : float
        Of the lesion, and of what in it is neither gas, necrosis nor dense sclerosis.
    gas_mm, necrotic_mm, sclerotic_mm : float
        The rest of what is in the lesion.
    """

    trajectory: Trajectory
    throw_mm: float
    in_lesion_mm: float
    viable_mm: float
    gas_mm: float
    necrotic_mm: float
    sclerotic_mm: float


def core_of(
    image: Image, lesion: Lesion, trajectory: Trajectory, throw_mm: float, limits: Limits | None = None
) -> Core:
    """What the core of a needle holds: the last `throw_mm` before its tip.

    Where the image is not in HU nothing tells viable from other tissue, and all of the lesion counts as viable.

    Parameters
    ----------
    image : Image
    lesion : Lesion
    trajectory : Trajectory
    throw_mm : float
        More than 0; a core never begins before the skin.
    limits : Limits or None
        What counts as gas, necrosis and sclerosis; None takes what is shipped, here and below.
    """
    throw = min(throw_mm, trajectory.length_mm)
    count = max(int(np.ceil(throw / _STEP_MM)), 1)
    depth = trajectory.length_mm - throw + (np.arange(count) + 0.5) * throw / count
    points = np.asarray(trajectory.entry_mm) + depth[:, None] * np.asarray(trajectory.direction)
    inside = marked_at(lesion.mask, points)
    gas, necrosis, sclerosis = _unfit(image, points, limits)
    step = throw / count
    return Core(
        trajectory,
        throw,
        step * float(inside.sum()),
        step * float((inside & ~gas & ~necrosis & ~sclerosis).sum()),
        step * float((inside & gas).sum()),
        step * float((inside & necrosis).sum()),
        step * float((inside & sclerosis).sum()),
    )


@dataclass(frozen=True, eq=False)
class CoreTaken:
    """What the core of every needle of a search holds, quickly and for many needles at once.

    Parameters
    ----------
    viable : Mask
        What is worth a core.
    throw_mm : float
        Length of the core, back from the tip.
    """

    viable: Mask
    throw_mm: float

    def held_mm(self, tips_mm: Floats, directions: Floats) -> Floats:
        """Length of viable lesion in the core of each needle.

        Parameters
        ----------
        tips_mm, directions : ndarray, shape (n, 3)
            LPS mm, and unit vectors from the skin to the tip.

        Returns
        -------
        ndarray, shape (n,)
            In mm, to the width of a sample of at most 1 mm.
        """
        count = max(int(np.ceil(self.throw_mm)), 1)
        step = self.throw_mm / count
        held = np.zeros(len(tips_mm))
        for n in range(count):
            held += step * marked_at(self.viable, tips_mm - (n + 0.5) * step * directions)
        return held


def viable_part(image: Image, lesion: Lesion, limits: Limits | None = None) -> Lesion:
    """The part of a lesion that is worth a core; the whole lesion where hardly any is, or nothing tells."""
    gas, necrosis, sclerosis = _unfit(image, lesion.mask.points_mm(), limits)
    viable = ~(gas | necrosis | sclerosis)
    if 100 * viable.mean() < biopsy_limit("aim_share", limits).amount:
        return lesion
    voxels = np.zeros_like(lesion.mask.voxels)
    voxels[lesion.mask.voxels] = viable
    return Lesion(lesion.name, Mask.within(voxels, lesion.mask.corner, lesion.mask.grid), lesion.origin)


def _unfit(
    image: Image, points_mm: Floats, limits: Limits | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which LPS points lie in gas, in necrosis and in dense sclerosis, by the image between its voxels."""
    from scipy.ndimage import map_coordinates

    if image.unit != "HU":
        none = np.zeros(len(points_mm), bool)
        return none, none, none
    at = image.grid.to_ijk(points_mm)[:, ::-1]
    first = np.clip(np.floor(at.min(axis=0)).astype(int) - 1, 0, None)
    last = np.clip(np.ceil(at.max(axis=0)).astype(int) + 2, None, image.grid.shape)
    box = image.voxels[tuple(slice(a, b) for a, b in zip(first, last, strict=True))].astype(np.float32)
    hu = map_coordinates(box, (at - first).T, order=1, mode="nearest")
    gas = hu < biopsy_limit("gas_below", limits).amount
    necrosis = (hu < biopsy_limit("necrosis_below", limits).amount) & ~gas
    return gas, necrosis, hu > biopsy_limit("sclerosis_above", limits).amount


def fan_of_cores(
    image: Image,
    lesion: Lesion,
    first: Trajectory,
    throw_mm: float,
    allowed: Callable[[Trajectory], bool],
    limits: Limits | None = None,
) -> tuple[Core, ...]:
    """Several cores through one entry, the first one first, each where it adds most viable lesion.

    Parameters
    ----------
    image : Image
    lesion : Lesion
    first : Trajectory
        Of the first core.
    throw_mm : float
    allowed : callable
        Whether a way keeps every rule; it is asked of each core but the first.
    limits : Limits or None
    """
    cores = [core_of(image, lesion, first, throw_mm, limits)]
    entry, way = np.asarray(first.entry_mm), np.asarray(first.direction)
    voxels = lesion.mask.points_mm()
    tips = voxels[np.linspace(0, len(voxels) - 1, min(_FAN_TIPS, len(voxels))).astype(int)]
    length = np.linalg.norm(tips - entry, axis=1)
    widest = np.radians(biopsy_limit("fan_angle", limits).amount)
    straight = ((tips - entry) @ way) / np.maximum(length, 1e-9) >= np.cos(widest)
    ways = [Trajectory(first.entry_mm, as_point(tip)) for tip in tips[straight]]
    tried = [core_of(image, lesion, other, throw_mm, limits) for other in ways]
    apart = biopsy_limit("fan_apart", limits).amount
    for core in sorted(tried, key=lambda core: -core.viable_mm):
        if len(cores) >= biopsy_limit("fan_cores", limits).amount or core.viable_mm <= 0:
            break
        tip = np.asarray(core.trajectory.tip_mm)
        near = min(float(np.linalg.norm(tip - np.asarray(other.trajectory.tip_mm))) for other in cores)
        if near >= apart and allowed(core.trajectory):
            cores.append(core)
    return tuple(cores)


def compartments(case: Case) -> tuple[Structure, ...]:
    """Muscles and other soft tissue that are outlined one by one."""
    return tuple(
        item for item in case.structures
        if kin_of(item) == "soft" and item.role not in (Role.BODY, Role.TARGET) and not item.mask.is_empty
    )  # fmt: skip


def crossed_mm(case: Case, lesion: Lesion, trajectory: Trajectory) -> tuple[tuple[Structure, float], ...]:
    """Outlined compartments and organs that a needle crosses before it reaches the lesion, with the mm in each."""
    count = max(int(np.ceil(trajectory.length_mm / _STEP_MM)), 1)
    depth = (np.arange(count) + 0.5) * trajectory.length_mm / count
    points = np.asarray(trajectory.entry_mm) + depth[:, None] * np.asarray(trajectory.direction)
    reached = np.flatnonzero(marked_at(lesion.mask, points))
    before = points[: int(reached[0])] if reached.size else points
    found = []
    for item in (*compartments(case), *case.of_role(Role.CRITICAL)):
        length = float(marked_at(item.mask, before).sum()) * trajectory.length_mm / count
        if length > 0:
            found.append((item, length))
    return tuple(found)


def compartment_words(item: Structure) -> str:
    """A structure in words, in lower case."""
    kind = structure_kinds().get(item.kind)
    return kind.name.lower() if kind is not None else item.name.replace("_", " ")
