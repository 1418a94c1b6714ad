"""What an outline that somebody else made is: by its name, else by its code, else unknown and to be kept clear of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from ..case import Role, Structure
from ..mask import Mask
from .structures import StructureKind, kind_for, structure_kinds

_LESION_NAME = re.compile(r"\b(lesions?|metastas[ie]s|neoplasms?|tumou?rs?|gtv|target)\b", re.IGNORECASE)
_SIDES = ("left", "right")
_SNOMED = ("SCT", "99SCT")


def outline_kind(name: str, code: str = "") -> StructureKind | None:
    """The entry of the catalogue that an outline's name stands for, or else its code; None where neither says it.

    Parameters
    ----------
    name : str
        As the file or the segment has it.
    code : str
        Concepts as "scheme^value^meaning", parted by "~": the type, then its modifier (the side), as DICOM and Slicer
        order them; or "".

    Examples
    --------
    >>> outline_kind("Segment_1", "SCT^64033007^Kidney~SCT^7771000^Left").key
    'kidney_left'
    """
    return kind_for(name) or _by_code(name, code)


def outline_from_elsewhere(name: str, mask: Mask, code: str, origin: str, taken: Iterable[str]) -> Structure:
    """An outline that others made as a structure, wherever it comes from: one rule for files, scenes and servers.

    A name and code that the catalogue does not know make it critical, so that needles keep clear of it until somebody
    gives it a role; `absent_findings` says so.

    Parameters
    ----------
    name : str
    mask : Mask
        On the grid of the planning image.
    code : str
        As for `outline_kind`.
    origin : str
    taken : iterable of str
        Names that are in use; a second outline of one structure is numbered.
    """
    kind = outline_kind(name, code)
    if kind is None:
        return Structure(free_name(name, taken), Role.CRITICAL, mask, "", origin)
    return Structure(free_name(kind.key, taken), kind.role, mask, kind.key, origin)


def is_lesion_name(name: str, code: str = "") -> bool:
    """Whether an outline of that name or coded meaning is a lesion to treat; one of the catalogue's structures is not.

    Examples
    --------
    >>> is_lesion_name("GTV_Mass"), is_lesion_name("liver_tumor"), is_lesion_name("Segment_1", "SCT^86049000^Neoplasm")
    (True, False, True)
    """
    if kind_for(name) is not None:
        return False
    return _LESION_NAME.search(re.sub(r"[_\W\d]+", " ", f"{name} {code}")) is not None


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name itself, or with a number where it is in use."""
    names = set(taken)
    numbered = (f"{name}-{number}" for number in range(2, len(names) + 3))
    return name if name not in names else next(free for free in numbered if free not in names)


def _by_code(name: str, code: str) -> StructureKind | None:
    """The entry with that SNOMED CT concept and side; where the code tells no side, the name may."""
    concepts = [part.split("^") for part in code.split("~") if part.count("^") >= 2]
    if not concepts:
        return None
    scheme, value, meaning = concepts[0][:3]
    said = " ".join([*(concept[2] for concept in concepts[1:]), meaning, name]).lower()
    side = next((word for word in _SIDES if word in said.replace("_", " ").split()), "")
    kinds = _kinds_by_code()
    found = (kinds.get((value, side)) or kinds.get((value, ""))) if scheme in _SNOMED else None
    return found or kind_for(f"{meaning} {side}") or kind_for(meaning)


@cache
def _kinds_by_code() -> Mapping[tuple[str, str], StructureKind]:
    """Entries by concept and side; of several with one concept the first that stands for its kin."""
    found: dict[tuple[str, str], StructureKind] = {}
    for kind in sorted(structure_kinds().values(), key=lambda kind: kind.partial):
        if kind.code is None:
            continue
        side = kind.side.meaning.lower() if kind.side else next((s for s in _SIDES if kind.key.endswith(s)), "")
        found.setdefault((kind.code.value, side), kind)
    return MappingProxyType(found)
