"""How fast electric fields, focused ultrasound and ethanol are computed; pyamg solves the same network as a peer."""

from __future__ import annotations

import importlib.util

import numpy as np
from calibration import best_of, triad_gb_per_s
from scipy.sparse import coo_array

from boneir.ablation.bowl import Bowl
from boneir.ablation.ethanol import infuse
from boneir.ablation.laplace import Held, SteadyFlow, steady_flow
from boneir.ablation.tissue_map import TISSUE_ORDER, TissueMap, known_tissues
from boneir.ablation.ultrasound import sonicate
from boneir.grid import Grid

GROUP = "ablation"

PEER_SIZE = 64


def figures() -> list[dict]:
    triad = f"triad {triad_gb_per_s():.1f} GB/s"
    rows = []
    for size, bar in ((64, None), (128, 2.0)):
        sigma, held = needles_in_bone(size)
        seconds, flow = best_of(2, steady_flow, sigma, (1.0, 1.0, 1.0), held)
        peer = against_pyamg(flow, seconds) if size == PEER_SIZE else None
        rows.append(row(f"electric field, {size}^3, 1 mm", seconds, "s", bar, triad, peer))
        rows.append(row(f"electric field, {size}^3, steps of the solver", flow.steps, "", 30, triad))
        plus, minus = held.voxels & (np.asarray(held.values) > 0), held.voxels & (np.asarray(held.values) == 0)
        off = abs(flow.delivered(plus) + flow.delivered(minus)) / flow.delivered(plus)
        rows.append(row(f"electric field, {size}^3, current not balanced", 100 * off, "%", 0.5, triad))
    grid, tissues = layered(128)
    bowl = Bowl((50.0, 64.0, 64.0), (1.0, 0.0, 0.0), 80.0, 80.0, 1e6)
    seconds, _ = best_of(3, sonicate, tissues, bowl, 50.0)
    rows.append(row("ultrasound, 128^3, 1000 elements", seconds, "s", 1.0, triad))
    mobility = np.where(tissues.where("bone_cancellous"), 1.0, np.where(tissues.where("muscle"), 0.1, 1e-3))
    seconds, _ = best_of(1, infuse, mobility, 0.4, grid, (90.0, 64.0, 64.0), 4.0)
    rows.append(row("ethanol, 128^3, 4 mL", seconds, "s", None, triad))
    return rows


def needles_in_bone(size: int) -> tuple[np.ndarray, Held]:
    """Blocks of muscle, tumour, cancellous and cortical bone with two needles at 500 V."""
    k, j, i = np.indices((size, size, size))
    blocks = (k // 16 + j // 16 + i // 16) % 4
    sigma = np.array([0.4425, 0.4, 0.0866, 0.0221])[blocks]
    middle = size / 2
    rods = [
        ((k - middle) ** 2 + (j - middle - s * 8) ** 2 <= 1.5**2) & (np.abs(i - middle) < size / 6) for s in (-1, 1)
    ]
    return sigma, Held(rods[0] | rods[1], np.where(rods[0], 500.0, 0.0))


def layered(size: int) -> tuple[Grid, TissueMap]:
    """Water, skin, fat, muscle and bone along the x axis."""
    grid = Grid((size, size, size), (1.0, 1.0, 1.0))
    names = ["gas", "skin", "fat", "muscle", "bone_cortical", "bone_cancellous"]
    label = np.array([TISSUE_ORDER.index(name) for name in names], np.uint8)
    layer = label[np.digitize(np.arange(size), [5, 7, 17, 50, 52])]
    return grid, TissueMap(np.broadcast_to(layer, grid.shape).copy(), grid, known_tissues())


def against_pyamg(flow: SteadyFlow, seconds: float) -> str:
    """What pyamg needs for the same network, and how far its values lie from ours."""
    if importlib.util.find_spec("pyamg") is None:
        return "pyamg is not installed"
    import pyamg

    matrix, right = network(flow)
    set_up, solver = best_of(1, pyamg.ruge_stuben_solver, matrix)
    solve, values = best_of(1, lambda: solver.solve(right, tol=1e-8, accel="cg"))
    free = ~flow.held.ravel()
    apart = np.abs(values[free] - flow.values.ravel()[free]).max() / np.ptp(flow.values)
    return f"pyamg {set_up + solve:.2f} s ({(set_up + solve) / seconds:.0f} times), values within {apart:.0e}"


def network(flow: SteadyFlow) -> tuple[object, np.ndarray]:
    """The same equations as a sparse matrix; held voxels are the identity and brought to the right-hand side."""
    number, held = np.arange(flow.values.size).reshape(flow.values.shape), flow.held.ravel()
    known = np.where(held, flow.values.ravel(), 0.0)
    diagonal, right = flow.wall.astype(float).ravel().copy(), known.copy()
    rows, columns, sizes = [], [], []
    for axis in range(3):
        low = np.take(number, range(number.shape[axis] - 1), axis).ravel()
        high = np.take(number, range(1, number.shape[axis]), axis).ravel()
        size = flow.faces[axis].ravel()[low].astype(float)
        for mine, other in ((low, high), (high, low)):
            np.add.at(diagonal, mine, size)
            np.add.at(right, mine, np.where(held[mine], 0.0, size * known[other]))
            both = ~held[mine] & ~held[other]
            rows.append(mine[both])
            columns.append(other[both])
            sizes.append(-size[both])
    diagonal[held | (diagonal == 0)] = 1.0
    rows.append(number.ravel())
    columns.append(number.ravel())
    sizes.append(diagonal)
    matrix = coo_array((np.concatenate(sizes), (np.concatenate(rows), np.concatenate(columns))))
    return matrix.tocsr(), right


def row(name: str, value: float, unit: str, bar: float | None, calibration: str, peer: str | None = None) -> dict:
    met = None if bar is None else value <= bar
    return {
        "name": name, "value": value, "unit": unit, "bar": bar, "met": met, "calibration": calibration, "peer": peer,
    }  # fmt: skip
