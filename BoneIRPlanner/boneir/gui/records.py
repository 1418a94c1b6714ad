"""What the steps leave in the parameter node: results as JSON text, so that a saved scene opens as it was."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..assessment import Assessment, Measure
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
    about : str
        What it was found in, from `named`; a result is not shown for anything else. Of a plan, the fingerprint of image
        and outlines.
    plan_name : str
        The name that the plan had.
    """

    text: str = ""
    measures: tuple[Measure, ...] = ()
    findings: tuple[Finding, ...] = ()
    plan_uid: str = ""
    about: str = ""
    plan_name: str = ""

    @classmethod
    def of(cls, plan: Plan, assessment: Assessment, about: str) -> Outcome:
        """What is kept of an assessment: all but its zones."""
        return cls("", assessment.measures, assessment.findings, plan.uid, about, plan.name)


@dataclass(frozen=True)
class Outcomes:
    """What was found of each plan, the latest last; of a plan of one name only the latest."""

    items: tuple[Outcome, ...] = ()

    def of(self, name: str) -> Outcome:
        """What was found of the plan of that name; an empty outcome where nothing was."""
        return next((item for item in reversed(self.items) if item.plan_name == name), Outcome())

    def with_one(self, outcome: Outcome, names: Collection[str]) -> Outcomes:
        """With one more, and without those of plans that have gone."""
        kept = (item for item in self.items if item.plan_name in names and item.plan_name != outcome.plan_name)
        return Outcomes((*kept, outcome))


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the logic works on: nodes of the scene, and what is already known of them.

    Parameters
    ----------
    volume : vtkMRMLScalarVolumeNode or None
        The planning image.
    outlines : vtkMRMLSegmentationNode or None
    lesion : str
        Name of the segment that is the lesion.
    findings : tuple of Finding
        What outlining found; nodes do not carry it.
    """

    volume: Any
    outlines: Any
    lesion: str = ""
    findings: tuple[Finding, ...] = ()


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
    about : str
        Fingerprint of the image and the outlines that it was found in.
    """

    goal: Goal
    plans: tuple[Plan, ...] = ()
    scores: tuple[float, ...] = ()
    findings: tuple[Finding, ...] = ()
    refusals: tuple[Refusal, ...] = field(default=())
    about: str = ""

    @classmethod
    def of(cls, proposal: Proposal, about: str = "") -> Proposed:
        """What is kept of a proposal."""
        refusals = tuple(Refusal(*row) for row in proposal.skin.refusals())
        return cls(proposal.goal, proposal.plans, proposal.scores, proposal.findings, refusals, about)


_ABSENT = "case."
"""Codes of findings about what is not outlined: they are found anew each time, as outlines come and go."""


def named(*things: Any) -> str:
    """What a result is about: the names of its nodes, and texts."""
    return " | ".join(thing if isinstance(thing, str) else thing.GetName() for thing in things if thing is not None)


def inputs_of(parameters: Any) -> Inputs:
    """What the parameter node says to work on, with the findings of the steps before."""
    volume, outlines, lesion = parameters.inputVolume, parameters.outlines, parameters.lesionName
    steps = (image_outcome(parameters), lesion_outcome(parameters))
    findings = [item for outcome in steps for item in outcome.findings if not item.code.startswith(_ABSENT)]
    return Inputs(volume, outlines, lesion, tuple(dict.fromkeys(findings)))


def image_outcome(parameters: Any) -> Outcome:
    """What outlining found, if it was in this image and gave these outlines."""
    return _about(parameters.imageOutcome, named(parameters.inputVolume, parameters.outlines))


def lesion_outcome(parameters: Any) -> Outcome:
    """What growing or measuring found, if it was of this lesion in this image and these outlines."""
    return _about(parameters.lesionOutcome, named(parameters.inputVolume, parameters.outlines, parameters.lesionName))


def plan_outcome(parameters: Any) -> Outcome:
    """What was last found of the plan that is chosen, for its values of now or of before."""
    return (read(Outcomes, parameters.assessments) or Outcomes()).of(parameters.planName)


def _about(text: str, about: str) -> Outcome:
    outcome = read(Outcome, text)
    return outcome if outcome is not None and outcome.about == about else Outcome()


def written(record: Outcome | Outcomes | Proposed) -> str:
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
