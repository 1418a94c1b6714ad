"""A plan and a second examination: moved onto today's image, compared with a control image, response of lesions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import slicer
from slicer.i18n import tr as _

from ..errors import CaseError, PlanError
from ..follow_up import FollowUp
from ..mask import Mask
from ..plan import Plan
from ..plan_book import Origin
from ..transfer import Transfer
from ..verify import Verification
from .beside import Tell
from .follow_words import (
    change_measures,
    response_measures,
    response_words,
    stage_words,
    transfer_words,
    verification_words,
)
from .plans_logic import PlansLogic
from .records import Outcome
from .runner import Task

_ZONE = "ablation zone"
"""Name of the segment that marks what was ablated on a control image."""


@dataclass(frozen=True, eq=False)
class Examination:
    """An image of the scene with what is outlined on it.

    Parameters
    ----------
    volume : vtkMRMLScalarVolumeNode or None
    outlines : vtkMRMLSegmentationNode or None
    day : str
        YYYYMMDD; "" takes the date that the image has.
    """

    volume: Any
    outlines: Any = None
    day: str = ""


class FollowLogic(PlansLogic):
    """Runs the verbs that compare two examinations, and puts the plans that they give into the plan book."""

    def transferring(self, name: str, planned: Examination, today: Examination) -> Task:
        """Move a plan onto today's image; it stands in the book then, beside the nearest one that keeps every limit."""
        from ..scene.volume import image_from_node

        plan = self._plan(name)
        case = self.caseFor(planned, plan)
        self._need(today.volume)
        now = None if today.outlines is None else self.caseFor(today)
        image = image_from_node(today.volume)[0]

        def compute(tell: Tell) -> Transfer:
            from ..open import case_of
            from ..transfer import transfer

            tell(_("Today's image is being outlined.") if now is None else "")
            known = case_of(image) if now is None else now
            return transfer(case, plan, known, progress=lambda stage: tell(stage_words(stage)))

        def take(moved: Transfer) -> Outcome:
            nearest = "" if moved.alternative is None else self._take(moved.alternative)
            shown = self._take(moved.plan)
            self._show_on(today.volume, shown)
            findings = tuple(dict.fromkeys((*moved.findings, *moved.changes.new)))
            return Outcome(transfer_words(moved, shown, nearest), change_measures(moved.changes.measures), findings)

        return Task(compute, take)

    def verifying(self, name: str, planned: Examination, control: Examination) -> Task:
        """Compare a plan with a control image; the needles as they are stand in the book then."""
        from ..scene.volume import image_from_node

        plan = self._plan(name)
        case = self.caseFor(planned, plan)
        self._need(control.volume)
        image = image_from_node(control.volume)[0]
        zone = _zone_of(control, image.grid)

        def compute(tell: Tell) -> Verification:
            from ..verify import verify

            tell(_("Both images are being registered and compared."))
            return verify(case, plan, image, zone=zone)

        def take(made: Verification) -> Outcome:
            actual = "" if made.actual is None else self._take(made.actual)
            return Outcome(verification_words(made, actual), made.assessment.measures, made.assessment.findings)

        return Task(compute, take)

    def judging(self, first: Examination, second: Examination) -> Task:
        """Judge how every lesion has answered from one examination to the other."""
        from ..follow_up import Exam

        exams = []
        for examination in (first, second):
            case = self.caseFor(examination)
            exams.append(Exam(_day(examination.day or case.image.source.study_date, examination), case))

        def compute(tell: Tell) -> FollowUp:
            from ..respond import respond

            tell(_("Both examinations are being measured and compared."))
            return respond(exams)

        return Task(compute, lambda found: Outcome(response_words(found), response_measures(found), found.findings))

    def caseFor(self, examination: Examination, plan: Plan | None = None) -> Any:
        """The case of an examination; segments that have the names of the lesions of a plan are lesions."""
        from ..scene.read_back import case_from_nodes

        self._need(examination.volume)
        outlines = examination.outlines
        names = {item.lesion for item in plan.treatments} if plan is not None else set()
        known = [] if outlines is None else [name for name in names if _has_segment(outlines, name)]
        return case_from_nodes(examination.volume, outlines, lesions=known)

    def _plan(self, name: str) -> Plan:
        self.takeMoves()
        plan = self.planNow(name)
        if plan is None:
            raise PlanError(_("There is no plan in the scene: make one with the planner first."))
        return plan

    def _need(self, volume: Any) -> None:
        if volume is None:
            raise CaseError(_("Choose the planning image and the other image first."))

    def _take(self, plan: Plan) -> str:
        """Put a plan into the book, where it is not there already; give its name, which is new where it was taken."""
        page = self.planPage(plan.name)
        if page is not None and page.plan == plan:
            return page.name
        return self._act(lambda book: book.added(plan, Origin.COPIED), "")[0]

    def _show_on(self, volume: Any, name: str) -> None:
        """Show a plan, on an image where that is still in the scene."""
        from ..scene.review_views import show_blend

        with self.act_alone():
            self.desk.show(name)
            if slicer.mrmlScene.IsNodePresent(volume):
                show_blend(slicer.mrmlScene, volume, None, 0.0)


def _zone_of(control: Examination, grid: Any) -> Mask | None:
    """What is outlined as the ablation zone on a control image; None where nothing is."""
    from ..scene.outlines import outlines_from_node

    if control.outlines is None or not _has_segment(control.outlines, _ZONE):
        return None
    _structures, lesions, _findings = outlines_from_node(control.outlines, grid, control.volume, [_ZONE])
    return next(item.mask for item in lesions if item.name == _ZONE)


def _has_segment(outlines: Any, name: str) -> bool:
    return bool(outlines.GetSegmentation().GetSegmentIdBySegmentName(name))


def _day(text: str, examination: Examination) -> str:
    try:
        return datetime.strptime(text, "%Y%m%d").strftime("%Y%m%d")
    except ValueError:
        name = examination.volume.GetName()
        message = _("The image {name} has no date: give it as year, month and day in eight digits, like 20260131.")
        raise CaseError(message.format(name=name)) from None
