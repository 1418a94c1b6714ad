"""How much of a lesion or a structure reached which temperature: the dose-volume histogram of heat and cold."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..assessment import Curve, CurveMark
from ..evidence import Value
from ..findings import Severity
from .damage import DEAD_CEM43_MIN
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


def dose_curve(dose_min: NDArray[np.floating], about: str, *, limit: Value | None = None) -> Curve:
    """Part of some voxels that got at least each dose of equivalent minutes at 43 degC.

    Parameters
    ----------
    dose_min : ndarray of float
    about : str
        What they are, in words.
    limit : Value or None
        What a structure bears, marked on the curve.

    Returns
    -------
    Curve
        In percent of volume against the power of ten of the dose, from a tenth of a minute to well beyond what
        kills.
    """
    values = np.log10(np.maximum(np.asarray(dose_min, float).ravel(), 1e-9))
    places = np.linspace(-1.0, 4.0, POINTS)
    points = tuple((float(x), 100.0 * float(np.mean(values >= x)) if values.size else 0.0) for x in places)
    marks = [CurveMark(math.log10(DEAD_CEM43_MIN), f"{DEAD_CEM43_MIN:g} min")]
    if limit is not None:
        marks.append(CurveMark(math.log10(limit.amount), f"limit, {limit.amount:g} min", Severity.STOP))
    return Curve(
        "ablation.dose_volume", f"Dose and volume of {about}", "equivalent minutes at 43 degC",
        "volume that got it", "log10 min", "%", about, points, tuple(marks), "simulated",
    )  # fmt: skip
