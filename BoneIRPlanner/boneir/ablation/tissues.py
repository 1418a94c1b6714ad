"""Tissues: thermal, acoustic and electrical properties, each value with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from ..errors import ResourceError
from ..evidence import Value, read_value
from ..resources import read_resource, resource_names

TISSUE_SCHEMA = "boneir.tissue/1"
"""Name and version of the JSON form of a tissue."""

FROZEN_SCHEMA = "boneir.frozen/1"
"""Name and version of the JSON form of freezing."""

_FROZEN = "frozen.json"


@dataclass(frozen=True)
class Tissue:
    """A tissue and its properties.

    Parameters
    ----------
    id, name : str
        Identifier ("bone_cancellous") and words for people.
    values : mapping of str to Value
        Units stand in the keys ("density_kg_m3", "conductivity_w_m_k", "sigma_480khz_s_m").
    """

    id: str
    name: str
    values: Mapping[str, Value]

    def value(self, key: str) -> Value:
        """One property.

        Raises
        ------
        ResourceError
            If it is not known for this tissue; the sentence lists those that are.
        """
        if key not in self.values:
            raise ResourceError(f"{self.name}: {key!r} is not known; known are {', '.join(self.values)}.")
        return self.values[key]

    @property
    def diffusivity_m2_s(self) -> float:
        """Thermal diffusivity: conductivity over density and heat capacity."""
        return self._amount("conductivity_w_m_k") / (
            self._amount("density_kg_m3") * self._amount("heat_capacity_j_kg_k")
        )

    @property
    def perfusion_w_m3_k(self) -> float:
        """Heat that blood carries away per volume and kelvin, as in Pennes' equation.

        Perfusion in mL of blood per minute and kg of tissue, times the density of the tissue and the volumetric heat
        capacity of blood.
        """
        blood = tissue("blood")
        heat = blood._amount("density_kg_m3") * blood._amount("heat_capacity_j_kg_k")
        return self._amount("perfusion_ml_min_kg") / 6e7 * self._amount("density_kg_m3") * heat

    def _amount(self, key: str) -> float:
        return self.value(key).amount


def tissue(id_: str) -> Tissue:
    """The tissue of that identifier.

    Raises
    ------
    ResourceError
        If there is none; the sentence lists those that exist.
    """
    for item in tissues():
        if item.id == id_:
            return item
    raise ResourceError(f"There is no tissue {id_!r}; there are: {', '.join(item.id for item in tissues())}.")


@cache
def tissues() -> tuple[Tissue, ...]:
    """All tissues, by identifier."""
    names = (name for name in resource_names("Tissues") if name != _FROZEN)
    return tuple(_read(name, TISSUE_SCHEMA) for name in names)


@cache
def freezing() -> Tissue:
    """Soft tissue while it freezes: temperatures, latent heat, and properties before, during and after."""
    return _read(_FROZEN, FROZEN_SCHEMA)


def _read(name: str, schema: str) -> Tissue:
    data = read_resource("Tissues", name)
    if data.get("schema") != schema or data.get("id") != name.removesuffix(".json"):
        raise ResourceError(f"Tissues/{name}: expected the schema {schema!r} and the file's own name as id.")
    values = {key: read_value(item, f"Tissues/{name}, {key}") for key, item in data["values"].items()}
    return Tissue(data["id"], data["name"], MappingProxyType(values))
