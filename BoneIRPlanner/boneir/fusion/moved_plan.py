"""A plan that goes with the bones: the same needles in another image, each with its bone, entering at its own skin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..anatomy.vertebra_frame import marked_at
from ..grid import Grid
from ..image.resample import mask_on
from ..image.rigid import Rigid, placed_grid
from ..mask import Mask
from ..plan import Plan, Position, Trajectory, Treatment

_STEP_MM = 0.5
_GAP_MM = 8.0
"""Air along a needle that is shorter than this does not end the body: outlines of skin are staircases."""
_FARTHEST_MM = 400.0


def moved_plan(
    plan: Plan, motions: Mapping[str, Rigid], image_uid: str, body: Mask | None, position: Position | None = None
) -> Plan:
    """A plan on another image of the patient.

    Parameters
    ----------
    plan : Plan
    motions : mapping of str to Rigid
        For each lesion of the plan how its bone lies in the other image.
    image_uid : str
        Of the other image.
    body : Mask or None
        The patient's outline there; needles then enter where their line meets this skin. Without it the entries move
        with the bone.
    position : Position or None
        How the patient lies there; None as in the plan.
    """
    treatments = tuple(moved_treatment(item, motions[item.lesion], body) for item in plan.treatments)
    # Laser lines and marks on the skin are of the day: they are set again.
    return replace(plan, treatments=treatments, image_uid=image_uid, position=position or plan.position, landmark=None)


def moved_treatment(treatment: Treatment, motion: Rigid, body: Mask | None) -> Treatment:
    """One treatment that goes with its bone; screws keep their heads, needles find the skin."""
    return replace(
        treatment,
        probes=tuple(replace(p, trajectory=moved_needle(p.trajectory, motion, body)) for p in treatment.probes),
        cement=tuple(replace(c, trajectory=moved_needle(c.trajectory, motion, body)) for c in treatment.cement),
        screws=tuple(replace(s, trajectory=moved_needle(s.trajectory, motion, None)) for s in treatment.screws),
    )


def moved_needle(trajectory: Trajectory, motion: Rigid, body: Mask | None) -> Trajectory:
    """A needle that goes with its bone, from the skin that its line meets."""
    moved = Trajectory(motion.apply_to(trajectory.entry_mm), motion.apply_to(trajectory.tip_mm))
    if body is None or body.is_empty:
        return moved
    depths = np.arange(0.0, _FARTHEST_MM, _STEP_MM)
    points = np.asarray(moved.tip_mm) - depths[:, None] * np.asarray(moved.direction)
    outside = ~(marked_at(body, points) & body.grid.contains(points))
    if outside[0]:
        return moved
    long_enough = np.convolve(outside, np.ones(int(_GAP_MM / _STEP_MM)), "full")[: len(depths)]
    ends = np.flatnonzero(long_enough >= int(_GAP_MM / _STEP_MM))
    if len(ends) == 0:
        return moved
    last = max(int(ends[0]) - int(_GAP_MM / _STEP_MM), 1)
    x, y, z = (float(v) for v in points[last])
    return Trajectory((x, y, z), moved.tip_mm)


def moved_mask(mask: Mask, motion: Rigid, grid: Grid) -> Mask:
    """An outline that goes with its bone, on the grid of another image."""
    return mask_on(Mask(placed_grid(mask.grid, motion), mask.corner, mask.voxels), grid)
