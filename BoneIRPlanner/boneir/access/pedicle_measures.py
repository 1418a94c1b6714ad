"""What a way does to the pedicles of the vertebrae that hold its lesion: grade, bone left, and what breaks a limit."""

from __future__ import annotations

from ..anatomy.structures import structure_kinds
from ..assessment import Measure
from ..case import Structure
from ..findings import Finding, Severity
from .limits import Limits
from .path_samples import PathSamples
from .pedicle import GertzbeinRobbins, PedicleWay, pedicle_limit, pedicle_way
from .vertebra import parts_of


def pedicle_ways(path: PathSamples) -> tuple[tuple[Structure, PedicleWay], ...]:
    """The pedicles that a path goes through, of the vertebrae that hold its lesion."""
    found = []
    for vertebra in path.holding:
        parts = parts_of(path.case, vertebra)
        way = None if parts is None else pedicle_way(parts, path.trajectory, path.needle.diameter_mm, path.limits)
        if way is not None:
            found.append((vertebra, way))
    return tuple(found)


def breaches_towards_canal(way: PedicleWay, limits: Limits) -> bool:
    """Whether a way leaves its pedicle on the side of the canal, or on any side by as much as grade C."""
    if way.grade is GertzbeinRobbins.A:
        return False
    return way.towards == "medial" or way.breach_mm >= pedicle_limit("grades", "C", limits=limits).amount


def is_doubtful(way: PedicleWay, limits: Limits) -> bool:
    """Whether a way counts as grade A, but lies so near a wall that its outline cannot tell A from B."""
    return way.grade is GertzbeinRobbins.A and way.wall_mm < pedicle_limit("noise", limits=limits).amount


def may_be_proposed(way: PedicleWay, limits: Limits) -> bool:
    """Whether a way leaves enough bone towards the canal, and stays below grade C on any other side."""
    thin = way.medial_mm < limits.of_file("pedicle", "medial_reserve").amount
    return not (thin or breaches_towards_canal(way, limits))


def measure_pedicles(path: PathSamples) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """The Gertzbein-Robbins grade of a path, as the breach that it is read from, and a finding unless surely A."""
    measures, findings = [], []
    for vertebra, way in pedicle_ways(path):
        title = f"Breach of the {way.side} pedicle, {_words(vertebra)}"
        left = _at_wall(way)
        grade = f"{way.grade} or B" if is_doubtful(way, path.limits) else way.grade
        note = f"Gertzbein-Robbins {grade}; {left} at the nearest wall, {_where(way)}"
        limit = pedicle_limit("grades", "B", limits=path.limits)
        measures.append(
            Measure(
                "access.pedicle_breach", title, way.breach_mm, "mm", path.about, limit=limit, place_mm=way.place_mm,
                note=note,
            )
        )  # fmt: skip
        if way.grade is not GertzbeinRobbins.A:
            findings.append(_finding(path, vertebra, way))
        elif is_doubtful(way, path.limits):
            findings.append(_doubt(path, vertebra, way))
    return tuple(measures), tuple(findings)


def _finding(path: PathSamples, vertebra: Structure, way: PedicleWay) -> Finding:
    text = (
        f"{path.called()} leaves the {way.side} pedicle of {_words(vertebra)} by {way.breach_mm:.1f} mm, "
        f"{_where(way)} (Gertzbein-Robbins {way.grade}): a way within the pedicle, grade A, would be right."
    )
    severity = Severity.STOP if breaches_towards_canal(way, path.limits) else Severity.WARN
    limit = pedicle_limit("grades", "B", limits=path.limits)
    return Finding("access.pedicle", severity, text, way.breach_mm, "mm", limit, way.place_mm, vertebra.name)


def _doubt(path: PathSamples, vertebra: Structure, way: PedicleWay) -> Finding:
    noise = pedicle_limit("noise", limits=path.limits)
    text = (
        f"{path.called()} runs along the wall of the {way.side} pedicle of {_words(vertebra)}, {_where(way)} "
        f"({_at_wall(way)}), nearer than its outline is sure of ({noise.amount:g} mm): it may be Gertzbein-Robbins A "
        "or B; a way farther from this wall would be right."
    )
    return Finding("access.pedicle_wall", Severity.WARN, text, way.wall_mm, "mm", noise, way.place_mm, vertebra.name)


def _at_wall(way: PedicleWay) -> str:
    """Bone left at the nearest wall, in hundredths of a mm where tenths would hide on which side of it the way lies."""
    mm = abs(way.wall_mm)
    amount = f"{mm:.1f}" if mm >= 0.1 else f"{mm:.2f}"
    return f"{amount} mm of bone left" if way.wall_mm >= 0 else f"out of bone by {amount} mm"


def pedicle_reason(path: PathSamples) -> str:
    """One sentence on the pedicles that a path goes through; "" where it goes through none."""
    parts = []
    for vertebra, way in pedicle_ways(path):
        where = f"the {way.side} pedicle of {_words(vertebra)}"
        if is_doubtful(way, path.limits):
            text = f"It runs along the wall of {where}, {_where(way)} ({_at_wall(way)}): grade A or B"
        elif way.wall_mm >= 0:
            text = f"It stays {way.wall_mm:.1f} mm within {where}; the nearest wall is {_where(way)}: grade {way.grade}"
        else:
            text = f"It leaves {where} by {way.breach_mm:.1f} mm, {_where(way)}: grade {way.grade}"
        parts.append(f"{text} after Gertzbein and Robbins.")
    return " ".join(parts)


def _where(way: PedicleWay) -> str:
    return {"medial": "towards the canal", "lateral": "towards the side"}.get(way.towards, way.towards)


def _words(vertebra: Structure) -> str:
    kind = structure_kinds().get(vertebra.kind)
    return kind.name.removeprefix("Vertebra ") if kind is not None else vertebra.name.replace("_", " ")
