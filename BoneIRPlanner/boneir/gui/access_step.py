"""Step 3: the technique, the ways from the skin to the lesion, and the plans that come of them."""

from __future__ import annotations

import importlib.util

import slicer
from slicer.i18n import tr as _

from ..plan_book import Origin
from .choices import StepName
from .plan_bar import PlanBar
from .records import Proposed, inputs_of, read, written
from .step import Step
from .tables import offer, places_of, show_findings, show_rows, show_text
from .wording import device_choices, goal_of, plan_rows, refusal_rows, setting_choices
from .work import work


class AccessStep(Step):
    """Ask for needle paths, and keep, lock and name the plans."""

    name = StepName.ACCESS
    file = "AccessStep.ui"

    def title(self) -> str:
        return _("Access")

    def connect(self) -> None:
        self.bar = PlanBar(self)
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
        offer(self.ui.deviceBox, devices, parameters.device)
        settings = [("", _("The one that covers best")), *setting_choices(parameters.device)]
        if parameters.setting not in [identifier for identifier, _title in settings]:
            parameters.setting = ""
        offer(self.ui.settingBox, settings, parameters.setting)
        self.ui.accelerateButton.visible = importlib.util.find_spec("numba") is None
        self.ui.proposeButton.enabled = parameters.inputVolume is not None
        self._show_plans()
        self._show_search(read(Proposed, parameters.proposal))
        self.bar.refresh()

    def missing(self) -> str:
        proposed, page = read(Proposed, self.parameters.proposal), self.logic.planPage(self.parameters.planName)
        if page is None and self.logic.planPages():
            return _("Choose one of the plans.")
        if page is None and proposed is None:
            return _("Propose needle paths.")
        if page is None:
            return _("No way in is allowed: see what stands in the way, and change device, margin or position.")
        if proposed is None or page.locked or page.origin is not Origin.PROPOSED:
            return ""
        if proposed.goal != goal_of(self.parameters):
            return _("The choices have changed since these paths were proposed: propose again.")
        if proposed.about and proposed.about != self.logic.fingerprint(inputs_of(self.parameters)):
            return _("The image or an outline was changed since these paths were proposed: propose again.")
        return ""

    def onDevice(self, index: int) -> None:
        self.parameters.device = self.ui.deviceBox.itemData(index)

    def onSetting(self, index: int) -> None:
        self.parameters.setting = self.ui.settingBox.itemData(index)

    def onPropose(self) -> None:
        parameters = self.parameters
        with work(_("No needle path could be proposed.")):
            proposed, shown = self.logic.propose(inputs_of(parameters), goal_of(parameters))
            parameters.proposal = written(proposed)
            parameters.planName = shown
            self.module.say("")

    def onPlan(self, row: int) -> None:
        with work(_("The plan could not be shown.")):
            name = self.logic.planPages()[row].name
            self.logic.showPlan(name)
            self.parameters.planName = name
            self.module.say("")

    def onFinding(self, row: int) -> None:
        proposed = read(Proposed, self.parameters.proposal)
        if proposed is not None:
            self.logic.showPlace(places_of(proposed.findings)[row])

    def onAccelerate(self) -> None:
        with work(_("numba could not be installed.")):
            slicer.packaging.pip_ensure(["numba>=0.60"], requester="BoneIRPlanner")
        self.refresh()

    def _show_plans(self) -> None:
        pages, name = self.logic.planPages(), self.parameters.planName
        show_rows(self.ui.plansTable, plan_rows(pages))
        chosen = next((row for row, page in enumerate(pages) if page.name == name), -1)
        if chosen >= 0:
            self.ui.plansTable.selectRow(chosen)
        reasons = pages[chosen].plan.reasons if chosen >= 0 else ()
        show_text(self.ui.reasonsText, "\n".join(f"• {reason}" for reason in reasons))
        self.ui.reasonsText.visible = bool(reasons)

    def _show_search(self, proposed: Proposed | None) -> None:
        refusals = refusal_rows(proposed)
        show_rows(self.ui.refusalsTable, refusals)
        findings = proposed.findings if proposed is not None else ()
        show_findings(self.ui.searchFindingsTable, findings)
        self.ui.refusalsGroup.visible = bool(refusals or findings)
