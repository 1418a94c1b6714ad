"""Step 3: the technique, and the way from the skin to the lesion."""

from __future__ import annotations

import importlib.util

import qt
import slicer
from slicer.i18n import tr as _

from .choices import StepName
from .records import Proposed, inputs_of, read, written
from .step import Step
from .tables import places_of, show_findings, show_rows
from .wording import device_choices, goal_of, proposal_rows, setting_choices
from .work import work


class AccessStep(Step):
    """Ask for needle paths and choose one of the plans."""

    name = StepName.ACCESS
    file = "AccessStep.ui"

    def title(self) -> str:
        return _("Access")

    def connect(self) -> None:
        self.ui.deviceBox.connect("activated(int)", self.onDevice)
        self.ui.settingBox.connect("activated(int)", self.onSetting)
        self.ui.proposeButton.connect("clicked()", self.onPropose)
        self.ui.plansTable.connect("cellClicked(int,int)", self.onPlan)
        self.ui.searchFindingsTable.connect("cellClicked(int,int)", self.onFinding)
        self.ui.accelerateButton.connect("clicked()", self.onAccelerate)

    def refresh(self) -> None:
        parameters = self.parameters
        devices = device_choices(parameters.technique.value)
        if parameters.device not in [identifier for identifier, _title in devices]:
            parameters.device = devices[0][0] if devices else ""
        _offer(self.ui.deviceBox, devices, parameters.device)
        settings = [("", _("The one that covers best")), *setting_choices(parameters.device)]
        if parameters.setting not in [identifier for identifier, _title in settings]:
            parameters.setting = ""
        _offer(self.ui.settingBox, settings, parameters.setting)
        self.ui.accelerateButton.visible = importlib.util.find_spec("numba") is None
        self.ui.proposeButton.enabled = parameters.inputVolume is not None
        self._show(read(Proposed, parameters.proposal))

    def missing(self) -> str:
        proposed = read(Proposed, self.parameters.proposal)
        if proposed is None:
            return _("Propose needle paths.")
        if not proposed.plans:
            return _("No way in is allowed: see what stands in the way, and change device, margin or position.")
        if proposed.plan(self.parameters.planName) is None:
            return _("Choose one of the plans.")
        if proposed.goal != goal_of(self.parameters):
            return _("The choices have changed since these paths were proposed: propose again.")
        return ""

    def onDevice(self, index: int) -> None:
        self.parameters.device = self.ui.deviceBox.itemData(index)

    def onSetting(self, index: int) -> None:
        self.parameters.setting = self.ui.settingBox.itemData(index)

    def onPropose(self) -> None:
        parameters = self.parameters
        with work(_("No needle path could be proposed.")):
            proposed = self.logic.propose(inputs_of(parameters), goal_of(parameters))
            parameters.assessment = ""
            parameters.proposal = written(proposed)
            self._choose(0)

    def onPlan(self, row: int) -> None:
        with work(_("The plan could not be shown.")):
            self._choose(row)

    def onFinding(self, row: int) -> None:
        proposed = read(Proposed, self.parameters.proposal)
        if proposed is not None:
            self.logic.showPlace(places_of(proposed.findings)[row])

    def onAccelerate(self) -> None:
        with work(_("numba could not be installed.")):
            slicer.packaging.pip_ensure(["numba>=0.60"], requester="BoneIRPlanner")
        self.refresh()

    def _choose(self, row: int) -> None:
        proposed = read(Proposed, self.parameters.proposal)
        if proposed is None or row >= len(proposed.plans):
            self.parameters.planName = ""
            return
        plan = proposed.plans[row]
        self.logic.showPlan(plan)
        self.parameters.planName = plan.name

    def _show(self, proposed: Proposed | None) -> None:
        rows, refusals, text, chosen = proposal_rows(proposed, self.parameters.planName)
        show_rows(self.ui.plansTable, rows)
        if chosen >= 0:
            self.ui.plansTable.selectRow(chosen)
        show_rows(self.ui.refusalsTable, refusals)
        findings = proposed.findings if proposed is not None else ()
        show_findings(self.ui.searchFindingsTable, findings)
        self.ui.refusalsGroup.visible = bool(refusals or findings)
        self.ui.reasonsText.text = text


def _offer(box: qt.QComboBox, choices: list[tuple[str, str]], chosen: str) -> None:
    """Fill a list with (identifier, title) where it changed, and show the chosen one."""
    if [box.itemData(index) for index in range(box.count)] != [identifier for identifier, _title in choices]:
        box.clear()
        for identifier, title in choices:
            box.addItem(title, identifier)
    box.currentIndex = [identifier for identifier, _title in choices].index(chosen) if choices else -1
