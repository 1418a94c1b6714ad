"""How tissues freeze: conductivity, heat capacity and latent heat of each, before, while and after it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .cold_steps import CLOSED, Field, Labels, Phases
from .medium import BODY_C, LIGHT_J_M3_K
from .tissue_map import TissueMap
from .tissues import Tissue, freezing

ICE_J_KG = 334e3
"""Latent heat of water; ice holds 2.1 kJ/kg/K less than water."""
_ICE_LACKS_J_KG_K = 2100.0
_SOFT_KG_M3 = 1000.0
"""From this density on tissue freezes like soft tissue, for which latent heat and conductivity of ice are given."""
_HEAVY_J_M3_K = 1e6
"""Heat capacity that gas is given, so that it does not set the time step."""


@dataclass(frozen=True, eq=False)
class ColdMedium:
    """Tissues that can freeze, on voxels.

    Parameters
    ----------
    labels : ndarray of uint8, shape (k, j, i)
        Places in `phases`.
    phases : Phases
    perfusion : ndarray of float32
        W/m3/K.
    sink : ndarray of bool
        Voxels that keep the temperature of the body.
    spacing_mm : tuple of float
    """

    labels: Labels
    phases: Phases
    perfusion: Field
    sink: NDArray[np.bool_]
    spacing_mm: tuple[float, float, float]


def cold_medium_of(tissues: TissueMap) -> ColdMedium:
    """How the tissues of a map freeze; blood keeps its temperature."""
    phases = phases_of([_properties(item) for item in tissues.tissues])
    return ColdMedium(
        tissues.labels, phases, tissues.array("perfusion_w_m3_k"), tissues.where("blood"), tissues.grid.spacing_mm
    )


@dataclass(frozen=True)
class FreezingTissue:
    """One tissue for `phases_of`: W/m/K, J/m3/K and J/m3; conductivity while freezing is that between both."""

    conductivity_frozen: float
    conductivity: float
    capacity_frozen: float
    capacity: float
    latent: float
    begins_c: float
    ends_c: float
    conductivity_freezing: float | None = None
    capacity_freezing: float | None = None


def phases_of(tissues: Sequence[FreezingTissue]) -> Phases:
    """Tables of the phases of some tissues, by label."""
    rows = [*tissues, *[tissues[0]] * (CLOSED + 1 - len(tissues))]
    mushy, body, warmth, conductivity = [], [], [], []
    for row in rows:
        span = row.begins_c - row.ends_c
        between = row.capacity_freezing or 0.5 * (row.capacity_frozen + row.capacity)
        wide = row.latent + between * span
        middle = row.conductivity_freezing or 0.5 * (row.conductivity_frozen + row.conductivity)
        mushy.append(wide)
        body.append(wide + row.capacity * (BODY_C - row.begins_c))
        warmth.append((1.0 / row.capacity_frozen, span / wide, 1.0 / row.capacity))
        conductivity.append((row.conductivity_frozen, middle, row.conductivity))
    carries = np.asarray(conductivity, np.float32)
    carries[CLOSED] = 0.0
    fields = [np.asarray(column, np.float32) for column in ([row.ends_c for row in rows], mushy, body, warmth)]
    return Phases(fields[0], fields[1], fields[2], fields[3], carries)


def _properties(item: Tissue) -> FreezingTissue:
    """How a tissue freezes: as measured where it is known, otherwise like soft tissue; gas and metal do not."""
    amount = {key: value.amount for key, value in item.values.items()}
    soft = {key: value.amount for key, value in freezing().values.items()}
    density, conductivity = amount["density_kg_m3"], amount["conductivity_w_m_k"]
    capacity = density * amount["heat_capacity_j_kg_k"]
    made = FreezingTissue(
        conductivity, conductivity, max(capacity, _HEAVY_J_M3_K), max(capacity, _HEAVY_J_M3_K), 0.0,
        soft["freezing_begins_c"], soft["freezing_ends_c"],
    )  # fmt: skip
    if capacity < LIGHT_J_M3_K or item.id in ("metal", "cement"):
        return made
    if "frozen_latent_mj_m3" in amount:
        latent = amount["frozen_latent_mj_m3"] * 1e6
        frozen = capacity - latent / ICE_J_KG * _ICE_LACKS_J_KG_K
        return replace(
            made, latent=latent, capacity_frozen=frozen, conductivity_frozen=amount["frozen_conductivity_w_m_k"]
        )
    share = min(density / _SOFT_KG_M3, 1.0)  # lung holds air: less water to freeze, and less ice to conduct
    return replace(
        made,
        latent=share * soft["latent_heat_mj_m3"] * 1e6,
        conductivity_frozen=share * soft["conductivity_frozen_w_m_k"],
        conductivity_freezing=share * soft["conductivity_freezing_w_m_k"],
        capacity_frozen=density * soft["heat_capacity_frozen_j_kg_k"],
        capacity_freezing=density * soft["heat_capacity_freezing_j_kg_k"],
    )
