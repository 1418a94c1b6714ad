"""``boneir explain``: why a point on the skin is allowed or refused."""

from __future__ import annotations

import argparse

from ..case_folder import load_case
from ..plan import Position, Technique
from ..proposal import Goal
from ..proposing.live import live_access
from .goal_options import limits_of
from .output import Answer, Progress


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Explain one entry."""
    case = load_case(options.case)
    goal = Goal(
        technique=Technique(options.technique),
        device=options.device,
        lesion=options.lesion,
        setting=options.setting,
        margin_mm=options.margin_mm,
        position=Position(options.position),
        entry_allowed=tuple(options.entry_allowed),
        entry_forbidden=tuple(options.entry_forbidden),
        limits=limits_of(options),
    )
    with progress.step("Looking at the way from there"):
        why = live_access(case, goal).why(options.entry)
    place = ", ".join(f"{x:.0f}" for x in why.entry_mm)
    return Answer({"why": why}, (f"Entry at ({place}) mm LPS: {why.text}",))
