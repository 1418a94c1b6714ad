"""What an image answers of the scores of stability; the rest has to be asked for and is never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..anatomy.lesion_measures import measure_lesion
from ..anatomy.vertebra_parts import VertebraParts, vertebra_parts
from ..case import Case, Lesion, Modality, Role
from ..errors import OutlineError
from ..mask import Mask
from ..resources import limit
from .scores import score_named, spinal_location

Floats = NDArray[np.float64]

_THIRDS = 3
_CENTRAL_MM = 9.0
_SEVERAL = frozenset({"bone", "vertebrae", "vertebral_bodies", "ribs"})
"""Outlines of many bones at once."""
_LIMBS = {"humerus": "upper_limb", "femur": "lower_limb", "tibia": "lower_limb"}


@dataclass(frozen=True)
class Answered:
    """An item that the image answers.

    Parameters
    ----------
    item, option : str
        Keys of the score's item and of its answer.
    words : str
        What was measured.
    """

    item: str
    option: str
    words: str


def score_of(case: Case, lesion: Lesion) -> tuple[str, str] | None:
    """The score that suits a lesion, "sins" or "mirels", and the name of the bone that holds most of it.

    Returns
    -------
    tuple of str or None
        None where the bone that holds most of it is neither of the spine nor a long one.
    """
    best, most = None, 0
    for item in case.of_role(Role.BONE):
        if (item.kind or item.name) in _SEVERAL or item.mask.is_empty:
            continue
        shared = _shared(lesion.mask, item.mask)
        if shared > most:
            best, most = item.name, shared
    if best is None:
        return None
    if best.startswith("vertebra_") or best == "sacrum":
        return "sins", best
    return ("mirels", best) if best.split("_")[0] in _LIMBS else None


def image_answers(case: Case, lesion: Lesion, score: str, bone: str) -> tuple[Answered, ...]:
    """The items of a score that the image answers.

    Parameters
    ----------
    case : Case
    lesion : Lesion
    score : str
        "sins" or "mirels".
    bone : str
        Name of the outline that holds the lesion.

    Returns
    -------
    tuple of Answered
        Items that the outlines do not settle are left out.
    """
    score_named(score)
    found = [_kind(case, lesion)]
    if score == "sins":
        found += _spinal(case, lesion, bone)
    else:
        found += [_site(case, lesion, bone), _size(case, lesion, bone)]
    return tuple(item for item in found if item is not None)


def _kind(case: Case, lesion: Lesion) -> Answered | None:
    if case.image.modality is not Modality.CT:
        return None
    kind = next((m.note for m in measure_lesion(case, lesion) if m.code == "lesion.kind"), "")
    known = {option.key for option in score_named("sins").items[2].options}
    return Answered("lesion", kind, f"{kind} by its CT numbers") if kind in known else None


def _spinal(case: Case, lesion: Lesion, bone: str) -> list[Answered | None]:
    if bone == "sacrum":
        return []  # the first segment is junctional, the others rigid: which one has to be seen
    level = bone.removeprefix("vertebra_")
    found: list[Answered | None] = [Answered("location", spinal_location(level), f"the lesion lies in {level}")]
    parts = parts_of(case, bone)
    if parts is None:
        return found
    return [*found, _collapse(case, lesion, bone, parts), _posterolateral(lesion, parts)]


def parts_of(case: Case, bone: str) -> VertebraParts | None:
    """The parts of a vertebra; None where its outline does not come apart."""
    canal = case.structure("spinal_canal").mask if case.has("spinal_canal") else None
    return _taken_apart(case.structure(bone).mask, canal)


@lru_cache(maxsize=32)
def _taken_apart(vertebra: Mask, canal: Mask | None) -> VertebraParts | None:
    try:
        return vertebra_parts(vertebra, canal)
    except OutlineError:
        return None


def _collapse(case: Case, lesion: Lesion, bone: str, parts: VertebraParts) -> Answered | None:
    """The loss of height of a body against the same thirds of the bodies above and below."""
    share = _shared(lesion.mask, parts.body) / max(parts.body.count, 1)
    beside = [
        part
        for name in neighbours_of(case, bone)
        if _shared(lesion.mask, case.structure(name).mask) == 0 and (part := parts_of(case, name)) is not None
    ]
    if not beside or parts.body.is_empty:
        return None
    healthy = np.mean([body_heights(part) for part in beside], axis=0)
    loss = float(1.0 - (body_heights(parts) / healthy).min())
    words = (
        f"{100 * max(loss, 0):.0f} % of height lost against the next bodies, {100 * share:.0f} % of the body involved"
    )
    if loss > limit("stability", "collapse_half").amount:
        return Answered("collapse", "over_half", words)
    if loss > limit("stability", "collapse_from").amount:
        return Answered("collapse", "under_half", words)
    involved = share > limit("stability", "involved_half").amount
    return Answered("collapse", "involved" if involved else "none", words)


def body_heights(parts: VertebraParts) -> Floats:
    """Heights of the front, middle and back third of a vertebral body on its midline, in mm, shape (3,)."""
    local = parts.frame.to_local(parts.body.points_mm())
    local = local[np.abs(local[:, 2]) < _CENTRAL_MM]
    edges = np.quantile(local[:, 1], np.linspace(0.04, 0.96, _THIRDS + 1))
    heights = []
    for front, behind in pairwise(edges):
        up = local[(local[:, 1] >= front) & (local[:, 1] <= behind), 0]
        heights.append(float(np.quantile(up, 0.97) - np.quantile(up, 0.03)) / 0.94)
    return np.asarray(heights)


def neighbours_of(case: Case, bone: str) -> list[str]:
    """The outlined levels next above and below."""
    order = [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)]
    level = bone.removeprefix("vertebra_")
    if level not in order:
        return []
    at = order.index(level)
    near = [order[n] for n in (at - 1, at + 1) if 0 <= n < len(order)]
    return [f"vertebra_{name}" for name in near if case.has(f"vertebra_{name}")]


def _posterolateral(lesion: Lesion, parts: VertebraParts) -> Answered:
    mask = lesion.mask
    needed = limit("stability", "posterolateral_ml").amount
    behind = {"left": _shared_ml(mask, parts.pedicle_left), "right": _shared_ml(mask, parts.pedicle_right)}
    for part in (parts.arch, parts.processes):
        common = _common(mask, part)
        if not common.is_empty:
            aside = parts.frame.to_local(common.points_mm())[:, 2]
            behind["left"] += float((aside > 0).sum()) * mask.grid.voxel_ml
            behind["right"] += float((aside < 0).sum()) * mask.grid.voxel_ml
    sides = [side for side, volume in behind.items() if volume >= needed]
    option = {0: "none", 1: "unilateral", 2: "bilateral"}[len(sides)]
    words = f"{behind['left']:.1f} mL in the left and {behind['right']:.1f} mL in the right pedicle, arch and processes"
    return Answered("posterolateral", option, words)


def _site(case: Case, lesion: Lesion, bone: str) -> Answered:
    limb = _LIMBS[bone.split("_")[0]]
    if bone.startswith("femur"):
        band = limit("stability", "peritrochanteric")
        below = float(case.structure(bone).mask.points_mm()[:, 2].max()) - lesion.mask.centroid_mm[2]
        if (band.low or 0.0) <= below <= band.amount:
            return Answered("site", "peritrochanteric", f"{below:.0f} mm below the top of the femur")
    return Answered("site", limb, f"in the {bone.split('_')[0]}")


def _size(case: Case, lesion: Lesion, bone: str) -> Answered | None:
    share = cortex_share(lesion.mask, case.structure(bone).mask)
    if share is None:
        return None
    option = "under_third" if share < 1 / 3 else "third_to_two_thirds" if share <= 2 / 3 else "over_two_thirds"
    return Answered("size", option, f"{100 * share:.0f} % of the cortex in the worst axial slice")


def cortex_share(lesion: Mask, bone: Mask) -> float | None:
    """The largest share of the outer rim of a bone, slice by slice across its grid, that a lesion takes up."""
    ring_mm = limit("stability", "cortex_ring").amount
    low = np.minimum(bone.corner, lesion.corner)
    high = np.maximum(np.add(bone.corner, bone.voxels.shape), np.add(lesion.corner, lesion.voxels.shape))
    k, j, i = (int(v) for v in low)
    nk, nj, ni = (int(v) for v in high - low)
    whole = bone.part((k, j, i), (nk, nj, ni))
    sick = lesion.part((k, j, i), (nk, nj, ni))
    whole = whole | sick
    across = bone.grid.spacing_mm[1], bone.grid.spacing_mm[0]
    shares = []
    for n in np.flatnonzero(sick.any(axis=(1, 2))):
        filled = np.pad(ndimage.binary_fill_holes(whole[n]), 1)
        ring = (filled & (ndimage.distance_transform_edt(filled, sampling=across) <= ring_mm))[1:-1, 1:-1]
        if ring.any():
            shares.append(float((sick[n] & ring).sum() / ring.sum()))
    return max(shares) if shares else None


def _common(one: Mask, other: Mask) -> Mask:
    nk, nj, ni = other.voxels.shape
    return Mask.within(one.part(other.corner, (nk, nj, ni)) & other.voxels, other.corner, other.grid)


def _shared(one: Mask, other: Mask) -> int:
    return 0 if one.is_empty or other.is_empty else _common(one, other).count


def _shared_ml(one: Mask, other: Mask) -> float:
    return _shared(one, other) * one.grid.voxel_ml
