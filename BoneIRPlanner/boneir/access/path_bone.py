"""What one path does to bone: how often it crosses the cortex, at what angle, and how much bone it passes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..anatomy.structures import with_article
from ..assessment import Measure
from ..case import Lesion, Role, Structure
from ..evidence import Value
from ..findings import Finding, Severity
from ..grid import Grid
from .bones import is_named_bone
from .path_samples import PathSamples

_SMOOTH_MM = 2.0
"""Width of the smoothing with which the normal of the cortex is taken."""
_AROUND_MM = 10.0
"""How far around the entry into bone the outline is looked at for the normal."""


def measure_bone(path: PathSamples) -> tuple[tuple[Measure, ...], tuple[Finding, ...]]:
    """Bone passed, crossings of the cortex and the angle to it, with what breaks the rules of bone."""
    bones = path.case.of_role(Role.BONE)
    if not bones:
        note = "no bone is outlined"
        return (
            Measure("access.bone", "Way through bone", None, "mm", path.about, note=note),
            Measure("access.cortex_crossings", "Crossings of the cortex", None, "", path.about, note=note),
            Measure("access.incidence_angle", "Angle to the normal of the cortex", None, "deg", path.about, note=note),
        ), ()
    within = path.within(bones)
    first, crossings = _runs(within, path.in_lesion, int(np.ceil(path.limits.bone_gap.amount / path.step_mm)))
    passed = float(np.count_nonzero(within)) * path.step_mm
    angle_measure, angle_findings = _incidence(path, first)
    crossed = Measure(
        "access.cortex_crossings", "Crossings of the cortex", float(crossings), "", path.about,
        limit=_crossings_allowed(path), place_mm=path.place(first) if first >= 0 else None,
    )  # fmt: skip
    bone = Measure("access.bone", "Way through bone", passed, "mm", path.about)
    findings = (*_crossing_findings(path, crossed), *angle_findings, *_strangers(path), *_tip_findings(path))
    return (bone, crossed, angle_measure), findings


def _runs(bone: NDArray[np.bool_], lesion: NDArray[np.bool_], gap: int) -> tuple[int, int]:
    """Sample at which bone is first entered (-1 if never), and how often it is entered from soft tissue.

    Gaps shorter than `gap` samples do not count, and the lesion is neither bone nor gap.
    """
    places = np.flatnonzero(bone)
    if not places.size:
        return -1, 0
    soft = np.cumsum(~bone & ~lesion)
    return int(places[0]), 1 + int(np.count_nonzero(np.diff(soft[places]) >= gap))


def _crossings_allowed(path: PathSamples) -> Value:
    """How often this path may enter bone: more than others where it crosses a joint that may be crossed."""
    met = [item.crossings for item in path.neighbours if path.within([item.structure]).any()]
    return max([path.limits.crossings, *met], key=lambda value: value.amount)


def _crossing_findings(path: PathSamples, crossed: Measure) -> tuple[Finding, ...]:
    allowed = _crossings_allowed(path)
    if crossed.amount is None or crossed.amount <= allowed.amount:
        return ()
    text = (
        f"{path.called()} enters bone {crossed.amount:g} times, and {allowed.amount:g} is allowed: "
        "a way that stays in bone once it has entered it would be right."
    )
    return (
        Finding(
            "access.cortex_crossings", Severity.WARN, text, crossed.amount, "", allowed, crossed.place_mm, path.about
        ),
    )


def _tip_findings(path: PathSamples) -> tuple[Finding, ...]:
    """A tip that stands beyond the bone and the lesion, on their far side."""
    held = np.flatnonzero(path.in_target_bone | path.in_lesion)
    if path.lesion is None or not held.size:
        return ()
    beyond = path.trajectory.length_mm - float(path.depth_mm[held[-1]])
    limit = path.limits.tip_beyond
    if beyond <= limit.amount:
        return ()
    text = (
        f"The tip of {path.called().lower()} stands {beyond:.0f} mm beyond bone and lesion: {limit} at most would be "
        "right."
    )
    place = path.trajectory.tip_mm
    return (Finding("access.tip_beyond", Severity.WARN, text, beyond, "mm", limit, place, path.about),)


def _strangers(path: PathSamples) -> tuple[Finding, ...]:
    """Named bones on the way that do not hold the lesion."""
    found = []
    for item in path.case.of_role(Role.BONE):
        if path.lesion is not None and is_named_bone(item) and item not in path.holding:
            hit = np.flatnonzero(path.within([item]) & ~path.in_neighbours)
            if hit.size:
                millimetres = float(hit.size) * path.step_mm
                text = (
                    f"{path.called()} passes {millimetres:.0f} mm of {with_article(item.name)}, which does not hold "
                    "the lesion: a way beside it would be right."
                )
                place = path.place(int(hit[0]))
                found.append(
                    Finding("access.other_bone", Severity.WARN, text, millimetres, "mm", None, place, item.name)
                )
    return tuple(found)


def _incidence(path: PathSamples, first: int) -> tuple[Measure, tuple[Finding, ...]]:
    title, limit = "Angle to the normal of the cortex", path.limits.incidence
    if first < 0:
        note = "the needle enters no bone"
        return Measure("access.incidence_angle", title, None, "deg", path.about, limit=limit, note=note), ()
    place = path.place(first)
    inward = -_outward_normal(path, np.asarray(place))
    angle = float(np.degrees(np.arccos(np.clip(inward @ np.asarray(path.trajectory.direction), -1, 1))))
    measure = Measure("access.incidence_angle", title, angle, "deg", path.about, limit=limit, place_mm=place)
    for broken, what in ((limit, "too flat for a safe hold"), (path.limits.skiving, "so flat that it may slip")):
        if angle > broken.amount:
            text = (
                f"{path.called()} meets the cortex at {angle:.0f} deg to its normal, {what}: below {broken} is right."
            )
            code, severity = ("access.incidence_angle", Severity.WARN) if broken is limit else _SKIVING
            return measure, (Finding(code, severity, text, angle, "deg", broken, place, path.about),)
    return measure, ()


_SKIVING = ("access.skiving", Severity.NOTE)


def _outward_normal(path: PathSamples, point_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit normal out of bone at a point, down the slope of the smoothed outlines of bone and lesion."""
    items: list[Structure | Lesion] = [*path.case.of_role(Role.BONE)]
    if path.lesion is not None:
        items.append(path.lesion)
    grid, solid = _around(path.case.image.grid, items, point_mm)
    steps = np.concatenate([np.eye(3), -np.eye(3)])
    values = _smoothed_at(solid, grid, point_mm + steps)
    outward = values[3:] - values[:3]
    return np.asarray(outward / max(float(np.linalg.norm(outward)), 1e-9))


