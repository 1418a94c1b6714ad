"""What may be hurt on the way into a hip bone though nobody has outlined it: the hip joint and the sciatic nerve.

Neither is seen on CT as an organ is. Where they are not outlined, no clearance can be kept from them, and no number
shows that a way passes them. The femur tells where the joint is, and the height of its head where the nerve runs.
"""

from __future__ import annotations

import numpy as np

from ..case import Structure
from ..evidence import Value
from ..findings import Finding, Severity
from .clearance import as_point, distance_along
from .path_samples import PathSamples


def hip_findings(path: PathSamples) -> tuple[Finding, ...]:
    """Say so where a needle into a hip bone passes the hip joint or the sciatic nerve, and these are not outlined.

    Parameters
    ----------
    path : PathSamples

    Returns
    -------
    tuple of Finding
        ``access.hip_joint`` and ``access.sciatic_nerve``, both warnings.
    """
    found = []
    for bone in path.holding:
        name, _, side = bone.name.rpartition("_")
        if name == "hip" and side in ("left", "right"):
            found += [_joint(path, side), _nerve(path, side)]
    return tuple(finding for finding in found if finding is not None)


def hip_reason(path: PathSamples) -> str:
    """The same in a sentence for the reasons of a plan; "" where there is nothing to say."""
    return " ".join(finding.text for finding in hip_findings(path))


def _joint(path: PathSamples, side: str) -> Finding | None:
    if _outlined(path, f"hip_joint_{side}", "joints") is not None:
        return None
    femur, hip = _outlined(path, f"femur_{side}"), _outlined(path, f"hip_{side}")
    sure = femur is not None and femur.sure and hip is not None and hip.sure
    reach = _limit(path, "joint_reach" if sure else "joint_reach_unsure")
    words = f"the {side} hip joint is not outlined"
    if femur is None:
        text = f"{path.called()} goes into the {side} hip bone; {words}, nor is the femur: whether it opens the joint "
        text += "was not checked."
        return Finding("access.hip_joint", Severity.WARN, text, limit=reach, about=f"hip_joint_{side}")
    along = distance_along(femur.mask, path.trajectory)
    if along is None:
        return None
    nearest = int(np.argmin(along.distance_mm))
    gap = float(along.distance_mm[nearest]) - path.needle.diameter_mm / 2
    if gap >= reach.amount:
        return None
    where = f"touches the {side} femur" if gap <= 0 else f"comes within {gap:.1f} mm of the {side} femur"
    if not sure:
        words += ", nor is it sure what is femur and what is hip bone"
    text = (
        f"{path.called()} {where}, and {words}: whether it goes through the joint was not checked. Look at its way, or "
        f"stay {reach} from the femur."
    )
    start, way = np.asarray(path.trajectory.entry_mm), np.asarray(path.trajectory.direction)
    place = as_point(start + along.depth_mm[nearest] * way)
    return Finding("access.hip_joint", Severity.WARN, text, gap, "mm", reach, place, f"hip_joint_{side}")


def _nerve(path: PathSamples, side: str) -> Finding | None:
    if _outlined(path, f"sciatic_nerve_{side}") is not None:
        return None
    behind = -float(path.trajectory.direction[1])
    if behind < np.cos(np.radians(_limit(path, "sciatic_behind").amount)):
        return None
    before = ~(path.in_target_bone | path.in_lesion)
    before &= np.cumsum(~before) == 0  # what is passed before bone
    depths = path.points_mm[before, 2]
    femur = _outlined(path, f"femur_{side}")
    if femur is not None:
        highest = float(femur.mask.window_grid.corners_mm[:, 2].max())
        if not depths.size or float(depths.min()) > highest + _limit(path, "sciatic_above").amount:
            return None
    text = (
        f"{path.called()} goes into the {side} hip bone from behind at the height of the sciatic nerve, which is not "
        "outlined: whether it is spared was not checked."
    )
    place = path.place(int(before.sum()) - 1) if before.any() else path.trajectory.entry_mm
    return Finding("access.sciatic_nerve", Severity.WARN, text, place_mm=place, about=f"sciatic_nerve_{side}")


def _outlined(path: PathSamples, *kinds: str) -> Structure | None:
    items = path.case.structures
    return next((item for item in items if (item.kind in kinds or item.name in kinds) and not item.mask.is_empty), None)


def _limit(path: PathSamples, key: str) -> Value:
    return path.limits.of_file("hip", key)
