"""Options of the commands that make plans and judge them."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...plan import Position, Technique
from .parser import Commands, Parser, case_argument, command, plan_argument
from .values import count, entry_zone, landmark, not_negative, point, protection, watts

_WITH_NEEDLES = [technique.value for technique in Technique if technique is not Technique.FIXATION]
"""What a device does; screws are proposed by ``boneir screws``."""


def _propose(commands: Commands[Parser]) -> None:
    text = "Propose ranked plans, each with the reason for its place."
    example = "boneir propose case-7 --technique microwave --device emprint --margin-mm 5 --position prone"
    parser = command(commands, "propose", text, example)
    case_argument(parser)
    _goal_arguments(parser)
    parser.add_argument("--max-plans", type=count, default=6, metavar="N", help="how many at most (default: 6)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of every random draw (default: 0)")
    parser.add_argument("--beside", default="", metavar="PLAN", help="a plan whose instruments stand already")
    words = "draw the skin, coloured by what refuses an entry, into this PNG file"
    parser.add_argument("--skin-map", type=Path, metavar="FILE", help=words)
    parser.add_argument(
        "--name", default="", metavar="NAME", help="name the plans NAME-1, NAME-2 (default: plan-1 ...)"
    )


def _goal_arguments(parser: argparse.ArgumentParser) -> None:
    """Lesion, instrument, position, where needles may enter, and limits of the user's own."""
    parser.add_argument(
        "--technique", choices=_WITH_NEEDLES, required=True, metavar="T", help=f"one of: {', '.join(_WITH_NEEDLES)}"
    )
    parser.add_argument(
        "--device", required=True, metavar="ID", help="one of 'boneir devices', or a device file (.json)"
    )
    parser.add_argument("--setting", default="", metavar="ID", help="one of the device (default: the one that fits)")
    parser.add_argument("--lesion", default="", metavar="NAME", help="which lesion, where the case has several")
    parser.add_argument("--margin-mm", type=not_negative, default=5.0, metavar="MM", help="rim to treat (default: 5)")
    positions = [item.value for item in Position]
    parser.add_argument(
        "--position", choices=positions, default="prone", metavar="P", help=f"one of: {', '.join(positions)}"
    )
    zone = (
        "a ball L,P,S,RADIUS in LPS mm, NAME[,MM] for the skin so near an outline, or FILE.json with a closed curve "
        "(points [L, P, S], or a curve saved by 3D Slicer); can be repeated"
    )
    for name, words in (("allowed", "needles enter only here"), ("forbidden", "no needle enters here")):
        parser.add_argument(
            f"--entry-{name}", type=entry_zone, action="append", default=[], metavar="ZONE", help=f"{words}: {zone}"
        )
    words = "what entries are marked from: L,P,S in LPS mm, - where no laser line shows it (for instance 12,-,-340)"
    parser.add_argument("--landmark", type=landmark, metavar="L,P,S", help=words)
    parser.add_argument("--landmark-name", default="", metavar="TEXT", help="its name (default: the landmark)")
    guidance_argument(parser)
    words = 'JSON file of your own limits of access, like {"incidence": 50, "clearance": {"aorta": 8}}'
    parser.add_argument("--limits", type=Path, metavar="FILE", help=words)


def guidance_argument(parser: argparse.ArgumentParser) -> None:
    """How the needles are guided, which says how far they may miss."""
    words = "how needles are guided, which says how far they miss: stepwise_ct, freehand_in_plane, ct_robot, ..."
    parser.add_argument("--guidance", default="", metavar="KEY", help=words)


def _explain(commands: Commands[Parser]) -> None:
    text = "Say why a point on the skin is allowed or refused, and what would help."
    example = "boneir explain case-7 --entry -40,95,-310 --technique microwave --device emprint"
    parser = command(commands, "explain", text, example)
    case_argument(parser)
    parser.add_argument(
        "--entry", type=point, required=True, metavar="L,P,S", help="on the skin or near it, in LPS mm as in DICOM"
    )
    _goal_arguments(parser)


def physics_arguments(parser: argparse.ArgumentParser, *, always: bool = False) -> None:
    """Whether and how the effect is simulated; `always`, unless it is declined."""
    words = "simulate heat, cold, ethanol, sound or pulses in the patient's own tissue too"
    if always:
        words += " (default; --no-physics leaves it out)"
        parser.add_argument("--physics", action=argparse.BooleanOptionalAction, default=None, help=words)
    else:
        parser.add_argument("--physics", action="store_true", help=words)
    words = "put a layer beside an outline for the simulation, like bowel,co2,10 (mm; or d5w, saline, warm_saline)"
    parser.add_argument("--protect", type=protection, action="append", default=[], metavar="NAME,MEDIUM,MM", help=words)
    words = "power of each radiofrequency needle in W, where its device's setting says none or another"
    parser.add_argument("--power", type=watts, metavar="W", help=words)
    words = "simulate heat and cold nine times over the ranges of tissue values: sure and possible extent, and chances"
    parser.add_argument("--range", action="store_true", help=words)
    words = "simulate needles that heat one after the other, with time to cool between, instead of all together"
    parser.add_argument("--in-turn", action="store_true", help=words)


def _assess(commands: Commands[Parser]) -> None:
    parser = command(commands, "assess", "Say what follows from a plan.", "boneir assess case-7 plan-1")
    plan_argument(parser)
    guidance_argument(parser)
    physics_arguments(parser)


def _compare(commands: Commands[Parser]) -> None:
    text = "Compare the plans of a case, or every device on the needles of one plan."
    parser = command(commands, "compare", text, "boneir compare case-7 plan-1")
    case_argument(parser)
    parser.add_argument("plan", nargs="?", default="", metavar="PLAN", help="try every device on the needles of this")
    words = f"only devices for one of: {', '.join(_WITH_NEEDLES)}"
    parser.add_argument("--technique", choices=_WITH_NEEDLES, metavar="T", help=words)
    words = "simulate the best of each technique in the patient's own tissue too; with --technique or without PLAN all"
    parser.add_argument("--physics", action="store_true", help=words)


PLAN_COMMANDS = (_propose, _explain, _assess, _compare)
"""Each adds the parser of one command, in the order in which the help lists them."""
