"""Step 5: everything that a physician has to know or decide, the worst first."""

from __future__ import annotations

from slicer.i18n import tr as _

from ..findings import Severity
from .choices import StepName
from .records import Outcome, read
from .step import Step
from .tables import places_of, show_findings


class ReviewStep(Step):
    """Go through the findings of the plan."""

    name = StepName.REVIEW
    file = "ReviewStep.ui"

    def title(self) -> str:
        return _("Review")

    def connect(self) -> None:
        self.ui.findingsTable.connect("cellClicked(int,int)", self.onFinding)

    def refresh(self) -> None:
        findings = self._outcome().findings
        counts = {severity: sum(item.severity is severity for item in findings) for severity in Severity}
        self.ui.verdictText.text = _("{stops} to stop at, {decisions} to decide, {notes} to note.").format(
            stops=counts[Severity.STOP], decisions=counts[Severity.WARN], notes=counts[Severity.NOTE]
        )
        self.ui.verdictText.visible = bool(self._outcome().plan_uid)
        show_findings(self.ui.findingsTable, findings)

    def missing(self) -> str:
        return ""

    def remark(self) -> str:
        if any(item.severity is Severity.STOP for item in self._outcome().findings):
            return _("This plan must not be carried out as it is. A report can be written, and says so.")
        return ""

    def onFinding(self, row: int) -> None:
        self.logic.showPlace(places_of(self._outcome().findings)[row])

    def _outcome(self) -> Outcome:
        return read(Outcome, self.parameters.assessment) or Outcome()
