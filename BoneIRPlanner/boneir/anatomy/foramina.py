"""Where the nerve roots leave: zones beside the canal, below each pedicle. CT does not show the roots themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..findings import Finding, Severity
from .axial import AxialFrame
from .body import Marked
from .level_names import ALL
from .level_settings import level_setting, level_span
from .levels import SpineParts
from .settings import setting

Floats = NDArray[np.float64]

_SUBJECT = "nerve_roots"


def root_zones(parts: SpineParts, bone: Marked, canal: Marked, frame: AxialFrame) -> Marked:
    """Soft tissue beside the canal in the foramina, on coarse voxels.

    A root leaves directly below the pedicle of its vertebra, in the upper part of the foramen; the zone is what no bone
    fills there, up to the setting `nerve_root_reach_mm` beside the canal. The foramina of the sacrum are not among it.

    Parameters
    ----------
    parts : SpineParts
    bone, canal : ndarray of bool, shape (s, p, l)
        On coarse voxels, upright.
    frame : AxialFrame

    Returns
    -------
    ndarray of bool, shape (s, p, l)
    """
    zone = np.zeros(bone.shape, bool)
    line, planes = parts.line, parts.planes
    spacing = np.asarray(frame.coarse_spacing_mm)
    near = _near_line(parts, bone.shape, frame)
    index = np.argwhere(near & ~bone & ~canal)
    local = line.place(index * spacing)
    wall = _half_width(parts, canal, frame)
    station, back, aside = local[:, 0], local[:, 1], np.abs(local[:, 2])
    beside = aside - wall[np.clip(np.rint(station), 0, line.count - 1).astype(int)]
    within = (beside > -level_setting("root_uneven_mm")) & (beside <= setting("nerve_root_reach_mm"))
    within &= (back >= -setting("nerve_root_front_mm")) & (back <= setting("nerve_root_back_mm"))
    lowest, highest = level_span("root_part")
    for n, name in enumerate(parts.level_names):
        if name == "sacrum":
            continue
        low, high = planes.at(n, back), planes.at(n + 1, back)
        share = (station - low) / np.maximum(high - low, 1e-6)
        here = within & (share >= lowest) & (share <= highest) & (station >= 0) & (station <= line.count - 1)
        zone[tuple(index[here].T)] = True
    return _open_to(zone, canal)


def _open_to(zone: Marked, canal: Marked) -> Marked:
    """The parts of the zone in each slice that no pedicle parts from the canal."""
    in_slice = ndimage.generate_binary_structure(3, 2)
    in_slice[[0, 2]] = False
    in_slice[1] = True
    labels, count = ndimage.label(zone, in_slice)
    touched = np.zeros(count + 1, bool)
    touched[np.unique(labels[ndimage.binary_dilation(canal, in_slice, iterations=2) & zone])] = True
    touched[0] = False
    return np.asarray(touched[labels])


def _near_line(parts: SpineParts, shape: tuple[int, ...], frame: AxialFrame) -> Marked:
    """A box in every slice that holds the zones on both sides."""
    near = np.zeros(shape, bool)
    rise, row, column = frame.coarse_spacing_mm
    wide = setting("canal_widest_mm") + setting("nerve_root_reach_mm")
    deep = max(setting("nerve_root_front_mm"), setting("nerve_root_back_mm")) + 8.0
    for z, y, x in parts.line.middle:
        s = int(np.clip(round(z / rise), 0, shape[0] - 1))
        rows = slice(max(0, int((y - deep) / row)), int((y + deep) / row) + 2)
        near[s, rows, max(0, int((x - wide) / column)) : int((x + wide) / column) + 2] = True
    return near


def _half_width(parts: SpineParts, canal: Marked, frame: AxialFrame) -> Floats:
    """Half the width of the outlined canal at each station of the line."""
    index = np.argwhere(canal)
    half = np.full(parts.line.count, level_setting("root_canal_mm"))
    if len(index) == 0:
        return half
    local = parts.line.place(index * np.asarray(frame.coarse_spacing_mm))
    at = np.clip(np.rint(local[:, 0]), 0, parts.line.count - 1).astype(int)
    widest = np.zeros(parts.line.count)
    np.maximum.at(widest, at, np.abs(local[:, 2]) + 0.5 * frame.coarse_spacing_mm[2])
    return np.where(widest > 0, widest, half)


def root_findings(parts: SpineParts, frame: AxialFrame) -> tuple[Finding, ...]:
    """What the zones stand for, and that those of the sacrum are missing."""
    shown = [name for name in parts.level_names if name in ALL]
    levels = f" from {shown[-1]} to {shown[0]}" if shown else ""
    text = (
        f"Nerve roots are not seen on CT: zones beside the canal below the pedicles{levels} stand for them; roots "
        "farther out, and those of the sacrum, are not outlined."
    )
    here = parts.line.middle[parts.line.count // 2] / np.asarray(frame.coarse_spacing_mm)
    place = frame.place_mm((float(here[0]), float(here[1]), float(here[2])))
    return (Finding("outline.nerve_roots", Severity.NOTE, text, place_mm=place, about=_SUBJECT),)
