"""Running something from a button: a wait cursor, and one sentence where it does not work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import slicer

from ..errors import BoneIRError


@contextmanager
def work(failure: str) -> Iterator[None]:
    """Run what a button asks for.

    What the library refuses is shown as its one sentence. Anything else is a fault of this software: it is shown under
    the words of `failure`, with its details, and goes on to the Python console and the log.
    """
    sentence = ""
    with slicer.util.tryWithErrorDisplay(failure, waitCursor=True):
        try:
            yield
        except BoneIRError as error:
            sentence = str(error)
    if sentence:
        slicer.util.errorDisplay(sentence)
