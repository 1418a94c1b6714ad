"""Lesions of known extent, implanted into any CT: the truth for practice and for tests."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image, Modality
from ..errors import ImageError, OutlineError
from ..findings import Point
from ..mask import Mask, Window
from . import tissue_hu as hu
from .canvas import Tissue
from .lesion_shape import LesionShape, lesion_shape
from .room_in_bone import depth_in_bone, way_out
from .sampling import occupancy, share_inside
from .scanner_noise import ScannerNoise, correlated_noise, noise_near
from .shapes import Capsule, Floats

CORTEX_MM = 1.6
"""Thickness of the outer bone that an unbroken lesion leaves standing."""
RIM_MM = 1.6
_BREACH_WIDTH = 0.32
"""Radius of the hole in the cortex as a share of the diameter of the lesion."""
_BREACH_REACH = 0.22
"""How far the lesion grows out of the bone, as a share of its diameter."""
_MIXED_GRAIN = 0.10
"""Size of the islands in a mixed lesion, as a share of its diameter."""
_FEWEST_VOXELS = 8
_WIDEST_EDGE_MM = 3.0


class LesionKind(StrEnum):
    """How a metastasis changes bone."""

    LYTIC = "lytic"
    SCLEROTIC = "sclerotic"
    MIXED = "mixed"


@dataclass(frozen=True, eq=False)
class Implanted:
    """An image with a lesion that was not there before.

    Parameters
    ----------
    image : Image
        A new image; beyond lesion and rim it equals the old one bit by bit.
    mask : Mask
        Voxels that lie in the lesion by half or more; the rim does not belong to it.
    kind : LesionKind
    centre_mm : Point
    volume_ml : float
        Volume with the shares of the voxels at the edge.
    exact_volume_ml : float or None
        By formula, where nothing confines the shape; None otherwise.
    breach_mm : Point or None
        Where it breaks through the cortex.
    noise : ScannerNoise
        What was measured in the image and given to the lesion.
    """

    image: Image
    mask: Mask
    kind: LesionKind
    centre_mm: Point
    volume_ml: float
    exact_volume_ml: float | None
    breach_mm: Point | None
    noise: ScannerNoise


def implant_lesion(
    image: Image,
    centre_mm: Point,
    diameter_mm: float,
    kind: LesionKind | str,
    *,
    bone: Mask | None = None,
    rim: bool = False,
    breach: bool = False,
    towards_mm: Point | None = None,
    roughness: float = 0.1,
    stretch: Point = (1.0, 1.0, 1.0),
    edge_mm: float = 0.0,
    seed: int = 0,
) -> Implanted:
    """Implant a lesion into a CT.

    Its edge is blended by the share of each voxel that lies inside; its noise has the strength and the correlation of
    the soft tissue around it.

    Parameters
    ----------
    image : Image
        CT in HU, real or synthetic; it is not changed.
    centre_mm : Point
        LPS mm.
    diameter_mm : float
        Of the ball of the same volume, before any bone confines it.
    kind : LesionKind or str
    bone : Mask, optional
        The bone that the lesion stays in, leaving its outer 1.6 mm; holes in the mask count as bone.
    rim : bool
        Whether a thin sclerotic rim surrounds it, within the bone.
    breach : bool
        Whether it breaks through the cortex into the soft tissue.
    towards_mm : Point, optional
        Direction of the breach; by default the nearest way out of the bone.
    roughness : float
        0 for a smooth surface, up to 0.2.
    stretch : Point
        Proportions along x, y and z.
    edge_mm : float
        Standard deviation of the blur of its edge, 0 to 3: how far it infiltrates. The mask stays the sharp one.
    seed : int

    Raises
    ------
    ImageError
        If the image is not CT in int16, does not show the centre, or has no soft tissue to measure its noise in.
    OutlineError
        If a size is out of range, the centre is not in the bone, there is no room, or a breach is asked of no bone.
    """
    if image.modality is not Modality.CT or image.voxels.dtype != np.int16:
        raise ImageError(f"Lesions are implanted in CT as int16; this is {image.modality} as {image.voxels.dtype}.")
    image.grid.nearest_voxel(centre_mm)
    kind, rng = _kind_of(kind), np.random.default_rng(seed)
    shape = lesion_shape(centre_mm, diameter_mm, rng, roughness, stretch)
    noise = noise_near(image, centre_mm)
    window = _window_of(shape, image, diameter_mm)
    inside, with_rim, exit_mm = _shares(shape, image, window, diameter_mm, bone, breach, towards_mm)
    mask = Mask.within(inside >= 0.5, (window[0].start, window[1].start, window[2].start), image.grid)
    if mask.count < _FEWEST_VOXELS:
        raise OutlineError(
            f"A lesion of {diameter_mm:g} mm at {_text(centre_mm)} has no room there: {mask.count} voxels."
        )
    shares = [(_blurred(inside, edge_mm, image), _look(kind, diameter_mm, image, inside.shape, rng))]
    if rim:
        shares.insert(0, (_blurred(with_rim, edge_mm, image), np.float32(hu.RIM_BONE.hu)))
    voxels = _blended(image.voxels, window, shares, noise, rng)
    confined = bone is not None or not _lies_within(shape, image)
    return Implanted(
        image=replace(image, voxels=voxels),
        mask=mask,
        kind=kind,
        centre_mm=centre_mm,
        volume_ml=float(inside.sum(dtype=float)) * image.grid.voxel_ml,
        exact_volume_ml=None if confined else shape.volume_ml,
        breach_mm=exit_mm,
        noise=noise,
    )


def _kind_of(kind: LesionKind | str) -> LesionKind:
    try:
        return LesionKind(kind)
    except ValueError as error:
        raise OutlineError(f"A lesion is {', '.join(LesionKind)}; {kind!r} is none of them.") from error


def _text(place_mm: Point) -> str:
    return "(" + ", ".join(f"{value:.1f}" for value in place_mm) + ") mm LPS"


def _window_of(shape: LesionShape, image: Image, diameter_mm: float) -> Window:
    """The voxels that lesion, breach and rim may change."""
    grid = image.grid
    low, high = shape.box_mm
    reach = max(float((high - low).max()) / 2, diameter_mm * (0.5 + _BREACH_WIDTH + _BREACH_REACH) * 1.6) + RIM_MM + 2.0
    middle = grid.nearest_voxel(shape.centre_mm)
    k, j, i = (
        slice(max(0, m - math.ceil(reach / s) - 1), min(n, m + math.ceil(reach / s) + 2))
        for m, s, n in zip(middle, grid.spacing_mm[::-1], grid.shape, strict=True)
    )
    return k, j, i


def _lies_within(shape: LesionShape, image: Image) -> bool:
    """Whether the image shows the whole shape."""
    low, high = shape.box_mm
    ends = np.stack([low, high])
    corners = [[ends[a, 0], ends[b, 1], ends[c, 2]] for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    return bool(np.all(image.grid.contains(corners)))


def _shares(
    shape: LesionShape,
    image: Image,
    window: Window,
    diameter_mm: float,
    bone: Mask | None,
    breach: bool,
    towards_mm: Point | None,
) -> tuple[Floats, Floats, Point | None]:
    """Share of each voxel in the lesion, and in lesion with rim; and where the lesion breaks out."""
    inside = share_inside(shape, image.grid, window)
    with_rim = share_inside(shape, image.grid, window, RIM_MM)
    if bone is None:
        if breach:
            raise OutlineError("A breach of the cortex needs the outline of the bone.")
        return inside, with_rim, None
    if not bone.grid.matches(image.grid):
        raise OutlineError("The outline of the bone lies on another grid than the image: resample it first.")
    depth = depth_in_bone(bone, window)
    here = tuple(a - part.start for a, part in zip(image.grid.nearest_voxel(shape.centre_mm), window, strict=True))
    if depth[here] <= 0:
        raise OutlineError(f"The centre {_text(shape.centre_mm)} lies outside the bone.")
    inside = np.minimum(inside, occupancy(np.float32(CORTEX_MM) - depth))
    with_rim = np.minimum(with_rim, occupancy(-depth))
    if not breach:
        return inside, with_rim, None
    exit_mm = way_out(depth, image.grid, window, shape.centre_mm, towards_mm, diameter_mm)
    lobe = share_inside(_lobe(shape.centre_mm, exit_mm, diameter_mm), image.grid, window)
    return np.maximum(inside, lobe), np.maximum(with_rim, lobe), exit_mm


def _lobe(centre_mm: Point, exit_mm: Point, diameter_mm: float) -> Capsule:
    """The part that grows out: from the centre through the cortex, with a round end outside."""
    centre, out = np.asarray(centre_mm), np.asarray(exit_mm)
    way = out - centre
    radius = diameter_mm * _BREACH_WIDTH
    beyond = max(diameter_mm * _BREACH_REACH, 3.0) - radius
    tip = out + way / max(float(np.linalg.norm(way)), 1e-6) * beyond
    return Capsule(centre_mm, (float(tip[0]), float(tip[1]), float(tip[2])), radius, radius)


def _blurred(share: Floats, edge_mm: float, image: Image) -> Floats:
    """Shares with a wider edge; their sum stays the same."""
    if not 0 <= edge_mm <= _WIDEST_EDGE_MM:
        raise OutlineError(f"The edge of a lesion is blurred by 0 to {_WIDEST_EDGE_MM:g} mm, not by {edge_mm}.")
    if edge_mm == 0:
        return share
    sigma = [edge_mm / step for step in image.grid.spacing_mm[::-1]]
    return np.asarray(ndimage.gaussian_filter(share, sigma, mode="nearest", truncate=3.0), np.float32)


def _look(
    kind: LesionKind, diameter_mm: float, image: Image, size: tuple[int, ...], rng: np.random.Generator
) -> Floats | np.float32:
    """HU of the lesion over the window, before noise."""
    steps = image.grid.spacing_mm[::-1]

    def textured(tissue: Tissue) -> Floats:
        pattern = correlated_noise(size, [tissue.grain_mm / step for step in steps], rng)
        return np.float32(tissue.hu) + np.float32(tissue.texture_hu) * pattern

    if kind is LesionKind.LYTIC:
        return np.float32(hu.LYTIC.hu)
    if kind is LesionKind.SCLEROTIC:
        return textured(hu.SCLEROTIC)
    grain = max(diameter_mm * _MIXED_GRAIN, 1.0)
    islands = correlated_noise(size, [grain / step for step in steps], rng)
    share = np.clip(islands * 2 + np.float32(0.5), 0, 1)
    return np.asarray(share * textured(hu.SCLEROTIC) + (1 - share) * np.float32(hu.LYTIC.hu), np.float32)


def _blended(
    before: NDArray[np.int16] | NDArray[np.float32],
    window: Window,
    shares: list[tuple[Floats, Floats | np.float32]],
    noise: ScannerNoise,
    rng: np.random.Generator,
) -> NDArray[np.int16]:
    """The old values with new ones laid over them by their shares; as noisy inside as outside."""
    part = before[window].astype(np.float32)
    kept = np.ones_like(part)
    for share, look in shares:
        part += share * (look - part)
        kept *= 1 - share
    # The kept share of the old value brings its share of noise; the new noise makes up for the rest.
    part += noise.sample(part.shape, rng) * np.sqrt(1 - kept**2)
    voxels = np.array(before, np.int16)
    changed = kept < 1
    voxels[window][changed] = np.clip(np.rint(part[changed]), -1024, 32767).astype(np.int16)
    return voxels
