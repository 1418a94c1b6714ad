"""Needle paths to lesions all over the spine and the pelvis, each held against the labels by exact geometry.

``study_needle_paths.py [SOURCE ...] [--level L3 ...]`` prints one line per lesion and a summary; the sources are
lumbar, synthetic, thorax and pelvis.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from boneir.case import Case, Role  # noqa: E402
from boneir.plan import Technique  # noqa: E402
from boneir.proposal import Goal  # noqa: E402
from needle_study import (  # noqa: E402
    PLACES,
    Outcome,
    Planted,
    lumbar_case,
    planted,
    planted_deep,
    real_case,
    study,
    synthetic_case,
)

GOAL = Goal(Technique.BIOPSY, "biopsy-13g")
LEVELS = ("T12", "L1", "L2", "L3", "L4", "L5")
ALL_LEVELS = ("T6", "T9", *LEVELS)


def lesions(source: str, levels: list[str]) -> Iterator[tuple[str, Callable[[], Planted | None]]]:
    """The lesions of one source, each made when it is its turn."""
    if source == "lumbar":
        yield from in_vertebrae(lumbar_case(), levels or list(LEVELS))
        return
    case = synthetic_case() if source == "synthetic" else real_case(f"{source}-ct-dicom")
    names = [item.name for item in case.of_role(Role.BONE) if not item.mask.is_empty]
    wanted = levels or list(ALL_LEVELS)
    found = [level for level in wanted if f"vertebra_{level}" in names]
    if source != "synthetic" and not levels:
        found = [name.removeprefix("vertebra_") for name in names if name.startswith("vertebra_")][::2]
    yield from in_vertebrae(case, found)
    if not levels:
        ribs = [name for name in names if name.startswith("rib_")]
        for bone in [*ribs[:: max(len(ribs) // 4, 1)][:4], *(n for n in names if n.startswith(("sacrum", "hip_")))]:
            for number in range(1 if bone.startswith("rib") else 3):
                yield f"{bone} {number}", lambda bone=bone, number=number: planted_deep(case, bone, number)


def in_vertebrae(case: Case, levels: list[str]) -> Iterator[tuple[str, Callable[[], Planted | None]]]:
    for level in levels:
        for place in PLACES:
            yield f"{level} {place}", lambda level=level, place=place: planted(case, level, place)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="*", default=["lumbar"])
    parser.add_argument("--level", action="append", default=[])
    options = parser.parse_args()
    safe = True
    for source in options.source:
        outcomes = [told for name, make in lesions(source, options.level) if (told := one(source, name, make))]
        reached = sum(outcome.plans > 0 for outcome in outcomes)
        plans = sum(len(outcome.verdicts) for outcome in outcomes)
        safe &= all(outcome.is_safe for outcome in outcomes)
        nearest = min((v.canal_mm for o in outcomes for v in o.verdicts), default=float("inf"))
        print(
            f"{source}: {reached} of {len(outcomes)} lesions reached ({100 * reached / max(len(outcomes), 1):.0f} %), "
            f"{plans} paths, {sum(not o.is_safe for o in outcomes)} lesions with a path that is not safe, nearest to "
            f"the canal {nearest:.2f} mm, {sum(o.relaxed for o in outcomes)} with clearances to confirm, "
            f"{sum(o.passes_hip for o in outcomes)} past a hip joint or sciatic nerve that is not outlined"
        )
    return 0 if safe else 1


def one(source: str, name: str, make: Callable[[], Planted | None]) -> Outcome | None:
    item = make()
    if item is None:
        print(f"{source} {name}: no room for the lesion", flush=True)
        return None
    start = time.perf_counter()
    outcome = study(item, GOAL)
    seconds = time.perf_counter() - start
    approaches = ", ".join(sorted({v.approach for v in outcome.verdicts}))
    verdict = "safe" if outcome.is_safe else "NOT SAFE"
    if outcome.plans:
        nearest = min(v.canal_mm for v in outcome.verdicts)
        breach = max(v.medial_breach_mm for v in outcome.verdicts)
        touched = ", ".join(sorted({name for v in outcome.verdicts for name in v.touched}))
        numbers = f"canal {nearest:.2f} mm, medial breach {breach:.2f} mm{f', touches {touched}' if touched else ''}"
        relaxed = ", relaxed" if outcome.relaxed else ", past joint or nerve" if outcome.passes_hip else ""
        text = f"{outcome.plans} plans, {verdict}, {numbers}{relaxed}; {approaches}"
    else:
        text = f"no plan: {' '.join(outcome.stopped_by[1:4])}"
    print(f"{source} {name}: {text} ({seconds:.1f} s)", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
