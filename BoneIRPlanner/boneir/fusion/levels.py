"""Guard against the wrong level: the neighbours of a vertebra are tried in its place and compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..anatomy.structures import structure_kinds
from ..anatomy.vertebra_frame import marked_at
from ..case import Image
from ..errors import ImageError
from ..findings import Finding, Point, Severity
from ..image.rigid import Rigid
from ..mask import Mask
from ..resources import limit
from .likeness import Likeness
from .registration import cropped, pair_of_bone, register_bone
from .scaled import scaled

_CONTEXT_MM = 30.0
_POINTS = 6_000


@dataclass(frozen=True)
class LevelCheck:
    """How a vertebra fits where it was found, and where its neighbours are.

    Parameters
    ----------
    own : float
        Likeness of the vertebra with its surroundings, above that of unrelated images.
    best_other : float
        The same one level higher or lower, whichever fits better; 0 where none could be tried.
    shift_mm : float
        How far away that is.
    other : Rigid or None
        The vertebra there; None where none could be tried.
    """

    own: float
    best_other: float
    shift_mm: float
    other: Rigid | None = None

    @property
    def ratio(self) -> float:
        """How well the wrong level fits, as part of the right one: near 1 they cannot be told apart."""
        return self.best_other / self.own if self.own > 0 else np.inf


def check_level(
    fixed: Image, moving: Image, bone: Mask, motion: Rigid, neighbours_mm: tuple[Point, ...], *, seed: int = 0
) -> LevelCheck:
    """Try a vertebra at its neighbours' places.

    Parameters
    ----------
    fixed, moving : Image
    bone : Mask
        The vertebra, on the grid of the fixed image.
    motion : Rigid
        Where it was found.
    neighbours_mm : tuple of Point
        Centres of the vertebrae above and below in the fixed image.
    seed : int
    """
    own = _likeness_around(fixed, moving, bone, motion, seed)
    best = LevelCheck(own, 0.0, 0.0)
    centre = np.asarray(bone.centroid_mm)
    for place in neighbours_mm:
        step = np.asarray(place) - centre
        start = motion.after(Rigid.of(np.eye(3), step))
        try:
            found = pair_of_bone(fixed, moving, bone, start, seed=seed).follow(start)
        except ImageError:  # the neighbour lies outside the other image
            continue
        away = 0.0 if found is None else float(found.apart_mm(motion, centre))
        if found is None or away < 0.5 * np.linalg.norm(step):
            continue
        other = _likeness_around(fixed, moving, bone, found, seed)
        if other > best.best_other:
            best = LevelCheck(own, other, away, found)
    return best


def best_level(
    fixed: Image,
    moving: Image,
    bone: Mask,
    motion: Rigid,
    neighbours_mm: tuple[Point, ...],
    name: str,
    *,
    seed: int = 0,
) -> tuple[Rigid, tuple[Finding, ...]]:
    """A vertebra at the level where it clearly fits best, and what has to be said of that.

    The other level is taken where it fits so much better that the first one is no rival to it: by the same limit that
    makes a rival of a level. Where both fit, the vertebra stays, and is said to be doubtful.

    Parameters
    ----------
    fixed, moving, bone, motion, neighbours_mm, seed
        As in `check_level`.
    name : str
        For people.
    """
    check = check_level(fixed, moving, bone, motion, neighbours_mm, seed=seed)
    alike = limit("registration", "level_ratio")
    if check.other is not None and check.ratio * alike.amount > 1.0:
        moved = register_bone(fixed, moving, bone, check.other, seed=seed)
        if check_level(fixed, moving, bone, moved, neighbours_mm, seed=seed).ratio <= alike.amount:
            text = (
                f"{name} fits {check.ratio:.1f} times as well {check.shift_mm:.0f} mm away, one level off from where "
                "the start had put it, and was taken to lie there; what moves with the image as a whole may lie one "
                "level off. Count the levels in both images before using this registration."
            )
            place = bone.centroid_mm
            return moved, (
                Finding("registration.level_moved", Severity.WARN, text, check.ratio, "1", alike, place, name),
            )
    return motion, level_findings(check, name, bone.centroid_mm)


def level_findings(check: LevelCheck, name: str, place_mm: Point) -> tuple[Finding, ...]:
    """That a vertebra fits one level away as well, or nearly."""
    alike = limit("registration", "level_ratio")
    if check.ratio <= alike.amount:
        return ()
    severity = Severity.STOP if check.ratio > 1.0 else Severity.WARN
    text = (
        f"{name} fits {check.shift_mm:.0f} mm away, one level off, {check.ratio:.0%} as well as where it was found: "
        "count the levels in both images before using this registration."
    )
    return (Finding("registration.level", severity, text, check.ratio, "1", alike, place_mm, name),)


def named_findings(name: str, bone: Mask, motion: Rigid, outlined: dict[str, Mask]) -> tuple[Finding, ...]:
    """That a vertebra was found where the outlines of the other image, counted for themselves, name another.

    Parameters
    ----------
    name : str
        Of the bone, as the outlines of both images are named ("vertebra_L3").
    bone : Mask
        In the planning image.
    motion : Rigid
    outlined : dict of str to Mask
        The bones of the other image.
    """
    if name not in outlined or bone.is_empty:
        return ()
    points = motion.apply(bone.points_mm()[:: max(1, bone.count // 2000)])
    counts = {other: int(marked_at(mask, points).sum()) for other, mask in outlined.items() if not mask.is_empty}
    most = max(counts, key=lambda other: counts[other], default=name)
    if most == name or counts[most] == 0:
        return ()
    place = motion.apply_to(bone.centroid_mm)
    text = (
        f"What is {shown(name)} in the planning image is called {shown(most)} in the other image, where the bone was "
        "found: count the levels in both images before using this registration."
    )
    return (Finding("registration.level_name", Severity.STOP, text, place_mm=place, about=shown(name)),)


def shown(name: str) -> str:
    """The name of a structure in words for people."""
    known = structure_kinds().get(name)
    return known.name if known else name.replace("_", " ")


def _likeness_around(fixed: Image, moving: Image, bone: Mask, motion: Rigid, seed: int) -> float:
    """Likeness of a bone and what surrounds it, above that of unrelated images."""
    points = bone.points_mm()
    here = scaled(cropped(fixed, points, _CONTEXT_MM), 3.0)
    there = scaled(cropped(moving, motion.apply(here.grid.corners_mm), 0.0), 3.0)
    size = np.asarray(here.grid.shape[::-1])
    places = here.grid.to_mm(np.random.default_rng(seed).uniform(0, size - 1, (_POINTS, 3)))
    value, share = Likeness(places, here.at(places), there).of(motion)
    return (value - 1.0) * share
