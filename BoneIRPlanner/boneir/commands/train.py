"""``boneir train``: practice cases, whose truth is kept back until a plan is scored."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from ..ablation.devices import device
from ..case_folder import find_plan
from ..errors import BoneIRError
from ..plan import read_plan
from ..train import begin, best_of, fact_rows, score
from ..training.practice import EXERCISES, exercise, practice_case, read_attempt
from .output import Answer, Progress, TextTable

FACT_TITLES = ("Plan", "Room", "Covered", "Too near", "Verdict")


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """List practice cases, begin one, or score a plan."""
    if options.act == "list":
        return _list()
    if not options.name or options.out is None:
        what = "which practice case" if options.act == "start" else "which plan"
        raise BoneIRError(f"boneir train {options.act} needs to know {what} and its folder: NAME --out DIR.")
    if options.act == "start":
        return _start(options.name, options.out, progress)
    return _score(options.name, options.out, options.seconds, progress)


def _list() -> Answer:
    rows = tuple((item.name, item.title, item.device, f"{item.allowed_s / 60:.0f} min") for item in EXERCISES)
    table = TextTable(("Case", "Title", "Device", "Time"), rows, numeric=("Time",))
    told = [{"name": item.name, "title": item.title, "task": item.task, "device": item.device,
             "allowed_s": item.allowed_s} for item in EXERCISES]  # fmt: skip
    return Answer({"cases": told}, (table,))


def _start(name: str, folder: Path, progress: Progress) -> Answer:
    task = exercise(name)
    with progress.step("Making the patient and outlining what can be outlined"):
        begin(task, folder, time.time)
    instrument = f"{device(task.device).name} ({task.device})"
    told = f"{task.task} Device: {instrument}; rim: {task.margin_mm:g} mm; time: {task.allowed_s / 60:.0f} min."
    hint = f"Outline the lesion with 'boneir lesion {folder}', plan, then: boneir train score PLAN --out {folder}"
    return Answer({"case": str(folder), "task": told}, (told, hint))


def _score(name: str, folder: Path, seconds: float | None, progress: Progress) -> Answer:
    stopped = time.time()
    attempt = read_attempt(folder)
    plan = read_plan(find_plan(folder, name))
    taken = max(0.0, stopped - attempt.started_s) if seconds is None else seconds
    with progress.step("Making the patient again, with its truth"):
        practice = practice_case(exercise(attempt.exercise))
    with progress.step("Looking for the best plans"):
        best = best_of(practice)
    with progress.step("Scoring"):
        sheet = score(practice, plan, best, taken)
    rows = tuple((part.title, f"{part.points:.0f}", f"{part.most:.0f}", part.reason) for part in sheet.parts)
    parts = TextTable(("Part", "Points", "Of", "Why"), rows, numeric=("Points", "Of"))
    plans = TextTable(FACT_TITLES, fact_rows((sheet.own, *sheet.best)), numeric=("Room", "Covered", "Too near"))
    document = {"sheet": sheet, "points": sheet.points, "best_plans": best.plans, "seconds": taken}
    return Answer(document, (sheet.verdict, parts, plans, f"Counted against {sheet.against}."))
