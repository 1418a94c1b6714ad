"""Needle access: distance fields, the planning field, paths and a whole proposal, beside VTK on the same rays."""

from __future__ import annotations

import os
import time

import numpy as np
from calibration import best_of, triad_gb_per_s

from access_phantom import ball, grid_around, limits_with, phantom, rod, slab
from boneir.access.entries import skin_around
from boneir.access.field import PlanningField, build_field
from boneir.access.live import LiveAccess
from boneir.access.many_draws import kept_shares
from boneir.access.many_targets import coarse_to_fine
from boneir.access.needle import Needle
from boneir.access.placement import DRAWS
from boneir.access.rays import Walk, walk_paths
from boneir.case import Case
from boneir.image.distance import exact_distance_mm, has_numba, squared_distance_below, squared_distance_numpy
from boneir.plan import Technique, Trajectory
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.proposing.live import live_access

GROUP = "access"
PATHS = 100_000
TARGETS, ENTRIES, PLANS = 200, 12_500, 200
NEEDLE = Needle(2.4, 190.0)
_PEER_PATHS = 2_000


def figures() -> list[dict]:
    """All figures of this group; bars are for two cores."""
    calibration = f"triad {triad_gb_per_s():.1f} GB/s, load {os.getloadavg()[0]:.1f}"
    limits = limits_with()
    case = torso(depth_mm=180)
    field_s, field = best_of(2, build_field, case, case.lesion(), NEEDLE, limits)
    entries, tips = ways(field, case)
    rows = [*_distance_figures(), _row("planning field, " + _size(field), field_s, "s", 1.0)]
    walk_s, walk = best_of(9, walk_paths, field, entries, tips, NEEDLE, limits)
    rows.append(_row("100 000 paths to one target", 1000 * walk_s, "ms", 50.0, peer=_peer(field, walk, walk_s)))
    numpy_s, _ = best_of(1, lambda: walk_paths(field, entries, tips, NEEDLE, limits, compiled=False))
    rows.append(_row("the same without numba", 1000 * numpy_s, "ms", 800.0))
    rows.append(_many_draws(field, entries, tips))
    slim = torso(depth_mm=120)
    start = time.perf_counter()
    proposal = propose(slim, Goal(Technique.BIOPSY, "biopsy-13g"))
    whole = time.perf_counter() - start
    rows.append(_row(f"proposal, {len(proposal.skin.points_mm)} entries, 5 targets", whole, "s", 3.0))
    rows += _live_figures(slim)
    return [{**row, "calibration": calibration} for row in rows]


def _many_targets(live: LiveAccess) -> dict:
    """Some entries for many targets, then all entries around the best of them, with every rule and every cost."""
    voxels = live.judge.case.lesion().mask.points_mm()
    targets = voxels[np.random.default_rng(1).choice(len(voxels), TARGETS, replace=False)]

    def search_all() -> int:
        return len(coarse_to_fine(live.judge, live.skin, live.aim, targets, entries=ENTRIES, around_mm=6.0))

    seconds, found = best_of(3, search_all)
    return _row(f"{TARGETS} targets x {ENTRIES} entries, {found} ways priced", seconds, "s", 2.0)


def _many_draws(field: PlanningField, entries: np.ndarray, tips: np.ndarray) -> dict:
    some = [Trajectory(tuple(entry), tuple(tip)) for entry, tip in zip(entries[:PLANS], tips[:PLANS], strict=True)]
    seconds, _ = best_of(5, kept_shares, field, some, NEEDLE, limits_with())
    return _row(f"{DRAWS} placements of {PLANS} ways", seconds, "s", 0.1)


def _live_figures(case: Case) -> list[dict]:
    """A needle that is dragged, with a zone, and a target that is moved."""
    live = live_access(case, Goal(Technique.MICROWAVE, "emprint"))
    middle, rng = np.asarray(live.aim.target_mm), np.random.default_rng(2)
    chosen = live.skin.points_mm[rng.choice(len(live.skin.points_mm), 60, replace=False)]
    drags = [Trajectory(tuple(entry), tuple(middle + rng.normal(size=3))) for entry in chosen]
    moved = [_seconds(live.path, drag) for drag in drags]
    targets = middle + rng.normal(size=(12, 3))
    maps = [_seconds(live.skin_map, tuple(target)) for target in targets]
    name = f"skin map after a move, {len(live.skin.points_mm)} entries"
    return [
        _many_targets(live),
        _row("needle after a drag, median", 1000 * float(np.median(moved[10:])), "ms", 10.0),
        _row(name, 1000 * float(np.median(maps[2:])), "ms", 50.0),
    ]


def _seconds(function, *arguments) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def bones(points: np.ndarray) -> np.ndarray:
    """A row of vertebral bodies and one long spinous process."""
    bodies = rod((0, 30, 0), (0, 0, 1), 22)(points) & (np.abs(points[..., 2]) % 32 < 27)
    return bodies | (slab(0, -3, 3)(points) & slab(1, 60, 95)(points))


