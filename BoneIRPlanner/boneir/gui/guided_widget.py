"""A module panel that leads through steps, with one status line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slicer.i18n import tr as _

from .choices import StepName
from .module_widget import ModuleWidget
from .step import Step
from .tables import show_text


class GuidedModuleWidget(ModuleWidget):
    """Base of a module's widget.

    A module gives `makeLogic` and `stepClasses`, and a panel with a tool button for each step
    (``imagesButton`` for the step "images"), ``stepStack``, ``statusLabel``, ``backButton`` and ``nextButton``. Its
    parameter node has a field ``currentStep``.
    """

    def __init__(self, parent: Any = None) -> None:
        ModuleWidget.__init__(self, parent)
        self.steps: list[Step] = []

    def connectPanel(self) -> None:
        self.steps = [step_class(self) for step_class in self.stepClasses()]
        for step in self.steps:
            self.ui.stepStack.addWidget(step.widget)
            self._button(step.name).connect("clicked()", lambda name=step.name: self.showStep(name))
        self.ui.backButton.connect("clicked()", lambda: self._move(-1))
        self.ui.nextButton.connect("clicked()", lambda: self._move(1))

    def stepClasses(self) -> Sequence[type[Step]]:
        """The steps in order; imported here and not before, so that Slicer starts without them."""
        raise NotImplementedError

    def show(self) -> None:
        for step in self.steps:
            step.refresh()
        self._showStatus()

    def showStep(self, name: StepName) -> None:
        """Go to a step; every step can be looked at at any time."""
        if self.parameters is not None:
            self._said = ""
            self.parameters.currentStep = name
            self.refresh()

    def _move(self, by: int) -> None:
        place = self._place() + by
        if 0 <= place < len(self.steps):
            self.showStep(self.steps[place].name)

    def _place(self) -> int:
        return [step.name for step in self.steps].index(self.parameters.currentStep)

    def _button(self, name: StepName) -> Any:
        return getattr(self.ui, f"{name.value}Button")

    def _showStatus(self) -> None:
        """Which step is shown, and the first thing that is missing up to here."""
        place = self._place()
        here = self.steps[place]
        self.ui.stepStack.setCurrentIndex(place)
        self._button(here.name).checked = True
        last = place == len(self.steps) - 1
        needed = next(((step, step.missing()) for step in self.steps[: place + 1] if step.missing()), None)
        if needed is not None and needed[0] is not here:
            text = _("First, in the step {step}: {what}").format(step=needed[0].title(), what=needed[1])
        elif needed is not None:
            text = needed[1]
        elif here.remark():
            text = here.remark()
        elif last:
            text = _("The plan is written down.")
        else:
            text = _("Ready for the next step, {step}.").format(step=self.steps[place + 1].title())
        show_text(self.ui.statusLabel, f"{self._said}\n{text}" if self._said else text)
        self.ui.backButton.enabled = place > 0
        self.ui.nextButton.enabled = not last
        self.ui.nextButton.toolTip = text
