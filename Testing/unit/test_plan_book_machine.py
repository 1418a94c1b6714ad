"""Any acts in any order: names stay apart, locked plans stay as they were, and nothing is undone but what was done."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from test_plan_book import plan

from boneir.errors import PlanError
from boneir.plan_book import PlanBook, book_from_json, book_to_json

NAMES = st.sampled_from(["a", "b", "plan-1", "plan-2", "a copy", "a 2"])
DEPTHS = st.integers(20, 25).map(float)


class Acts(RuleBasedStateMachine):
    """Acts on a book; `locked` is a ledger of its own of every plan as it was when it was locked."""

    def __init__(self) -> None:
        super().__init__()
        self.book = PlanBook()
        self.locked: dict[str, str] = {}

    def chosen(self, number: int) -> str:
        return self.book.names[number % len(self.book.names)]

    def act(self, name: str, *arguments: Any, guarded: str = "") -> None:
        """Do one; it is refused where, and only where, it would touch a locked plan or a name that is taken."""
        try:
            self.book = getattr(self.book, name)(*arguments)
        except PlanError:
            assert guarded in self.locked or (name == "renamed" and arguments[1] in self.book.names)
        else:
            assert guarded not in self.locked or arguments[1:] == (guarded,)

    @rule(name=NAMES, depth=DEPTHS)
    def add(self, name: str, depth: float) -> None:
        self.act("added", plan(name, depth))

    @rule(depths=st.lists(DEPTHS, max_size=3))
    def propose(self, depths: list[float]) -> None:
        touched = {page.key for page in self.book.pages if page.locked or page.origin != "proposed"}
        self.act("proposed", [plan(f"plan-{n + 1}", depth) for n, depth in enumerate(depths)])
        assert touched <= {page.key for page in self.book.pages}

    @precondition(lambda self: self.book.pages)
    @rule(number=st.integers(0, 9), depth=DEPTHS)
    def edit(self, number: int, depth: float) -> None:
        name = self.chosen(number)
        self.act("edited", name, plan("whatever", depth), guarded=name)

    @precondition(lambda self: self.book.pages)
    @rule(number=st.integers(0, 9), new=NAMES)
    def rename(self, number: int, new: str) -> None:
        name = self.chosen(number)
        self.act("renamed", name, new, guarded=name)

    @precondition(lambda self: self.book.pages)
    @rule(number=st.integers(0, 9))
    def delete(self, number: int) -> None:
        name = self.chosen(number)
        self.act("deleted", name, guarded=name)

    @precondition(lambda self: self.book.pages)
    @rule(number=st.integers(0, 9))
    def duplicate(self, number: int) -> None:
        self.act("duplicated", self.chosen(number))

    @precondition(lambda self: self.book.pages)
    @rule(number=st.integers(0, 9), approve=st.booleans())
    def lock(self, number: int, approve: bool) -> None:
        name = self.chosen(number)
        self.act("approved" if approve else "locked", name)
        self.locked[name] = self.book.page(name).plan.uid

    @precondition(lambda self: self.book.pages)
    @rule(number=st.integers(0, 9))
    def unlock(self, number: int) -> None:
        name = self.chosen(number)
        self.act("unlocked", name)
        self.locked.pop(name, None)

    @rule(again=st.booleans())
    def undo_or_redo(self, again: bool) -> None:
        before = self.book.pages
        possible = self.book.can_redo if again else self.book.can_undo
        try:
            self.book = self.book.redone() if again else self.book.undone()
        except PlanError:
            assert not possible
        else:
            assert possible
            assert self.book.pages != before
            assert (self.book.undone() if again else self.book.redone()).pages == before

    @rule()
    def save_and_reopen(self) -> None:
        text = book_to_json(self.book)
        self.book = book_from_json(text)
        assert book_to_json(self.book) == text

    @rule(depths=st.lists(DEPTHS, min_size=1, max_size=2))
    def join(self, depths: list[float]) -> None:
        other = PlanBook().proposed([plan(f"plan-{n + 1}", depth) for n, depth in enumerate(depths)])
        have = {page.plan.treatments for page in other.pages} | {page.plan.treatments for page in self.book.pages}
        self.act("joined", other)
        assert have == {page.plan.treatments for page in self.book.pages}

    @invariant()
    def names_and_keys_are_apart(self) -> None:
        pages = self.book.pages
        assert len({page.name for page in pages}) == len({page.key for page in pages}) == len(pages)
        assert all(page.key < self.book.next_key for page in pages)

    @invariant()
    def locked_plans_are_as_they_were(self) -> None:
        assert {page.name: page.plan.uid for page in self.book.pages if page.locked} == self.locked

    @invariant()
    def approved_plans_are_locked(self) -> None:
        assert all(page.locked and page.approved for page in self.book.pages if page.approval is not None)


Acts.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)
TestAnyActs = Acts.TestCase
