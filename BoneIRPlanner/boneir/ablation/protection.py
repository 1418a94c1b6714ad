"""Layers of gas or fluid that a plan puts beside a structure: what insulates, or keeps warm, enters the simulation.

The structure stays where it is, which is cautious: a dissection moves it away as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..anatomy.structures import with_article
from ..assessment import Measure
from ..case import Case, Lesion, Role, Structure
from ..errors import PlanError
from ..findings import Finding, Severity
from ..image.distance import exact_distance_mm
from ..mask import Mask
from ..plan import Protection, ProtectiveMedium

WORDS = {
    ProtectiveMedium.CO2: "carbon dioxide",
    ProtectiveMedium.D5W: "glucose solution",
    ProtectiveMedium.SALINE: "saline",
    ProtectiveMedium.WARM_SALINE: "warm saline that flows",
}
"""Media in words."""


USUAL_MM = 10.0
"""Width of a layer where nothing says how wide it has to be."""


def how_to_try(medium: ProtectiveMedium, width_mm: float = USUAL_MM) -> str:
    """How a user sees what a layer beside a structure would do, as a sentence."""
    return f"To see what a layer of {WORDS[medium]} does, assess with --protect OUTLINE,{medium},{math.ceil(width_mm)}."


def protected(
    case: Case, lesion: Lesion, layers: Sequence[Protection]
) -> tuple[Case, tuple[Measure, ...], tuple[Finding, ...]]:
    """The case with the layers of a plan as structures, with the volume of each and a note.

    A layer takes the place of soft tissue beside its structure: not of bone, the lesion, or another critical structure.

    Parameters
    ----------
    case : Case
    lesion : Lesion
    layers : sequence of Protection

    Raises
    ------
    PlanError
        If a structure is not in the case, a layer has no width, or there is no room for it.
    """
    measures, notes = list[Measure](), list[Finding]()
    for layer in layers:
        mask = _layer(case, lesion, layer)
        case = case.with_structures([Structure(f"{layer.medium.value} {layer.structure}", Role.PASSABLE, mask)])
        words = f"{WORDS[layer.medium]} beside {with_article(layer.structure)}"
        measures.append(
            Measure("ablation.protection_volume", f"Layer of {words}", mask.volume_ml, "mL", layer.structure)
        )
        text = (
            f"A layer of {layer.width_mm:g} mm of {words} is taken as given, {mask.volume_ml:.0f} mL in all: the "
            "simulation holds only if it is there, which imaging has to show."
        )
        notes.append(Finding("ablation.protected", Severity.NOTE, text, layer.width_mm, "mm", about=layer.structure))
    return case, tuple(measures), tuple(notes)


def _layer(case: Case, lesion: Lesion, layer: Protection) -> Mask:
    names = [item.name for item in case.structures]
    if layer.structure not in names:
        raise PlanError(
            f"The plan protects {layer.structure!r}, which is not outlined; there are {', '.join(names) or 'none'}."
        )
    if not layer.width_mm > 0.0:
        raise PlanError(f"The layer beside {layer.structure!r} is {layer.width_mm:g} mm wide: give more than 0.")
    grid, kept = case.image.grid, case.structure(layer.structure).mask
    if kept.is_empty:
        raise PlanError(f"The outline of {layer.structure!r} is empty: nothing can be put beside it.")
    low, shape = _around(kept, layer.width_mm)
    part = kept.part(low, shape)
    beyond_mm = exact_distance_mm(part, grid.spacing_mm) - 0.5 * min(grid.spacing_mm)  # from the surface, not a centre
    marked = (beyond_mm <= layer.width_mm) & ~part & ~lesion.mask.part(low, shape)
    body = np.zeros(shape, bool)
    for item in case.structures:
        if item.role is Role.BODY:
            body |= item.mask.part(low, shape)
        elif item.role in (Role.BONE, Role.CRITICAL):
            marked &= ~item.mask.part(low, shape)
    marked &= body
    if not marked.any():
        raise PlanError(f"There is no soft tissue beside {layer.structure!r} that {WORDS[layer.medium]} could part.")
    return Mask.within(marked, low, grid)


def _around(mask: Mask, width_mm: float) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """First voxel and shape of the box of a mask and so much around it."""
    reach = np.ceil(width_mm / np.asarray(mask.grid.spacing_mm[::-1])).astype(int) + 1
    low = np.maximum(np.asarray(mask.corner) - reach, 0)
    high = np.minimum(np.add(mask.corner, mask.voxels.shape) + reach, mask.grid.shape)
    k, j, i = (int(n) for n in low)
    nk, nj, ni = (int(n) for n in high - low)
    return (k, j, i), (nk, nj, ni)
