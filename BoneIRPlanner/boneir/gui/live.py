"""Needles that are dragged in the views: what they mean while the mouse moves, and more when it stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import qt
import slicer

from ..errors import BoneIRError
from ..scene.moving import MovingPlan
from .live_logic import LiveLogic, LiveState

SETTLE_MS = 350
"""So long after the last move a needle counts as put down."""


class Timer(Protocol):
    """What is used of ``qt.QTimer``, so that a test can bring its own clock."""

    def start(self) -> None:
        """Fire once after the interval, counted from now."""

    def stop(self) -> None:
        """Do not fire."""


class LiveNeedles:
    """Follows the needles of the plan that is shown, as long as the panel is open.

    Parameters
    ----------
    module : GuidedModuleWidget
        The panel; it keeps the observers.
    shown : callable
        Takes a `LiveState` after each move; None when there is nothing to show.
    timer : callable
        Makes a timer for a callback.
    """

    def __init__(
        self,
        module: Any,
        shown: Callable[[LiveState | None], None],
        timer: Callable[[Callable[[], None]], Timer] | None = None,
    ) -> None:
        self._module, self._shown = module, shown
        self._live = LiveLogic(module.logic)
        self._timer = timer(self.onStopped) if timer is not None else _qt_timer(self.onStopped, module.parent)
        self._moving: MovingPlan | None = None
        self._lines: list[Any] = []
        self._parameters: Any = None
        self.dragging = False

    def follow(self, parameters: Any) -> None:
        """Observe the lines of the plan that is chosen, and no others; none where `parameters` is None."""
        self._parameters = parameters
        name = parameters.planName if parameters is not None else ""
        moving = self._live.moving(name)
        lines = [] if moving is None else list(moving.lines.values())
        if lines != self._lines:
            self._unwatch()
            for line in lines:
                for event, slot in self._events():
                    self._module.addObserver(line, event, slot)
            self._lines = lines
        if parameters is None:
            self._timer.stop()
            self.dragging = False
        self._moving = moving
        self._live.look_again()

    def onStart(self, line: Any, *_event: Any) -> None:
        """A needle is taken in hand: reslicing waits."""
        self.dragging = True
        if self._moving is not None and self._parameters is not None:
            self._live.make_ready(self._parameters, self._moving, line)

    def onMove(self, line: Any, *_event: Any) -> None:
        """A needle was moved by a little: show at once what that means."""
        moving, parameters = self._moving, self._parameters
        if moving is None or parameters is None or self._module.logic.acting:
            return
        try:
            self._shown(self._live.moved(parameters, moving, line))
        except BoneIRError:
            self._shown(None)
        self._timer.start()

    def onEnd(self, *_event: Any) -> None:
        """A needle was let go."""
        self.dragging = False
        self._module.refresh()
        self._timer.start()

    def onStopped(self) -> None:
        """The mouse has stopped: keep the move, and compute what takes longer. Not while a needle is still in hand."""
        if self.dragging:
            self._timer.start()
            return
        self._timer.stop()
        if self._parameters is not None:
            self._module.onNeedlesStopped()

    def why(self, place_ras: Any) -> str:
        """Why a needle may or may not enter the skin near a place."""
        return self._live.why(self._parameters, place_ras) if self._parameters is not None else ""

    def _unwatch(self) -> None:
        for line in self._lines:
            for event, slot in self._events():
                self._module.removeObserver(line, event, slot)

    def _events(self) -> list[tuple[Any, Callable[..., None]]]:
        markups = slicer.vtkMRMLMarkupsNode
        return [
            (markups.PointModifiedEvent, self.onMove),
            (markups.PointStartInteractionEvent, self.onStart),
            (markups.PointEndInteractionEvent, self.onEnd),
        ]


def _qt_timer(callback: Callable[[], None], parent: Any) -> Timer:
    timer = qt.QTimer(parent)  # goes with the panel, and with it what it is connected to
    timer.setSingleShot(True)
    timer.setInterval(SETTLE_MS)
    timer.connect("timeout()", callback)
    return timer
