"""Grow the outline of a lesion from a point inside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Case, Lesion, Modality
from ..errors import OutlineError
from ..findings import Finding, Point, Severity
from .lesion_kind import LesionKind, kind_of
from .neighbourhood import Healthy, Marked, Neighbourhood, healthy_marrow, neighbourhood
from .settings import outline_values, setting
from .star import star_within

ORIGIN = "grown from a seed"


def grow_lesion(case: Case, seed_mm: Point, name: str = "lesion-1") -> tuple[Lesion, tuple[Finding, ...]]:
    """Outline the lesion around a point by its numbers, within the bone that holds it.

    The numbers near the point are compared with those of healthy marrow around; voxels nearer to the former belong to
    the lesion. What only a narrow neck joins to it is cut off, with a wider and wider neck until what is left is
    compact. A lesion is not followed beyond the closed surface of the bone.

    Parameters
    ----------
    case : Case
        With bone outlined on a CT.
    seed_mm : Point
        LPS mm, inside the lesion.
    name : str
        What the lesion is called in the case.

    Returns
    -------
    lesion : Lesion
    findings : tuple of Finding
        Where the outline is doubtful.

    Raises
    ------
    OutlineError
        If the image is no CT, or the point does not lie in bone, or nothing grows around it.
    ImageError
        If the point lies outside the image.
    """
    if case.image.modality is not Modality.CT:
        raise OutlineError(f"A lesion grows by CT numbers only, this image is {case.image.modality}: give a mask.")
    for reach_mm in (setting("lesion_near_mm"), setting("lesion_reach_mm")):
        around = neighbourhood(case, seed_mm, reach_mm)
        seed = _index_in(around, seed_mm)
        _check_seed(case, around, seed, seed_mm)
        grown, healthy = _settle(around, seed)
        if not _at_edge(grown, around):
            break
    level = float(np.median(around.hu[grown])) if grown.any() else float(around.hu[seed])
    if not grown[seed]:
        raise OutlineError(
            f"Nothing grows around ({_text(seed_mm)}) mm LPS: the bone there ({level:.0f} HU) is like that around it; "
            "put the point in the middle of the lesion or give a mask."
        )
    lesion = Lesion(name, around.mask_of(grown), ORIGIN)
    return lesion, _findings(lesion, around, grown, healthy)


def _index_in(around: Neighbourhood, seed_mm: Point) -> tuple[int, int, int]:
    k, j, i = (a - b for a, b in zip(around.image.grid.nearest_voxel(seed_mm), around.corner, strict=True))
    return k, j, i


def _text(place_mm: Point) -> str:
    return ", ".join(f"{x:.1f}" for x in place_mm)


def _check_seed(case: Case, around: Neighbourhood, seed: tuple[int, ...], seed_mm: Point) -> None:
    if around.envelope[seed]:
        return
    inside_body = not case.has("body") or case.structure("body").mask.at(seed_mm)
    where = "in no outlined bone" if inside_body else "outside the patient"
    raise OutlineError(
        f"The point ({_text(seed_mm)}) mm LPS lies {where}: put it into the lesion, or give a mask of it."
    )


def _ball_at(around: Neighbourhood, seed: tuple[int, ...], radius_mm: float) -> Marked:
    k, j, i = ((np.arange(n) - at) * step for n, at, step in zip(around.hu.shape, seed, around.spacing_mm, strict=True))
    square = k[:, None, None] ** 2 + j[None, :, None] ** 2 + i[None, None, :] ** 2
    return np.asarray(square <= radius_mm**2)


def _settle(around: Neighbourhood, seed: tuple[int, int, int]) -> tuple[Marked, Healthy | None]:
    """Grow, learn from what has grown the level of the lesion and what is healthy, and grow again."""
    nearby = _ball_at(around, seed, setting("lesion_seed_mm")) & around.envelope
    level = float(np.median(around.hu[nearby]))
    healthy = healthy_marrow(around, _ball_at(around, seed, 2 * setting("lesion_seed_mm")))
    centre = np.asarray(seed, float)
    grown = nearby
    for _ in range(3):
        grown = _grow(around, seed, centre, level, healthy)
        if not grown.any():
            break
        level = float(np.median(around.hu[grown]))
        healthy = healthy_marrow(around, grown) or healthy
        middle = np.argwhere(grown).mean(axis=0)
        centre = middle if grown[tuple(np.rint(middle).astype(int))] else centre
    return grown, healthy


def _grow(
    around: Neighbourhood,
    seed: tuple[int, int, int],
    centre: NDArray[np.float64],
    level: float,
    healthy: Healthy | None,
) -> Marked:
    """The region around the seed that is more like it than like healthy marrow, seen from the centre."""
    alike = _alike(around, level, healthy)
    core = around.opened(alike, setting("lesion_neck_mm"))
    seen = star_within(core, centre, around.spacing_mm, setting("lesion_close_mm"))
    # The opening has rounded the corners off: they come back where they are alike.
    region = seen & alike & (around.distance_from(seen & core) <= setting("lesion_neck_mm") + 0.5)
    return _regular(region, seed, around)


def _alike(around: Neighbourhood, level: float, healthy: Healthy | None) -> Marked:
    """Voxels of the envelope on the lesion's side of the midpoint between lesion and healthy marrow."""
    usual = setting("healthy_hu") if healthy is None else healthy.median_hu
    middle = 0.5 * (level + usual)
    darker = level < usual
    alike = around.hu < middle if darker else around.hu > middle
    return np.asarray(alike & around.envelope)


