"""A computation that runs beside the user's work: it says how far it is, and may be stopped with nothing lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from ..errors import BoneIRError

YIELD_S = 0.08
"""So long whoever asks how the computation stands leaves the interpreter to it.

A window's own loop may hold the interpreter in between, so that the computation gets this share of the time between two
questions and no more; the views have the rest.
"""

Tell = Callable[[str], None]
"""Says how a computation stands; "" where there is nothing new. Where the user has stopped it, telling ends it."""


class StoppedError(Exception):
    """The user has stopped the computation."""


class Beside:
    """Computes in a thread of its own.

    It touches neither nodes nor widgets: what it works on is read before, and what it finds is shown afterwards.

    Parameters
    ----------
    compute : callable
        Takes a `Tell`, which it calls as often as it may be stopped; what it gives is the result.
    """

    def __init__(self, compute: Callable[[Tell], Any]) -> None:
        self.result: Any = None
        self.failure: BaseException | None = None
        self._words, self._stop = "", threading.Event()
        self._thread = threading.Thread(target=self._run, args=(compute,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it when it next tells how it stands; what it has found so far is dropped."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether it was stopped."""
        return self._stop.is_set()

    def ask(self) -> bool:
        """Whether it still runs; asking lets it go on for a moment."""
        if self._thread.is_alive():
            time.sleep(YIELD_S)
        return self._thread.is_alive()

    @property
    def words(self) -> str:
        """How it stands, for a line of text."""
        if self.stopped:
            return _("Stopping after what is being computed just now.")
        return self._words or _("The computation has begun.")

    def _run(self, compute: Callable[[Tell], Any]) -> None:
        try:
            self.result = compute(self._tell)
        except StoppedError:
            return
        except BoneIRError as error:
            self.failure = error
        except Exception as error:
            self.failure = error
            raise

    def _tell(self, words: str) -> None:
        if self.stopped:
            raise StoppedError
        self._words = words or self._words
