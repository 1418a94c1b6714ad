"""Lesions at known places of a spine, planned on, and every accepted path held against the labels by exact geometry.

The check knows nothing of fields, rays or distance maps: a needle is a solid cylinder, a label is a set of boxes, and
the distance of fine points of the boxes to the axis is a closed form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from boneir.ablation.devices import device
from boneir.access.vertebra import parts_of
from boneir.anatomy.vertebra_parts import VertebraParts
from boneir.case import Case, Lesion, Role
from boneir.errors import OutlineError
from boneir.image.labels import NamedMask
from boneir.image.read import read_image
from boneir.image.volume_file import read_volume_file
from boneir.mask import Mask
from boneir.open import case_of
from boneir.plan import Trajectory
from boneir.proposal import Goal, Proposal
from boneir.propose import propose
from boneir.training.implant import LesionKind, implant_lesion
from boneir.training.synthetic_patient import synthetic_patient
from cases_folder import case_folder

LUMBAR = {26: "S1", 27: "L5", 28: "L4", 29: "L3", 30: "L2", 31: "L1", 32: "T12"}
"""Levels by the numbers of the label image of the lumbar spine."""
PLACES = ("left", "right", "anterior", "posterior", "pedicle left", "pedicle right")
_FINE = 6
"""Points along each edge of a voxel, its corners included."""


@dataclass(frozen=True, eq=False)
class Planted:
    """A lesion at one place of one bone."""

    bone: str
    place: str
    case: Case


def lumbar_case() -> Case:
    """The real lumbar spine with the outlines of its vertebrae that others made."""
    folder = case_folder("lumbar-ct")
    numbers, grid = read_volume_file(folder / "vertebrae_labels.nii.gz")
    named = [NamedMask(f"vertebra_{level}", Mask.of(numbers == n, grid)) for n, level in LUMBAR.items()]
    return case_of(read_image(folder / "ct.nii.gz")[0], named)


def synthetic_case(seed: int = 7) -> Case:
    """A synthetic patient with its exact outlines."""
    patient = synthetic_patient(seed, spacing_mm=(1.2, 1.2, 2.0))
    return case_of(patient.image, [NamedMask(name, mask) for name, mask in patient.labels.items()])


def real_case(name: str) -> Case:
    """A real CT with what is outlined on it."""
    return case_of(read_image(case_folder(name))[0])


def planted(case: Case, level: str, place: str, kind: LesionKind = LesionKind.LYTIC) -> Planted | None:
    """The case with a lesion implanted; None where there is no room for it in the bone of that vertebra."""
    vertebra = case.structure(f"vertebra_{level}")
    parts = parts_of(case, vertebra)
    if parts is None:
        return None
    side = place.rpartition(" ")[2]
    if place.startswith("pedicle"):
        part = parts.pedicle_left if side == "left" else parts.pedicle_right
        if part.is_empty:
            return None
        centre, diameter = np.asarray(part.centroid_mm), 10.0
    else:
        body = parts.frame.to_local(parts.body.points_mm())
        low, high = np.percentile(body, [3, 97], axis=0)
        shift = {"left": (0, 0, 0.27), "right": (0, 0, -0.27), "anterior": (0, -0.27, 0), "posterior": (0, 0.24, 0)}
        local = (low + high) / 2 + np.asarray(shift[place]) * (high - low)
        centre, diameter = parts.frame.to_mm(local[None])[0], 14.0
    x, y, z = (float(v) for v in centre)
    bone = None if place.startswith("pedicle") else vertebra.mask  # a pedicle is all rim: nothing would be left of it
    try:
        found = implant_lesion(case.image, (x, y, z), diameter, kind, bone=bone, seed=len(place))
    except OutlineError:
        return None
    mask = Mask.of(found.mask.full() & vertebra.mask.full(), case.image.grid)
    if mask.is_empty:
        return None
    lesion = Lesion("lesion-1", mask, "implanted")
    return Planted(vertebra.name, place, replace(case, image=found.image, lesions=(lesion,)))


def planted_deep(case: Case, bone: str, number: int, diameter: float = 12.0) -> Planted | None:
    """The case with a lesion at one of the deep places of any bone, far from each other; None where there is none."""
    mask = case.structure(bone).mask
    depth = ndimage.distance_transform_edt(np.pad(mask.voxels, 1), mask.grid.spacing_mm[::-1])[1:-1, 1:-1, 1:-1]
    deep = np.argwhere(depth >= max(0.6 * float(depth.max()), 2.0))
    if not len(deep):
        return None
    points = mask.grid.to_mm((deep + np.asarray(mask.corner))[:, ::-1])
    inside = mask.grid.contains(points + 8.0) & mask.grid.contains(points - 8.0)
    points = points[inside]
    if not len(points):
        return None
    chosen = [points[np.argmin(np.linalg.norm(points - points.mean(axis=0), axis=1))]]
    while len(chosen) <= number:
        apart = np.min([np.linalg.norm(points - other, axis=1) for other in chosen], axis=0)
        chosen.append(points[int(np.argmax(apart))])
    x, y, z = (float(v) for v in chosen[number])
    try:
        found = implant_lesion(case.image, (x, y, z), diameter, LesionKind.LYTIC, seed=number)
    except OutlineError:
        return None
    lesion_mask = Mask.of(found.mask.full() & mask.full(), case.image.grid)
    if lesion_mask.is_empty:
        return None
    lesion = Lesion("lesion-1", lesion_mask, "implanted")
    return Planted(bone, str(number), replace(case, image=found.image, lesions=(lesion,)))


@dataclass(frozen=True)
class Verdict:
    """What the exact check says of one path: the distances from the needle's surface, negative where it runs into."""

    canal_mm: float
    medial_breach_mm: float
    touched: tuple[str, ...]
    approach: str


