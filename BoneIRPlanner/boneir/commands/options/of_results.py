"""Options of the commands that write results down."""

from __future__ import annotations

from pathlib import Path

from .of_plans import physics_arguments
from .parser import Commands, Parser, command, plan_argument


def _report(commands: Commands[Parser]) -> None:
    text = "Write the report of a plan as HTML and PDF."
    parser = command(commands, "report", text, "boneir report case-7 plan-1 --out for-the-board")
    plan_argument(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder (default: 'report' in the folder of the case)")
    physics_arguments(parser)
    parser.add_argument("--date", default="", metavar="TEXT", help="a date to print (default: none)")


def _scene(commands: Commands[Parser]) -> None:
    text = "Write case, plan and predicted zones as a 3D Slicer scene."
    parser = command(commands, "scene", text, "boneir scene case-7 plan-1 --out plan-1.mrb")
    plan_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.mrb", help="file to write")


def _commission(commands: Commands[Parser]) -> None:
    text = "Measure on this machine what the computations err by, against closed forms."
    parser = command(commands, "commission", text, "boneir commission --seed 7")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of places and directions (default: 0)")


RESULT_COMMANDS = (_report, _scene, _commission)
"""Each adds the parser of one command, in the order in which the help lists them."""
