"""What a search gives up where no way keeps every rule: first clearance inside the lesion, then the unseen of a hip."""

from __future__ import annotations

from dataclasses import replace

from ..access.explain import may_relax, relaxed_findings
from ..access.hip_rules import are_refused, passing_findings, without_hip_rules
from ..findings import Finding
from .job import Job
from .search import Found, search_ways


def search_yielding(job: Job) -> tuple[Job, Found, tuple[Finding, ...]]:
    """Search with every rule, and with fewer of them where that finds nothing.

    Returns
    -------
    Job
        With the limits that the search was done with in the end.
    Found
    tuple of Finding
        What was given up; nothing where every rule is kept, or where giving up does not help either.
    """
    found = _with_clearances(job)
    if not found.chosen and are_refused(found.skin_map):
        eased = replace(job, limits=without_hip_rules(job.limits), passes_hips=True)
        passing = _with_clearances(eased)
        if passing.chosen:
            return eased, passing, (*passing_findings(), *_relaxed_findings(passing))
    return job, found, _relaxed_findings(found)


def _with_clearances(job: Job) -> Found:
    """With all clearances, or else with those inside the lesion relaxed."""
    found = search_ways(job, relaxed=False)
    if not found.chosen and may_relax(found.skin_map, job.case, job.limits):
        relaxed = search_ways(job, relaxed=True)
        found = relaxed if relaxed.chosen else found
    return found


def _relaxed_findings(found: Found) -> tuple[Finding, ...]:
    return relaxed_findings() if found.relaxed else ()
