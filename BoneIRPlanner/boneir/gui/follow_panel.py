"""Part of the panel for review: isotherms and cement, and the plan on another image."""

from __future__ import annotations

from collections.abc import Callable

from slicer.i18n import tr as _

from ..plan import Technique
from .follow_logic import Examination
from .module_widget import ModuleWidget
from .records import Outcome, read, written
from .runner import Task
from .tables import offer, places_of, show_findings, show_measures, show_text
from .wording import device_choices
from .work import work


class FollowPanel(ModuleWidget):
    """Base of the panel for review: the two groups that fold away."""

    def connectFollow(self) -> None:
        """Connect the buttons of both groups; called once."""
        self.ui.isothermsButton.connect("clicked()", self.onIsotherms)
        self.ui.cementButton.connect("clicked()", self.onCement)
        self.ui.cannulaBox.connect("activated(int)", self.onCannula)
        self.ui.cementAfterButton.connect("clicked()", self.onCementAfter)
        self.ui.hideLayersButton.connect("clicked()", self.onHideLayers)
        self.ui.cementSlider.connect("valueChanged(double)", self.onCementMoved)
        self.ui.transferButton.connect("clicked()", self.onTransfer)
        self.ui.verifyButton.connect("clicked()", self.onVerify)
        self.ui.respondButton.connect("clicked()", self.onRespond)
        self.ui.stopButton.connect("clicked()", self.onStop)
        self.ui.followTable.connect("cellClicked(int,int)", self.onPlace)
        self._following = self.runner(self, self.panel, self._show_running)

    def showFollow(self) -> None:
        """Show what both groups found, and what can be pressed."""
        parameters = self.parameters
        planned = bool(parameters.reviewPlan) and None not in (parameters.fixedVolume, parameters.fixedOutlines)
        two = parameters.otherVolume is not None and parameters.otherVolume is not parameters.fixedVolume
        cannulas = device_choices(Technique.CEMENT)
        if parameters.cannula not in [identifier for identifier, _title in cannulas]:
            parameters.cannula = cannulas[0][0]
        offer(self.ui.cannulaBox, cannulas, parameters.cannula)
        for button in (self.ui.isothermsButton, self.ui.cementButton, self.ui.cementAfterButton):
            button.enabled = planned
        idle = not self._following.runs
        for button in (self.ui.transferButton, self.ui.verifyButton):
            button.enabled = idle and planned and two
        outlined = None not in (parameters.fixedOutlines, parameters.otherOutlines)
        self.ui.respondButton.enabled = idle and two and outlined
        self._show_running()
        outcome = read(Outcome, parameters.followed) or Outcome()
        show_text(self.ui.layersText, parameters.layers if self.logic.hasLayers() else "")
        show_text(self.ui.followText, outcome.text)
        show_measures(self.ui.followMeasuresTable, outcome.measures)
        show_findings(self.ui.followTable, outcome.findings)

    def onIsotherms(self) -> None:
        with work(_("The isotherms could not be simulated.")):
            self.parameters.layers = self.logic.showIsotherms(self.parameters.reviewPlan, self._planned())
        self.refresh()

    def onCement(self) -> None:
        parameters = self.parameters
        with work(_("The cement could not be forecast.")):
            planned_ml, most_ml = self.logic.forecastCement(parameters.reviewPlan, self._planned())
            self.logic.showCement(parameters.reviewPlan, planned_ml)
            parameters.layers = _("{planned} mL are planned; the forecast reaches to {most} mL.").format(
                planned=f"{planned_ml:.1f}", most=f"{most_ml:.1f}"
            )
            parameters.cementMl = planned_ml
        self.refresh()

    def onCannula(self, index: int) -> None:
        self.parameters.cannula = self.ui.cannulaBox.itemData(index)

    def onCementAfter(self) -> None:
        parameters = self.parameters
        with work(_("The cement could not be planned.")):
            shown, words = self.logic.addCement(parameters.reviewPlan, self._planned(), parameters.cannula)
            parameters.reviewPlan = shown
            self.say(words)

    def onCementMoved(self, volume_ml: float) -> None:
        if self.parameters is not None:
            with work(_("The cement could not be shown.")):
                self.logic.showCement(self.parameters.reviewPlan, volume_ml)

    def onHideLayers(self) -> None:
        self.logic.hideLayers()
        self.parameters.layers = ""

    def onTransfer(self) -> None:
        self._follow(_("The plan could not be moved."), self.logic.transferring, self.parameters.reviewPlan)

    def onVerify(self) -> None:
        self._follow(_("The plan could not be compared."), self.logic.verifying, self.parameters.reviewPlan)

    def onRespond(self) -> None:
        self._follow(_("The response could not be judged."), self.logic.judging)

    def onStop(self) -> None:
        self._following.stop()

    def onPlace(self, row: int) -> None:
        outcome = read(Outcome, self.parameters.followed) or Outcome()
        self.logic.showPlace(places_of(outcome.findings)[row])

    def _follow(self, failure: str, tasks: Callable[..., Task], *plan: str) -> None:
        """Compare both examinations beside the user's work."""
        if self._following.runs:
            return
        with work(failure):
            task = tasks(*plan, self._planned(), self._other())
            self._following.begin(task, failure, self._keep, self._say_stopped)
        self.refresh()

    def _keep(self, outcome: Outcome) -> None:
        self.parameters.followed = written(outcome)

    def _say_stopped(self) -> None:
        self.say(_("It was stopped: plans and images are as before."))

    def _show_running(self) -> None:
        self.ui.runRow.visible = self._following.runs
        show_text(self.ui.runText, self._following.words)

    def _planned(self) -> Examination:
        parameters = self.parameters
        return Examination(parameters.fixedVolume, parameters.fixedOutlines, parameters.firstDay.strip())

    def _other(self) -> Examination:
        parameters = self.parameters
        return Examination(parameters.otherVolume, parameters.otherOutlines, parameters.secondDay.strip())
