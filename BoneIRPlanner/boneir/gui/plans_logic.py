"""What the panel does to the plans of a scene: choose, lock, approve, name, duplicate, delete, undo, redo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import slicer
from slicer.i18n import tr as _

from ..errors import PlanError
from ..plan import Plan
from ..plan_book import Page, PlanBook
from ..scene.plan_desk import PlanDesk

Shown = tuple[str, str]
"""Name of the plan that is shown after an act ("" for none), and what the act has to say ("" mostly)."""


class PlansLogic:
    """The plan book of the application's scene, as the steps use it."""

    _desk: PlanDesk | None = None
    _earlier = PlanBook()
    acting = False
    """Whether it is the software itself that changes the scene just now."""

    @property
    def desk(self) -> PlanDesk:
        """The plan book of the scene and the nodes of its plans."""
        if self._desk is None:
            self._desk = PlanDesk(slicer.mrmlScene)
        return self._desk

    def planPages(self) -> tuple[Page, ...]:
        """Every plan and how it stands."""
        return self.desk.book.pages

    def planPage(self, name: str) -> Page | None:
        """How one plan stands, or None where there is no such plan."""
        return next((page for page in self.planPages() if page.name == name), None)

    def planNow(self, name: str) -> Plan | None:
        """The plan with its needles where they are now, or None where there is no such plan."""
        return self.desk.plan(name) if name else None

    def planState(self, name: str) -> tuple[Plan | None, str]:
        """The plan as it lies in the scene and "", or None and one sentence that says why there is none."""
        plan = self.planNow(name)
        return plan, "" if plan is not None else _("There is no plan in the scene: choose one in the step Access.")

    def showPlan(self, name: str) -> None:
        """Show one plan in the views; the others stay in the scene, unseen, as the user left them."""
        with self.act_alone():
            self.desk.show(self.desk.book.page(name).name)

    def takeMoves(self) -> str:
        """Take needles that were moved in the views into the book."""
        with self.act_alone():
            return self.desk.take_moves()

    def takeProposed(self, plans: tuple[Plan, ...], scores: tuple[float, ...]) -> Shown:
        """Take in the plans of a proposal; those that were touched, locked or approved stay."""
        return self._act(lambda book: book.proposed(plans, scores), "")

    def lockPlan(self, name: str, on: bool) -> Shown:
        """Lock a plan, or open it again."""
        return self._act(lambda book: book.locked(name) if on else book.unlocked(name), name)

    def approvePlan(self, name: str, by: str) -> Shown:
        """Approve a plan as it is now, under today's date."""
        if not by.strip():
            raise PlanError(_("Say who approves the plan."))
        return self._act(lambda book: book.approved(name, by, date.today().isoformat()), name)

    def renamePlan(self, name: str, new: str) -> Shown:
        """Give a plan another name."""
        return self._act(lambda book: book.renamed(name, new), name)

    def duplicatePlan(self, name: str) -> Shown:
        """Make an open copy of a plan."""
        return self._act(lambda book: book.duplicated(name), name)

    def deletePlan(self, name: str) -> Shown:
        """Delete a plan; undo brings it back."""
        return self._act(lambda book: book.deleted(name), name)

    def undoPlans(self, name: str) -> Shown:
        """Undo what was last done to the plans."""
        return self._act(lambda book: book.undone(), name)

    def redoPlans(self, name: str) -> Shown:
        """Do again what was last undone."""
        return self._act(lambda book: book.redone(), name)

    def showPlace(self, place: Any) -> None:
        """Move the slice views to a place in LPS mm, where there is one."""
        from ..scene.ras import to_ras

        if place is not None:
            slicer.modules.markups.logic().JumpSlicesToLocation(*to_ras(place), True)

    def outlinesHere(self) -> Any:
        """The segmentation that this software made in the scene, or None."""
        from ..scene.marks import Part, marked

        return next(marked(slicer.mrmlScene, Part.OUTLINES), None)

    def beforeImport(self) -> None:
        """Another scene is about to come in: what is on the desk must not be lost by it."""
        self._earlier = self.desk.book

    def afterImport(self) -> None:
        """Another scene has come in."""
        earlier, self._earlier = self._earlier, PlanBook()
        if earlier.pages:
            with self.act_alone():
                self.desk.join(earlier)

    @contextmanager
    def act_alone(self) -> Iterator[None]:
        """Change the scene without the panel following each change: it is shown once, afterwards."""
        before, self.acting = self.acting, True
        try:
            yield
        finally:
            self.acting = before

    def _act(self, change: Callable[[PlanBook], PlanBook], name: str) -> Shown:
        before = self.desk.book
        with self.act_alone():
            said = self.desk.act(change)
            shown = name_afterwards(before, self.desk.book, name)
            if shown:
                self.desk.show(shown)
        return shown, said


def name_afterwards(before: PlanBook, after: PlanBook, name: str) -> str:
    """Which plan is shown after an act: a new one, else the same one under its name now, else one beside it."""
    fresh: list[Any] = [page.name for page in after.pages if page.key >= before.next_key]
    if fresh:
        return str(fresh[0])
    keys = [page.key for page in before.pages if page.name == name]
    same = [page.name for page in after.pages if page.key in keys]
    if same:
        return same[0]
    place = before.names.index(name) if before.has(name) else 0
    return after.names[min(place, len(after.names) - 1)] if after.names else ""
