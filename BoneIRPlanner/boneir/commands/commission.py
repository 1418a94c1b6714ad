"""``boneir commission``: what the computations err by on this machine, against closed forms."""

from __future__ import annotations

import argparse

from ..commissioning import Check, commission
from .output import Answer, Progress, TextTable

_TITLES = ("Computation", "Error", "Allowed", "Time", "Against", "Verdict")


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Run every check and list errors and seconds."""
    with progress.step("Computing what is known in closed form"):
        checks = commission(options.seed)
    failed = sum(not check.passed for check in checks)
    verdict = (
        f"{failed} of {len(checks)} failed: do not plan on this machine." if failed else "All within their bounds."
    )
    table = TextTable(_TITLES, tuple(_row(check) for check in checks), numeric=("Error", "Allowed", "Time"))
    document = {"checks": checks, "passed": not failed}
    return Answer(document, (table, verdict))


def _row(check: Check) -> tuple[str, ...]:
    return (
        check.name,
        f"{check.error:.3f} {check.unit}",
        f"{check.allowed:.2f} {check.unit}",
        f"{check.seconds:.2f} s",
        check.against,
        "passed" if check.passed else "FAILED",
    )
