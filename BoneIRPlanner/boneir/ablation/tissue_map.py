"""The tissue map: which tissue fills each voxel around a lesion, and what its properties are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from ..anatomy.structures import kind_for, structure_kinds
from ..case import Image, Lesion, Modality, Role, Structure
from ..errors import ImageError
from ..grid import Grid
from ..image.resample import image_on, mask_on
from ..resources import limit
from .tissues import Tissue, tissue

Labels = NDArray[np.uint8]
Marked = NDArray[np.bool_]

TISSUE_ORDER = (
    "gas", "skin", "fat", "muscle", "bone_cortical", "bone_cancellous", "marrow_red", "marrow_yellow", "lytic_tumour",
    "sclerotic_tumour", "csf", "spinal_cord", "nerve", "disc", "vessel_wall", "blood", "lung", "cement", "metal", "d5w",
    "saline",
)  # fmt: skip
"""Identifiers of tissues by label; 0, gas, also fills what lies outside the body."""

_LABEL = {id_: label for label, id_ in enumerate(TISSUE_ORDER)}

_BY_KIN = {"nerve_roots": "nerve", "lung": "lung"}
_BY_KEY = {
    "spinal_cord": "spinal_cord", "brain": "spinal_cord", "intervertebral_discs": "disc", "costal_cartilage": "disc",
    "gas": "gas",
}  # fmt: skip
_BY_NAME = {
    "co2": "gas", "gas_layer": "gas", "d5w": "d5w", "saline": "saline", "warm_saline": "blood", "cement": "cement",
    "metal": "metal",
}  # fmt: skip
"""First words of names of structures that are put in to protect or that were left behind by earlier treatment; what
flows keeps its temperature like blood."""


@dataclass(frozen=True, eq=False)
class TissueMap:
    """Tissues on a grid.

    Parameters
    ----------
    labels : ndarray of uint8, shape (k, j, i)
        Place of each voxel's tissue in `tissues`. Read-only.
    grid : Grid
    tissues : tuple of Tissue
        By label.
    """

    labels: Labels
    grid: Grid
    tissues: tuple[Tissue, ...]

    def __post_init__(self) -> None:
        if self.labels.shape != self.grid.shape:
            raise ImageError(f"The tissue map has {self.labels.shape} voxels (k, j, i), its grid {self.grid.shape}.")
        self.labels.setflags(write=False)

    def where(self, *ids: str) -> Marked:
        """The voxels of any of some tissues, shape (k, j, i)."""
        wanted = [label for label, item in enumerate(self.tissues) if item.id in ids]
        return np.isin(self.labels, wanted)

    def amounts(self, key: str, missing: float | None = None) -> NDArray[np.float64]:
        """One property of every tissue by label, in the unit that the key says.

        Parameters
        ----------
        key : str
            As in `Tissue.values` ("conductivity_w_m_k"), or the name of a derived property of `Tissue`
            ("perfusion_w_m3_k").
        missing : float or None
            What stands where a tissue does not have it; None refuses if such a tissue occurs in the map.

        Raises
        ------
        ResourceError
            If a tissue of the map does not have the property and nothing stands for it.
        """
        present = np.bincount(self.labels.ravel(), minlength=len(self.tissues)) > 0
        found = np.zeros(len(self.tissues))
        for label, item in enumerate(self.tissues):
            if key == "perfusion_w_m3_k":
                found[label] = item.perfusion_w_m3_k
            elif key in item.values or (missing is None and present[label]):
                found[label] = item.value(key).amount
            else:
                found[label] = 0.0 if missing is None else missing
        return found

    def array(self, key: str, missing: float | None = None) -> NDArray[np.float32]:
        """One property on every voxel, float32 of shape (k, j, i); see `amounts`."""
        return np.asarray(self.amounts(key, missing).astype(np.float32)[self.labels])

    def scaled(self, key: str, factor: float, ids: Sequence[str] = ()) -> TissueMap:
        """The map with one property multiplied, in some tissues or, where none are named, in all."""
        changed = []
        for item in self.tissues:
            if key in item.values and (not ids or item.id in ids):
                value = item.values[key]
                values = {**item.values, key: replace(value, amount=value.amount * factor)}
                item = replace(item, values=MappingProxyType(values))
            changed.append(item)
        return replace(self, tissues=tuple(changed))


def tissue_map(image: Image, structures: Sequence[Structure], lesion: Lesion | None, window: Grid) -> TissueMap:
    """Tell the tissues in a window of a CT, from its numbers and from what is outlined.

    Numbers part gas, fat, muscle, and within bone marrow from cancellous and cortical bone; outlines part what numbers
    cannot: tumour, cord, nerves, discs, vessels with their wall, lungs, skin. Structures whose names begin with the
    word "co2", "d5w", "saline", "warm_saline", "cement" or "metal" are taken for what their names say. Organs without a
    tissue of their own count as muscle.

    Parameters
    ----------
    image : Image
        CT.
    structures : sequence of Structure
    lesion : Lesion or None
    window : Grid
        Where, of any spacing and direction; beyond the image is gas.

    Returns
    -------
    TissueMap
        On `window`.

    Raises
    ------
    ImageError
        If the image is no CT.
    """
    if image.modality is not Modality.CT:
        raise ImageError(f"Tissues are told by CT numbers; this image is {image.modality}: plan on the CT.")
    hu = np.asarray(image_on(image, window).voxels, np.float32)
    body = _within_body(structures, window)
    labels = _by_numbers(hu)
    labels[body & (_inner_mm(body, window) <= _threshold("skin_mm")) & (labels != _LABEL["gas"])] = _LABEL["skin"]
    bone = _joined([item for item in structures if item.role is Role.BONE], window)
    labels[bone] = _in_bone(hu[bone])
    for item in _painted(structures):
        _paint(labels, item, hu, window)
    if lesion is not None:
        target = mask_on(lesion.mask, window).full()
        dense = hu[target] > _threshold("sclerotic_above_hu")
        labels[target] = np.where(dense, _LABEL["sclerotic_tumour"], _LABEL["lytic_tumour"])
    labels[(hu > _threshold("metal_above_hu"))] = _LABEL["metal"]
    for item in structures:
        put_in = _BY_NAME.get(item.name.lower().partition(" ")[0])
        if put_in is not None:
            labels[mask_on(item.mask, window).full()] = _LABEL[put_in]
    labels[~body] = _LABEL["gas"]
    return TissueMap(labels, window, known_tissues())


def uniform_map(id_: str, window: Grid) -> TissueMap:
    """A map of one tissue everywhere."""
    return TissueMap(np.full(window.shape, _LABEL[id_], np.uint8), window, known_tissues())


def window_around(points_mm: ArrayLike, reach_mm: float, within: Grid, spacing_mm: float = 1.0) -> Grid:
    """A grid of cubic voxels around some points, with the axes of another grid and within its extent.

    Parameters
    ----------
    points_mm : array, shape (n, 3)
        LPS mm.
    reach_mm : float
        How far the window goes beyond the outermost points, where the other grid goes as far.
    within : Grid
    spacing_mm : float

    Raises
    ------
    ImageError
        If none of the points lies near the other grid.
    """
    direction = np.asarray(within.direction, float).reshape(3, 3)
    along = (np.atleast_2d(np.asarray(points_mm, float)) - np.asarray(within.origin_mm)) @ direction
    size = np.asarray(within.spacing_mm) * (np.asarray(within.shape[::-1]) - 1)
    low = np.maximum(along.min(axis=0) - reach_mm, 0.0)
    high = np.minimum(along.max(axis=0) + reach_mm, size)
    if np.any(high < low):
        raise ImageError(f"The window lies outside the image, which spans {within.bounds_text()}.")
    ni, nj, nk = (int(n) for n in np.floor((high - low) / spacing_mm) + 1)
    x, y, z = (float(v) for v in np.asarray(within.origin_mm) + direction @ low)
    return Grid((nk, nj, ni), (spacing_mm,) * 3, (x, y, z), within.direction)


@cache
def known_tissues() -> tuple[Tissue, ...]:
    """Every tissue that a map can hold, by label."""
    return tuple(tissue(id_) for id_ in TISSUE_ORDER)


def _threshold(key: str) -> float:
    """One value of ``Resources/Limits/tissue_map.json``."""
    return limit("tissue_map", key).amount


def _by_numbers(hu: NDArray[np.float32]) -> Labels:
    labels = np.full(hu.shape, _LABEL["muscle"], np.uint8)
    labels[hu < _threshold("fat_below_hu")] = _LABEL["fat"]
    labels[hu < _threshold("gas_below_hu")] = _LABEL["gas"]
    return labels


def _in_bone(hu: NDArray[np.float32]) -> Labels:
    limits = ("yellow_marrow_below_hu", "red_marrow_below_hu", "cortical_above_hu")
    order = ("marrow_yellow", "marrow_red", "bone_cancellous", "bone_cortical")
    place = np.digitize(hu, [_threshold(key) for key in limits])
    return np.asarray([_LABEL[id_] for id_ in order], np.uint8)[place]


def _painted(structures: Sequence[Structure]) -> list[Structure]:
    """Structures that stand for a tissue, the canal first and cord and nerves last, because they lie in it."""
    order = ("great_vessels", "heart", "lung", "soft", "cord", "nerve_roots", "bowel")
    found = [(kin, item) for item in structures if (kin := _kin_of(item)) in order]
    inner = ("spinal_cord", "gas")
    return [item for kin, item in sorted(found, key=lambda row: (_key_of(row[1]) in inner, order.index(row[0])))]


def _paint(labels: Labels, item: Structure, hu: NDArray[np.float32], window: Grid) -> None:
    marked = mask_on(item.mask, window).full()
    kin, key = _kin_of(item), _key_of(item)
    if kin in ("great_vessels", "heart"):
        if key != "contrast_filled":  # may as well be bowel or kidney: nothing is known of its flow
            wall = _wall(marked, window)
            labels[marked] = _LABEL["blood"]
            labels[wall] = _LABEL["vessel_wall"]
    elif key in _BY_KEY:
        labels[marked] = _LABEL[_BY_KEY[key]]
    elif kin == "cord":  # the canal and the sac: fat between what is neither cord nor fluid
        labels[marked] = np.where(hu[marked] < _threshold("fat_below_hu"), _LABEL["fat"], _LABEL["csf"])
    elif kin in _BY_KIN:
        labels[marked] = _LABEL[_BY_KIN[kin]]


def _wall(vessel: Marked, window: Grid) -> Marked:
    """The outer layer of a vessel, where it is wide enough to have flow within."""
    thickness = _threshold("vessel_wall_mm")
    core = _inner_mm(vessel, window) > thickness
    if not core.any():
        return np.zeros_like(vessel)
    spacing = window.spacing_mm[::-1]
    near = ndimage.distance_transform_edt(~core, sampling=spacing) <= thickness + max(spacing)
    return np.asarray(vessel & ~core & near)


def _inner_mm(marked: Marked, window: Grid) -> NDArray[np.float64]:
    """How deep each voxel lies under the surface; the border of the window is no surface."""
    spacing = window.spacing_mm[::-1]
    if marked.all():
        return np.full(marked.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(marked, sampling=spacing)) - 0.5 * min(spacing)


def _within_body(structures: Sequence[Structure], window: Grid) -> Marked:
    bodies = [item for item in structures if item.role is Role.BODY]
    return _joined(bodies, window) if bodies else np.ones(window.shape, bool)


def _joined(items: Sequence[Structure], window: Grid) -> Marked:
    joined = np.zeros(window.shape, bool)
    for item in items:
        joined |= mask_on(item.mask, window).full()
    return joined


def _key_of(item: Structure) -> str:
    kind = structure_kinds().get(item.kind) or kind_for(item.name)
    return "" if kind is None else kind.key


def _kin_of(item: Structure) -> str:
    kind = structure_kinds().get(item.kind) or kind_for(item.name)
    return "" if kind is None else kind.kin.key
