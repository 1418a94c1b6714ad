"""The catalogue of structures: what a needle may do with them, and how to find one by any of its names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from ..case import Role
from ..errors import ResourceError
from ..evidence import Value, read_value
from ..resources import read_resource

_FILE = ("Structures", "structures.json")


@dataclass(frozen=True)
class Code:
    """A coded concept as DICOM writes it: scheme ("SCT" is SNOMED CT), value and meaning."""

    scheme: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Kin:
    """A class of structures that a needle has to treat alike.

    Parameters
    ----------
    key, name : str
        Key in the catalogue and words for people ("great_vessels", "great vessels").
    checked : bool
        Whether a case that outlines none of them has to say so.
    clearance : Value or None
        Distance that a needle keeps by default, in mm.
    severity : Value or None
        Weight of an injury, 0..1.
    """

    key: str
    name: str
    checked: bool
    clearance: Value | None = None
    severity: Value | None = None


@dataclass(frozen=True)
class StructureKind:
    """An entry of the catalogue.

    Parameters
    ----------
    key : str
        Its name in a case ("vertebra_L3").
    name : str
        Words for people ("Vertebra L3").
    kin : Kin
        The class that it belongs to.
    role : Role
        What it means for a needle.
    colour : tuple of int
        Red, green and blue, 0..255.
    clearance, severity : Value or None
        Its own, or those of its kin.
    code, side : Code or None
        SNOMED CT concept and laterality; None where no code is known.
    total_segmentator : tuple of str
        Names of the same thing in TotalSegmentator's label sets.
    aliases : tuple of str
        Other names.
    part : str
        The part of its kin that it shows ("colon"); "" where the kin has no named parts.
    partial : bool
        True where it does not stand for its kin ("gas" is not an outline of the bowel).
    """

    key: str
    name: str
    kin: Kin
    role: Role
    colour: tuple[int, int, int]
    clearance: Value | None = None
    severity: Value | None = None
    code: Code | None = None
    side: Code | None = None
    total_segmentator: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    part: str = ""
    partial: bool = False


@cache
def structure_kins() -> Mapping[str, Kin]:
    """Every class of structures by its key, in the order of the catalogue."""
    kins = read_resource(*_FILE)["kins"]
    return MappingProxyType({key: _read_kin(key, data) for key, data in kins.items()})


@cache
def structure_kinds() -> Mapping[str, StructureKind]:
    """Every entry of the catalogue by its key.

    Raises
    ------
    ResourceError
        If an entry is malformed.
    """
    entries = read_resource(*_FILE)["structures"]
    return MappingProxyType({key: _read_kind(key, data) for key, data in entries.items()})


def kind_for(name: str) -> StructureKind | None:
    """The entry that a name means, or None.

    Case, underscores, word order, plural and a few synonyms do not matter ("L1 vertebra", "vertebrae_L1",
    "left kidney", "kidney_L"). A number alone never means anything, since numbers differ between label sets.
    """
    return _by_words().get(_words(name))


def structure_title(name: str) -> str:
    """How people call a structure that has this name or kind: as the catalogue does, else its name with spaces.

    Examples
    --------
    >>> structure_title("nerve_roots"), structure_title("my_own_outline")
    ('Nerve roots', 'my own outline')
    """
    kind = structure_kinds().get(name) or kind_for(name)
    return name.replace("_", " ") if kind is None else kind.name


def within_sentence(title: str) -> str:
    """A title as it stands within a sentence: "nerve roots", but "L3 left"."""
    is_word = title[1:2].islower() or title[1:2] in ("", " ", "-")
    return title[:1].lower() + title[1:] if is_word else title


def with_article(name: str, kind: str = "") -> str:
    """A structure of this name, or of this kind, in running text; what is one of many, or has a number, stands alone.

    Examples
    --------
    >>> with_article("kidney_left"), with_article("nerve_roots"), with_article("vertebra_L3")
    ('the left kidney', 'nerve roots', 'vertebra L3')
    """
    found = structure_kinds().get(kind) or kind_for(name)
    title = within_sentence(structure_title(name) if found is None else found.name)
    stands_alone = found is None or _NUMBERED.search(title) or _PLURAL.search(_OF.split(title)[0])
    return title if stands_alone else f"the {title}"


_OF = re.compile(r" (?:of|inside|around|on|with) |,")
"""What follows the noun of a title."""
_NUMBERED = re.compile(r"\b[A-Z]?\d+\b")
_PLURAL = re.compile(r"(?<![aius])(?<!len)s$|^vertebrae$|^teeth$|^phalanges ")


@cache
def _by_words() -> Mapping[tuple[str, ...], StructureKind]:
    found: dict[tuple[str, ...], StructureKind] = {}
    for kind in structure_kinds().values():
        for name in (kind.key, kind.name, *kind.total_segmentator, *kind.aliases):
            other = found.setdefault(_words(name), kind)
            if other is not kind:
                raise ResourceError(f"structures.json: the name {name!r} means both {other.key!r} and {kind.key!r}.")
    return MappingProxyType(found)


_SYNONYMS = {
    "vertebrae": "vertebra", "vertebral": "vertebra", "vena": "vein", "oesophagus": "esophagus",
    "clavicula": "clavicle", "disk": "disc", "disks": "disc", "bodies": "body", "arteries": "artery",
    "lt": "left", "rt": "right", "l": "left", "r": "right",
}  # fmt: skip
_IGNORED = {"the", "of", "structure", "segment", "mask", "bone"}
_ENDS_IN_S = {
    "gas", "pancreas", "esophagus", "plexus", "gluteus", "maximus", "medius", "minimus", "iliopsoas", "psoas", "atlas",
    "axis", "humerus", "radius", "coccyx", "pelvis", "ribs", "lungs", "kidneys", "ureters", "vertebrae",
}  # fmt: skip
"""Words that end in s and are no plurals, or whose plural is an entry of its own."""


def _words(name: str) -> tuple[str, ...]:
    """The words of a name, made comparable: lower case, singular, sorted; empty for a bare number."""
    words = []
    for word in re.findall(r"[a-z]+[0-9]*|[0-9]+", name.lower()):
        plain = _SYNONYMS.get(word, word)
        if plain.endswith("s") and plain not in _ENDS_IN_S and not plain.endswith("ss"):
            plain = plain[:-1]
        words.append(plain)
    kept = [word for word in words if word not in _IGNORED] or words
    return () if all(word.isdigit() for word in kept) else tuple(sorted(kept))


_VALUES = ("clearance", "severity")


def _read_kin(key: str, data: Mapping[str, Any]) -> Kin:
    where = f"structures.json, kins.{key}"
    return Kin(key, str(data["name"]), bool(data["checked"]), *(_optional(data, n, where) for n in _VALUES))


def _optional(data: Mapping[str, Any], name: str, where: str) -> Value | None:
    return read_value(data[name], f"{where}.{name}") if name in data else None


def _read_kind(key: str, data: Mapping[str, Any]) -> StructureKind:
    where = f"structures.json, structures.{key}"
    try:
        kin = structure_kins()[data["kin"]]
        red, green, blue = (int(c) for c in data["colour"])
        return StructureKind(
            key=key,
            name=str(data["name"]),
            kin=kin,
            role=Role(data["role"]),
            colour=(red, green, blue),
            clearance=_optional(data, "clearance", where) or kin.clearance,
            severity=_optional(data, "severity", where) or kin.severity,
            code=_read_code(data.get("code")),
            side=_read_code(data.get("side")),
            total_segmentator=tuple(data["total_segmentator"]),
            aliases=tuple(data.get("aliases", ())),
            part=str(data.get("part", "")),
            partial=bool(data.get("partial", False)),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise ResourceError(f"{where}: {error!r} is missing or wrong.") from error


def _read_code(data: Mapping[str, str] | None) -> Code | None:
    return None if data is None else Code(data["scheme"], data["value"], data["meaning"])
