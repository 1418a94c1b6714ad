"""The plan book: the plans that lie on the desk, which of them are locked or approved, and what can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..errors import PlanError
from ..plan import Plan
from .page import Approval, Origin, Page, Pages, consistent, free_name, under

MOST_STEPS = 50
"""How many acts can be undone."""

_LONGEST_NAME = 60


@dataclass(frozen=True)
class PlanBook:
    """Plans in the order in which they are shown.

    A book never changes: every act gives a new one, which a face keeps in the place of the old. A locked plan is safe
    from every act but unlocking, undo and redo included; an approved plan is locked.

    Parameters
    ----------
    pages : tuple of Page
        Names and keys are unique.
    past, future : tuple of tuple of Page
        What undo and redo lead to, the nearest last.
    next_key : int
        Key of the next page; keys are not used twice.
    said : str
        What the last act has to say beyond having been done; "" mostly.
    """

    pages: Pages = ()
    past: tuple[Pages, ...] = ()
    future: tuple[Pages, ...] = ()
    next_key: int = 1
    said: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the plans, in order."""
        return tuple(page.name for page in self.pages)

    def has(self, name: str) -> bool:
        """Whether a plan of that name is in the book."""
        return name in self.names

    def page(self, name: str) -> Page:
        """The page of the plan of that name.

        Raises
        ------
        PlanError
            If there is none; the sentence lists those that exist.
        """
        for page in self.pages:
            if page.name == name:
                return page
        raise PlanError(f"There is no plan {name!r}; there are: {', '.join(self.names) or 'none'}.")

    def added(self, plan: Plan, origin: Origin = Origin.HAND, score: float | None = None) -> PlanBook:
        """With one more plan at the end; where its name is taken it gets the next free one."""
        named = under(plan, self.free_name(plan.name))
        page = Page(self.next_key, named, origin, score=score)
        return self._after((*self.pages, page), self.next_key + 1)

    def proposed(self, plans: Sequence[Plan], scores: Sequence[float] = ()) -> PlanBook:
        """With the plans of a new proposal in front, in place of those of the last one that nobody has touched."""
        kept = tuple(page for page in self.pages if page.locked or page.origin is not Origin.PROPOSED)
        taken = {page.name for page in kept}
        fresh, key = [], self.next_key
        for number, plan in enumerate(plans):
            named = under(plan, free_name(plan.name, taken))
            taken.add(named.name)
            score = float(scores[number]) if number < len(scores) else None
            fresh.append(Page(key, named, Origin.PROPOSED, score=score))
            key += 1
        return self._after((*fresh, *kept), key)

    def edited(self, name: str, plan: Plan) -> PlanBook:
        """With other values for a plan; its name stays.

        Raises
        ------
        PlanError
            If there is no such plan, or it is locked.
        """
        page = self._open(name, "edited")
        named = under(plan, name)
        if named == page.plan:
            return replace(self, said="")
        origin = Origin.EDITED if page.origin is Origin.PROPOSED else page.origin
        return self._with(replace(page, plan=named, origin=origin, score=None))

    def renamed(self, name: str, new: str) -> PlanBook:
        """With another name for a plan.

        Raises
        ------
        PlanError
            If there is no such plan, it is locked, or the new name is empty, too long or taken.
        """
        page, new = self._open(name, "renamed"), " ".join(new.split())
        if new == name:
            return replace(self, said="")
        if not new or len(new) > _LONGEST_NAME:
            raise PlanError(f"A plan needs a name of 1 to {_LONGEST_NAME} characters; found {len(new)}.")
        if self.has(new):
            raise PlanError(f"There is a plan {new!r} already: choose another name.")
        origin = Origin.EDITED if page.origin is Origin.PROPOSED else page.origin
        return self._with(replace(page, plan=under(page.plan, new), origin=origin))

    def duplicated(self, name: str) -> PlanBook:
        """With an unlocked copy of a plan right behind it."""
        page = self.page(name)
        copy = Page(self.next_key, under(page.plan, self.free_name(f"{name} copy")), Origin.COPIED, score=page.score)
        place = self.pages.index(page) + 1
        return self._after((*self.pages[:place], copy, *self.pages[place:]), self.next_key + 1)

    def deleted(self, name: str) -> PlanBook:
        """Without a plan.

        Raises
        ------
        PlanError
            If there is no such plan, or it is locked.
        """
        page = self._open(name, "deleted")
        return self._after(tuple(item for item in self.pages if item is not page), self.next_key)

    def locked(self, name: str) -> PlanBook:
        """With a plan locked; this is no edit, and undo does not touch it."""
        return self._standing(replace(self.page(name), locked=True))

    def unlocked(self, name: str) -> PlanBook:
        """With a plan open to edits; an approval is taken back by this, and the book says so."""
        page = self.page(name)
        said = ""
        if page.approval is not None:
            said = f"{name} was unlocked to be edited: its approval is taken back, and it has to be approved anew."
        return self._standing(replace(page, locked=False, approval=None), said)

    def approved(self, name: str, by: str = "", on: str = "") -> PlanBook:
        """With a plan approved as it is now, and locked.

        Parameters
        ----------
        name : str
        by, on : str
            Who approves, and the date, as they are to be read later.
        """
        page = self.page(name)
        return self._standing(replace(page, locked=True, approval=Approval(page.plan.uid, by.strip(), on)))

    @property
    def can_undo(self) -> bool:
        """Whether anything can be undone; what would only change locked plans can not."""
        return any(self._merged(pages) != self.pages for pages in self.past)

    @property
    def can_redo(self) -> bool:
        """Whether anything can be done again."""
        return any(self._merged(pages) != self.pages for pages in self.future)

    def undone(self) -> PlanBook:
        """As it was before the last act; plans that are locked now stay as they are.

        Raises
        ------
        PlanError
            If there is nothing to undo.
        """
        past = list(self.past)
        while past:
            pages = self._merged(past.pop())
            if pages != self.pages:
                return replace(self, pages=pages, past=tuple(past), future=(*self.future, self.pages), said="")
        raise PlanError("There is nothing to undo.")

    def redone(self) -> PlanBook:
        """As it was before the last undo; plans that are locked now stay as they are.

        Raises
        ------
        PlanError
            If there is nothing to do again.
        """
        future = list(self.future)
        while future:
            pages = self._merged(future.pop())
            if pages != self.pages:
                return replace(self, pages=pages, future=tuple(future), past=(*self.past, self.pages), said="")
        raise PlanError("There is nothing to do again.")

    def joined(self, other: PlanBook) -> PlanBook:
        """With the plans of another book behind; a plan that is in both is kept once, locked if it is in either."""
        pages, key = list(self.pages), self.next_key
        for page in other.pages:
            same = next((n for n, mine in enumerate(pages) if mine.plan == page.plan), None)
            if same is not None:
                if page.locked and not pages[same].approval:
                    pages[same] = replace(pages[same], locked=True, approval=page.approval)
                continue
            name = free_name(page.name, {mine.name for mine in pages})
            if name != page.name:
                # A locked plan keeps its name, where the one that has it is open.
                holder = next(n for n, mine in enumerate(pages) if mine.name == page.name)
                if page.locked and not pages[holder].locked:
                    pages[holder] = replace(pages[holder], plan=under(pages[holder].plan, name))
                    name = page.name
            pages.append(consistent(replace(page, key=key, plan=under(page.plan, name))))
            key += 1
        return self._after(tuple(pages), key)

    def free_name(self, name: str) -> str:
        """That name, or the next like it that no plan has."""
        return free_name(name, set(self.names))

    def _open(self, name: str, act: str) -> Page:
        page = self.page(name)
        if page.locked:
            why = "approved and therefore locked" if page.approval else "locked"
            raise PlanError(f"{name} is {why} and can not be {act}: unlock it first, or duplicate it.")
        return page

    def _with(self, page: Page) -> PlanBook:
        """The page of the same key replaced, as an act that can be undone."""
        return self._after(tuple(page if item.key == page.key else item for item in self.pages), self.next_key)

    def _standing(self, page: Page, said: str = "") -> PlanBook:
        """The page of the same key replaced, as an act that is no edit."""
        pages = tuple(page if item.key == page.key else item for item in self.pages)
        return replace(self, pages=pages, said=said)

    def _after(self, pages: Pages, next_key: int) -> PlanBook:
        if pages == self.pages:
            return replace(self, next_key=next_key, said="")
        return PlanBook(pages, (*self.past, self.pages)[-MOST_STEPS:], (), next_key)

    def _merged(self, pages: Pages) -> Pages:
        """Earlier pages, with those that are locked now as they are now; open ones never come back locked."""
        now = {page.key: page for page in self.pages if page.locked}
        merged = [
            now.pop(page.key) if page.key in now else replace(page, locked=False, approval=None) for page in pages
        ]
        merged += now.values()
        taken = {page.name for page in merged if page.locked}
        for number, page in enumerate(merged):
            if not page.locked:
                merged[number] = replace(page, plan=under(page.plan, free_name(page.name, taken)))
                taken.add(merged[number].name)
        return tuple(merged)
