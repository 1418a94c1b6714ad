"""What the steps leave in the parameter node: results as JSON text, so that a saved scene opens as it was."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TypeVar

from ..assessment import Measure
from ..errors import PlanError
from ..findings import Finding
from ..plain import from_plain, to_json
from ..plan import Plan
from ..proposal import Goal, Proposal

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """What one step found.

    Parameters
    ----------
    text : str
        A sentence about the whole.
    measures : tuple of Measure
    findings : tuple of Finding
    plan_uid : str
        Fingerprint of the plan that it is about; "" where it is about no plan.
    """

    text: str = ""
    measures: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()
    plan_uid: str = ""


@dataclass(frozen=True)
class Refusal:
    """How many ways in one rule refuses because of one structure ("" where it is no structure)."""

    rule: str
    structure: str
    count: int


@dataclass(frozen=True)
class Proposed:
    """A proposal without its skin map, which is too large for a parameter.

    Parameters
    ----------
    goal : Goal
        What was asked for.
    plans : tuple of Plan
        The best first.
    scores : tuple of float
        The lower the better.
    findings : tuple of Finding
    refusals : tuple of Refusal
        The most frequent first.
    """

    goal: Goal
    plans: tuple[Plan, ...] = ()
    scores: tuple[float, ...] = ()
    findings: tuple[Finding, ...] = ()
    refusals: tuple[Refusal, ...] = field(default=())

    @classmethod
    def of(cls, proposal: Proposal) -> Proposed:
        """What is kept of a proposal."""
        refusals = tuple(Refusal(*row) for row in proposal.skin.refusals())
        return cls(proposal.goal, proposal.plans, proposal.scores, proposal.findings, refusals)

    def plan(self, name: str) -> Plan | None:
        """The proposed plan of that name, or None."""
        return next((plan for plan in self.plans if plan.name == name), None)


def written(record: Outcome | Proposed) -> str:
    """The JSON text of a record."""
    return to_json(record)


def read(kind: type[T], text: str) -> T | None:
    """A record from its text, or None where there is none or another version wrote it.

    A record is only ever shown: one that can not be read is treated as not there, and the step is run again.
    """
    if not text:
        return None
    try:
        return from_plain(kind, json.loads(text), kind.__name__)
    except (json.JSONDecodeError, PlanError):
        return None
