"""The row below the plans: name, lock, duplicate, delete, undo and redo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from .step import Step
from .work import work


class PlanBar:
    """The buttons that act on the plan book.

    Parameters
    ----------
    step : Step
        The step whose panel holds ``planNameEdit``, ``lockButton``, ``duplicateButton``, ``deleteButton``,
        ``undoButton`` and ``redoButton``.
    """

    def __init__(self, step: Step) -> None:
        self._step = step
        ui = step.ui
        ui.planNameEdit.connect("editingFinished()", self.onRename)
        ui.lockButton.connect("clicked()", self.onLock)
        ui.duplicateButton.connect("clicked()", self.onDuplicate)
        ui.deleteButton.connect("clicked()", self.onDelete)
        ui.undoButton.connect("clicked()", self.onUndo)
        ui.redoButton.connect("clicked()", self.onRedo)

    @property
    def name(self) -> str:
        """The plan that is chosen."""
        return str(self._step.parameters.planName)

    def refresh(self) -> None:
        """Show what can be done to the chosen plan."""
        ui, page = self._step.ui, self._step.logic.planPage(self.name)
        book = self._step.logic.desk.book
        is_open = page is not None and not page.locked
        ui.planNameEdit.text = page.name if page is not None else ""
        ui.planNameEdit.enabled = is_open
        ui.lockButton.enabled = ui.duplicateButton.enabled = page is not None
        ui.lockButton.checked = page is not None and page.locked
        ui.lockButton.text = _("Unlock") if page is not None and page.locked else _("Lock")
        ui.deleteButton.enabled = is_open
        ui.undoButton.enabled, ui.redoButton.enabled = book.can_undo, book.can_redo

    def onRename(self) -> None:
        new = self._step.ui.planNameEdit.text
        if self.name and new != self.name:
            self._act(lambda logic: logic.renamePlan(self.name, new))
            self.refresh()

    def onLock(self) -> None:
        page = self._step.logic.planPage(self.name)
        if page is not None:
            self._act(lambda logic: logic.lockPlan(self.name, not page.locked))

    def onDuplicate(self) -> None:
        self._act(lambda logic: logic.duplicatePlan(self.name))

    def onDelete(self) -> None:
        self._act(lambda logic: logic.deletePlan(self.name))

    def onUndo(self) -> None:
        if self._step.logic.desk.book.can_undo:
            self._act(lambda logic: logic.undoPlans(self.name))

    def onRedo(self) -> None:
        if self._step.logic.desk.book.can_redo:
            self._act(lambda logic: logic.redoPlans(self.name))

    def _act(self, act: Callable[[Any], tuple[str, str]]) -> None:
        with work(_("The plans could not be changed.")):
            shown, said = act(self._step.logic)
            self._step.parameters.planName = shown
            self._step.module.say(said)