def torso(depth_mm: float) -> Case:
    """A body 36 cm wide and high, with spine, canal, vessels, bowel, liver and lung; 1.2 mm voxels."""
    shapes = {
        "body": lambda p: (p[..., 0] / 180) ** 2 + (p[..., 1] / depth_mm) ** 2 + (p[..., 2] / 180) ** 2 <= 1,
        "bone": bones,
        "spinal_canal": rod((0, 62, 0), (0, 0, 1), 9),
        "aorta": rod((12, -8, 0), (0, 0, 1), 12),
        "inferior_vena_cava": rod((-16, -8, 0), (0, 0, 1), 12),
        "colon": rod((80, -30, 0), (0, 0.2, 1), 25),
        "liver": ball((-90, -10, 60), 70),
        "lung_left": ball((90, 10, 120), 60),
    }  # fmt: skip
    return phantom(grid_around(183, (1.2, 1.2, 1.2)), shapes, ball((5, 25, 2), 9))


def ways(field: PlanningField, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """As many paths as the bar asks for, from skin to the middle of the lesion, in random order."""
    target = np.asarray(case.lesion().mask.centroid_mm)
    points = skin_around(field, case.image, case.lesion().mask.centroid_mm, 1000.0).points_mm
    chosen = points[np.random.default_rng(0).permutation(len(points))[:PATHS]]
    if len(chosen) < PATHS:
        raise AssertionError(f"the phantom has only {len(chosen)} entries")
    return chosen, np.tile(target, (PATHS, 1))


def _distance_figures() -> list[dict]:
    k, j, i = np.ogrid[:360, :360, :360]
    marked = ((j - 200) ** 2 + (i - 180) ** 2 < 81) | ((i - 100) ** 2 + (j - 180) ** 2 + (k - 180) ** 2 < 2500)
    marked |= (np.abs(i - 180) < 170) & (np.abs(j - 330) < 10)
    fast, _ = best_of(2, squared_distance_below, marked, 25)
    slow, _ = best_of(1, squared_distance_numpy, marked, 25)
    small = marked[100:220, 100:220, 60:180]
    start = time.perf_counter()
    exact_distance_mm(small, (1.0, 1.0, 1.0))
    scipys = (time.perf_counter() - start) * marked.size / small.size
    peer = f"scipy's full transform {scipys:.1f} s, {scipys / fast:.0f} times as long"
    return [
        _row("distance to 25 mm, 360 x 360 x 360", fast, "s", 1.0, peer=peer),
        _row("the same without numba", slow, "s", 6.0),
    ]


def _peer(field: PlanningField, walk: Walk, ours_s: float) -> str:
    """What VTK's tree needs for the same rays, and only to tell which of them are free at one fixed distance."""
    try:
        from vtkmodules.util.numpy_support import numpy_to_vtk
        from vtkmodules.vtkCommonCore import mutable
        from vtkmodules.vtkCommonDataModel import vtkImageData
        from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D
        from vtkmodules.vtkFiltersFlowPaths import vtkModifiedBSPTree
    except ImportError:
        return "VTK is not installed"
    image = vtkImageData()
    image.SetDimensions(field.grid.shape[::-1])
    image.SetOrigin(field.grid.origin_mm)
    room = np.ascontiguousarray(field.packed >> 8).ravel()
    image.GetPointData().SetScalars(numpy_to_vtk(room, deep=True))
    surface = vtkFlyingEdges3D()
    surface.SetInputData(image)
    surface.SetValue(0, 80 + 8 * 4)
    surface.Update()
    start = time.perf_counter()
    tree = vtkModifiedBSPTree()
    tree.SetDataSet(surface.GetOutput())
    tree.BuildLocator()
    built = time.perf_counter() - start
    t, x, p, sub, cell = mutable(0.0), [0.0] * 3, [0.0] * 3, mutable(0), mutable(0)
    start = time.perf_counter()
    for entry, tip in zip(walk.entries_mm[:_PEER_PATHS].tolist(), walk.tips_mm[:_PEER_PATHS].tolist(), strict=True):
        tree.IntersectWithLine(entry, tip, 1e-6, t, x, p, sub, cell)
    needed = (time.perf_counter() - start) * len(walk.steps) / _PEER_PATHS
    return f"vtkModifiedBSPTree {needed:.1f} s (tree {built:.1f} s), {needed / ours_s:.0f} times as long, for yes or no"


def _size(field: PlanningField) -> str:
    return " x ".join(str(n) for n in field.grid.shape)


def _row(name: str, value: float, unit: str, bar: float, peer: str = "") -> dict:
    if not has_numba() and "without" not in name:
        name += " (numba is not installed)"
    return {"name": name, "value": value, "unit": unit, "bar": bar, "met": bool(value <= bar), "peer": peer}
