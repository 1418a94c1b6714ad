"""One plan of a plan book: where it came from, whether it is locked, and who approved it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from ..plan import Plan


class Origin(StrEnum):
    """Where a plan came from; a new proposal takes the place of plans that are `PROPOSED` and of no others."""

    PROPOSED = "proposed"
    EDITED = "edited"
    """Proposed, and changed by hand since."""
    COPIED = "copied"
    HAND = "hand"
    """Made by hand, or read from elsewhere."""


@dataclass(frozen=True)
class Approval:
    """Who approved a plan.

    Parameters
    ----------
    plan_uid : str
        Fingerprint of the plan as it was approved; an approval of other values counts for nothing.
    by, on : str
        Name and date as they were given, "" where not.
    """

    plan_uid: str
    by: str = ""
    on: str = ""


@dataclass(frozen=True)
class Page:
    """One plan of the book and how it stands.

    Parameters
    ----------
    key : int
        Stays with the plan through every edit and every new name.
    plan : Plan
    origin : Origin
    locked : bool
    approval : Approval or None
        Only ever on a locked page.
    score : float or None
        Weighted cost of a proposed plan, the lower the better; None once it was edited.
    """

    key: int
    plan: Plan
    origin: Origin = Origin.HAND
    locked: bool = False
    approval: Approval | None = None
    score: float | None = None

    @property
    def name(self) -> str:
        """The name of the plan."""
        return self.plan.name

    @property
    def approved(self) -> bool:
        """Whether the plan is approved as it is now."""
        return self.approval is not None and self.approval.plan_uid == self.plan.uid


Pages = tuple[Page, ...]


def consistent(page: Page) -> Page:
    """An approval counts on a locked page, and for the plan as it is, or not at all."""
    if page.approval is None or (page.locked and page.approved):
        return page
    return replace(page, approval=None)


def under(plan: Plan, name: str) -> Plan:
    """The plan under another name."""
    return plan if plan.name == name else replace(plan, name=name)


def free_name(name: str, taken: Collection[str]) -> str:
    """A name that is not taken: the number at its end is counted up, or one is put there."""
    if name not in taken:
        return name
    stem, dash, number = name.rpartition("-")
    if not (dash and number.isdigit()):
        stem, number = name, "1"
        return next(text for text in _numbered(f"{stem} ", int(number) + 1) if text not in taken)
    return next(text for text in _numbered(f"{stem}-", int(number) + 1) if text not in taken)


def _numbered(stem: str, first: int) -> Iterable[str]:
    number = first
    while True:
        yield f"{stem}{number}"
        number += 1
