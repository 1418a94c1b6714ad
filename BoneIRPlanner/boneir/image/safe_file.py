"""Files that are either the old or the new, never half of each: written beside, flushed to disk, renamed into place."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_safely(path: Path, chunks: Iterable[bytes | memoryview]) -> Path:
    """Write a file so that a failure at any moment leaves what was there before.

    Parameters
    ----------
    path : Path
        Its folder must exist.
    chunks : iterable of bytes
        The content, piece by piece.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    OSError
        If the disk is full or the place cannot be written to; nothing is left behind then.
    """
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o666 & ~_umask())  # mkstemp makes files that only their owner reads
        Path(beside).replace(path)
    except BaseException as error:
        Path(beside).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename in (None, beside):
            error.filename = str(path)
        raise
    _flush_folder(path.parent)
    return path


def file_name_for(name: str) -> str:
    """A name of a file, without its ending, for a name that a person gave."""
    plain = re.sub(r"[^\w.-]+", "-", name, flags=re.UNICODE).strip("-.")
    return plain[:80] or "unnamed"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush_folder(folder: Path) -> None:
    """Make the renaming last through a power cut, where the system has a way to ask for it."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
