"""What the command line prints: people's tables or one JSON document on stdout, progress and errors on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any, TextIO

from ..errors import BoneIRError
from ..plain import to_plain


@dataclass(frozen=True)
class TextTable:
    """Rows below titles; the columns named in `numeric` are set to the right."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a command has to say.

    Parameters
    ----------
    document : object
        For machines: dataclasses, mappings, sequences, numbers and strings.
    parts : tuple of str or TextTable
        For people, in order.
    """

    document: Any
    parts: tuple[str | TextTable, ...]


class Progress:
    """Says on stderr what is being done, and how long it took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Name a step while it runs, and its seconds when it has ended."""
        print(f"{text} ...", end=" ", file=sys.stderr, flush=True)
        start = time.perf_counter()
        try:
            yield
        except BaseException:
            print("", file=sys.stderr)
            raise
        self.seconds[text] = time.perf_counter() - start
        print(f"{self.seconds[text]:.1f} s", file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """Add a few words to the step that runs."""
        print(f"{text};", end=" ", file=sys.stderr, flush=True)


@contextmanager
def json_alone(as_json: bool) -> Iterator[TextIO]:
    """Give the stream for the answer; with JSON, whatever else is printed meanwhile goes to stderr.

    Compiled libraries print through the file descriptor, so that is turned aside as well.
    """
    stdout = sys.stdout
    if not as_json:
        yield stdout
        return
    stdout.flush()
    descriptor = _descriptor(stdout)
    if descriptor is None:
        with redirect_stdout(sys.stderr):
            yield stdout
        return
    kept = os.dup(descriptor)
    try:
        os.dup2(2, descriptor)
        with redirect_stdout(sys.stderr), os.fdopen(os.dup(kept), "w", encoding="utf-8") as answer:
            yield answer
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)


def _descriptor(stream: TextIO) -> int | None:
    """The file descriptor of stdout; None where it has been replaced by something else."""
    try:
        return stream.fileno() if stream.fileno() == 1 else None
    except (OSError, AttributeError):
        return None


def print_answer(answer: Answer, as_json: bool, stdout: TextIO) -> None:
    """Print an answer for people or for machines; a table without rows is left out."""
    if as_json:
        json.dump(to_plain(answer.document), stdout, ensure_ascii=False, indent=2, allow_nan=False)
        print(file=stdout)
        return
    for part in answer.parts:
        if isinstance(part, TextTable):
            if part.rows:
                _print_table(part, stdout)
        else:
            print(part, file=stdout)


def print_error(error: Exception, as_json: bool) -> None:
    """One sentence on stderr; with JSON, the same as a document on stdout."""
    text = _sentence(error)
    print(f"boneir: {text}" if not text.startswith("boneir") else text, file=sys.stderr)
    if as_json:
        document = {"error": text, "kind": type(error).__name__, "faults": list(getattr(error, "faults", ()))}
        print(json.dumps(document, ensure_ascii=False, indent=2))


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    return " ".join(str(error).split()) or type(error).__name__ if isinstance(error, BoneIRError) else str(error)


def _print_table(table: TextTable, stdout: TextIO) -> None:
    if stdout.isatty() and _print_with_rich(table, stdout):
        return
    columns = [[title, *cells] for title, cells in zip(table.titles, _columns(table), strict=True)]
    widths = [max(map(len, column)) for column in columns]
    for row in (table.titles, tuple("-" * width for width in widths), *table.rows):
        cells = [
            text.rjust(width) if title in table.numeric else text.ljust(width)
            for text, width, title in zip(row, widths, table.titles, strict=True)
        ]
        print("  ".join(cells).rstrip(), file=stdout)


def _columns(table: TextTable) -> Sequence[tuple[str, ...]]:
    return list(zip(*table.rows, strict=True)) if table.rows else [()] * len(table.titles)


def _print_with_rich(table: TextTable, stdout: TextIO) -> bool:
    """Print with rich, which fits long cells to the terminal; False where it is not installed."""
    try:
        from rich.box import SIMPLE
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    grid = Table(box=SIMPLE, pad_edge=False)
    for title in table.titles:
        grid.add_column(Text(title), justify="right" if title in table.numeric else "left")
    for row in table.rows:
        grid.add_row(*(Text(cell) for cell in row))
    Console(file=stdout).print(grid)
    return True
