"""One step of guided planning: a panel of its own, tied to the one parameter node of the module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import slicer

from .choices import StepName
from .runner import Runner


class Module(Protocol):
    """What a step knows of the module that it belongs to."""

    logic: Any
    parameters: Any

    def resourcePath(self, name: str) -> str:
        """Path of a file of the module's Resources."""

    def refresh(self) -> None:
        """Show the state of the parameter node everywhere."""

    def runner(self, owner: Any, parent: Any, show: Callable[[], None]) -> Runner:
        """Something that runs tasks for a part of the panel."""

    def say(self, text: str) -> None:
        """Say something in the status line until the user does the next thing."""


class Step:
    """Base of the steps.

    A step shows what the parameter node holds and hands what the user asks for to the logic; it computes nothing and
    keeps nothing.

    Parameters
    ----------
    module : Module
        The widget of the module that the step belongs to.
    """

    name: StepName
    file: str

    def __init__(self, module: Module) -> None:
        self.module = module
        self.widget = slicer.util.loadUI(module.resourcePath(f"UI/{self.file}"))
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self.connect()

    @property
    def logic(self) -> Any:
        """The logic of the module."""
        return self.module.logic

    @property
    def parameters(self) -> Any:
        """The parameter node, or None while there is no scene to plan in."""
        return self.module.parameters

    def title(self) -> str:
        """The name of the step in words."""
        raise NotImplementedError

    def connect(self) -> None:
        """Connect the buttons and tables of the step; called once."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show the parameter node; called whenever it changes."""
        raise NotImplementedError

    def missing(self) -> str:
        """One sentence about what the next step still needs; "" where nothing is missing."""
        raise NotImplementedError

    def remark(self) -> str:
        """One sentence for the status line where nothing is missing; "" where there is nothing to say."""
        return ""
