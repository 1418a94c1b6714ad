"""Cement of a proposal: where its tip should lie, and how much goes in from there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..access.targets import target_points
from ..case import Case, Lesion
from ..cement.forecast import PreparedBone, best_tips, forecast, prepare
from ..cement.limits import filling
from ..cement.site import cement_site
from ..cement.volume import CementVolume, cement_volume
from ..errors import ImageError, OutlineError
from ..findings import Point

_LEAST_ML = 0.5
"""A proposal is rounded down to steps of a tenth, and never below this: less than a cannula delivers is no plan."""


def cement_targets(case: Case, lesion: Lesion, count: int) -> NDArray[np.float64]:
    """Points of the lesion to aim a cannula at, LPS mm, shape (n, 3), the best first.

    Those from which most of the lesion is filled before cement reaches the first dangerous port; where that cannot be
    told, the usual points of the lesion.

    Parameters
    ----------
    case : Case
    lesion : Lesion
    count : int
        How many points at most.
    """
    bone = _bone(case, lesion)
    if bone is None:
        return target_points(lesion.mask, count)
    try:
        advice = best_tips(bone, wanted_cement(case, lesion).expected_ml)
    except OutlineError:
        return target_points(lesion.mask, count)
    tips = np.asarray([item.tip_mm for item in advice[:count]])
    more = target_points(lesion.mask, count)[: max(0, count - len(tips))]
    return np.concatenate([tips, more])


def wanted_cement(case: Case, lesion: Lesion) -> CementVolume:
    """The range of volumes for the lesion."""
    site = cement_site(lesion.mask, case.structures)
    if site is None:
        return cement_volume(case.image, lesion.mask)
    return cement_volume(case.image, lesion.mask, site.neighbours.body, site.compartment)


def proposed_volume(case: Case, lesion: Lesion, tip_mm: Point) -> tuple[float, tuple[str, ...]]:
    """Volume in mL through a cannula with its tip there, and the reasons: what the lesion takes, or what is safe.

    Parameters
    ----------
    case : Case
    lesion : Lesion
    tip_mm : Point
    """
    volume_range = wanted_cement(case, lesion)
    wanted = volume_range.expected_ml
    full = round(wanted, 1)
    bone = _bone(case, lesion)
    if bone is None:
        return full, ("Where cement would go could not be told: the volume is what the lesion may take.",)
    try:
        safe = forecast(bone, [tip_mm], [wanted], draws=0).safe
    except OutlineError:
        return full, ("The tip lies outside of the bone to be filled: the volume is what the lesion may take.",)
    if not np.isfinite(safe.volume_ml):
        return full, (f"{full:.1f} mL is what the lesion may take; no dangerous port is known that cement reaches.",)
    # What is limited by a vein that the image does not show is said, but does not lower the volume.
    held, port = (safe.seen_ml, safe.seen_port) if np.isfinite(safe.seen_ml) else (np.inf, "")
    if held < wanted:
        volume = max(_LEAST_ML, np.floor(held / 0.1 + 1e-9) * 0.1)
        return round(float(volume), 1), (
            f"{volume:.1f} mL, because the front then is short of the {port}; the lesion might take {full:.1f} mL.",
        )
    until = _until(safe.volume_ml, safe.port, full, volume_range.indicated_ml)
    return full, (f"{full:.1f} mL is what the lesion may take; inject in steps of {filling('step_ml'):g} mL: {until}.",)


def _until(safe_ml: float, port: str, volume_ml: float, indicated_ml: float) -> str:
    if safe_ml < volume_ml:
        return f"look for cement at the {port} from {safe_ml:.1f} mL on"
    if safe_ml > indicated_ml:
        return f"no dangerous port is reached within {indicated_ml:.1f} mL, the most that is called for here"
    return f"the first dangerous port, the {port}, is farther than {safe_ml:.1f} mL"


def _bone(case: Case, lesion: Lesion) -> PreparedBone | None:
    try:
        return prepare(case.image, lesion.mask, case.structures)
    except (ImageError, OutlineError):
        return None
