"""A picture of a plan, as a report shows it."""

from __future__ import annotations

from dataclasses import dataclass


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
