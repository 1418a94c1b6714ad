"""A picture of a plan, as a report shows it."""

from __future__ import annotations

from dataclasses import dataclass

_WIDE = 1.8


@dataclass(frozen=True)
class Picture:
    """One rendered view.

    Parameters
    ----------
    name : str
        Stable name: "axial", "along", "across", "three_d", "down_the_needle".
    title : str
        Words for people ("Along needle 1, sagittal side").
    png : bytes
        The PNG file.
    about : str
        The needle that it shows; "" for the whole plan.
    """

    name: str
    title: str
    png: bytes
    about: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it is so much wider than high that it needs a row of its own."""
        width, height = (int.from_bytes(self.png[n : n + 4], "big") for n in (16, 20))  # of the PNG's header
        return width > _WIDE * height
