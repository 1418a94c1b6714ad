"""What a run of heat begins with: values that are possible, a stable step, the network of voxels, the first warmth."""

from __future__ import annotations

import math
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from .generator import Generator
from .heat_stepper import stable_seconds
from .heat_steps import Field, Network
from .medium import BODY_C, LIGHT_J_M3_K, Faces, Held, Medium, check_held

_Array = TypeVar("_Array", bound=NDArray[Any])


def check_heat(
    medium: Medium,
    duration_s: float,
    source: NDArray[np.floating] | None,
    generator: Generator | None,
    held: tuple[Held, ...],
    start_c: NDArray[np.floating] | None,
) -> None:
    """Raise a `PlanError` for what no run of heat can begin with."""
    if start_c is not None and start_c.shape != medium.shape:
        raise PlanError(f"The temperature at first needs {medium.shape} values (k, j, i), not {start_c.shape}.")
    if not (math.isfinite(duration_s) and duration_s > 0.0):
        raise PlanError(f"A duration of {duration_s:g} s is not possible: give more than 0 s.")
    if (source is None) != (generator is None):
        raise PlanError("A source of heat needs a generator and a generator a source: give both or none.")
    if source is not None and (source.shape != medium.shape or not np.all(np.isfinite(source)) or source.min() < 0):
        raise PlanError(f"The source needs {medium.shape} values (k, j, i) in W/m3, none negative.")
    if not (np.all(medium.capacity > 0.0) and np.all(medium.conductivity > 0.0)):
        raise PlanError(
            f"No step is stable in tissue with a heat capacity of {float(medium.capacity.min()):g} J/m3/K and a "
            f"conductivity of {float(medium.conductivity.min()):g} W/m/K at its least: both must be above 0."
        )
    check_held(held, medium.shape)


def step_and_capacity(faces: Faces, capacity: Field, free: NDArray[np.bool_]) -> tuple[float, Field]:
    """A stable step, and the heat capacity with gas made heavy enough for it."""
    sums = faces.sums()
    dense = free & (capacity > LIGHT_J_M3_K)
    seconds = (
        stable_seconds(sums[dense], capacity[dense]) if dense.any() else stable_seconds(sums[free], capacity[free])
    )
    raised = np.maximum(capacity, (sums * seconds).astype(np.float32))
    return seconds, np.where(free, raised, capacity).astype(np.float32)


def network_of(
    faces: Faces, capacity: Field, medium: Medium, free: NDArray[np.bool_], source: NDArray[np.floating] | None
) -> Network:
    """How much each voxel gives and takes, with a rim of one voxel."""
    gain = np.where(free, 1.0 / capacity, 0.0).astype(np.float32)
    warmth = np.zeros_like(gain) if source is None else (source * gain).astype(np.float32)
    decay = medium.perfusion * gain
    return Network(*(padded(field) for field in (faces.x, faces.y, faces.z, gain, decay, warmth)))


def first_warmth(medium: Medium, held: tuple[Held, ...], start_c: NDArray[np.floating] | None) -> Field:
    """Kelvin above the body's temperature at first, with a rim of one voxel."""
    theta = np.zeros(medium.shape, np.float32) if start_c is None else (start_c - BODY_C).astype(np.float32)
    theta[medium.sink] = 0.0
    for body in held:
        theta[body.inside] = body.temperature_c - BODY_C
    return padded(theta)


def padded(field: _Array) -> _Array:
    """The field with a rim of one voxel of zeros."""
    return cast(_Array, np.pad(field, 1))
