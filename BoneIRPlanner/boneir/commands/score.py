"""``boneir score``: how stable the bone of a lesion is, with the answers of the patient."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ..assessing.acetabulum import acetabula_of, acetabulum_measures
from ..assessing.stability import open_findings, scored, stability_measure
from ..case import Case, Lesion
from ..case_folder import load_case
from ..errors import BoneIRError
from ..stability.answers import score_of
from .output import Answer, Progress, TextTable
from .tables import finding_lines, measure_table


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Score the bone of a lesion."""
    case = load_case(options.case)
    lesion = case.lesion(options.lesion)
    suited = score_of(case, lesion)
    if suited is None:
        return _of_acetabulum(case, lesion, options.answer)
    with progress.step("Looking at the bone"):
        result, seen = scored(case, lesion, suited, _answers(options.answer, suited[0]))
    by_image = {item.item: item for item in seen}
    rows = []
    for item in result.score.items:
        key = result.answers.get(item.key, "")
        title = item.option(key).title if key else "open: " + ", ".join(option.key for option in item.options)
        points = f"{item.option(key).points.amount:g}" if key else "-"
        asked = not key or item.key not in by_image or by_image[item.key].option != key
        rows.append((item.title, title, points, "asked for" if asked else by_image[item.key].words))
    measure, findings = stability_measure(result, seen, lesion.name), open_findings(result, lesion.name)
    table = TextTable(("Item", "Answer", "Points", "From"), tuple(rows), numeric=("Points",))
    document = {
        "lesion": lesion.name, "score": suited[0], "low": result.low, "high": result.high, "band": result.band,
        "answers": dict(result.answers), "open": result.open_items, "image": seen,
    }  # fmt: skip
    return Answer(document, (table, measure_table([measure]), finding_lines(findings)))


def _of_acetabulum(case: Case, lesion: Lesion, given: Sequence[str]) -> Answer:
    """The walls of the acetabulum and its class, for a lesion of a hip bone."""
    found, missing = acetabula_of(case, lesion)
    if not found:
        why = " ".join(item.text for item in missing)
        raise BoneIRError(
            f"No vertebra and no long bone is outlined around {lesion.name!r}, and it takes nothing of an acetabulum "
            f"that is outlined: no score suits it. {why}".strip()
        )
    answers = _answers(given, "harrington")
    if not set(answers) <= {"resection"} or answers.get("resection", "cure") not in ("cure", "palliative"):
        raise BoneIRError("The class of an acetabulum asks for one thing: harrington.resection=cure or =palliative.")
    cure = answers.get("resection") == "cure"
    measures = [item for walls in found for item in acetabulum_measures(walls, lesion.name, resection_for_cure=cure)]
    document = {"lesion": lesion.name, "score": "harrington", "answers": answers, "measures": measures}
    return Answer(document, (measure_table(measures), *([finding_lines(list(missing))] if missing else [])))


def _answers(given: Sequence[str], score: str) -> dict[str, str]:
    """Answers to the items of one score from words like "sins.pain=none"."""
    answers = {}
    for words in given:
        name, equals, answer = words.partition("=")
        key, dot, item = name.partition(".")
        if not (equals and dot and item and answer):
            raise BoneIRError(f"{words!r} is no answer: write SCORE.ITEM=ANSWER, like sins.pain=none.")
        if key != score:
            raise BoneIRError(f"{words!r} answers the score {key!r}; the one that suits this lesion is {score!r}.")
        answers[item] = answer
    return answers
