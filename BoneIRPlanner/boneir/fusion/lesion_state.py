"""What one examination shows of a lesion: size, soft-tissue part, density and uptake, each for itself."""

from __future__ import annotations

import numpy as np

from ..anatomy.extent import axial_axes
from ..anatomy.lesion_kind import kind_limits
from ..anatomy.neighbourhood import Neighbourhood, healthy_marrow, neighbourhood
from ..anatomy.settings import setting
from ..case import Case, Lesion, Modality
from ..errors import OutlineError
from ..follow_up import LesionState
from ..mask import Mask
from ..resources import limit
from .uptake import blood_uptake, peak_uptake


def gone_state(date: str, lesion: str, suv_blood: float | None = None) -> LesionState:
    """Of a lesion that a reader has called gone."""
    return LesionState(date, lesion, 0.0, 0.0, 0.0, soft_mm=0.0, soft_ml=0.0, suv_blood=suv_blood)


def lesion_state(case: Case, lesion: Lesion, date: str) -> LesionState:
    """Measure a lesion in one examination.

    Parameters
    ----------
    case : Case
        Its image, with bone outlined for soft part and density; a PET among its other images gives the uptake.
    lesion : Lesion
    date : str
        YYYYMMDD.

    Raises
    ------
    OutlineError
        If the lesion marks nothing.
    """
    if lesion.mask.is_empty:
        raise OutlineError(f"The lesion {lesion.name!r} marks no voxel: there is nothing to measure.")
    axes = axial_axes(lesion.mask)
    try:
        around: Neighbourhood | None = neighbourhood(case, lesion.mask, setting("healthy_to_mm"))
    except OutlineError:  # no bone is outlined
        around = None
    pet = next((image for image in case.others if image.modality is Modality.PET and image.unit == "SUV"), None)
    return LesionState(
        date,
        lesion.name,
        lesion.mask.volume_ml,
        axes.long_mm,
        axes.short_mm,
        axes.middle_mm,
        *_soft_part(around, lesion),
        *_density(case, lesion, around),
        None if pet is None else peak_uptake(pet, lesion.mask),
        blood_of(case),
    )


def blood_of(case: Case) -> float | None:
    """Uptake in the aorta; None without PET or aorta."""
    pet = next((image for image in case.others if image.modality is Modality.PET and image.unit == "SUV"), None)
    aorta = next((item.mask for item in case.structures if "aorta" in (item.kind, item.name)), None)
    return None if pet is None or aorta is None else blood_uptake(pet, aorta)


def _soft_part(around: Neighbourhood | None, lesion: Lesion) -> tuple[float | None, float | None]:
    """Longest diameter and volume of what lies outside of the bone, without thin films."""
    if around is None:
        return None, None
    here = lesion.mask.part(around.corner, around.bone.shape)
    outside = around.opened(here & ~around.envelope, limit("response", "soft_part_mm").amount)
    if not outside.any():
        return 0.0, 0.0
    part = around.mask_of(outside)
    return axial_axes(part).long_mm, part.volume_ml


def _density(
    case: Case, lesion: Lesion, around: Neighbourhood | None
) -> tuple[float | None, float | None, float | None, float | None, float | None]:
    """Mean, standard deviations from healthy marrow, and the volumes of lytic, sclerotic and cement-like voxels."""
    if case.image.modality is not Modality.CT:
        return None, None, None, None, None
    values = np.asarray(case.image.voxels[lesion.mask.window][lesion.mask.voxels], float)
    mean, voxel_ml = float(values.mean()), lesion.mask.grid.voxel_ml
    healthy = None
    if around is not None:
        here = lesion.mask.part(around.corner, around.bone.shape)
        healthy = healthy_marrow(around, here)
        # Soft tissue outside of the bone is no lytic bone.
        bone = Mask.within(around.envelope, around.corner, case.image.grid)
        values = values[bone.part(lesion.mask.corner, lesion.mask.voxels.shape)[lesion.mask.voxels]]
    low, high = kind_limits(healthy)
    dense = values >= limit("response", "cement_hu").amount
    lytic, sclerotic = values < low, (values > high) & ~dense
    z = None if healthy is None else (mean - healthy.median_hu) / healthy.spread_hu
    volumes = [float(np.count_nonzero(part)) * voxel_ml for part in (lytic, sclerotic, dense)]
    return mean, z, volumes[0], volumes[1], volumes[2]
