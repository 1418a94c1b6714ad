"""How the words of an option become values; a word that does not fit is refused with what would."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from ...errors import PlanError


def point(text: str) -> tuple[float, float, float]:
    """Three numbers in mm."""
    try:
        left, posterior, superior = (float(part) for part in text.split(","))
    except ValueError:
        left = posterior = superior = math.nan
    if not all(map(math.isfinite, (left, posterior, superior))):
        raise argparse.ArgumentTypeError(f"expected three numbers in mm as L,P,S, found {text!r}")
    return left, posterior, superior


def entry_zone(text: str) -> Any:
    """A ball on the skin, the skin near an outline, or what a closed curve in a file encloses."""
    from ...access.entry_curve import read_entry_curve  # brings numpy, which help does not need
    from ...proposal import EntryZone

    if text.lower().endswith(".json"):
        try:
            return read_entry_curve(Path(text))
        except PlanError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
    parts = [part.strip() for part in text.split(",")]
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        radius = not_negative(parts[1]) if len(parts) == 2 else EntryZone().radius_mm
        if len(parts) > 2 or not parts[0]:
            raise argparse.ArgumentTypeError(
                f"expected L,P,S,RADIUS or NAME[,MM] or FILE.json, found {text!r}"
            ) from None
        return EntryZone(None, radius, parts[0])
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise argparse.ArgumentTypeError(f"expected L,P,S,RADIUS or NAME[,MM] or FILE.json, found {text!r}")
    left, posterior, superior, radius = numbers
    return EntryZone((left, posterior, superior), radius)


def protection(text: str) -> Any:
    """A layer of gas or fluid beside a structure."""
    from ...plan import Protection, ProtectiveMedium

    name, _, rest = text.partition(",")
    medium, _, width = rest.partition(",")
    if not name or medium not in set(ProtectiveMedium):
        media = ", ".join(ProtectiveMedium)
        raise argparse.ArgumentTypeError(f"expected NAME,MEDIUM,MM with MEDIUM one of {media}, found {text!r}")
    return Protection(name, ProtectiveMedium(medium), not_negative(width))


def landmark(text: str) -> tuple[float | None, float | None, float | None]:
    """Three numbers in mm, a hyphen for one that is not known; at least one of them is."""
    try:
        left, posterior, superior = (None if part.strip() == "-" else float(part) for part in text.split(","))
    except ValueError:
        left = posterior = superior = None
    known = [amount for amount in (left, posterior, superior) if amount is not None]
    if not known or not all(map(math.isfinite, known)):
        raise argparse.ArgumentTypeError(f"expected L,P,S in mm, with - for what no line shows, found {text!r}")
    return left, posterior, superior


def not_negative(text: str) -> float:
    """Millimetres from 0 to 1000."""
    amount = number(text)
    if not 0 <= amount <= 1000:
        raise argparse.ArgumentTypeError(f"expected mm between 0 and 1000, found {text!r}")
    return amount


def count(text: str) -> int:
    """A whole number from 1 on."""
    amount = number(text)
    if amount < 1 or amount != int(amount):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, found {text!r}")
    return int(amount)


def number(text: str) -> float:
    """Any number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, found {text!r}") from None


def watts(text: str) -> float:
    """A power above 0 W; what is too much is said where it is simulated."""
    amount = number(text)
    if not 0 < amount < math.inf:
        raise argparse.ArgumentTypeError(f"expected W above 0, found {text!r}")
    return amount


def not_negative_seconds(text: str) -> float:
    """Seconds from 0 on."""
    amount = number(text)
    if not 0 <= amount < math.inf:
        raise argparse.ArgumentTypeError(f"expected seconds from 0 on, found {text!r}")
    return amount
