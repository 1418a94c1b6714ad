"""Cement volumes as measures and findings of a plan."""

from __future__ import annotations

from ..assessment import Measure
from ..findings import Finding, Severity
from ..plan import Cement
from .volume import CementVolume, grade_of

_ROUNDED_ML = 0.05
"""Volumes are planned and printed in steps of twice this."""


def cement_measure(volume: CementVolume, lesion: str) -> Measure:
    """The range as "cement.volume"; without an amount where the lesion is dense bone throughout."""
    title = "Cement that the lesion may take"
    rests = "; ".join(dict.fromkeys(f"{value} {value.grade}, {value.source}" for value in volume.values))
    note = " ".join((*volume.reasons, f"Grade: {grade_of(volume)} ({rests})."))
    if volume.high_ml <= 0.0:
        return Measure("cement.volume", title, None, "mL", lesion, note=f"Not expected to take cement. {note}")
    return Measure(
        "cement.volume", title, volume.expected_ml, "mL", lesion, volume.low_ml, volume.high_ml, note=note
    )  # fmt: skip


def cement_findings(volume: CementVolume, lesion: str, planned: tuple[Cement, ...]) -> tuple[Finding, ...]:
    """A planned volume outside the range, and a range that fills much of a vertebral body."""
    found = []
    total = sum(item.volume_ml for item in planned)
    if planned and not volume.low_ml - _ROUNDED_ML <= total <= volume.high_ml + _ROUNDED_ML:
        side = "less" if total < volume.low_ml else "more"
        text = (
            f"The plan puts {total:.1f} mL of cement into {lesion}, {side} than the {volume.low_ml:.1f} to "
            f"{volume.high_ml:.1f} mL that it may take."
        )
        place = planned[0].trajectory.tip_mm
        found.append(Finding("cement.volume", Severity.WARN, text, total, "mL", None, place, lesion))
    if volume.warning is not None:
        share = f"{volume.warning.amount:.0%}"
        text = f"The upper end of {volume.high_ml:.1f} mL fills more than {share} of the vertebral body."
        found.append(Finding("cement.body_share", Severity.WARN, text, None, "", volume.warning, None, lesion))
    return tuple(found)