def _smoothed_at(solid: NDArray[np.bool_], grid: Grid, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """A box smoothed by a Gaussian of `_SMOOTH_MM`, at a few points (n, 3) of it: only what they need is summed."""
    places = grid.to_ijk(points_mm).T
    weights = []
    for size, at, s in zip(grid.shape[::-1], places, grid.spacing_mm, strict=True):
        weight = np.exp(-(((np.arange(size)[:, None] - at) * s / _SMOOTH_MM) ** 2) / 2)
        weights.append(weight / weight.sum(axis=0))
    i, j, k = weights
    return np.asarray(np.einsum("kjn,jn,kn->n", solid.astype(float) @ i, j, k))


def _around(
    grid: Grid, items: list[Structure | Lesion], point_mm: NDArray[np.float64]
) -> tuple[Grid, NDArray[np.bool_]]:
    """The union of some outlines in a box around a point, and the grid of that box."""
    room = np.ceil(_AROUND_MM / np.asarray(grid.spacing_mm[::-1])).astype(int) + 1
    middle = np.rint(grid.to_ijk(point_mm)).astype(int)[::-1]
    k, j, i = (int(v) for v in middle - room)
    nk, nj, ni = (int(v) for v in 2 * room + 1)
    solid = np.zeros((nk, nj, ni), bool)
    for item in items:
        solid |= item.mask.part((k, j, i), (nk, nj, ni))
    return grid.window((k, j, i), (nk, nj, ni)), solid
