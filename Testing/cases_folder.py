"""Where the real images lie: outside the repository, so that a test skips with a reason where they are absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def cases_root() -> Path:
    """The folder named by the variable ``BONEIR_CASES``, or ``shared/cases`` beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "cases"
    return Path(os.environ.get("BONEIR_CASES", beside))


def case_folder(name: str) -> Path:
    """A folder or file of the shared cases; the test that asks for it is skipped where it is absent."""
    root = cases_root()
    if not (root / name).exists():
        pytest.skip(f"no {name} in {root}: set BONEIR_CASES to the folder with the real images")
    return root / name
