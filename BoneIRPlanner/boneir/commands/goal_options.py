"""What the options of a goal come to."""

from __future__ import annotations

import argparse

from ..access.guidance import guidance_changes
from ..access.limit_changes import read_limit_changes
from ..plan import LimitChange


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
