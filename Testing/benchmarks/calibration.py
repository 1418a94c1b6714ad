"""What the machine can do at the moment: benchmarks print their figures beside it, so that ratios hold anywhere."""

from __future__ import annotations

import time

import numpy as np


def triad_gb_per_s(seconds: float = 0.4) -> float:
    """Memory bandwidth of ``a = b + s * c`` on arrays far larger than the cache, in GB/s; the best pass counts."""
    n = 8_000_000
    a, b, c = np.empty(n), np.ones(n), np.ones(n)
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        np.multiply(c, 3.0, out=a)
        np.add(a, b, out=a)
        best = min(best, time.perf_counter() - start)
    # Two passes: read c, write a; read a, read b, write a.
    return 5 * n * 8 / best / 1e9


def best_of(runs: int, function, *arguments):
    """(seconds of the fastest of several runs, result of the last); the first, unmeasured run warms up."""
    result = function(*arguments)
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        result = function(*arguments)
        best = min(best, time.perf_counter() - start)
    return best, result
