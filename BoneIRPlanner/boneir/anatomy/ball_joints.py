"""What the ball of a joint tells: what lies within it is the head of its bone, and the joint is the shell around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..case import Structure
from ..findings import Finding, Severity
from ..mask import Mask
from .axial import AxialFrame
from .joint_ball import JointBall
from .level_settings import level_value
from .structures import structure_kinds


def fill_heads(
    labels: NDArray[np.int32], numbers: Mapping[str, int], balls: Iterable[JointBall], frame: AxialFrame
) -> None:
    """Give what lies within a ball to its bone, dark marrow included.

    Parameters
    ----------
    labels : ndarray of int32, shape (s, p, l)
        On coarse voxels; changed in place.
    numbers : mapping of str to int
        Labels by the key of the structure.
    balls : iterable of JointBall
    frame : AxialFrame
    """
    spacing = np.asarray(frame.coarse_spacing_mm)
    for ball in balls:
        box, places = ball.around(0.0, labels.shape, spacing)
        distance, _ = ball.beside(ball.free_way, places * spacing)
        labels[box][distance < -ball.joint.setting("head_mm")] = numbers[f"{ball.joint.bone}_{ball.word}"]


def joints_of(
    balls: Iterable[JointBall], origin: str, frame: AxialFrame
) -> tuple[tuple[Structure, ...], tuple[Finding, ...]]:
    """The joints around balls, towards the socket, and what to say of them.

    Returns
    -------
    structures : tuple of Structure
        ``hip_joint_left`` and the like; none is sure.
    findings : tuple of Finding
        ``outline.organ`` (note).
    """
    made = [_joint(ball, origin, frame) for ball in balls]
    return tuple(joint for joint, _ in made), tuple(finding for _, finding in made)


def _joint(ball: JointBall, origin: str, frame: AxialFrame) -> tuple[Structure, Finding]:
    spacing, offset = np.asarray(frame.spacing_mm), (np.asarray(frame.factors) - 1) / 2
    half, key = level_value(f"{ball.joint.name}_joint_mm"), f"{ball.joint.name}_joint_{ball.word}"
    upright = np.zeros(frame.upright(np.broadcast_to(False, frame.grid.shape)).shape, bool)
    box, places = ball.around(half.amount + 2 * frame.coarse_spacing_mm[0], upright.shape, spacing)
    distance, towards = ball.beside(ball.free_way, (places - offset) * spacing)
    upright[box] = (np.abs(distance) <= half.amount) & (towards < ball.joint.setting("free_cosine"))
    mask = Mask.of(frame.on_grid(upright), frame.grid)
    text = (
        f"The {ball.word} {ball.joint.name} joint is outlined up to {half} from a ball of {ball.radius_mm:.0f} mm "
        f"radius fitted to the head of the {ball.joint.bone}, which parts it from the {ball.joint.other} (clearness "
        f"{ball.evidence:.2f} of 1); cartilage is not seen: look at the edge of the ball before a needle goes near it."
    )
    s, p, left = (float(v) for v in ball.centre / np.asarray(frame.coarse_spacing_mm))
    place = frame.place_mm((s, p, left))
    finding = Finding("outline.organ", Severity.NOTE, text, ball.radius_mm, "mm", half, place, key)
    return Structure(key, structure_kinds()[key].role, mask, key, origin, sure=False), finding
