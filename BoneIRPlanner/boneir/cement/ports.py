"""Where cement can leave bone: gaps in the cortex, and the veins of a vertebral body.

Types after Yeom: B through the basivertebral vein, S through a segmental vein, C through a gap in the cortex, D into a
disc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..evidence import Value
from ..findings import Point
from ..image.resample import mask_on
from ..mask import Mask
from ..resources import limit
from .limits import leak
from .medium import FillingMedium
from .surface import BoneSurface, surface_of_bone

Marked = NDArray[np.bool_]


class PortKind(StrEnum):
    """What a port is, in words."""

    POSTERIOR = "posterior wall"
    CANAL = "wall of the canal"
    FORAMEN = "foramen"
    ENDPLATE = "endplate"
    LATERAL = "lateral wall"
    ANTERIOR = "anterior wall"
    JOINT = "joint surface"
    CORTEX = "cortex"
    BASIVERTEBRAL = "basivertebral vein"
    SEGMENTAL = "segmental vein"


DANGEROUS = frozenset(
    {PortKind.POSTERIOR, PortKind.CANAL, PortKind.FORAMEN, PortKind.JOINT, PortKind.BASIVERTEBRAL, PortKind.SEGMENTAL}
)
"""Ports to the canal, to a root, into a joint or into veins."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """What lies around the bone that is filled; whatever is not known is None.

    Parameters
    ----------
    body : Mask or None
        The vertebral body, without pedicles and arch. With it the axes of the medium are those of the vertebra.
    canal, roots, joint : Mask or None
        Spinal canal; where nerve roots leave; the bone or cartilage on the other side of a joint.
    """

    body: Mask | None = None
    canal: Mask | None = None
    roots: Mask | None = None
    joint: Mask | None = None


@dataclass(frozen=True, eq=False)
class Port:
    """A place where cement can leave.

    Parameters
    ----------
    name : str
        Unique among the ports of a bone ("posterior wall 1").
    kind : PortKind
    place_mm : Point
        LPS mm, on the surface.
    area_mm2 : float
    opening : ndarray of bool, shape (k, j, i)
        Voxels of the medium; cement that reaches one of them has reached the port.
    open_chance : Value
        Probability that it lets cement through once it is reached.
    seen : bool
        Whether the image shows it; veins are there even where it does not.
    """

    name: str
    kind: PortKind
    place_mm: Point
    area_mm2: float
    opening: Marked
    open_chance: Value
    seen: bool = True

    @property
    def is_dangerous(self) -> bool:
        """Whether a leak here can reach the canal, a root, a joint or the circulation."""
        return self.kind in DANGEROUS

    @property
    def leak_type(self) -> str:
        """B, S, C or D after Yeom."""
        kinds = {PortKind.BASIVERTEBRAL: "B", PortKind.SEGMENTAL: "S", PortKind.ENDPLATE: "D"}
        return kinds.get(self.kind, "C")


def find_ports(medium: FillingMedium, neighbours: Neighbours | None = None) -> tuple[Port, ...]:
    """Find where cement can leave the bone of a medium.

    Parameters
    ----------
    medium : FillingMedium
    neighbours : Neighbours or None

    Returns
    -------
    tuple of Port
        Gaps by area, the largest first, then veins.
    """
    around = neighbours or Neighbours()
    surface = surface_of_bone(medium, around.joint)
    kinds = _kinds(surface, around)
    gaps = _gaps(surface, kinds)
    # Where a gap takes in the mouth of a vein, the gap is the port.
    veins = [
        vein for vein in _veins(surface, kinds, around) if not any((gap.opening & vein.opening).any() for gap in gaps)
    ]
    return (*gaps, *veins)


def open_below_hu(surface: BoneSurface) -> float:
    """CT number below which the cortex of a bone counts as open: absolute, and for its own usual cortex."""
    usual = float(np.median(surface.cortex_hu)) if len(surface.cortex_hu) else 0.0
    return min(leak("breach_hu"), leak("breach_share") * usual)


def _kinds(surface: BoneSurface, around: Neighbours) -> NDArray[np.object_]:
    """What a gap at each voxel of the surface would be."""
    kinds = np.full(len(surface.voxels), PortKind.CORTEX, object)
    has_body = around.body is not None and not around.body.is_empty
    body = np.zeros(len(kinds), bool)
    if around.body is not None and has_body:
        body = _at(mask_on(around.body, surface.medium.grid).full() | surface.medium.lesion, surface)
        up, back, left = surface.normals.T
        kinds[body & (np.abs(left) > 0.5)] = PortKind.LATERAL
        kinds[body & (back < -0.5)] = PortKind.ANTERIOR
        kinds[body & (back > 0.7)] = PortKind.POSTERIOR
        kinds[body & (np.abs(up) > leak("endplate_cosine"))] = PortKind.ENDPLATE
    is_endplate = kinds == PortKind.ENDPLATE
    kinds[surface.is_before(around.joint)] = PortKind.JOINT
    kinds[surface.is_before(around.roots) & ~is_endplate] = PortKind.FORAMEN
    before_canal = surface.is_before(around.canal) & ~is_endplate
    kinds[before_canal] = PortKind.CANAL
    kinds[before_canal & body & (surface.normals[:, 1] > 0.0)] = PortKind.POSTERIOR
    return kinds


def _at(marked: Marked, surface: BoneSurface) -> Marked:
    """Whether a mask is at the voxels of the surface, or next to them."""
    return np.asarray(ndimage.binary_dilation(marked, iterations=2)[tuple(surface.voxels.T)])


def _gaps(surface: BoneSurface, kinds: NDArray[np.object_]) -> list[Port]:
    medium = surface.medium
    is_open = surface.cortex_hu < open_below_hu(surface)
    reach = leak("near_lesion_mm") / medium.step_mm
    near = ndimage.distance_transform_edt(~medium.lesion) <= reach if medium.lesion.any() else medium.lesion
    number = _connected(surface, is_open)
    found: list[tuple[float, PortKind, Marked]] = []
    for n in range(1, int(number.max(initial=0)) + 1):
        gap = number == n
        harmless = gap.copy()
        for kind in sorted(DANGEROUS):
            chosen = gap & (kinds == kind)
            if surface.area_mm2[chosen].sum() >= leak("least_area_mm2"):
                harmless &= ~chosen
                parts = _connected(surface, chosen)
                found += [
                    (float(surface.area_mm2[parts == m].sum()), kind, parts == m) for m in range(1, parts.max() + 1)
                ]
        if harmless.any():
            found.append((float(surface.area_mm2[harmless].sum()), _mostly(surface, kinds, harmless), harmless))
    found = [item for item in found if item[0] >= leak("least_area_mm2")]
    found.sort(key=lambda item: -item[0])
    counts: dict[PortKind, int] = {}
    ports = []
    for size, kind, chosen in found:
        counts[kind] = counts.get(kind, 0) + 1
        opening = _marked(surface, chosen)
        chance = limit("leak", "open_gap" if (opening & near).any() else "open_thin")
        ports.append(Port(f"{kind} {counts[kind]}", kind, _middle(surface, chosen), size, opening, chance))
    return ports


def _connected(surface: BoneSurface, chosen: Marked) -> NDArray[np.int64]:
    """The number of the connected part that each voxel of the surface belongs to; 0 where it is not chosen."""
    labels, _ = ndimage.label(_marked(surface, chosen), np.ones((3, 3, 3)))
    return np.asarray(labels[tuple(surface.voxels.T)], np.int64)


def _marked(surface: BoneSurface, chosen: Marked) -> Marked:
    marked = np.zeros(surface.medium.bone.shape, bool)
    marked[tuple(surface.voxels[chosen].T)] = True
    return marked


def _mostly(surface: BoneSurface, kinds: NDArray[np.object_], chosen: Marked) -> PortKind:
    """The kind that most of the area of a gap faces to; a dangerous one only where there is no other."""
    area = {kind: float(surface.area_mm2[chosen & (kinds == kind)].sum()) for kind in PortKind}
    harmless = {kind: size for kind, size in area.items() if kind not in DANGEROUS and size > 0}
    best = harmless or area
    return max(best, key=lambda kind: best[kind])


def _middle(surface: BoneSurface, chosen: Marked) -> Point:
    """The place on the surface nearest to the middle of some of its voxels."""
    voxels = surface.voxels[chosen]
    middle = voxels[int(np.argmin(np.linalg.norm(voxels - voxels.mean(axis=0), axis=1)))]
    x, y, z = (float(v) for v in surface.medium.grid.to_mm(middle[::-1]))
    return x, y, z


def _veins(surface: BoneSurface, kinds: NDArray[np.object_], around: Neighbours) -> list[Port]:
    """Where the basivertebral and the segmental veins leave a vertebral body, whether the image shows them or not."""
    if around.body is None or around.body.is_empty:
        return []
    grid = surface.medium.grid
    body = grid.to_ijk(around.body.points_mm())
    low, high = np.quantile(body[:, 2], [0.02, 0.98])
    height = (surface.voxels[:, 0] - low) / max(high - low, 1e-6)
    belt = (height >= leak("vein_height_low")) & (height <= leak("vein_height_high"))
    aside = (surface.voxels[:, 2] - float(np.median(body[:, 0]))) * surface.medium.step_mm
    behind = belt & (np.abs(aside) <= leak("midline_mm")) & (kinds == PortKind.POSTERIOR)
    at_body = _at(mask_on(around.body, grid).full(), surface)
    found = [_vein(surface, behind & at_body, PortKind.BASIVERTEBRAL, "basivertebral vein", "open_basivertebral")]
    for side, sign in (("left", 1), ("right", -1)):
        chosen = belt & at_body & (kinds == PortKind.LATERAL) & (aside * sign > 0)
        found.append(_vein(surface, chosen, PortKind.SEGMENTAL, f"{side} segmental vein", "open_segmental"))
    return [port for port in found if port is not None]


def _vein(surface: BoneSurface, chosen: Marked, kind: PortKind, name: str, chance: str) -> Port | None:
    """A vein in the least dense place of a part of the surface; None where that part is missing."""
    if not chosen.any():
        return None
    medium = surface.medium
    voxels = surface.voxels[chosen]
    radius = np.sqrt(leak("vein_area_mm2") / np.pi) / medium.step_mm
    apart = np.linalg.norm(voxels[:, None] - voxels[None], axis=2) <= radius
    density = (apart @ surface.cortex_hu[chosen]) / apart.sum(axis=1)
    # Where nothing is less dense than the rest, the middle: half an HU for each voxel from it.
    density = density + 0.5 * np.linalg.norm(voxels - voxels.mean(axis=0), axis=1)
    best = int(np.argmin(density))
    seen = bool(density[best] < open_below_hu(surface))
    opening = np.zeros(medium.bone.shape, bool)
    opening[tuple(voxels[apart[best]].T)] = True
    depth = round(leak("vein_depth_mm") / medium.step_mm)
    opening = ndimage.binary_dilation(opening, iterations=depth) & medium.bone
    x, y, z = (float(v) for v in medium.grid.to_mm(voxels[best][::-1]))
    return Port(name, kind, (x, y, z), leak("vein_area_mm2"), opening, limit("leak", chance), seen)


def ports_on(ports: Sequence[Port], source: FillingMedium, medium: FillingMedium) -> tuple[Port, ...]:
    """The same ports on the voxels of another medium of the same bone."""
    found = []
    for port in ports:
        points = source.grid.to_mm(np.argwhere(port.opening)[:, ::-1])
        index = np.rint(medium.grid.to_ijk(points)).astype(int)[:, ::-1]
        index = np.unique(np.clip(index, 0, np.asarray(medium.bone.shape) - 1), axis=0)
        opening = np.zeros(medium.bone.shape, bool)
        opening[tuple(index.T)] = True
        if not (opening & medium.bone).any():
            opening = ndimage.binary_dilation(opening, iterations=2)
        found.append(replace(port, opening=opening & medium.bone))
    return tuple(found)
