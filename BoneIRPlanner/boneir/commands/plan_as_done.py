"""The plan with what a command says of how it is carried out: layers of protection, and power."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..errors import PlanError
from ..plan import Plan, Technique, Treatment


def plan_as_done(plan: Plan, options: argparse.Namespace) -> Plan:
    """The plan with the layers of ``--protect`` in each treatment with probes, and the power of ``--power``.

    Raises
    ------
    PlanError
        If a power is given and nothing in the plan is radiofrequency.
    """
    if options.power is not None and all(item.technique is not Technique.RADIOFREQUENCY for item in plan.treatments):
        raise PlanError(
            f"--power {options.power:g}: nothing in {plan.name} is radiofrequency; the settings of other devices bring "
            "their own power."
        )
    return replace(plan, treatments=tuple(_as_done(item, options) for item in plan.treatments))


def _as_done(item: Treatment, options: argparse.Namespace) -> Treatment:
    if not item.probes:
        return item
    item = replace(item, protection=(*item.protection, *options.protect))
    if options.power is None or item.technique is not Technique.RADIOFREQUENCY:
        return item
    return replace(item, probes=tuple(replace(probe, power_w=options.power) for probe in item.probes))
