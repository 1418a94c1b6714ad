"""What the options of a goal come to."""

from __future__ import annotations

import argparse

from ..access.guidance import guidance_changes
from ..access.limit_changes import read_limit_changes
from ..plan import Landmark, LimitChange, Position, Technique
from ..proposal import Goal


def goal_of(options: argparse.Namespace) -> Goal:
    """What is asked for: lesion, instrument, position, where needles may enter, and limits of the user's own."""
    return Goal(
        technique=Technique(options.technique),
        device=options.device,
        lesion=options.lesion,
        setting=options.setting,
        margin_mm=options.margin_mm,
        position=Position(options.position),
        entry_allowed=tuple(options.entry_allowed),
        entry_forbidden=tuple(options.entry_forbidden),
        landmark=_landmark(options),
        limits=limits_of(options),
    )


def _landmark(options: argparse.Namespace) -> Landmark | None:
    name = options.landmark_name.strip()
    if options.landmark is None:
        return None
    return Landmark(name or ("the laser lines" if None in options.landmark else "the landmark"), *options.landmark)


def limits_of(options: argparse.Namespace) -> tuple[LimitChange, ...]:
    """The limits of the way of guidance that was chosen, then those of the user's own, which hold where both are given.

    Raises
    ------
    ResourceError
        If there is no such way of guidance.
    PlanError
        If the file holds a limit that there is not.
    """
    guided = guidance_changes(options.guidance) if options.guidance else ()
    own = read_limit_changes(options.limits) if options.limits else ()
    named = {change.name for change in own}
    return (*(change for change in guided if change.name not in named), *own)
