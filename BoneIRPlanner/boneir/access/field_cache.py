"""Planning fields that were built already, kept until a structure, the lesion, the limits or the needle change.

A field is known by what it was built from, not by which objects those were: outlines that are read again and hold the
same voxels find the field again, and one changed voxel does not.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from types import MappingProxyType
from weakref import WeakKeyDictionary

import numpy as np

from ..case import Case, Lesion
from ..mask import Mask
from .field import PlanningField, build_field
from .limits import Limits
from .needle import Needle

MOST_FIELDS = 3
"""Fields that are kept: one of a lesion, its relaxed one, and one of another instrument."""
MOST_BYTES = 600_000_000
"""Memory that all kept fields may take; the newest is kept however large it is."""


class FieldCache:
    """Keeps the planning fields that were used last.

    Parameters
    ----------
    most, most_bytes : int
        How many fields and how much memory at most; the one that was not used for longest goes first.
    """

    def __init__(self, most: int = MOST_FIELDS, most_bytes: int = MOST_BYTES) -> None:
        self.most, self.most_bytes = most, most_bytes
        self._kept: OrderedDict[str, PlanningField] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes_kept(self) -> int:
        """Memory of the arrays of all kept fields."""
        return sum(map(_size_of, self._kept.values()))

    def field(
        self, case: Case, lesion: Lesion, needle: Needle, limits: Limits, *, relaxed: bool = False
    ) -> PlanningField:
        """What `build_field` gives for the same arguments, from the cache where nothing has changed.

        Raises
        ------
        CaseError
            As `build_field`.
        """
        key = field_key(case, lesion, needle, limits, relaxed=relaxed)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        made = build_field(case, lesion, needle, limits, relaxed=relaxed)
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and (len(self._kept) > self.most or self.bytes_kept > self.most_bytes):
                self._kept.popitem(last=False)
        return made

    def clear(self) -> None:
        """Forget every field."""
        with self._lock:
            self._kept.clear()


FIELDS = FieldCache()
"""The fields of this process."""


def field_key(case: Case, lesion: Lesion, needle: Needle, limits: Limits, *, relaxed: bool = False) -> str:
    """SHA-256 of everything that `build_field` looks at; neither weights nor limits of other files are part of it."""
    fixed = replace(limits, weights=MappingProxyType({}), more=MappingProxyType({}))
    parts = [case.image.uid, repr(case.image.grid), digest_of(lesion.mask), repr(needle), repr(fixed), str(relaxed)]
    parts += [repr((item.name, item.kind, str(item.role), digest_of(item.mask))) for item in case.structures]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


_DIGESTS: WeakKeyDictionary[Mask, str] = WeakKeyDictionary()


def digest_of(mask: Mask) -> str:
    """SHA-256 of the voxels of a mask and of where they lie; computed once of every mask, which never changes."""
    if mask not in _DIGESTS:
        place = repr((mask.grid, mask.corner, mask.voxels.shape))
        _DIGESTS[mask] = hashlib.sha256(place.encode() + np.packbits(mask.voxels).tobytes()).hexdigest()
    return _DIGESTS[mask]


def _size_of(field: PlanningField) -> int:
    masks = [field.body, *(mask for obstacle in field.obstacles for mask in obstacle.masks)]
    bones = field.bones.target.nbytes
    return field.packed.nbytes + field.nearest.nbytes + bones + sum(mask.voxels.nbytes for mask in masks)
