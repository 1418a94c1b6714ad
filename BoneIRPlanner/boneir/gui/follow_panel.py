"""Part of the panel for review: isotherms and cement, and the plan on another image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slicer.i18n import tr as _

from .follow_logic import Examination
from .module_widget import ModuleWidget
from .records import Outcome, read, written
from .tables import places_of, show_findings, show_measures, show_text
from .work import work


class FollowPanel(ModuleWidget):
    """Base of the panel for review: the two groups that fold away."""

    def connectFollow(self) -> None:
        """Connect the buttons of both groups; called once."""
        self.ui.isothermsButton.connect("clicked()", self.onIsotherms)
        self.ui.cementButton.connect("clicked()", self.onCement)
        self.ui.hideLayersButton.connect("clicked()", self.onHideLayers)
        self.ui.cementSlider.connect("valueChanged(double)", self.onCementMoved)
        self.ui.transferButton.connect("clicked()", self.onTransfer)
        self.ui.verifyButton.connect("clicked()", self.onVerify)
        self.ui.respondButton.connect("clicked()", self.onRespond)
        self.ui.followTable.connect("cellClicked(int,int)", self.onPlace)

    def showFollow(self) -> None:
        """Show what both groups found, and what can be pressed."""
        parameters = self.parameters
        planned = bool(parameters.reviewPlan) and None not in (parameters.fixedVolume, parameters.fixedOutlines)
        two = parameters.otherVolume is not None and parameters.otherVolume is not parameters.fixedVolume
        for button in (self.ui.isothermsButton, self.ui.cementButton):
            button.enabled = planned
        for button in (self.ui.transferButton, self.ui.verifyButton):
            button.enabled = planned and two
        self.ui.respondButton.enabled = two and None not in (parameters.fixedOutlines, parameters.otherOutlines)
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

    def onCementMoved(self, volume_ml: float) -> None:
        if self.parameters is not None:
            with work(_("The cement could not be shown.")):
                self.logic.showCement(self.parameters.reviewPlan, volume_ml)

    def onHideLayers(self) -> None:
        self.logic.hideLayers()
        self.parameters.layers = ""

    def onTransfer(self) -> None:
        self._follow(_("The plan could not be moved."), self.logic.transferPlan)

    def onVerify(self) -> None:
        self._follow(_("The plan could not be compared."), self.logic.verifyPlan)

    def onRespond(self) -> None:
        with work(_("The response could not be judged.")):
            self.parameters.followed = written(self.logic.judgeResponse(self._planned(), self._other()))

    def onPlace(self, row: int) -> None:
        outcome = read(Outcome, self.parameters.followed) or Outcome()
        self.logic.showPlace(places_of(outcome.findings)[row])

    def _follow(self, failure: str, verb: Callable[..., Any]) -> None:
        with work(failure):
            outcome = verb(self.parameters.reviewPlan, self._planned(), self._other())
            self.parameters.followed = written(outcome)

    def _planned(self) -> Examination:
        parameters = self.parameters
        return Examination(parameters.fixedVolume, parameters.fixedOutlines, parameters.firstDay.strip())

    def _other(self) -> Examination:
        parameters = self.parameters
        return Examination(parameters.otherVolume, parameters.otherOutlines, parameters.secondDay.strip())
