"""The simulation of a plan in the patient's tissue, told minute by minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from ..ablation.full_minutes import FullMinute, FullMinutes
from .beside import Tell


def simulation_of(case: Any, plan: Any) -> Callable[[Tell], Any]:
    """What computes the assessment of a plan by physics; case and plan are read-only."""

    def compute(tell: Tell) -> Any:
        from ..assess import assess

        minutes = FullMinutes(lambda minute: tell(_words(minute)))

        def see(moment: Any) -> None:
            tell("")
            minutes(moment)

        return assess(case, plan, physics=True, progress=see, told=lambda _share: tell(""))

    return compute


def _words(minute: FullMinute) -> str:
    return _("{share} % simulated; {minute}").format(share=round(100 * minute.share), minute=minute.words)
