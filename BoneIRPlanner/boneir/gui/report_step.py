"""Step 6: the plan on paper."""

from __future__ import annotations

from pathlib import Path

import qt
from slicer.i18n import tr as _

from .choices import StepName
from .records import Outcomes, Proposed, inputs_of, plan_outcome, read
from .step import Step
from .tables import show_text
from .work import work


class ReportStep(Step):
    """Write the report and open it."""

    name = StepName.REPORT
    file = "ReportStep.ui"

    def title(self) -> str:
        return _("Report")

    def connect(self) -> None:
        self.ui.writeButton.connect("clicked()", self.onReport)
        self.ui.openButton.connect("clicked()", self.onOpen)
        self.ui.storeButton.connect("clicked()", self.onStore)

    def refresh(self) -> None:
        parameters = self.parameters
        plan, _problem = self.logic.planState(parameters.planName)
        self.ui.writeButton.enabled = plan is not None and bool(plan_outcome(parameters).plan_uid)
        self.ui.openButton.enabled = self._written()
        self.ui.storeButton.enabled = plan is not None and parameters.inputVolume is not None
        show_text(self.ui.reportText, parameters.reportFile)

    def missing(self) -> str:
        if not self._written():
            return _("Choose a folder and write the report.")
        plan, _problem = self.logic.planState(self.parameters.planName)
        if plan is None or plan.uid != self.parameters.reportedPlan:
            return _("The report is of another plan than the one in the scene: write it again.")
        return ""

    def onReport(self) -> None:
        parameters = self.parameters
        with work(_("The report could not be written.")):
            parameters.reportFile = self.logic.writeReport(
                inputs_of(parameters),
                parameters.planName,
                parameters.reportFolder,
                parameters.withPictures,
                read(Proposed, parameters.proposal),
                read(Outcomes, parameters.assessments),
            )
            parameters.reportedPlan = self.logic.planNow(parameters.planName).uid

    def onOpen(self) -> None:
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(self.parameters.reportFile))

    def onStore(self) -> None:
        parameters = self.parameters
        with work(_("The plan could not be stored.")):
            path = self.logic.storePlan(inputs_of(parameters), parameters.planName, parameters.reportFolder)
            self.module.say(_("The plan was stored as {file}.").format(file=path.name))

    def _written(self) -> bool:
        return bool(self.parameters.reportFile) and Path(self.parameters.reportFile).is_file()
