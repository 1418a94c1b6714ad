"""The plan book as JSON text: every state of a plan once, so that what can be undone takes little room."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from ..errors import PlanError
from ..plain import from_plain, to_json
from .book import PlanBook
from .page import Page, Pages, consistent

BOOK_SCHEMA = "boneir.plan_book/1"
"""Name and version of the JSON form."""


@dataclass(frozen=True)
class _BookRecord:
    """The JSON form: each state of a page once, and the states of the book as places in that list."""

    schema: str
    leaves: Pages
    pages: tuple[int, ...]
    past: tuple[tuple[int, ...], ...] = ()
    future: tuple[tuple[int, ...], ...] = ()
    next_key: int = field(default=1, metadata={"minimum": 1})


def book_to_json(book: PlanBook) -> str:
    """The book as JSON text, with what can be undone."""
    leaves: dict[Page, int] = {}
    pages, *others = (
        tuple(leaves.setdefault(page, len(leaves)) for page in state)
        for state in (book.pages, *book.past, *book.future)
    )
    past, future = tuple(others[: len(book.past)]), tuple(others[len(book.past) :])
    return to_json(_BookRecord(BOOK_SCHEMA, tuple(leaves), pages, past, future, book.next_key))


def book_from_json(text: str) -> PlanBook:
    """Read a book.

    An approval of other values than those of its plan is taken back, and the book says so.

    Raises
    ------
    PlanError
        If it is no book of this version; `faults` lists every fault with its path.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise PlanError(f"The plan book is not a JSON document ({error}).") from error
    if not isinstance(data, dict) or data.get("schema") != BOOK_SCHEMA:
        raise PlanError(f"The plan book has another schema than {BOOK_SCHEMA!r}, which this version reads.")
    record = from_plain(_BookRecord, data, "The plan book")
    count = len(record.leaves)
    if any(not 0 <= place < count for state in (record.pages, *record.past, *record.future) for place in state):
        raise PlanError("The plan book names a page that it does not hold.")
    leaves = [consistent(page) for page in record.leaves]
    pages, *others = (tuple(leaves[place] for place in state) for state in (record.pages, *record.past, *record.future))
    for what in ("name", "key"):
        if len({getattr(page, what) for page in pages}) < len(pages):
            raise PlanError(f"The plan book has two plans with the same {what}.")
    key = max([record.next_key, *(page.key + 1 for page in leaves)])
    fallen = [page.name for page, was in zip(leaves, record.leaves, strict=True) if was.approval and not page.approval]
    said = f"Changed since approval, so that it has to be approved anew: {', '.join(fallen)}." if fallen else ""
    return PlanBook(pages, tuple(others[: len(record.past)]), tuple(others[len(record.past) :]), key, said)
