"""The limits that images are held against, from ``Resources/Limits/image.json``."""

from __future__ import annotations

from ..errors import ImageError
from ..evidence import Value, read_value
from ..resources import read_resource


def image_limit(name: str) -> Value:
    """One limit with its evidence, for instance ``image_limit("thick_slice")``.

    Raises
    ------
    ResourceError
        If the file has no limit of that name.
    """
    return read_value(read_resource("Limits", "image.json").get(name), f"Limits/image.json: {name}")


def check_range(name: str, low: float, high: float, what: str) -> None:
    """Refuse lengths in mm outside the range of a limit.

    Raises
    ------
    ImageError
        If `low` or `high` is; `what` says what they measure.
    """
    limit = image_limit(name)
    if limit.low is not None and limit.high is not None and not limit.low <= low <= high <= limit.high:
        wrong = low if not low >= limit.low else high
        raise ImageError(f"{what} is {wrong:g} mm; plausible are {limit.low:g} to {limit.high:g} mm.")
