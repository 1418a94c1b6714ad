"""The cheapest smooth surface around a centre: one radius for each direction, by message passing.

Every direction has a cost for every radius, and neighbouring directions pay for each step between their radii. The
costs of the best surface through every radius of every direction (min-marginals) come from min-sum message passing on
the mesh of directions (Kschischang, Frey, Loeliger 2001, doi:10.1109/18.910572); that the surface may not jump more
than a few steps between neighbours is the constraint of Li, Wu, Chen, Sonka 2006 (doi:10.1109/TPAMI.2006.19).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .sphere import Sphere

Costs = NDArray[np.float32]

_MOST_STEPS = 4
"""Largest step between neighbouring directions."""
_DAMPING = np.float32(0.5)


def surface_costs(cost: NDArray[np.floating], sphere: Sphere, stiffness: float, rounds: int = 20) -> Costs:
    """Cost of the best surface that passes through each radius of each direction, up to a constant per direction.

    Parameters
    ----------
    cost : ndarray (directions, radii)
        Of the surface lying there, neighbours apart.
    sphere : Sphere
    stiffness : float
        Cost of a step of one radius between neighbours.
    rounds : int
        Some twenty settle it. A sphere has loops, so it is not exact; where the costs have a clear valley it comes
        within a few per cent of the minimum cut.

    Returns
    -------
    ndarray of float32 (directions, radii)
        Its smallest entry in each direction is where the best surface lies.
    """
    own = np.asarray(cost, np.float32)
    message = np.zeros((len(sphere.source), own.shape[1]), np.float32)
    for _ in range(rounds):
        belief = own + np.add.reduceat(message, sphere.first, axis=0)
        said = belief[sphere.source] - message[sphere.back]
        new = said.copy()
        for step in range(1, min(_MOST_STEPS, own.shape[1] - 1) + 1):
            toll = np.float32(stiffness * step)
            np.minimum(new[:, step:], said[:, :-step] + toll, out=new[:, step:])
            np.minimum(new[:, :-step], said[:, step:] + toll, out=new[:, :-step])
        new -= new.min(axis=1, keepdims=True)
        message = (1 - _DAMPING) * message + _DAMPING * new
    return np.asarray(own + np.add.reduceat(message, sphere.first, axis=0))


def between_steps(
    cost: NDArray[np.floating], sphere: Sphere, chosen: NDArray[np.int64], rounds: int = 2
) -> NDArray[np.float64]:
    """Where the surface lies between the radii: indices (directions,) to which the costs of its surroundings move it.

    In each direction a parabola through three costs of its own has its lowest point where what speaks for the inside
    becomes what speaks against it. Neighbours are averaged, as the costs of steps keep all of them at whole indices.
    """
    last, every = cost.shape[1] - 1, np.arange(len(cost))
    middle = np.clip(chosen, 1, last - 1)
    before, here, after = (cost[every, middle + n].astype(float) for n in (-1, 0, 1))
    bend = before - 2 * here + after
    clear = (bend > 1e-6) & (chosen == middle)
    shift = np.where(clear, np.clip(0.5 * (before - after) / np.where(clear, bend, 1.0), -1.0, 1.0), 0.0)
    weight = sphere.pooled(clear.astype(float), rounds)
    return np.asarray(chosen + sphere.pooled(shift, rounds) / np.maximum(weight, 1.0))


def total_cost(cost: NDArray[np.floating], sphere: Sphere, stiffness: float, chosen: NDArray[np.int64]) -> float:
    """What one surface costs: its own costs and all steps between neighbours."""
    own = float(cost[np.arange(sphere.count), chosen].sum(dtype=float))
    return own + stiffness * float(np.abs(chosen[sphere.source] - chosen[sphere.target]).sum()) / 2