@dataclass(frozen=True)
class Outcome:
    """What planning on one lesion came to."""

    bone: str
    place: str
    plans: int
    relaxed: bool
    verdicts: tuple[Verdict, ...]
    stopped_by: tuple[str, ...]
    passes_hip: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether no path touches the canal or anything critical, or leaves its pedicle towards the canal."""
        return all(v.canal_mm > 0 and v.medial_breach_mm <= 0 and not v.touched for v in self.verdicts)


def study(item: Planted, goal: Goal) -> Outcome:
    """Plan on one lesion and check every plan."""
    proposal = propose(item.case, goal)
    radius = device(goal.device).diameter_mm.amount / 2
    verdicts = tuple(_verdict(item, way, radius, plan.approach) for plan, way in ways_of(proposal))
    given_up = {finding.code for finding in proposal.findings}
    codes = ("access.no_way", "access.refused")
    stopped = tuple(finding.text for finding in proposal.findings if finding.code in codes)
    relaxed, passes_hip = "access.relaxed" in given_up, "access.hip_passed" in given_up
    return Outcome(item.bone, item.place, len(proposal.plans), relaxed, verdicts, stopped, passes_hip)


def _verdict(item: Planted, way: Trajectory, radius: float, approach: str) -> Verdict:
    bone = item.case.structure(item.bone)
    parts = parts_of(item.case, bone)
    critical = {found.name: found.mask for found in item.case.of_role(Role.CRITICAL) if not found.mask.is_empty}
    apart = {name: distance_to_label(mask, way) - radius for name, mask in critical.items()}
    canals = [apart[name] for name in ("spinal_canal", "spinal_cord") if name in apart]
    breach = 0.0
    if parts is not None:
        canals.append(distance_to_label(parts.canal, way) - radius)
        breach = medial_breach_mm(parts, bone.mask, item.case.lesion().mask, way, radius)
    touched = tuple(name for name, gap in apart.items() if gap <= 0)
    return Verdict(min(canals, default=np.inf), breach, touched, approach)


def ways_of(proposal: Proposal) -> Iterator[tuple]:
    """Every plan with each of its ways."""
    for plan in proposal.plans:
        for treatment in plan.treatments:
            for tool in (*treatment.probes, *treatment.cement):
                yield plan, tool.trajectory


def distance_to_label(mask: Mask, way: Trajectory) -> float:
    """Least distance from the axis to any of a lattice of points in the voxels of a label, corners included."""
    if mask.is_empty:
        return np.inf
    centres = mask.points_mm()
    near = centres[_to_segment(centres, way) <= _to_segment(centres, way).min() + 2 * max(mask.grid.spacing_mm)]
    steps = np.linspace(-0.5, 0.5, _FINE)
    offsets = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3) @ mask.grid.axes.T
    return float(_to_segment((near[:, None] + offsets).reshape(-1, 3), way).min())


def _to_segment(points: np.ndarray, way: Trajectory) -> np.ndarray:
    start, end = np.asarray(way.entry_mm), np.asarray(way.tip_mm)
    along = np.clip((points - start) @ (end - start) / ((end - start) @ (end - start)), 0, 1)
    return np.linalg.norm(points - start - along[:, None] * (end - start), axis=1)


def medial_breach_mm(parts: VertebraParts, bone: Mask, lesion: Mask, way: Trajectory, radius: float) -> float:
    """How far the needle's surface stands out of the labelled bone towards the canal, beside the canal.

    Only ways of which the axis runs through the pedicle's label are asked. Of the four walls of a pedicle the medial
    one is that which lies more towards the canal than above or below its middle. The distance is that from the surface
    of the needle to the nearest voxel box of bone or lesion.
    """
    start, direction = np.asarray(way.entry_mm), np.asarray(way.direction)
    depth = np.arange(0, way.length_mm, 0.5)
    axis = start + depth[:, None] * direction
    worst = 0.0
    for pedicle, sign in ((parts.pedicle_left, 1.0), (parts.pedicle_right, -1.0)):
        if pedicle.is_empty or not _marked(pedicle, axis).any():
            continue
        voxels = parts.frame.to_local(pedicle.points_mm())
        front, behind, middle = voxels[:, 1].min(), voxels[:, 1].max(), voxels.mean(axis=0)
        first = np.cross(direction, [1.0, 0.0, 0.0])
        first /= np.linalg.norm(first)
        second = np.cross(direction, first)
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)[:, None]
        ring = radius * (np.cos(turn) * first + np.sin(turn) * second)
        surface = (axis[:, None] + ring).reshape(-1, 3)
        local = parts.frame.to_local(surface)
        towards, up = sign * (middle[2] - local[:, 2]), np.abs(local[:, 0] - middle[0])
        medial = (towards >= up) & (local[:, 1] >= front) & (local[:, 1] <= behind)
        outside = surface[medial & ~_marked(bone, surface) & ~_marked(lesion, surface)]
        if len(outside):
            worst = max(worst, _to_boxes(outside, [bone, lesion]))
    return worst


def _marked(mask: Mask, points: np.ndarray) -> np.ndarray:
    ijk = np.rint(mask.grid.to_ijk(points)).astype(int)[:, ::-1] - np.asarray(mask.corner)
    inside = ((ijk >= 0) & (ijk < mask.voxels.shape)).all(axis=1)
    found = np.zeros(len(points), bool)
    found[inside] = mask.voxels[tuple(ijk[inside].T)]
    return found


def _to_boxes(points: np.ndarray, masks: list[Mask]) -> float:
    """Largest distance of any of some points to the nearest voxel box of any of some masks."""
    grid = masks[0].grid
    turn = np.asarray(grid.direction, float).reshape(3, 3)
    half = np.asarray(grid.spacing_mm) / 2
    centres = np.concatenate([mask.points_mm() for mask in masks if not mask.is_empty])
    low, high = points.min(axis=0) - 12, points.max(axis=0) + 12
    centres = centres[((centres >= low) & (centres <= high)).all(axis=1)] @ turn
    gaps = [np.linalg.norm(np.maximum(np.abs(point @ turn - centres) - half, 0), axis=1).min() for point in points]
    return float(max(gaps))
