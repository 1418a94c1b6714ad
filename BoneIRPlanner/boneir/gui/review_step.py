"""Step 5: everything that a physician has to know or decide, the worst first, and the approval."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from ..findings import Severity
from .choices import StepName
from .records import Outcomes, inputs_of, plan_outcome, read, written
from .step import Step
from .tables import places_of, show_findings, show_rows, show_text
from .wording import comparison_rows
from .work import work


class ReviewStep(Step):
    """Go through the findings of the plan, and approve it."""

    name = StepName.REVIEW
    file = "ReviewStep.ui"

    def title(self) -> str:
        return _("Review")

    def connect(self) -> None:
        self.ui.findingsTable.connect("cellClicked(int,int)", self.onFinding)
        self.ui.approveButton.connect("clicked()", self.onApprove)
        self.ui.compareButton.connect("clicked()", self.onCompare)
        self.ui.compareTable.connect("cellClicked(int,int)", self.onPlan)

    def refresh(self) -> None:
        outcome = plan_outcome(self.parameters)
        findings = outcome.findings
        counts = {severity: sum(item.severity is severity for item in findings) for severity in Severity}
        verdict = _("{stops} to stop at, {decisions} to decide, {notes} to note.").format(
            stops=counts[Severity.STOP], decisions=counts[Severity.WARN], notes=counts[Severity.NOTE]
        )
        show_text(self.ui.verdictText, verdict)
        self.ui.verdictText.visible = bool(outcome.plan_uid)
        show_findings(self.ui.findingsTable, findings)
        self._show_approval()
        pages = self.logic.planPages()
        self.ui.compareGroup.visible = len(pages) > 1
        if len(pages) > 1:
            show_rows(self.ui.compareTable, comparison_rows(self._compared()), wrapped=1)

    def missing(self) -> str:
        return ""

    def remark(self) -> str:
        if self._must_stop():
            return _("This plan must not be carried out as it is. A report can be written, and says so.")
        return ""

    def onFinding(self, row: int) -> None:
        self.logic.showPlace(places_of(plan_outcome(self.parameters).findings)[row])

    def onApprove(self) -> None:
        parameters = self.parameters
        with work(_("The plan could not be approved.")):
            shown, said = self.logic.approvePlan(parameters.planName, parameters.approver)
            parameters.planName = shown
            self.module.say(said)

    def onCompare(self) -> None:
        parameters = self.parameters
        with work(_("The plans could not be compared.")):
            known = read(Outcomes, parameters.assessments) or Outcomes()
            parameters.assessments = written(self.logic.compare(inputs_of(parameters), known))

    def onPlan(self, row: int) -> None:
        with work(_("The plan could not be shown.")):
            name = self._compared()[row][0].name
            self.logic.showPlan(name)
            self.parameters.planName = name
            self.module.say("")

    def _compared(self) -> list[tuple[Any, Any]]:
        known = read(Outcomes, self.parameters.assessments) or Outcomes()
        found: list[tuple[Any, Any]] = self.logic.alternatives(inputs_of(self.parameters), known)
        return found

    def _show_approval(self) -> None:
        """What can be approved is a plan whose prediction is of the plan as it is now, and finds nothing to stop at."""
        parameters = self.parameters
        page = self.logic.planPage(parameters.planName)
        approval = page.approval if page is not None else None
        fresh = self.logic.isFresh(inputs_of(parameters), parameters.planName, plan_outcome(parameters))
        can = page is not None and approval is None and fresh and not self._must_stop() and parameters.approver.strip()
        self.ui.approveButton.enabled = bool(can)
        self.ui.approverEdit.enabled = page is not None and approval is None
        if approval is not None:
            text = _("Approved by {name} on {date}; unlock the plan in the step Access to edit it.").format(
                name=approval.by or _("someone who gave no name"), date=approval.on or _("no date")
            )
        elif not fresh:
            text = _("A plan can be approved once its effect is predicted for the plan as it is.")
        elif self._must_stop():
            text = _("A plan with something to stop at cannot be approved.")
        else:
            text = _("Give your name to approve the plan. It is locked then.")
        show_text(self.ui.approvalText, text)

    def _must_stop(self) -> bool:
        return any(item.severity is Severity.STOP for item in plan_outcome(self.parameters).findings)
