"""What may be hurt on the way into a hip bone though nobody has outlined it: the hip joint and the sciatic nerve.

Neither is seen on CT as an organ is. Where they are not outlined, no clearance can be kept from them, and no number
shows that a way passes them. The femur tells where the joint is, and the height of its head where the nerve runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..case import Case, Structure
from ..evidence import Value
from ..findings import Finding, Severity
from .clearance import as_point, distance_along
from .limits import Limits
from .path_samples import PathSamples


@dataclass(frozen=True, eq=False)
class Hip:
    """One side of the pelvis, as far as a needle into its hip bone has to know it.

    Parameters
    ----------
    side : str
    femur : Structure or None
    is_sure : bool
        Whether it is known what is femur and what is hip bone.
    joint_unseen, nerve_unseen : bool
        Whether the hip joint and the sciatic nerve are not outlined.
    reach : Value
        Nearer to the femur a needle may open the joint.
    """

    side: str
    femur: Structure | None
    is_sure: bool
    joint_unseen: bool
    nerve_unseen: bool
    reach: Value

    @property
    def femur_top_mm(self) -> float | None:
        """Height of the upper end of the femur, LPS mm; None where it is not outlined."""
        return None if self.femur is None else float(self.femur.mask.window_grid.corners_mm[:, 2].max())


def hips_of(case: Case, bones: Iterable[str], limits: Limits) -> tuple[Hip, ...]:
    """The sides of which some bones, by name, are the hip bone."""
    found = []
    for bone in bones:
        name, _, side = bone.rpartition("_")
        if name == "hip" and side in ("left", "right"):
            femur, hip = _outlined(case, f"femur_{side}"), _outlined(case, bone)
            sure = femur is not None and femur.sure and hip is not None and hip.sure
            reach = limits.of_file("hip", "joint_reach" if sure else "joint_reach_unsure")
            joint, nerve = _outlined(case, f"hip_joint_{side}", "joints"), _outlined(case, f"sciatic_nerve_{side}")
            found.append(Hip(side, femur, sure, joint is None, nerve is None, reach))
    return tuple(found)


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
    hips = hips_of(path.case, (bone.name for bone in path.holding), path.limits)
    found = [finding for hip in hips for finding in (_joint(path, hip), _nerve(path, hip))]
    return tuple(finding for finding in found if finding is not None)


def hip_reason(path: PathSamples) -> str:
    """The same in a sentence for the reasons of a plan; "" where there is nothing to say."""
    return " ".join(finding.text for finding in hip_findings(path))


def _joint(path: PathSamples, hip: Hip) -> Finding | None:
    if not hip.joint_unseen:
        return None
    side, about = hip.side, f"hip_joint_{hip.side}"
    words = f"the {side} hip joint is not outlined"
    if hip.femur is None:
        text = f"{path.called()} goes into the {side} hip bone; {words}, nor is the femur: whether it opens the joint "
        text += "was not checked."
        return Finding("access.hip_joint", Severity.WARN, text, limit=hip.reach, about=about)
    along = distance_along(hip.femur.mask, path.trajectory)
    if along is None:
        return None
    nearest = int(np.argmin(along.distance_mm))
    gap = float(along.distance_mm[nearest]) - path.needle.diameter_mm / 2
    if gap >= hip.reach.amount:
        return None
    where = f"touches the {side} femur" if gap <= 0 else f"comes within {gap:.1f} mm of the {side} femur"
    if not hip.is_sure:
        words += ", nor is it sure what is femur and what is hip bone"
    text = (
        f"{path.called()} {where}, and {words}: whether it goes through the joint was not checked. Look at its way, or "
        f"stay {hip.reach} from the femur."
    )
    start, way = np.asarray(path.trajectory.entry_mm), np.asarray(path.trajectory.direction)
    place = as_point(start + along.depth_mm[nearest] * way)
    return Finding("access.hip_joint", Severity.WARN, text, gap, "mm", hip.reach, place, about)


def _nerve(path: PathSamples, hip: Hip) -> Finding | None:
    if not hip.nerve_unseen:
        return None
    behind, above = (path.limits.of_file("hip", key).amount for key in ("sciatic_behind", "sciatic_above"))
    if -float(path.trajectory.direction[1]) < np.cos(np.radians(behind)):
        return None
    before = ~(path.in_target_bone | path.in_lesion)
    before &= np.cumsum(~before) == 0  # what is passed before bone
    depths, top = path.points_mm[before, 2], hip.femur_top_mm
    if top is not None and (not depths.size or float(depths.min()) > top + above):
        return None
    text = (
        f"{path.called()} goes into the {hip.side} hip bone from behind at the height of the sciatic nerve, which is "
        "not outlined: whether it is spared was not checked."
    )
    place = path.place(int(before.sum()) - 1) if before.any() else path.trajectory.entry_mm
    return Finding("access.sciatic_nerve", Severity.WARN, text, place_mm=place, about=f"sciatic_nerve_{hip.side}")


def _outlined(case: Case, *kinds: str) -> Structure | None:
    items = case.structures
    return next((item for item in items if (item.kind in kinds or item.name in kinds) and not item.mask.is_empty), None)
