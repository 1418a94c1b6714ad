"""A module panel that leads through steps: one parameter node, one status line, and nothing that outlives the scene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import slicer
import vtk
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget
from slicer.util import VTKObservationMixin

from .choices import StepName
from .step import Step
from .tables import show_text


class Companion(Protocol):
    """Something that lives with a panel and observes nodes of its own."""

    def follow(self, parameters: Any) -> None:
        """Follow the parameter node, or let go of everything where it is None."""


class GuidedModuleWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):  # type: ignore[misc]
    """Base of a module's widget.

    A module gives `makeLogic` (of a logic that may have a flag ``acting``, true while it changes the scene itself) and
    `stepClasses`, and a panel ``UI/<module>.ui`` with a tool button for each step
    (``imagesButton`` for the step "images"), ``stepStack``, ``statusLabel``, ``backButton`` and ``nextButton``. Its
    parameter node has a field ``currentStep``.
    """

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: Any = None
        self.parameters: Any = None
        self.steps: list[Step] = []
        self._guiTag: int | None = None
        self._watched: list[tuple[Any, Any]] = []
        self._refreshing = False
        self._said = ""
        self.companions: list[Companion] = []

    def setup(self) -> None:
        """Make the panel; called once, when the user first opens the module."""
        ScriptedLoadableModuleWidget.setup(self)
        self.panel = slicer.util.loadUI(self.resourcePath(f"UI/{self.moduleName}.ui"))
        self.panel.setMRMLScene(slicer.mrmlScene)
        self.layout.addWidget(self.panel)
        self.ui = slicer.util.childWidgetVariables(self.panel)
        self.logic = self.makeLogic()
        self.companions = list(self.makeCompanions())
        self.steps = [step_class(self) for step_class in self.stepClasses()]
        for step in self.steps:
            self.ui.stepStack.addWidget(step.widget)
            self._button(step.name).connect("clicked()", lambda name=step.name: self.showStep(name))
        self.ui.backButton.connect("clicked()", lambda: self._move(-1))
        self.ui.nextButton.connect("clicked()", lambda: self._move(1))
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneGoes)
        self.addObserver(scene, scene.StartImportEvent, self.onSceneComes)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneReplaced)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneCame)
        self.initializeParameterNode()

    def makeLogic(self) -> Any:
        """The logic of the module."""
        raise NotImplementedError

    def stepClasses(self) -> Sequence[type[Step]]:
        """The steps in order; imported here and not before, so that Slicer starts without them."""
        raise NotImplementedError

    def makeCompanions(self) -> Sequence[Companion]:
        """Helpers that observe nodes of their own as long as the panel is tied to a parameter node."""
        return ()

    def sceneGoes(self) -> None:
        """The scene is closed; overridden by modules that remember something of it."""

    def sceneComes(self) -> None:
        """Another scene is about to be taken into this one; overridden by modules that have something to save."""

    def sceneCame(self) -> None:
        """Another scene was taken into this one."""

    def say(self, text: str) -> None:
        """Say something in the status line, until the user does the next thing; "" takes it back."""
        self._said = text
        self.onChanged()

    def enter(self) -> None:
        """The user opens the module."""
        self.initializeParameterNode()

    def exit(self) -> None:
        """The user opens another module: the panel follows the scene no longer."""
        self.setParameterNode(None)

    def cleanup(self) -> None:
        """The module is unloaded or the application ends."""
        self.setParameterNode(None)
        self.removeObservers()

    def onSceneGoes(self, *_event: Any) -> None:
        """The scene is closed: the parameter node is not to be trusted."""
        self.sceneGoes()
        self.setParameterNode(None)

    def onSceneComes(self, *_event: Any) -> None:
        """Another scene is about to come in."""
        self.sceneComes()
        self.setParameterNode(None)

    def onSceneCame(self, *_event: Any) -> None:
        """Another scene came in."""
        self.sceneCame()
        self.onSceneReplaced()

    def onSceneReplaced(self, *_event: Any) -> None:
        """The scene was closed, or another one came in: its parameter node is the one that counts."""
        self.setParameterNode(None)
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self) -> None:
        """Take the scene's parameter node, or make one."""
        self.setParameterNode(self.logic.getParameterNode())
        self.logic.chooseDefaults(self.parameters)

    def setParameterNode(self, parameters: Any) -> None:
        """Tie the panel to a parameter node, or to none."""
        if self.parameters is not None:
            self.parameters.disconnectGui(self._guiTag)
            self.removeObserver(self.parameters, vtk.vtkCommand.ModifiedEvent, self.onChanged)
        self.parameters = parameters
        if self.parameters is not None:
            self._guiTag = self.parameters.connectGui(self.panel)
            self.addObserver(self.parameters, vtk.vtkCommand.ModifiedEvent, self.onChanged)
        self._watch()
        self.refresh()

    def onChanged(self, *_event: Any) -> None:
        """The parameter node, or a node that it refers to, has changed; not while the module itself changes many."""
        if getattr(self.logic, "acting", False):
            return
        self._watch()
        self.refresh()

    def refresh(self) -> None:
        """Show the state of the parameter node in every step and in the status line."""
        if self.parameters is None or self._refreshing:
            return
        self._refreshing = True
        try:
            for step in self.steps:
                step.refresh()
            self._showStatus()
        finally:
            self._refreshing = False

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

    def _watch(self) -> None:
        """Observe the nodes that the parameter node refers to, and no others."""
        wanted = [] if self.parameters is None else self.logic.watchedBy(self.parameters)
        if wanted != self._watched:
            for node, event in self._watched:
                self.removeObserver(node, event, self.onChanged)
            for node, event in wanted:
                self.addObserver(node, event, self.onChanged)
            self._watched = wanted
        for companion in self.companions:
            companion.follow(self.parameters)
