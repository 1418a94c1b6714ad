"""What cannot be assessed is refused before anything is computed."""

from __future__ import annotations

from ..case import Case
from ..errors import PlanError
from ..plan import Cement, Plan, Probe, Screw, Trajectory


def check_plan(case: Case, plan: Plan) -> None:
    """Refuse a plan that does not belong to a case.

    Raises
    ------
    PlanError
        If the plan was made for another image, has no treatment, or a tool begins or ends outside the image.
    CaseError
        If a lesion of the plan is not in the case.
    """
    if plan.image_uid and plan.image_uid != case.image.uid:
        raise PlanError(
            f"The plan {plan.name!r} was made for another image ({plan.image_uid[:12]}...) than that of this case "
            f"({case.image.uid[:12]}...): open the case it belongs to, or plan again."
        )
    if not plan.treatments:
        raise PlanError(f"The plan {plan.name!r} treats nothing: give it at least one treatment.")
    for treatment in plan.treatments:
        case.lesion(treatment.lesion)
        tools: tuple[Probe | Cement | Screw, ...] = (*treatment.probes, *treatment.cement, *treatment.screws)
        for tool in tools:
            _check_within(case, plan.title_of(tool.name), tool.trajectory)


def _check_within(case: Case, title: str, trajectory: Trajectory) -> None:
    for end, point in (("begins", trajectory.entry_mm), ("ends", trajectory.tip_mm)):
        if not bool(case.image.grid.contains(point)):
            place = ", ".join(f"{x:.1f}" if abs(x) < 1e6 else f"{x:.1e}" for x in point)
            raise PlanError(
                f"{title} {end} at ({place}) mm LPS, outside the image, which spans "
                f"{case.image.grid.bounds_text()}: move it into the image."
            )
