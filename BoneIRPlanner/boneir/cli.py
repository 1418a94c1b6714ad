"""The command ``boneir``: reads what is asked for, lets one of `boneir.commands` do it, and prints the answer.

Exit codes: 0 done, 1 refused (one sentence says why), 2 the command itself was not understood, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from . import __version__
from .commands.output import Progress, json_alone, print_answer, print_error
from .errors import BoneIRError
from .plan import Position, Technique

DONE, REFUSED, NOT_UNDERSTOOD, INTERRUPTED = 0, 1, 2, 130

_NEGATIVE = re.compile(r"-[\d.]")


class UsageError(Exception):
    """The command line was not understood."""

    def __init__(self, usage: str, text: str) -> None:
        super().__init__(text)
        self.usage = usage


class _Parser(argparse.ArgumentParser):
    """A parser that raises where argparse would end the program, so that ``--json`` holds for such errors too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(self.format_usage(), f"{self.prog}: {message}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str or None
        The words after ``boneir``; those of the process where None.

    Returns
    -------
    int
        The exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        options = _parser().parse_args(_with_negative_values(words))
    except UsageError as error:
        print(error.usage, file=sys.stderr, end="")
        print_error(error, as_json)
        return NOT_UNDERSTOOD
    try:
        with json_alone(as_json) as stdout:
            command = importlib.import_module(f".commands.{options.command}", __package__)
            answer = command.run(options, Progress())
            print_answer(answer, as_json, stdout)
    except (BoneIRError, OSError) as error:
        print_error(error, as_json)
        return REFUSED
    except KeyboardInterrupt:
        print("Interrupted; what was written before is whole.", file=sys.stderr)
        return INTERRUPTED
    return DONE


def _with_negative_values(words: Sequence[str]) -> list[str]:
    """Tie "--seed -12,30,-400" together as "--seed=-12,30,-400", which argparse would take for two options."""
    tied: list[str] = []
    for word in words:
        is_value = bool(_NEGATIVE.match(word)) and bool(tied)
        if is_value and tied[-1].startswith("--") and "=" not in tied[-1]:
            tied[-1] += f"={word}"
        else:
            tied.append(word)
    return tied


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="boneir",
        description="Plans image-guided treatment of bone metastases. For research and training.",
        epilog="example: boneir demo --out demo\n\n'boneir COMMAND --help' explains a command, with an example.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"boneir {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_demo, _inspect, _open, _lesion, _devices, _propose, _assess, _compare, _report, _scene, _commission):
        add(commands)
    return parser


Commands = argparse._SubParsersAction  # what add_subparsers gives has no public name


def _command(commands: Commands[_Parser], name: str, text: str, example: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=text[0].lower() + text[1:].rstrip("."),
        description=text,
        epilog=f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document, errors included")
    return parser


def _case_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", type=Path, metavar="DIR", help="folder of a case, as 'boneir open' made it")


def _plan_argument(parser: argparse.ArgumentParser) -> None:
    _case_argument(parser)
    parser.add_argument("plan", metavar="PLAN", help="name of a plan of the case, or the path of its file")


def _demo(commands: Commands[_Parser]) -> None:
    text = "Plan a synthetic patient from DICOM to report."
    parser = _command(commands, "demo", text, "boneir demo --out demo --seed 1")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for everything that is made")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number makes another patient")


def _inspect(commands: Commands[_Parser]) -> None:
    text = "List the series in a folder, file or DICOMDIR."
    parser = _command(commands, "inspect", text, "boneir inspect /data/patient-7")
    parser.add_argument("path", type=Path, metavar="PATH", help="folder, DICOMDIR or file")


def _open(commands: Commands[_Parser]) -> None:
    text = "Read an image, outline what must not be hurt, and save both as a case."
    example = "boneir open /data/patient-7 --case case-7 --labels organs.nii.gz --label-names organs.json"
    parser = _command(commands, "open", text, example)
    parser.add_argument("path", type=Path, metavar="PATH", help="folder with DICOM, DICOMDIR, NIfTI, NRRD or MHA file")
    parser.add_argument("--case", type=Path, required=True, metavar="DIR", help="folder for the case")
    parser.add_argument("--series", default="", metavar="UID", help="which series, where there are several")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="outlines: label image, .seg.nrrd or DICOM SEG")
    parser.add_argument("--label-names", type=Path, metavar="FILE", help="names of the labels: JSON, CSV, TSV or text")


def _lesion(commands: Commands[_Parser]) -> None:
    text = "Outline a lesion from a point inside it, or take its outline from a file."
    parser = _command(commands, "lesion", text, "boneir lesion case-7 --seed -12.5,30,-410 --name left-ilium")
    _case_argument(parser)
    origin = parser.add_mutually_exclusive_group(required=True)
    origin.add_argument("--seed", type=_point, metavar="L,P,S", help="a point inside the lesion, in LPS mm")
    origin.add_argument("--mask", type=Path, metavar="FILE", help="outline: label image, .seg.nrrd or DICOM SEG")
    parser.add_argument("--label", default="", metavar="NAME", help="which outline of FILE, where it holds several")
    parser.add_argument("--name", default="lesion-1", metavar="NAME", help="name of the lesion (default: lesion-1)")


def _devices(commands: Commands[_Parser]) -> None:
    text = "List the devices, their settings, and which of them can be planned with."
    parser = _command(commands, "devices", text, "boneir devices --technique cryo")
    parser.add_argument("--technique", choices=[*Technique], metavar="T", help=f"only one of: {', '.join(Technique)}")


