"""The names of vertebrae, counted from the sacrum, from the lowest and from the highest ribs: and what is in doubt."""

from __future__ import annotations

from dataclasses import dataclass

CERVICAL = tuple(f"C{n}" for n in range(1, 8))
THORACIC = tuple(f"T{n}" for n in range(1, 13))
LUMBAR = tuple(f"L{n}" for n in range(1, 6))
ALL = (*CERVICAL, *THORACIC, *LUMBAR)
"""From the head down."""


@dataclass(frozen=True)
class Landmarks:
    """What the scan shows that levels can be counted from; levels are numbered from below, the lowest is 0.

    Parameters
    ----------
    count : int
        Number of levels between the lower and the upper end of the scan, parts of a level at its ends included.
    sacrum : int or None
        Number of the first level that belongs to the sacrum, counted from above (S1); None where none is seen.
    ribs : tuple of tuple of bool
        For each level whether it bears a rib on the right and on the left.
    whole : tuple of bool
        For each level whether the scan shows all of it.
    """

    count: int
    sacrum: int | None
    ribs: tuple[tuple[bool, bool], ...]
    whole: tuple[bool, ...]


@dataclass(frozen=True)
class LevelNames:
    """The names of levels and how far they can be trusted.

    Parameters
    ----------
    names : tuple of str
        From below, "sacrum" for all of it; empty strings where no landmark names them.
    counted_from : tuple of str
        The landmarks that agree on the names.
    doubts : tuple of str
        One sentence for each thing that leaves doubt.
    """

    names: tuple[str, ...]
    counted_from: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def name_levels(seen: Landmarks) -> LevelNames:
    """Name levels from what landmarks are seen.

    Below the sacrum's first level all is sacrum; L5 is above it, T12 is the lowest level with ribs, T1 the highest with
    a level without ribs above it. Where two landmarks disagree by a level (a transitional vertebra, ribs that are
    missing or supernumerary), the names follow the most trusted one: the sacrum, then the highest ribs, then the
    lowest.

    Parameters
    ----------
    seen : Landmarks

    Returns
    -------
    LevelNames
    """
    offsets = _offsets(seen)
    if not offsets:
        text = "Neither the sacrum nor the lowest or highest ribs are in the scan: no level can be named."
        return LevelNames(("",) * seen.count, (), (text,))
    chosen = next(iter(offsets.values()))
    agreeing = tuple(name for name, offset in offsets.items() if offset == chosen)
    names = tuple(_name(n, chosen, seen.sacrum) for n in range(seen.count))
    doubts = [_disagreement(name, offset - chosen, next(iter(offsets))) for name, offset in offsets.items()]
    doubts.append(_alone(agreeing) if len(offsets) == 1 else "")
    doubts.append(_one_sided(seen, names))
    return LevelNames(names, agreeing, tuple(text for text in doubts if text))


def _offsets(seen: Landmarks) -> dict[str, int]:
    """For each landmark the place in `ALL` of level 0, the most trusted landmark first."""
    last = len(ALL) - 1
    offsets: dict[str, int] = {}
    if seen.sacrum is not None:
        offsets["the sacrum"] = last + seen.sacrum + 1
    bearing = [n for n, sides in enumerate(seen.ribs) if any(sides)]
    if not bearing:
        return offsets
    lowest, highest = bearing[0], bearing[-1]
    # Ribs that are not seen beside a part of a level may lie beyond the end of the scan.
    if any(seen.whole[highest + 1 :]):
        offsets["the highest ribs"] = ALL.index("T1") + highest
    if any(seen.whole[:lowest]):
        offsets["the lowest ribs"] = ALL.index("T12") + lowest
    return offsets


def _name(level: int, offset: int, sacrum: int | None) -> str:
    if sacrum is not None and level <= sacrum:
        return "sacrum"
    place = offset - level
    return ALL[place] if 0 <= place < len(ALL) else ""


def _disagreement(name: str, steps: int, trusted: str) -> str:
    """What two landmarks disagree on; empty where they agree."""
    if steps == 0:
        return ""
    levels = "one level" if abs(steps) == 1 else f"{abs(steps)} levels"
    way = "lower" if steps > 0 else "higher"
    return (
        f"Counted from {name} every level would be named {levels} {way} than counted from {trusted}: a transitional "
        "vertebra, or ribs that are missing or too many; confirm the level on the whole spine before treating."
    )


def _alone(agreeing: tuple[str, ...]) -> str:
    return (
        f"Levels are counted from {agreeing[0]} alone, since no other landmark is in the scan: a transitional vertebra "
        "or an unusual number of ribs would shift them; confirm the level."
    )


def _one_sided(seen: Landmarks, names: tuple[str, ...]) -> str:
    """A doubt where the level that was counted from bears a rib on one side only; the ends of the scan are exempt."""
    inner = range(1, seen.count - 1)
    odd = [names[n] for n in inner if sum(seen.ribs[n]) == 1 and names[n] in ("T1", "T12", "L1", "C7")]
    return f"{', '.join(odd)} bears a rib on one side only: the count of the ribs is in doubt." if odd else ""
