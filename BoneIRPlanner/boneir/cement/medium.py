"""The bone around a lesion as cement meets it: how easily it gets through each voxel, and how much each takes up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..case import Image, Modality
from ..errors import ImageError, OutlineError
from ..findings import Point
from ..grid import Grid, Matrix3
from ..image.resample import image_on, mask_on
from ..mask import Mask
from ..resources import limit
from .limits import filling

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]

_EDGE_VOXELS = 4
"""Empty voxels around the bone, so that its surface is never that of the grid."""
_SIDEWAYS: Matrix3 = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class FillingMedium:
    """Where cement can go, on a grid that follows the bone's own directions.

    Parameters
    ----------
    grid : Grid
        Cubic voxels; its axes i, j and k are the main directions of the trabeculae.
    speed : ndarray of float64, shape (k, j, i)
        How easily cement gets through, relative to void (1); 0 outside of the bone.
    share : ndarray of float64, shape (k, j, i)
        Part of each voxel that cement can take up; 0 outside of the bone.
    void : ndarray of bool, shape (k, j, i)
        Voxels without trabeculae, which have no direction.
    lesion : ndarray of bool, shape (k, j, i)
    hu : ndarray of float32, shape (k, j, i)
    across : tuple of float
        Permeability of trabecular bone along (k, j, i), relative to the easiest direction.
    """

    grid: Grid
    speed: Floats
    share: Floats
    void: Marked
    lesion: Marked
    hu: NDArray[np.float32]
    across: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def step_mm(self) -> float:
        """Size of a voxel."""
        return self.grid.spacing_mm[0]

    @cached_property
    def bone(self) -> Marked:
        """Where cement can go, however slowly."""
        return np.asarray(self.speed > 0)

    @cached_property
    def capacity_ml(self) -> Floats:
        """What each voxel can take up, in mL."""
        return np.asarray(self.share * self.grid.voxel_ml)

    def permeability(self, axis: int) -> Floats:
        """Permeability of each voxel along axis 0, 1 or 2 of (k, j, i), relative to void."""
        return np.asarray(self.speed * np.where(self.void, 1.0, self.across[axis]))

    def speeds(self) -> tuple[Floats, Floats, Floats]:
        """Speed of the front along (k, j, i): from a point it gets as far as the root of the permeability says."""
        k, j, i = (self.speed * np.where(self.void, 1.0, np.sqrt(ratio)) for ratio in self.across)
        return k, j, i

    def voxel_of(self, point_mm: Point) -> tuple[int, int, int]:
        """Array index of the voxel of bone around a point.

        Raises
        ------
        OutlineError
            If the point lies outside of the bone by more than two voxels.
        """
        place = self.grid.to_ijk(point_mm)[::-1]
        middle = np.rint(place).astype(int)
        near = [
            (k, j, i)
            for k, j, i in (middle + np.indices((5, 5, 5)).reshape(3, -1).T - 2)
            if all(0 <= a < n for a, n in zip((k, j, i), self.bone.shape, strict=True)) and self.bone[k, j, i]
        ]
        if not near:
            at = ", ".join(f"{x:.1f}" for x in point_mm)
            raise OutlineError(f"The tip at ({at}) mm LPS is not in the bone that shall be filled: move it into it.")
        k, j, i = min(near, key=lambda index: float(np.linalg.norm(np.asarray(index) - place)))
        return int(k), int(j), int(i)


def filling_medium(
    image: Image,
    bone: Mask,
    lesion: Mask,
    *,
    axes: Matrix3 | None = None,
    beyond: Sequence[Mask] = (),
    step_mm: float | None = None,
) -> FillingMedium:
    """Read from the CT how cement would get through the bone around a lesion.

    The bone is closed over gaps that the lesion made, so that its former surface bounds what is filled; cement that
    leaves through a gap is not followed.

    Parameters
    ----------
    image : Image
        CT.
    bone : Mask
        The one bone that holds the lesion, marrow included or not.
    lesion : Mask
    axes : tuple of float or None
        Row-major matrix whose columns are the LPS directions from side to side, front to back and up along the
        trabeculae; None where they are not known: then all directions are alike.
    beyond : sequence of Mask
        What is not bone, such as the canal.
    step_mm : float or None
        Size of the voxels; None takes the default.

    Raises
    ------
    ImageError
        If the image is not CT.
    OutlineError
        If lesion or bone is empty.
    """
    if image.modality is not Modality.CT:
        raise ImageError(f"How cement fills bone is read from CT numbers; this image is {image.modality}.")
    if lesion.is_empty or bone.is_empty:
        raise OutlineError("The lesion or its bone is empty: there is nothing to fill.")
    grid = _grid_along(bone, lesion, axes or _SIDEWAYS, filling("step_mm") if step_mm is None else step_mm)
    hu = np.asarray(_part_of(image, grid).voxels, np.float32)
    sick = mask_on(lesion, grid).full()
    inside = _closed(mask_on(bone, grid).full() | sick, filling("closing_mm") / grid.spacing_mm[0])
    for mask in beyond:
        inside &= ~mask_on(mask, grid).full()
    edge = (slice(1, -1),) * 3
    kept = np.zeros(inside.shape, bool)
    kept[edge] = inside[edge]
    speed, share, void = _passage(hu, kept, sick)
    across = limit("filling", "permeability_across").amount
    ratios = (1.0, 1.0, 1.0) if axes is None else (1.0, across, across)
    return FillingMedium(grid, speed, share, void, sick & kept, hu, ratios)


def _passage(hu: NDArray[np.float32], inside: Marked, sick: Marked) -> tuple[Floats, Floats, Marked]:
    """Speed, share and void of each voxel: the law of Kozeny and Carman on the share of trabeculae, within limits."""
    usual = limit("filling", "bone_share")
    lowest, highest = usual.low or 0.0, usual.high or 1.0
    trabeculae = (hu.astype(float) - filling("bone_share_from_hu")) * filling("bone_share_per_hu")
    trabeculae = np.clip(trabeculae, lowest, highest)
    loosest = (filling("cavity_hu") - filling("bone_share_from_hu")) * filling("bone_share_per_hu")
    speed = np.minimum(1.0, _kozeny(trabeculae) / _kozeny(np.asarray(loosest))) * filling("marrow_speed")
    void = inside & sick & (hu < filling("cavity_hu"))
    speed = np.where(void, 1.0, np.where(hu > filling("dense_hu"), filling("dense_speed"), speed))
    return np.where(inside, speed, 0.0), np.where(inside, 1.0 - trabeculae, 0.0), void


def _kozeny(trabeculae: Floats) -> Floats:
    return np.asarray((1.0 - trabeculae) ** 3 / trabeculae**2)


def _closed(marked: Marked, reach: float) -> Marked:
    """Closed by a ball and filled; what the border of the grid cuts counts as going on."""
    grown = ndimage.distance_transform_edt(~marked) <= reach
    shrunk = ndimage.distance_transform_edt(grown) > reach if not grown.all() else grown
    return np.asarray(ndimage.binary_fill_holes(shrunk | marked))


def _grid_along(bone: Mask, lesion: Mask, axes: Matrix3, step_mm: float) -> Grid:
    """Cubic voxels along the given directions, around the bone as far as it is near the lesion."""
    columns = np.asarray(axes, float).reshape(3, 3)
    wanted = lesion.points_mm() @ columns
    reach = filling("reach_mm")
    have = bone.points_mm() @ columns
    low, high = wanted.min(axis=0) - reach, wanted.max(axis=0) + reach
    near = have[np.all((have >= low) & (have <= high), axis=1)]
    points = np.concatenate([near, wanted])
    first = points.min(axis=0) - _EDGE_VOXELS * step_mm
    count = np.ceil((points.max(axis=0) + _EDGE_VOXELS * step_mm - first) / step_mm).astype(int) + 1
    x, y, z = (float(v) for v in columns @ first)
    return Grid((int(count[2]), int(count[1]), int(count[0])), (step_mm,) * 3, (x, y, z), axes)


def _part_of(image: Image, grid: Grid) -> Image:
    """The image on a small grid; only what lies around it is looked at."""
    corners = np.rint(image.grid.to_ijk(grid.corners_mm))[:, ::-1].astype(int)
    size = np.asarray(image.grid.shape)
    low = np.clip(corners.min(axis=0) - 2, 0, size - 1)
    high = np.clip(corners.max(axis=0) + 3, low + 1, size)
    (k, j, i), (nk, nj, ni) = (int(v) for v in low), (int(v) for v in high)
    window = image.grid.window((k, j, i), (nk - k, nj - j, ni - i))
    near = Image(image.voxels[k:nk, j:nj, i:ni], window, image.modality)
    return image_on(near, grid)