def _propose(commands: Commands[_Parser]) -> None:
    text = "Propose ranked plans, each with the reason for its place."
    example = "boneir propose case-7 --technique microwave --device emprint --margin-mm 5 --position prone"
    parser = _command(commands, "propose", text, example)
    _case_argument(parser)
    parser.add_argument(
        "--technique", choices=[*Technique], required=True, metavar="T", help=f"one of: {', '.join(Technique)}"
    )
    parser.add_argument(
        "--device", required=True, metavar="ID", help="one of 'boneir devices', or a device file (.json)"
    )
    parser.add_argument("--setting", default="", metavar="ID", help="one of the device (default: the one that fits)")
    parser.add_argument("--lesion", default="", metavar="NAME", help="which lesion, where the case has several")
    parser.add_argument("--margin-mm", type=_not_negative, default=5.0, metavar="MM", help="rim to treat (default: 5)")
    parser.add_argument(
        "--position", choices=[*Position], default=Position.PRONE, metavar="P", help=f"one of: {', '.join(Position)}"
    )
    parser.add_argument("--max-plans", type=_count, default=6, metavar="N", help="how many at most (default: 6)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of every random draw (default: 0)")
    _access_arguments(parser)
    parser.add_argument(
        "--name", default="", metavar="NAME", help="name the plans NAME-1, NAME-2 (default: plan-1 ...)"
    )


def _access_arguments(parser: argparse.ArgumentParser) -> None:
    """Where needles may enter, what stands already, and limits of the user's own."""
    zone = "a ball L,P,S,RADIUS in LPS mm, or NAME[,MM] for the skin so near an outline; can be repeated"
    for name, words in (("allowed", "needles enter only here"), ("forbidden", "no needle enters here")):
        parser.add_argument(
            f"--entry-{name}", type=_entry_zone, action="append", default=[], metavar="ZONE", help=f"{words}: {zone}"
        )
    parser.add_argument("--beside", default="", metavar="PLAN", help="a plan whose instruments stand already")
    words = 'JSON file of your own limits of access, like {"incidence": 50, "clearance": {"aorta": 8}}'
    parser.add_argument("--limits", type=Path, metavar="FILE", help=words)


def _assess(commands: Commands[_Parser]) -> None:
    parser = _command(commands, "assess", "Say what follows from a plan.", "boneir assess case-7 plan-1")
    _plan_argument(parser)
    parser.add_argument("--physics", action="store_true", help="simulate heat and cold in the patient's own tissue too")


def _compare(commands: Commands[_Parser]) -> None:
    text = "Compare the plans of a case, or every device on the needles of one plan."
    parser = _command(commands, "compare", text, "boneir compare case-7 plan-1")
    _case_argument(parser)
    parser.add_argument("plan", nargs="?", default="", metavar="PLAN", help="try every device on the needles of this")
    words = f"only devices for one of: {', '.join(Technique)}"
    parser.add_argument("--technique", choices=[*Technique], metavar="T", help=words)


def _report(commands: Commands[_Parser]) -> None:
    text = "Write the report of a plan as HTML and PDF."
    parser = _command(commands, "report", text, "boneir report case-7 plan-1 --out for-the-board")
    _plan_argument(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder (default: 'report' in the folder of the case)")
    parser.add_argument("--date", default="", metavar="TEXT", help="a date to print (default: none)")


def _scene(commands: Commands[_Parser]) -> None:
    text = "Write case, plan and predicted zones as a 3D Slicer scene."
    parser = _command(commands, "scene", text, "boneir scene case-7 plan-1 --out plan-1.mrb")
    _plan_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.mrb", help="file to write")


def _commission(commands: Commands[_Parser]) -> None:
    text = "Measure on this machine what the computations err by, against closed forms."
    parser = _command(commands, "commission", text, "boneir commission --seed 7")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of places and directions (default: 0)")


def _point(text: str) -> tuple[float, float, float]:
    try:
        left, posterior, superior = (float(part) for part in text.split(","))
    except ValueError:
        left = posterior = superior = math.nan
    if not all(map(math.isfinite, (left, posterior, superior))):
        raise argparse.ArgumentTypeError(f"expected three numbers in mm as L,P,S, found {text!r}")
    return left, posterior, superior


def _entry_zone(text: str) -> Any:
    from .proposal import EntryZone  # brings numpy, which help does not need

    parts = [part.strip() for part in text.split(",")]
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        radius = _not_negative(parts[1]) if len(parts) == 2 else EntryZone().radius_mm
        if len(parts) > 2 or not parts[0]:
            raise argparse.ArgumentTypeError(f"expected L,P,S,RADIUS or NAME[,MM], found {text!r}") from None
        return EntryZone(None, radius, parts[0])
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise argparse.ArgumentTypeError(f"expected L,P,S,RADIUS or NAME[,MM], found {text!r}")
    left, posterior, superior, radius = numbers
    return EntryZone((left, posterior, superior), radius)


def _not_negative(text: str) -> float:
    amount = _number(text)
    if not 0 <= amount <= 1000:
        raise argparse.ArgumentTypeError(f"expected mm between 0 and 1000, found {text!r}")
    return amount


def _count(text: str) -> int:
    amount = _number(text)
    if amount < 1 or amount != int(amount):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, found {text!r}")
    return int(amount)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, found {text!r}") from None
