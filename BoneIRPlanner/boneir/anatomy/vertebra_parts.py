"""A labelled vertebra taken apart: body, pedicles, arch, processes, and the canal within."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..errors import OutlineError
from ..mask import Mask
from .level_settings import level_setting
from .vertebra_box import STEP_MM, LocalBox
from .vertebra_frame import VertebraFrame, frame_of_vertebra

Marked = NDArray[np.bool_]
Floats = NDArray[np.float64]

_MARGIN_MM = 4.0

_BODY, _LEFT, _RIGHT, _ARCH, _PROCESSES = 1, 2, 3, 4, 5


@dataclass(frozen=True, eq=False)
class VertebraParts:
    """The parts of one vertebra; together they are the whole of its outline, and no two share a voxel.

    Parameters
    ----------
    body : Mask
        Vertebral body with its endplates; empty for the atlas, which has none.
    pedicle_left, pedicle_right : Mask
        Bone beside the canal from the posterior wall of the body to the middle of the canal.
    arch : Mask
        Laminae and what lies between the processes.
    processes : Mask
        Spinous, transverse and articular processes.
    canal : Mask
        Vertebral foramen between the body and the arch; not part of the outline.
    frame : VertebraFrame
        The directions of the vertebra.
    """

    body: Mask
    pedicle_left: Mask
    pedicle_right: Mask
    arch: Mask
    processes: Mask
    canal: Mask
    frame: VertebraFrame


@lru_cache(maxsize=24)
def vertebra_parts(vertebra: Mask, canal: Mask | None = None) -> VertebraParts:
    """Take a vertebra apart.

    Everything is measured along the vertebra's own directions, so that a tilted or turned one comes apart alike. The
    parts of the same masks are remembered, for several parts of an assessment ask for them.

    Parameters
    ----------
    vertebra : Mask
        The whole vertebra, body and arch.
    canal : Mask or None
        Spinal canal on the same grid, if it is outlined; else it is what the ring of the vertebra encloses.

    Returns
    -------
    VertebraParts

    Raises
    ------
    OutlineError
        If the vertebra is empty, or its ring is open and no canal is given.
    """
    frame = frame_of_vertebra(vertebra, canal)
    box = LocalBox.around(vertebra, frame, _MARGIN_MM)
    bone = box.sample(vertebra)
    given = None if canal is None or canal.is_empty else box.sample(canal)
    measured = _measure(bone, given, box)
    names = _name_parts(bone, measured, box)
    kji = np.argwhere(vertebra.voxels)
    places = vertebra.grid.to_mm((kji + np.asarray(vertebra.corner))[:, ::-1])
    nearest = ndimage.distance_transform_edt(names == 0, return_distances=False, return_indices=True)
    index = tuple(box.index_of(places).T)
    name = names[tuple(along[index] for along in nearest)]

    def part(number: int) -> Mask:
        marked = np.zeros(vertebra.voxels.shape, bool)
        marked[tuple(kji[name == number].T)] = True
        return Mask.within(marked, vertebra.corner, vertebra.grid)

    return VertebraParts(
        body=part(_BODY),
        pedicle_left=part(_LEFT),
        pedicle_right=part(_RIGHT),
        arch=part(_ARCH),
        processes=part(_PROCESSES),
        canal=_canal_mask(measured, vertebra, box),
        frame=frame,
    )


@dataclass(frozen=True, eq=False)
class _Measured:
    """What the box shows of canal and body; distances in mm along the directions of the vertebra."""

    canal: Marked
    front_mm: float
    behind_mm: float
    half_width_mm: float
    wall_mm: Floats
    lamina_mm: float
    pedicle_mm: float
    size: float
    has_body: bool


def _measure(bone: Marked, given: Marked | None, box: LocalBox) -> _Measured:
    up, back, left = box.axes_mm
    core = _section(bone, given, box)
    rows, columns = core.any(axis=1), core.any(axis=0)
    front, behind = float(back[rows].min()), float(back[rows].max())
    half = 0.5 * float(np.ptp(left[columns])) + 0.5 * STEP_MM
    wall, thick, height = _posterior_wall(bone, core, box)
    canal = (_whole_section(bone, core, height, box)[None] if given is None else given) & ~bone
    middle = 0.5 * (front + behind)
    slab = (back > float(np.median(wall)) + 2.0) & (back <= middle)
    beside = bone[:, slab][:, :, np.abs(left) > half].sum(axis=(1, 2))
    pedicle = float(np.average(up, weights=beside * (beside >= 0.4 * beside.max()))) if beside.any() else 0.0
    lamina = _first_behind(bone, middle, box, behind)
    has_body = thick >= level_setting("vertebra_least_body_mm")
    return _Measured(canal, front, behind, half, wall, lamina, pedicle, _size(height, thick), has_body)


def _section(bone: Marked, given: Marked | None, box: LocalBox) -> Marked:
    """The section of the canal, shape (back, left): what one sees through, or else the course of the given canal."""
    shadow = bone.any(axis=0)
    labels, count = ndimage.label(ndimage.binary_fill_holes(shadow) & ~shadow)
    largest = np.zeros(shadow.shape, bool)
    if count:
        largest |= labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    seen_mm2 = int(np.count_nonzero(largest)) * STEP_MM**2
    if box.frame.see_through_mm2 > 0 and seen_mm2 >= level_setting("canal_confirmed") * box.frame.see_through_mm2:
        return largest
    if given is None or not given.any():
        raise OutlineError("The outline of the vertebra shows no ring around the canal: give an outline of the canal.")
    share = given.mean(axis=0)
    return np.asarray(share >= 0.5 * share.max())


def _whole_section(bone: Marked, core: Marked, height: float, box: LocalBox) -> Marked:
    """The section of the canal, shape (back, left): what one sees through, and around it what is rarely bone."""
    up = box.axes_mm[0]
    rarely = bone[np.abs(up) <= 0.5 * height].mean(axis=0) < level_setting("canal_rarely_bone")
    around = ndimage.binary_dilation(core, iterations=round(level_setting("canal_growth_mm") / STEP_MM))
    return np.asarray(core | (around & rarely))


def _first_behind(bone: Marked, middle: float, box: LocalBox, otherwise: float) -> float:
    """Where along back the lamina begins behind the canal, in the midline."""
    _, back, left = box.axes_mm
    behind = np.asarray(bone[:, back > middle][:, :, np.abs(left) < 3.0].any(axis=2), bool)
    seen = behind.any(axis=1)
    if not seen.any():
        return otherwise
    return float(np.quantile(back[back > middle][behind[seen].argmax(axis=1)], 0.25))


def _posterior_wall(bone: Marked, core: Marked, box: LocalBox) -> tuple[Floats, float, float]:
    """For every height the place of the posterior wall along back; thickness and height of the body, in mm.

    The wall is the hindmost bone in front of the canal near the midline; a line through the heights that show it
    bridges the mouth of the basivertebral vein and a wall that a lesion took away.
    """
    up, back, _ = box.axes_mm
    middle = np.flatnonzero(core.any(axis=0))
    third = max(1, len(middle) // 3)
    columns = middle[third : len(middle) - third] if len(middle) > 2 else middle
    centre = float(back[core.any(axis=1)].mean())
    ahead = bone[:, back < centre][:, :, columns]
    deep = ahead.sum(axis=1).mean(axis=1) * STEP_MM
    rows = np.arange(ahead.shape[1])
    last = np.where(ahead.any(axis=1), np.max(np.where(ahead, rows[None, :, None], -1), axis=1), -1)
    shows = (deep >= 0.5 * deep.max()) & (last.min(axis=1) >= 0)
    if not shows.any():
        wall = np.full(len(up), float(back[core.any(axis=1)].min()) - 1.0)
        return wall, 0.0, level_setting("vertebra_usual_height_mm")
    heights, walls = up[shows], back[np.median(last[shows], axis=1).astype(int)]
    slope, offset = _steady_line(heights, walls)
    height = float(np.count_nonzero(shows)) * STEP_MM
    return np.asarray(slope * up + offset), float(np.median(deep[shows])), height


def _size(height_mm: float, depth_mm: float) -> float:
    """How large a vertebra is; the mean of both, for a body that has collapsed or is cut has lost height alone."""
    usual_height_mm, usual_depth_mm = (level_setting(f"vertebra_usual_{way}_mm") for way in ("height", "depth"))
    return float(np.clip(0.5 * (height_mm / usual_height_mm + depth_mm / usual_depth_mm), 0.5, 1.3))


def _steady_line(x: Floats, y: Floats) -> tuple[float, float]:
    """Slope and offset of a line through most of the points."""
    if np.ptp(x) < 4.0:
        return 0.0, float(np.median(y))
    keep = np.ones(len(x), bool)
    slope, offset = 0.0, float(np.median(y))
    for _ in range(3):
        slope, offset = (float(v) for v in np.polyfit(x[keep], y[keep], 1))
        away = np.abs(y - slope * x - offset)
        keep = away <= max(1.5, 1.5 * float(np.median(away)))
    return slope, offset


def _name_parts(bone: Marked, measured: _Measured, box: LocalBox) -> NDArray[np.uint8]:
    """The number of its part in each voxel of bone of the box, 0 elsewhere."""
    back, left = box.axes_mm[1][:, None], box.axes_mm[2]
    front = bone & (back <= measured.wall_mm[:, None, None] + level_setting("vertebra_wall_behind_mm"))
    names = np.where(bone, _ARCH, 0).astype(np.uint8)
    if not measured.has_body:
        names[bone & (np.abs(left) > measured.half_width_mm + level_setting("atlas_aside_mm"))] = _PROCESSES
        return names
    names[bone & _processes(measured, box)] = _PROCESSES
    middle = 0.5 * (measured.front_mm + measured.behind_mm)
    beside = bone & (back <= middle) & (np.abs(left) <= _pedicle_outside(bone, measured, box))
    names[beside & (left > 0)] = _LEFT
    names[beside & (left <= 0)] = _RIGHT
    names[front] = _PROCESSES
    names[_without_stubs(_body(bone, front), measured.size)] = _BODY
    return names


def _body(bone: Marked, front: Marked) -> Marked:
    """Bone in front of the posterior wall, without what hangs on it by a neck."""
    # Looked for in all bone, so that the corners at the wall are not taken for necks.
    neck = level_setting("vertebra_neck_mm") / STEP_MM
    inner = (ndimage.distance_transform_edt(bone) > neck) & front
    labels, count = ndimage.label(inner)
    if count == 0:
        return front
    largest = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    return np.asarray(front & (ndimage.distance_transform_edt(~largest) <= 2 * neck))


def _without_stubs(body: Marked, size: float) -> Marked:
    """A body without the roots of transverse processes that leave it in front of the posterior wall."""
    view = np.pad(body.any(axis=0), 1)
    wide = level_setting("vertebra_stub_mm") * size / STEP_MM
    core = ndimage.distance_transform_edt(view) >= wide
    if not core.any():
        return body
    kept = ndimage.distance_transform_edt(~core) <= wide + level_setting("vertebra_corner_mm") / STEP_MM
    slim = np.asarray(body & kept[1:-1, 1:-1])
    return slim if slim.sum() < (1.0 - level_setting("vertebra_stub_share")) * body.sum() else body


def _pedicle_outside(bone: Marked, measured: _Measured, box: LocalBox) -> float:
    """How far from the midline the pedicles reach, in mm: where most of the bone beside the canal ends."""
    _, back, left = box.axes_mm
    slab = (back > float(np.median(measured.wall_mm)) + 2.0) & (back <= 0.5 * (measured.front_mm + measured.behind_mm))
    beside = bone[:, slab].sum(axis=(0, 1)).astype(float)
    mirrored = np.interp(np.abs(left), np.abs(left[left >= 0]), beside[left >= 0])
    total = beside + mirrored
    out = np.abs(left) > measured.half_width_mm
    if not total[out].any():
        return measured.half_width_mm + 8.0
    strong = out & (total >= 0.25 * total[out].max())
    return float(min(np.abs(left[strong]).max(), measured.half_width_mm + 14.0))


def _processes(measured: _Measured, box: LocalBox) -> Marked:
    """Spinous, transverse and articular processes: what stands off the ring around the canal.

    Planes part them from the ring. They lean as the processes do, and hang on what is measured on the vertebra: the
    lamina behind the canal, the side wall of the canal and the middle of the pedicles.
    """
    up, back, left = box.axes_mm[0][:, None, None], box.axes_mm[1][:, None], box.axes_mm[2]
    aside = np.abs(left)
    size = measured.size
    high = up - measured.pedicle_mm
    lamina, side = measured.lamina_mm, measured.half_width_mm
    spinous = (0.5 * up + 0.86 * back > 0.86 * lamina + 5.5 * size) & (aside <= 7.0)
    transverse = -0.22 * up + 0.43 * back + 0.87 * (aside - side - 10.0 * size) > 0
    superior = (high + back - 0.65 * lamina > 1.5 * size) & (aside > 0.6 * side) & (back > 0)
    inferior = (-0.88 * (high + 12.0 * size) + 0.47 * (aside - 0.8 * side) > 0) & (back > 0)
    return np.asarray(spinous | transverse | superior | inferior)


def _canal_mask(measured: _Measured, vertebra: Mask, box: LocalBox) -> Mask:
    """The canal on the voxels of the grid, at the heights of the vertebra."""
    shape = vertebra.voxels.shape
    index = np.argwhere(~vertebra.voxels)
    places = vertebra.grid.to_mm((index + np.asarray(vertebra.corner))[:, ::-1])
    local = (box.frame.to_local(places) - box.low_mm) / STEP_MM
    inside = ((local > -0.5) & (local < np.asarray(box.shape) - 0.5)).all(axis=1)
    at = np.rint(local[inside]).astype(np.int64)
    marked = np.zeros(shape, bool)
    marked[tuple(index[inside][measured.canal[tuple(at.T)]].T)] = True
    return Mask.within(marked, vertebra.corner, vertebra.grid)
