"""Tissue around the ice: it has not frozen, so its temperature is stepped, in longer steps than the ice allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .cold_block import ColdBlock, ColdSetting
from .cold_steps import CLOSED
from .heat_stepper import backend, held_faces, stable_seconds
from .heat_steps import Box, Network
from .medium import Faces, faces_of

_INNER = (slice(1, -1),) * 3


class ColdOutside:
    """The change of temperature of the window; what lies in a block comes from there.

    Parameters
    ----------
    setting : ColdSetting
    compiled : bool
    """

    def __init__(self, setting: ColdSetting, compiled: bool) -> None:
        self.kernels = backend(compiled)
        self.free = setting.labels != CLOSED
        phases = setting.phases
        labels = np.where(self.free, setting.labels, np.uint8(0))
        carries = phases.conductivity[labels, 2]
        self.capacity = 1.0 / phases.warmth[labels, 2]
        faces = _beside_vessels(
            faces_of(np.ascontiguousarray(carries[_INNER]), setting.spacing_mm), self.free[_INNER], carries[_INNER],
            setting.weights,
        )  # fmt: skip
        free = self.free[_INNER]
        self.longest_s = stable_seconds(faces.sums()[free], self.capacity[_INNER][free])
        gain = np.where(self.free, phases.warmth[labels, 2], np.float32(0.0))
        none = np.zeros_like(gain)
        x, y, z = (np.pad(face, 1) for face in (faces.x, faces.y, faces.z))
        self.net = Network(x, y, z, gain, setting.perfusion * gain, none)
        self.theta, self.spare = none.copy(), none.copy()
        self.held = held_faces(self.net, self.free)
        self.keep, self.keep_for = none, 0.0
        self.outer = self.held

    def cut_out(self, block: ColdBlock) -> None:
        """From now on this block looks after itself."""
        within = np.zeros(self.free.shape, bool)
        within[block.inner] = True
        free_at, held_at, face = self.held
        left = ~within.ravel()[free_at]
        self.outer = (free_at[left], held_at[left], face[left])
        self.border = tuple(_border(self.net, self.free, block, axis, end) for axis in range(3) for end in (0, 1))

    def step(self, seconds: float, box: Box, block: ColdBlock) -> float:
        """One explicit step of the box; heat goes into the block; what vessels gave, J/m3 summed over voxels."""
        if seconds != self.keep_for:
            self.keep, self.keep_for = 1.0 / (1.0 + np.float32(seconds) * self.net.decay), seconds
        free_at, held_at, face = self.outer
        given = self.kernels.flow_from(self.theta, free_at, held_at, face) * seconds if face.size else 0.0
        for side, mine, theirs, conductance in self.border:
            block.add(side, np.float32(seconds) * conductance * (self.theta[theirs] - self.theta[mine]))
        self.kernels.euler_step(self.theta, self.spare, self.net, self.keep, 0.0, seconds, box)
        self.theta, self.spare = self.spare, self.theta
        return given

    def stored_j_m3(self, block: ColdBlock) -> float:
        """Heat in free voxels outside the block against the body's temperature, summed over voxels."""
        warm = np.multiply(self.theta, self.capacity, dtype=np.float64) * self.free
        warm[block.inner] = 0.0
        return float(warm.sum())


Side = tuple[slice, slice, slice]


def _border(
    net: Network, free: NDArray[np.bool_], block: ColdBlock, axis: int, end: int
) -> tuple[Side, Side, Side, NDArray[np.float32]]:
    """One side of a block: its outer voxels in block and window, those beyond, and the conductance between."""
    first, last = block.box[2 * axis], block.box[2 * axis + 1]
    mine, theirs, side = list(block.inner), list(block.inner), [slice(1, -1)] * 3
    here = last - 1 if end else first
    beyond = here + 1 if end else here - 1
    mine[axis], theirs[axis] = slice(here, here + 1), slice(beyond, beyond + 1)
    side[axis] = slice(-2, -1) if end else slice(1, 2)
    inner, outer = (mine[0], mine[1], mine[2]), (theirs[0], theirs[1], theirs[2])
    face = (net.z, net.y, net.x)[axis]
    conductance = face[inner if end else outer] * (free[inner] & free[outer])
    return (side[0], side[1], side[2]), inner, outer, conductance.astype(np.float32)


def _beside_vessels(
    faces: Faces, free: NDArray[np.bool_], carries: NDArray[np.float32], weights: tuple[float, float, float]
) -> Faces:
    """Faces between tissue and a vessel have the conductance of the tissue, as within a block."""
    made = []
    for axis, face, weight in ((2, faces.x, weights[0]), (1, faces.y, weights[1]), (0, faces.z, weights[2])):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        one, other = tuple(low), tuple(high)
        here = np.where(free[one], carries[one], carries[other]) * np.float32(weight)
        changed = face.copy()
        changed[one] = np.where(free[one] != free[other], here, face[one])
        made.append(changed)
    return Faces(made[0], made[1], made[2])
