"""How wide pedicles of a level are at the most: what an outline has beyond that is rib, joint or process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..anatomy.vertebra_frame import VertebraFrame
from ..evidence import Grade, Value, read_value
from ..mask import Mask
from ..resources import read_resource

_LEVELS = tuple(f"T{n}" for n in range(1, 13)) + tuple(f"L{n}" for n in range(1, 6))
_ALONG = (0.05, 0.95)
"""The part of a pedicle between body and arch, in quantiles of its bone, within which its width is limited."""


@cache
def widest_pedicle(level: str) -> Value | None:
    """The width in mm that pedicles of a level do not exceed, interpolated between the levels that were published.

    None for levels without pedicles that are known.
    """
    if level not in _LEVELS:
        return None
    table = read_resource("Limits", "screws.json")["pedicle_width"]
    known = {key: read_value(table[key], f"Limits/screws.json, pedicle_width.{key}") for key in table}
    places = [_LEVELS.index(key) for key in known]
    widths = [value.amount if value.high is None else value.high for value in known.values()]
    width = round(float(np.interp(_LEVELS.index(level), places, widths)), 1)
    sources = dict.fromkeys(value.source for value in known.values())
    return Value(width, "mm", Grade.DERIVED, f"Between published levels: {'; '.join(sources)}")


def beside_pedicle(
    vertebra: Mask, canals: Sequence[Mask], frame: VertebraFrame, behind_mm: NDArray[np.float64], level: str
) -> Mask | None:
    """What an outline of a vertebra has farther from the canal than a pedicle of its level is wide.

    Parameters
    ----------
    vertebra : Mask
    canals : sequence of Mask
        On the grid of the vertebra.
    frame : VertebraFrame
    behind_mm : ndarray
        How far back each place of the pedicles lies in the frame.
    level : str

    Returns
    -------
    Mask or None
        None where no width is known or no canal is outlined.
    """
    widest = widest_pedicle(level)
    if widest is None or not canals:
        return None
    reach = [int(np.ceil(widest.amount / s)) + 1 for s in vertebra.grid.spacing_mm[::-1]]
    k, j, i = (c - r for c, r in zip(vertebra.corner, reach, strict=True))
    nk, nj, ni = (n + 2 * r for n, r in zip(vertebra.voxels.shape, reach, strict=True))
    canal = np.any([mask.part((k, j, i), (nk, nj, ni)) for mask in canals], axis=0)
    if not canal.any():
        return None
    apart = ndimage.distance_transform_edt(~canal, vertebra.grid.spacing_mm[::-1])
    inner = tuple(slice(r, r + n) for r, n in zip(reach, vertebra.voxels.shape, strict=True))
    there = np.argwhere(vertebra.voxels)
    points = vertebra.grid.to_mm((there + np.asarray(vertebra.corner))[:, ::-1])
    back = frame.to_local(points)[:, 1]
    low, high = np.quantile(behind_mm, _ALONG)
    marked = np.zeros(vertebra.voxels.shape, bool)
    marked[tuple(there.T)] = (back >= low) & (back <= high)
    return Mask.within(marked & (apart[inner] > widest.amount), vertebra.corner, vertebra.grid)
