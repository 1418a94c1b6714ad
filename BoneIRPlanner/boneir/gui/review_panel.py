"""The panel for review: two images over each other, what lies over them, needles one by one, pictures."""

from __future__ import annotations

from slicer.i18n import tr as _

from .follow_panel import FollowPanel
from .records import Outcome, read, written
from .tables import offer_names, show_findings, show_text
from .work import work


class ReviewPanel(FollowPanel):
    """Base of the widget of the module for review."""

    def connectPanel(self) -> None:
        self.ui.registerButton.connect("clicked()", self.onRegister)
        self.ui.mixButton.connect("clicked()", self.onMix)
        self.ui.reviewLayoutButton.connect("clicked()", self.onLayout)
        self.ui.reviewPlanBox.connect("activated(int)", self.onPlan)
        self.ui.overlayButton.connect("clicked()", self.onOverlay)
        self.ui.earlierNeedleButton.connect("clicked()", lambda: self.onNeedle(-1))
        self.ui.laterNeedleButton.connect("clicked()", lambda: self.onNeedle(1))
        self.ui.picturesButton.connect("clicked()", self.onPictures)
        self.connectFollow()

    def show(self) -> None:
        parameters = self.parameters
        names = [page.name for page in self.logic.planPages()]
        parameters.reviewPlan = offer_names(self.ui.reviewPlanBox, names, parameters.reviewPlan)
        two = None not in (parameters.fixedVolume, parameters.otherVolume)
        two = two and parameters.fixedVolume is not parameters.otherVolume
        self.ui.registerButton.enabled = two
        self.ui.mixButton.enabled = two
        planned = bool(parameters.reviewPlan)
        for button in (self.ui.earlierNeedleButton, self.ui.laterNeedleButton):
            button.enabled = planned
        self.ui.picturesButton.enabled = planned and parameters.fixedVolume is not None
        outcome = read(Outcome, parameters.registration) or Outcome()
        show_text(self.ui.registrationText, outcome.text)
        show_findings(self.ui.registrationTable, outcome.findings)
        self.showFollow()
        words = _("Ready.") if two else _("Choose the planning image and another image to show over it.")
        show_text(self.ui.reviewStatus, f"{self._said}\n{words}" if self._said else words)

    def onRegister(self) -> None:
        parameters = self.parameters
        with work(_("The images could not be registered.")):
            node, words, findings = self.logic.register(
                parameters.fixedVolume, parameters.otherVolume, parameters.throughVolume
            )
            parameters.registration = written(Outcome(words, findings=findings))
            parameters.otherVolume = node
            self.logic.mix(parameters.fixedVolume, node, parameters.mix, parameters.mixPercent)

    def onMix(self) -> None:
        parameters = self.parameters
        with work(_("The images could not be shown over each other.")):
            self.logic.mix(parameters.fixedVolume, parameters.otherVolume, parameters.mix, parameters.mixPercent)

    def onLayout(self) -> None:
        self.logic.useLayout()

    def onPlan(self, index: int) -> None:
        self.parameters.reviewPlan = self.ui.reviewPlanBox.itemText(index)
        with work(_("The plan could not be shown.")):
            self.logic.showPlan(self.parameters.reviewPlan)

    def onOverlay(self) -> None:
        parameters = self.parameters
        self.logic.overlay(parameters.showPlan, parameters.showZones, parameters.showShells)

    def onNeedle(self, by: int) -> None:
        parameters = self.parameters
        with work(_("The needle could not be shown.")):
            place, title = self.logic.stepNeedle(parameters.reviewPlan, parameters.needleNumber, by)
            parameters.needleNumber = place
            self.say(_("The views lie along {title}.").format(title=title))

    def onPictures(self) -> None:
        parameters = self.parameters
        with work(_("The pictures could not be written.")):
            names = self.logic.writePictures(
                parameters.fixedVolume, parameters.otherVolume, parameters.reviewPlan, parameters.pictureFolder
            )
            self.say(_("{count} pictures were written.").format(count=len(names)))
