"""What is to be said of an outlined spinal canal: where it is missing, and where it was bridged."""

from __future__ import annotations

import numpy as np

from ..findings import Finding, Point, Severity
from .axial import AxialFrame
from .body import Marked
from .canal import CanalCourse
from .settings import outline_values, setting


def canal_findings(course: CanalCourse | None, bone: Marked, frame: AxialFrame) -> tuple[Finding, ...]:
    """Findings on levels without an outline of the canal, and on levels where no ring of bone shows it.

    Parameters
    ----------
    course : CanalCourse or None
    bone : ndarray of bool, shape (s, p, l)
        Coarse, upright.
    frame : AxialFrame
    """
    if course is None:
        if not bone.any():
            return ()
        text = "No spinal canal was found: where the scan shows the spine, no needle path is checked against the canal."
        return (Finding("outline.canal", Severity.WARN, text, about="spinal_canal"),)
    count = len(course.score)
    found = f"outlined from S {_level(course, course.first, frame):.0f} to {_level(course, course.last, frame):.0f} mm"
    findings = []
    for where, slices, end in (
        ("below", range(course.first), course.first),
        ("above", range(course.last + 1, count), course.last),
    ):
        bony = [s for s in slices if _bone_near(bone, course, s, end, frame)]
        if bony:
            low, high = (_level(course, s, frame) for s in (min(bony), max(bony)))
            text = (
                f"The spinal canal is {found}; {where} that, from S {low:.0f} to {high:.0f} mm, there is bone at the "
                "midline without an outline of the canal: not checked there."
            )
            length = len(bony) * frame.coarse_spacing_mm[0]
            findings.append(_finding(Severity.WARN, text, length, _place(course, end, frame)))
    return (*findings, *_bridged(course, frame))


def _bridged(course: CanalCourse, frame: AxialFrame) -> tuple[Finding, ...]:
    """A note on the longest stretch in which the canal was carried on from the levels around it."""
    weak = np.flatnonzero(course.score[course.first : course.last + 1] <= setting("canal_score")) + course.first
    if weak.size == 0:
        return ()
    longest = max(np.split(weak, np.flatnonzero(np.diff(weak) > 1) + 1), key=len)
    length = len(longest) * frame.coarse_spacing_mm[0]
    limit = outline_values()["canal_weak_mm"]
    if length <= limit.amount:
        return ()
    low, high = (_level(course, int(s), frame) for s in (longest[0], longest[-1]))
    text = (
        f"From S {low:.0f} to {high:.0f} mm no ring of bone shows the spinal canal; it is carried on from the levels "
        "around: check its outline there."
    )
    return (_finding(Severity.WARN, text, length, _place(course, int(longest[len(longest) // 2]), frame)),)


def _finding(severity: Severity, text: str, length_mm: float, place: Point) -> Finding:
    limit = outline_values()["canal_weak_mm"]
    return Finding("outline.canal", severity, text, length_mm, "mm", limit, place, "spinal_canal")


def _bone_near(bone: Marked, course: CanalCourse, s: int, end: int, frame: AxialFrame) -> bool:
    """Whether a slice beyond the end of the course has bone around where the course ended."""
    _, row, column = frame.coarse_spacing_mm
    p, left = course.centre[end]
    # The spine leans on: the farther from the end, the wider the look.
    lean = min(0.7 * abs(s - end) * frame.coarse_spacing_mm[0], 40.0)
    tall, wide = (25.0 + lean) / row, 20.0 / column
    part = bone[s, max(0, int(p - tall)) : int(p + tall) + 1, max(0, int(left - wide)) : int(left + wide) + 1]
    return int(np.count_nonzero(part)) * row * column >= setting("canal_area_mm2")


def _place(course: CanalCourse, s: int, frame: AxialFrame) -> Point:
    p, left = course.centre[s]
    return frame.place_mm((float(s), float(p), float(left)))


def _level(course: CanalCourse, s: int, frame: AxialFrame) -> float:
    """LPS z of the course in a slice, in whole mm."""
    return round(_place(course, int(np.clip(s, 0, len(course.centre) - 1)), frame)[2]) + 0.0
