"""The parser of the command line and what the options of its commands share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn


class UsageError(Exception):
    """The command line was not understood."""

    def __init__(self, usage: str, text: str) -> None:
        super().__init__(text)
        self.usage = usage


class Parser(argparse.ArgumentParser):
    """A parser that raises where argparse would end the program, so that ``--json`` holds for such errors too."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise UsageError(self.format_usage(), f"{self.prog}: {message}")


Commands = argparse._SubParsersAction  # what add_subparsers gives has no public name


def command(commands: Commands[Parser], name: str, text: str, example: str) -> argparse.ArgumentParser:
    """A command with its sentence and its example."""
    parser = commands.add_parser(
        name,
        help=text[0].lower() + text[1:].rstrip("."),
        description=text,
        epilog=f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document, errors included")
    return parser


def case_argument(parser: argparse.ArgumentParser) -> None:
    """The folder of a case."""
    parser.add_argument("case", type=Path, metavar="DIR", help="folder of a case, as 'boneir open' made it")


def plan_argument(parser: argparse.ArgumentParser) -> None:
    """The folder of a case and one of its plans."""
    case_argument(parser)
    parser.add_argument("plan", metavar="PLAN", help="name of a plan of the case, or the path of its file")
