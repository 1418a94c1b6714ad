"""The limits that images are held against, from ``Resources/Limits/image.json``."""

from __future__ import annotations

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
