"""``boneir explain``: why a point on the skin is allowed or refused."""

from __future__ import annotations

import argparse

from ..case_folder import load_case
from ..proposing.live import live_access
from ..report.words import anatomical_place
from .goal_options import goal_of
from .output import Answer, Progress
from .tables import plain


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Explain one entry."""
    case = load_case(options.case)
    with progress.step("Looking at the way from there"):
        why = live_access(case, goal_of(options)).why(options.entry)
    return Answer({"why": why}, (plain(f"Entry at {anatomical_place(why.entry_mm)}: {why.text}"),))
