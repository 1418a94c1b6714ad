"""What a panel lets run beside the user's work, one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import qt

from .beside import Beside, Tell
from .work import work

ASK_MS = 100
"""So often what runs is asked how it stands."""


@dataclass(frozen=True)
class Task:
    """Something long that a logic does for a panel, in two parts.

    Parameters
    ----------
    compute : callable
        Takes a `Tell`; runs in a thread of its own, on values that were read from the scene before.
    take : callable
        Takes what that gave; runs in the panel's own thread, and changes the scene.
    """

    compute: Callable[[Tell], Any]
    take: Callable[[Any], Any]


class Runner:
    """Runs a task, shows how it stands, and hands on what it came to.

    A result waits until the user is back in the module; it is dropped where the scene is closed.

    Parameters
    ----------
    owner : ModuleWidget or Step
        Its ``parameters`` are None while the user is elsewhere.
    parent : QWidget
    show : callable
        Shows whether something runs, and its `words`; called whenever that changes.
    """

    def __init__(self, owner: Any, parent: Any, show: Callable[[], None]) -> None:
        self._owner, self._show = owner, show
        self.job: Beside | None = None
        self._finish: Callable[[Beside], None] | None = None
        self._timer = qt.QTimer(parent)
        self._timer.setInterval(ASK_MS)
        self._timer.connect("timeout()", self.onTick)

    @property
    def runs(self) -> bool:
        """Whether something runs, or has a result that waits."""
        return self.job is not None

    @property
    def words(self) -> str:
        """How what runs stands; "" where nothing runs."""
        return "" if self.job is None else self.job.words

    def begin(self, task: Task, failure: str, done: Callable[[Any], None], stopped: Callable[[], None]) -> None:
        """Let a task run.

        Parameters
        ----------
        task : Task
        failure : str
            What is said where it ends in a fault.
        done : callable
            Takes what `Task.take` gave.
        stopped : callable
            Called where the user has stopped it.
        """

        def finish(job: Beside) -> None:
            if job.stopped:
                stopped()
                return
            with work(failure):
                if job.failure is not None:
                    raise job.failure
                done(task.take(job.result))

        self.job, self._finish = Beside(task.compute), finish
        self._timer.start()
        self._show()

    def stop(self) -> None:
        """Stop what runs, at its next step."""
        if self.job is not None:
            self.job.stop()
            self._show()

    def drop(self) -> None:
        """Stop what runs, and forget it: what it was for has gone."""
        if self.job is not None:
            self.job.stop()
            self.job = None
            self._timer.stop()

    def onTick(self) -> None:
        """Show how what runs stands, or hand on what it came to."""
        job = self.job
        if job is None or job.ask() or self._owner.parameters is None:
            self._show()
            return
        self._timer.stop()
        self.job, finish = None, self._finish
        if finish is not None:
            finish(job)
        self._owner.refresh()
