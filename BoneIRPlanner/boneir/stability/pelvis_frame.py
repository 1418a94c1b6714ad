"""The directions of a pelvis, and where its sacral segments lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import OutlineError
from ..mask import Mask

Floats = NDArray[np.float64]

_MIDLINE_MM = 12.0
_UPPER_MM = 55.0
"""The part of the sacrum below its endplate along which its first two bodies lie on a line."""
SEGMENTS_MM = {"s1": (5.0, 24.0), "s2": (31.0, 49.0)}
"""How far below the endplate the bodies lie along the sacrum."""


@dataclass(frozen=True, eq=False)
class PelvisFrame:
    """The directions of a pelvis as unit vectors in LPS, and a place on its midline.

    Parameters
    ----------
    middle_mm : ndarray, shape (3,)
    left, back, up : ndarray, shape (3,)
    """

    middle_mm: Floats
    left: Floats
    back: Floats
    up: Floats

    def to_local(self, points_mm: Floats) -> Floats:
        """Distances to the left, to the back and up of LPS points, shape (n, 3)."""
        return np.asarray((points_mm - self.middle_mm) @ np.stack([self.left, self.back, self.up], axis=1))

    def way(self, lateral: float, back: float, up: float, side: str) -> Floats:
        """LPS unit vector of a direction on one side ("left", "right"; "" is as on the left)."""
        out = -lateral if side == "right" else lateral
        vector = out * self.left + back * self.back + up * self.up
        return np.asarray(vector / np.linalg.norm(vector))


def pelvis_frame(bones: Mapping[str, Mask]) -> PelvisFrame:
    """The frame of a pelvis from its hip bones; the upright of the body is taken for up.

    Parameters
    ----------
    bones : mapping of structure key to mask
        "hip_left" and "hip_right"; with one of them the left of the patient is taken for left.
    """
    hips = [bones[key].centroid_mm for key in ("hip_left", "hip_right") if key in bones and not bones[key].is_empty]
    axis = np.subtract(hips[0], hips[1]) if len(hips) == 2 else np.array([1.0, 0.0, 0.0])
    left = axis / np.linalg.norm(axis)
    up = np.array([0.0, 0.0, 1.0]) - left[2] * left
    up = up / np.linalg.norm(up)
    middle = np.mean(hips, axis=0) if len(hips) == 2 else np.asarray(_any(bones).centroid_mm)
    return PelvisFrame(np.asarray(middle, float), left, np.cross(up, left), up)


def _any(bones: Mapping[str, Mask]) -> Mask:
    for key in ("sacrum", "hip_left", "hip_right", "femur_left", "femur_right"):
        if key in bones and not bones[key].is_empty:
            return bones[key]
    raise OutlineError("No bone of the pelvis is outlined: its corridors cannot be looked for.")


def sacral_places(sacrum: Mask, canal: Mask | None, frame: PelvisFrame, segment: str) -> Floats:
    """Places in the sacrum at the height of one of its bodies, over its whole width, in LPS mm.

    Parameters
    ----------
    sacrum : Mask
    canal : Mask or None
        The bodies lie in front of it; without it they are taken to be the front half.
    frame : PelvisFrame
    segment : str
        "s1" or "s2".

    Raises
    ------
    OutlineError
        If nothing of the sacrum lies on the midline.
    """
    points = sacrum.points_mm()
    local = frame.to_local(points)
    column = np.abs(local[:, 0]) < _MIDLINE_MM
    if not column.any():
        raise OutlineError("The outline of the sacrum does not reach the midline of the pelvis.")
    column &= local[:, 1] < _middle_of_canal(local[column], canal, frame, local[:, 2])
    body = local[column]
    if not len(body):
        raise OutlineError("The outline of the sacrum has nothing in front of the canal.")
    top = float(np.percentile(body[:, 2], 99.5))
    upper = body[body[:, 2] > top - _UPPER_MM]
    _, _, axes = np.linalg.svd(upper - upper.mean(axis=0), full_matrices=False)
    down = axes[int(np.argmax(np.abs(axes[:, 2])))]
    down = -down if down[2] > 0 else down
    down[0] = 0.0
    down /= np.linalg.norm(down)
    along = (local - upper.mean(axis=0)) @ down
    begin = float(np.percentile((upper - upper.mean(axis=0)) @ down, 2.0))
    first, last = SEGMENTS_MM[segment]
    return np.asarray(points[(along >= begin + first) & (along <= begin + last)])


def _middle_of_canal(column: Floats, canal: Mask | None, frame: PelvisFrame, heights: Floats) -> Floats:
    """How far back the middle of the canal lies at each height."""
    if canal is not None and not canal.is_empty:
        local = frame.to_local(canal.points_mm())
        local = local[np.abs(local[:, 0]) < 2 * _MIDLINE_MM]
        if len(local):
            order = np.rint(local[:, 2] / 3.0)
            rows = np.unique(order)
            return np.interp(heights, rows * 3.0, [float(local[order == row, 1].mean()) for row in rows])
    return np.full(len(heights), float(np.median(column[:, 1])))
