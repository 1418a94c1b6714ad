"""What a case does not say: critical classes without an outline, and outlines that nobody knows. Absent is not safe."""

from __future__ import annotations

from collections.abc import Iterable

from ..case import Structure
from ..findings import Finding, Severity
from .structures import Kin, StructureKind, structure_kinds, structure_kins

TOLD = frozenset({"case.absent", "case.partly_absent", "case.unknown_name"})
"""Codes of what is said here: it is true of the outlines that there are, and not of those that there were."""


def absent_findings(structures: Iterable[Structure]) -> tuple[Finding, ...]:
    """Say which critical classes cannot be checked, because nothing of them is outlined.

    Parameters
    ----------
    structures : iterable of Structure
        All outlines of a case.

    Returns
    -------
    tuple of Finding
        ``case.absent`` (warn) for each class of which nothing is outlined, or only what does not stand for the class;
        ``case.partly_absent`` (note) where named parts of a class are missing; ``case.unknown_name`` (warn) for
        outlines whose name means nothing to the catalogue.
    """
    items = tuple(structures)
    kinds = [kind for item in items if (kind := structure_kinds().get(item.kind)) is not None]
    findings = [_about_kin(kin, [k for k in kinds if k.kin is kin]) for kin in structure_kins().values() if kin.checked]
    return (*(finding for finding in findings if finding is not None), *unknown_findings(items))


def unknown_findings(structures: Iterable[Structure]) -> tuple[Finding, ...]:
    """``case.unknown_name`` (warn) for each outline that the catalogue does not know."""
    return tuple(_unknown(item.name) for item in structures if item.kind not in structure_kinds())


def _about_kin(kin: Kin, outlined: list[StructureKind]) -> Finding | None:
    if all(kind.partial for kind in outlined):
        but = f" (only {_listed(outlined)})" if outlined else ""
        text = f"No outline of {kin.name}{but}: not checked."
        return Finding("case.absent", Severity.WARN, text, about=kin.key)
    if any(not kind.part and not kind.partial for kind in outlined):
        return None  # one that stands for the whole class
    have = {kind.part for kind in outlined}
    parts = dict.fromkeys(kind.part for kind in structure_kinds().values() if kind.kin is kin and kind.part)
    missing = [part for part in parts if part not in have]
    if not missing:
        return None
    text = f"Of {kin.name} only {_listed(outlined)} outlined; no outline of {', '.join(missing)}: not checked."
    return Finding("case.partly_absent", Severity.NOTE, text, about=kin.key)


def _listed(kinds: list[StructureKind]) -> str:
    names = list(dict.fromkeys(kind.name.lower() for kind in kinds))
    return f"{names[0]} is" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} are"


def _unknown(name: str) -> Finding:
    text = f"The outline {name!r} is no known structure: needles keep clear of it as of a critical one; give it a role."
    return Finding("case.unknown_name", Severity.WARN, text, about=name)
