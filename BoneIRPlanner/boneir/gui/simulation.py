"""A simulation that runs beside the user's work: it says how far it is, and may be stopped without losing anything."""

from __future__ import annotations

import threading
import time
from typing import Any

from slicer.i18n import tr as _

from ..ablation.full_minutes import FullMinute, FullMinutes
from ..errors import BoneIRError

YIELD_S = 0.04
"""So long whoever asks how the simulation stands leaves the interpreter to it."""


class StoppedError(Exception):
    """The user has stopped the simulation."""


class Simulation:
    """Assesses a plan by physics in a thread of its own; case and plan are read-only.

    Parameters
    ----------
    case : Case
    plan : Plan
    """

    def __init__(self, case: Any, plan: Any) -> None:
        self.plan = plan
        self.assessment: Any = None
        self.failure: BaseException | None = None
        self._words, self._stop = "", threading.Event()
        self._minutes = FullMinutes(self._tell)
        self._thread = threading.Thread(target=self._run, args=(case, plan), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it at its next step; what it has found so far is dropped."""
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
        """How it stands, for a line of text: the last full minute."""
        return self._words or _("The simulation has begun.")

    def _run(self, case: Any, plan: Any) -> None:
        from ..assess import assess

        try:
            self.assessment = assess(case, plan, physics=True, progress=self._see)
        except StoppedError:
            return
        except BoneIRError as error:
            self.failure = error
        except Exception as error:
            self.failure = error
            raise

    def _see(self, moment: Any) -> None:
        if self._stop.is_set():
            raise StoppedError
        self._minutes(moment)

    def _tell(self, minute: FullMinute) -> None:
        self._words = _("{share} % simulated; {minute}").format(share=round(100 * minute.share), minute=minute.words)
