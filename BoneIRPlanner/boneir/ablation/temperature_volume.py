"""How much of a lesion or a structure reached which temperature: the dose-volume histogram of heat and cold."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..assessment import Curve, CurveMark
from ..evidence import Value
from ..findings import Severity
from .medium import BODY_C

POINTS = 61
"""So many points a curve has."""


def temperature_curve(extreme_c: NDArray[np.floating], about: str, *, warm: bool, limit: Value | None = None) -> Curve:
    """Part of some voxels that reached each temperature at any time.

    Parameters
    ----------
    extreme_c : ndarray of float
        The highest temperature of each voxel after heat, the lowest after cold.
    about : str
        What they are, in words.
    warm : bool
        Whether heat was applied, so that reaching a temperature means being at least so warm.
    limit : Value or None
        What a structure bears, marked on the curve.

    Returns
    -------
    Curve
        In percent of volume; 100 % at the body's temperature.
    """
    values = np.asarray(extreme_c, float).ravel()
    end = math.ceil(values.max(initial=BODY_C)) if warm else math.floor(values.min(initial=BODY_C))
    ends = (BODY_C, float(end)) if warm else (float(end), BODY_C)
    places = np.unique(np.linspace(*ends, POINTS))
    reached = [np.mean(values >= t) if warm else np.mean(values <= t) for t in places]
    points = tuple((float(t), 100.0 * float(share)) for t, share in zip(places, reached, strict=True))
    marks = () if limit is None else (CurveMark(limit.amount, "limit", Severity.STOP),)
    word = "highest" if warm else "lowest"
    return Curve(
        "ablation.temperature_volume", f"Temperature and volume of {about}", f"{word} temperature",
        "volume that reached it", "degC", "%", about, points, marks, "simulated",
    )  # fmt: skip
