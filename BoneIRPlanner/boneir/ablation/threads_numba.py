"""Where compiled loops get numba from: the one place that says how its threads wait.

Threads that wait by spinning take the cores from the one that works whenever the machine has anything else to do. The
OpenMP runtime reads the variable when it starts; what a user has set stays. Imported only where numba is installed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from numba import get_num_threads, njit, prange

__all__ = ["get_num_threads", "njit", "prange"]
