"""The command ``boneir``: reads what is asked for, lets one of `boneir.commands` do it, and prints the answer.

Exit codes: 0 done, 1 refused (one sentence says why), 2 the command itself was not understood, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Sequence

from . import __version__

DONE, REFUSED, NOT_UNDERSTOOD, INTERRUPTED = 0, 1, 2, 130

_NEGATIVE = re.compile(r"-[\d.]")


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
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        print("Interrupted; what was written before is whole.", file=sys.stderr)
        return INTERRUPTED


def _run(words: list[str]) -> int:
    # Loaded here, where an interruption is told like any other.
    from .commands.options.parser import UsageError
    from .commands.output import Progress, json_alone, print_answer, print_error
    from .errors import BoneIRError

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
    from .commands.options import ADD_COMMANDS
    from .commands.options.parser import Parser

    parser = Parser(
        prog="boneir",
        description="Plans image-guided treatment of bone metastases. For research and training.",
        epilog="example: boneir demo --out demo\n\n'boneir COMMAND --help' explains a command, with an example.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"boneir {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in ADD_COMMANDS:
        add(commands)
    return parser
