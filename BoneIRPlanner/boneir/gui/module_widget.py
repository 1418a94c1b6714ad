"""A module's panel: one parameter node for all state, and nothing that outlives the scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import slicer
import vtk
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget
from slicer.util import VTKObservationMixin

from .runner import Runner


class Companion(Protocol):
    """Something that lives with a panel and observes nodes of its own."""

    def follow(self, parameters: Any) -> None:
        """Follow the parameter node, or let go of everything where it is None."""


class ModuleWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):  # type: ignore[misc]
    """Base of the widgets of all modules.

    A module gives `makeLogic` (of a logic that may have a flag ``acting``, true while it changes the scene itself),
    `connectPanel` and `show`, and a panel ``UI/<module>.ui``.
    """

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: Any = None
        self.parameters: Any = None
        self._guiTag: int | None = None
        self._watched: list[tuple[Any, Any]] = []
        self._refreshing = False
        self._said = ""
        self.companions: list[Companion] = []
        self._runners: list[Runner] = []

    def runner(self, owner: Any, parent: Any, show: Callable[[], None]) -> Runner:
        """Something that runs tasks for a part of the panel, as long as the scene is there."""
        self._runners.append(Runner(owner, parent, show))
        return self._runners[-1]

    def setup(self) -> None:
        """Make the panel; called once, when the user first opens the module."""
        ScriptedLoadableModuleWidget.setup(self)
        self.panel = slicer.util.loadUI(self.resourcePath(f"UI/{self.moduleName}.ui"))
        self.panel.setMRMLScene(slicer.mrmlScene)
        self.layout.addWidget(self.panel)
        self.ui = slicer.util.childWidgetVariables(self.panel)
        self.logic = self.makeLogic()
        self.companions = list(self.makeCompanions())
        self.connectPanel()
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneGoes)
        self.addObserver(scene, scene.StartImportEvent, self.onSceneComes)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneReplaced)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneCame)
        self.initializeParameterNode()

    def makeLogic(self) -> Any:
        """The logic of the module."""
        raise NotImplementedError

    def connectPanel(self) -> None:
        """Connect the buttons and tables of the panel; called once."""
        raise NotImplementedError

    def show(self) -> None:
        """Show the state of the parameter node, of which there is one."""
        raise NotImplementedError

    def makeCompanions(self) -> Sequence[Companion]:
        """Helpers that observe nodes of their own as long as the panel is tied to a parameter node."""
        return ()

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
        self._dropRunning()
        self.setParameterNode(None)
        self.removeObservers()

    def onSceneGoes(self, *_event: Any) -> None:
        """The scene is closed: the parameter node is not to be trusted."""
        self._dropRunning()
        self.logic.desk.forget()
        self.setParameterNode(None)

    def onSceneComes(self, *_event: Any) -> None:
        """Another scene is about to come in."""
        self.logic.beforeImport()
        self.setParameterNode(None)

    def onSceneCame(self, *_event: Any) -> None:
        """Another scene came in."""
        self.logic.afterImport()
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
        """Show the state of the parameter node, where there is one."""
        if self.parameters is None or self._refreshing:
            return
        self._refreshing = True
        try:
            self.show()
        finally:
            self._refreshing = False

    def _dropRunning(self) -> None:
        for runner in self._runners:
            runner.drop()

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
