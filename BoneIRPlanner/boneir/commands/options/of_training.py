"""Options of the command for practice."""

from __future__ import annotations

from pathlib import Path

from .parser import Commands, Parser, command
from .values import not_negative_seconds


def _train(commands: Commands[Parser]) -> None:
    text = "List practice cases, begin one, or score the plan that was made for it."
    parser = command(commands, "train", text, "boneir train start lumbar-lytic --out practice-1")
    words = "list (the cases), start (NAME: begin one) or score (NAME: of the plan, or the path of its file)"
    parser.add_argument("act", choices=("list", "start", "score"), help=words)
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="of the practice case, or of the plan")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the practice case")
    words = "time that planning took, in s (default: since the case was begun)"
    parser.add_argument("--seconds", type=not_negative_seconds, metavar="S", help=words)


TRAINING_COMMANDS = (_train,)
"""Each adds the parser of one command, in the order in which the help lists them."""
