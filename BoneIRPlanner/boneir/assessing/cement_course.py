"""Cement over time: what shape it has after each half millilitre, by the forecast that the assessment rests on."""

from __future__ import annotations

from dataclasses import dataclass

from ..access.limit_changes import changed_limits
from ..access.limits import access_limits
from ..case import Case
from ..cement.forecast import Forecast, forecast, prepare
from ..errors import PlanError
from ..grid import Grid
from ..mask import Mask
from ..plan import Plan
from .cement import after_ablation
from .sheet import Sheet
from .subject import Subject
from .zones import assess_zones


@dataclass(frozen=True, eq=False)
class CementCourse:
    """How the cement of one lesion spreads.

    Parameters
    ----------
    lesion : str
    forecast : Forecast
    grid : Grid
        Of the planning image.
    """

    lesion: str
    forecast: Forecast
    grid: Grid

    @property
    def steps_ml(self) -> tuple[float, ...]:
        """The volumes that it is known at, in steps of half a millilitre, up to beyond what is planned."""
        return tuple(volume for volume, _share in self.forecast.curve())

    def shape(self, volume_ml: float) -> Mask:
        """Its shape after a volume, on the planning image."""
        return self.forecast.filling.shape_on(self.grid, volume_ml)


def cement_courses(case: Case, plan: Plan) -> tuple[CementCourse, ...]:
    """Forecast the cement of every lesion of a plan that gets any, through bone as its ablation leaves it.

    Raises
    ------
    PlanError
        If the plan has no cement.
    OutlineError
        If a cannula does not end in bone, or no bone is outlined around a lesion.
    ImageError
        If the image is not CT.
    """
    limits = changed_limits(access_limits(), plan.limits)
    courses = []
    for treatment in (item for item in plan.treatments if item.cement):
        subject, sheet = Subject(case, treatment, limits, plan.position, plan.landmark), Sheet()
        assess_zones(subject, sheet)
        bone = after_ablation(treatment, prepare(case.image, subject.lesion.mask, case.structures), sheet)
        tips = [item.trajectory.tip_mm for item in treatment.cement]
        made = forecast(bone, tips, [item.volume_ml for item in treatment.cement], draws=0)
        courses.append(CementCourse(treatment.lesion, made, case.image.grid))
    if not courses:
        raise PlanError(f"Plan {plan.name!r} has no cement.")
    return tuple(courses)
