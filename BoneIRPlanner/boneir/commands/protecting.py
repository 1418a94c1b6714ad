"""Layers of protection that a command adds to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..plan import Plan, Protection


def with_protection(plan: Plan, layers: Sequence[Protection]) -> Plan:
    """The plan with more layers beside structures, in each of its treatments with probes."""
    if not layers:
        return plan
    treatments = (
        replace(item, protection=(*item.protection, *layers)) if item.probes else item for item in plan.treatments
    )
    return replace(plan, treatments=tuple(treatments))
