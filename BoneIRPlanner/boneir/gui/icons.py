"""Where the icons lie: in the folder of the modules, in a checkout as in an installed extension."""

from __future__ import annotations

from pathlib import Path

import qt


def icon(name: str) -> qt.QIcon:
    """The icon of that name."""
    return qt.QIcon(str(Path(__file__).resolve().parents[2] / "Resources" / "Icons" / f"{name}.png"))
