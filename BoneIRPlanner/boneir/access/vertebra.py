"""The parts of the vertebrae that hold a lesion, each taken apart once."""

from __future__ import annotations

from functools import lru_cache

from ..anatomy.vertebra_parts import VertebraParts, vertebra_parts
from ..case import Case, Structure
from ..errors import OutlineError
from ..mask import Mask
from .field import kin_of

_KEPT = 32
"""Vertebrae whose parts are kept: more than one spine has."""


def level_of(bone: Structure) -> str:
    """The level of a vertebra ("L3"), empty for any other bone."""
    name = bone.kind or bone.name
    return name.removeprefix("vertebra_") if name.startswith("vertebra_") else ""


def parts_of(case: Case, vertebra: Structure) -> VertebraParts | None:
    """The parts of one vertebra; None where its outline does not come apart, or it is none.

    Parameters
    ----------
    case : Case
        Its canal or cord, if outlined, is what the ring is expected around.
    vertebra : Structure
    """
    if not level_of(vertebra) or vertebra.mask.is_empty:
        return None
    canals = [item.mask for item in case.structures if kin_of(item) == "cord" and not item.mask.is_empty]
    return _parts(vertebra.mask, canals[0] if canals else None)


@lru_cache(maxsize=_KEPT)
def _parts(vertebra: Mask, canal: Mask | None) -> VertebraParts | None:
    for known in (canal, None) if canal is not None else (None,):
        try:
            return vertebra_parts(vertebra, known)
        except OutlineError:
            continue
    return None
