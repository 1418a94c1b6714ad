"""Stand-in of ``slicer.packaging``: nothing is installed; what was asked for is kept for the tests."""

from __future__ import annotations

from typing import Any

asked: list[tuple[Any, str]] = []


def pip_ensure(requirements: Any, *, requester: str | None = None, **others: Any) -> None:
    """Note what was asked for; Slicer in testing mode installs nothing either."""
    if not requester:
        raise ValueError("Say who asks for the packages.")
    asked.append((requirements, requester))
