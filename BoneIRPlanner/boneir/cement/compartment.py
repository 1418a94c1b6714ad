"""Compartments of the skeleton."""

from __future__ import annotations

from enum import StrEnum


class Compartment(StrEnum):
    """Where in the skeleton a lesion lies, as far as cement is given differently there."""

    VERTEBRA = "vertebra"
    SACRUM = "sacrum"
    ACETABULUM = "acetabulum"
    ILIUM = "hip bone away from the joint"
    RIB = "rib"
    LONG_BONE = "long bone"
    OTHER = "other bone"

    @property
    def is_pelvic(self) -> bool:
        """Whether it belongs to the pelvic ring."""
        return self in (Compartment.SACRUM, Compartment.ACETABULUM, Compartment.ILIUM)
