"""Options of the commands about stability: corridors for screws, cement after ablation, and scores."""

from __future__ import annotations

from .parser import Commands, Parser, case_argument, command


def _screws(commands: Commands[Parser]) -> None:
    text = "List corridors for screws near a lesion, or save the chosen ones as a plan."
    example = "boneir screws case-7 --lesion left-ilium --corridor supra_acetabular_left --name screws-1"
    parser = command(commands, "screws", text, example)
    case_argument(parser)
    parser.add_argument("--lesion", default="", metavar="NAME", help="which lesion, where the case has several")
    words = "a corridor of the list to put a screw into; may be given again"
    parser.add_argument("--corridor", action="append", default=[], metavar="NAME", help=words)
    parser.add_argument("--beside", default="", metavar="PLAN", help="add the screws to a copy of this plan")
    parser.add_argument("--name", default="screws-1", metavar="NAME", help="name of the plan (default: screws-1)")


def _score(commands: Commands[Parser]) -> None:
    text = "Score the stability of a lesion's bone: what the image tells is computed, the rest is asked for."
    example = "boneir score case-7 --answer sins.pain=mechanical --answer sins.alignment=normal"
    parser = command(commands, "score", text, example)
    case_argument(parser)
    parser.add_argument("--lesion", default="", metavar="NAME", help="which lesion, where the case has several")
    words = "an answer to an item, like sins.pain=none; it also replaces what the image tells; may be given again"
    parser.add_argument("--answer", action="append", default=[], metavar="SCORE.ITEM=ANSWER", help=words)


def _cement(commands: Commands[Parser]) -> None:
    text = "Add cement after ablation to a plan, through the hole of one of its probes."
    parser = command(commands, "cement", text, "boneir cement case-7 plan-1 --probe 1")
    case_argument(parser)
    parser.add_argument("plan", metavar="PLAN", help="name of a plan of the case that ablates")
    parser.add_argument("--lesion", default="", metavar="NAME", help="which lesion, where the plan ablates several")
    words = "through the hole of this probe (default: the one from which most is filled)"
    parser.add_argument("--probe", default="", metavar="NAME", help=words)
    words = "the cannula: one of 'boneir devices', or a device file (default: cement-10g)"
    parser.add_argument("--device", default="cement-10g", metavar="ID", help=words)
    parser.add_argument("--name", default="", metavar="NAME", help="name of the new plan (default: PLAN-cement)")


STABILITY_COMMANDS = (_screws, _cement, _score)
"""Each adds the parser of one command, in the order in which the help lists them."""