def _part_with(marked: Marked, seed: tuple[int, ...], around: Neighbourhood) -> Marked:
    """The connected part nearest to the seed, if it is within the seed's own radius."""
    labels, count = ndimage.label(marked)
    if count == 0:
        return np.zeros(marked.shape, bool)
    near = np.where(_ball_at(around, seed, setting("lesion_seed_mm")), labels, 0)
    counts = np.bincount(near.ravel(), minlength=count + 1)
    counts[0] = 0
    best = int(labels[seed]) or int(np.argmax(counts))
    return np.asarray(labels == best) if best and counts[best] else np.zeros(marked.shape, bool)


def _regular(region: Marked, seed: tuple[int, ...], around: Neighbourhood) -> Marked:
    """The region without holes, with bays closed and with the seed in it."""
    reach = setting("lesion_close_mm")
    closed = around.distance_from(~(around.distance_from(region) <= reach)) > reach
    filled = ndimage.binary_fill_holes(closed | region) & around.envelope
    return _part_with(filled, seed, around)


def _is_straggling(region: Marked, around: Neighbourhood) -> bool:
    """Whether the region reaches farther than a few radii of the ball of its volume."""
    places = np.argwhere(region) * np.asarray(around.spacing_mm)
    radius = (3 * len(places) * float(np.prod(around.spacing_mm)) / (4 * np.pi)) ** (1 / 3)
    farthest = float(np.sqrt(np.square(places - places.mean(axis=0)).sum(axis=1).max()))
    return bool(farthest > setting("lesion_compact") * radius + max(around.spacing_mm))


def _at_edge(region: Marked, around: Neighbourhood) -> bool:
    """Whether the region touches an edge of the window that is not the edge of the image."""
    for axis, (start, n, size) in enumerate(zip(around.corner, region.shape, around.image.grid.shape, strict=True)):
        ends = np.moveaxis(region, axis, 0)
        if (start > 0 and ends[0].any()) or (start + n < size and ends[-1].any()):
            return True
    return False


def _findings(lesion: Lesion, around: Neighbourhood, grown: Marked, healthy: Healthy | None) -> tuple[Finding, ...]:
    place, found = lesion.mask.centroid_mm, []

    def add(code: str, text: str, measured: float | None = None, unit: str = "", limit: str = "") -> None:
        value = outline_values()[limit] if limit else None
        found.append(Finding(code, Severity.WARN, text, measured, unit, value, place, lesion.name))

    if _at_edge(grown, around) or _is_straggling(grown, around):
        add("lesion.leak", "The outline runs on into bone that looks like the lesion: check it and cut it by hand.")
    if healthy is None:
        add("lesion.no_reference", "No healthy marrow nearby to compare with: fixed CT numbers were used.")
    values: NDArray[np.float32] = around.hu[grown]
    if kind_of(values, healthy) is LesionKind.UNSURE:
        add("lesion.unsure", "The lesion differs little from the marrow around it: its kind and edge are not sure.")
    beyond = float(np.mean(around.distance_from(around.bone)[grown] > setting("lesion_breach_mm")))
    if beyond > setting("lesion_breach_share"):
        text = (
            f"{100 * beyond:.0f} % of the outline lies where the bone's surface is gone; it ends at the closed surface "
            "of the bone: look for a part in the soft tissue."
        )
        add("lesion.breach", text, 100 * beyond, "%", "lesion_breach_share")
    return tuple(found)
