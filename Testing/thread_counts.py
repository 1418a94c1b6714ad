"""What is computed with one thread and with two has to be the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

Made = TypeVar("Made")


def with_one_and_two_threads(monkeypatch: pytest.MonkeyPatch, run: Callable[[], Made]) -> tuple[Made, Made]:
    """Run twice, so that even a small box is shared among the threads; skips where there are not two."""
    numba = pytest.importorskip("numba")
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("numba was started with one thread")
    monkeypatch.setattr("boneir.ablation.solved_box.FEW_VOXELS", 0)
    made = []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        made.append(run())
    return made[0], made[1]
