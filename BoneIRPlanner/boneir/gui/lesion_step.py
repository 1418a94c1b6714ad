"""Step 2: where the lesion is."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from .choices import StepName
from .records import inputs_of, lesion_outcome, written
from .step import Step
from .tables import places_of, show_findings, show_measures
from .work import work


class LesionStep(Step):
    """Name a segment that is the lesion, or grow one from a point."""

    name = StepName.LESION
    file = "LesionStep.ui"

    def title(self) -> str:
        return _("Lesion")

    def connect(self) -> None:
        self.ui.placeButton.connect("clicked()", self.onPlace)
        self.ui.growButton.connect("clicked()", self.onGrow)
        self.ui.measureButton.connect("clicked()", self.onMeasure)
        self.ui.scoresButton.connect("clicked(bool)", self.onScores)
        self.ui.lesionFindingsTable.connect("cellClicked(int,int)", self.onFinding)

    _waiting = False
    """Whether the user was asked to click into the lesion and has not done so yet."""

    def refresh(self) -> None:
        if self._waiting and self.logic.hasPoint(self.parameters.seed):
            qt.QTimer.singleShot(0, self.onPlaced)  # after the click: growing takes longer than a click may take
        parameters, outcome = self.parameters, lesion_outcome(self.parameters)
        self.ui.growButton.enabled = parameters.inputVolume is not None and self.logic.hasPoint(parameters.seed)
        self.ui.measureButton.enabled = parameters.inputVolume is not None and self._outlined()
        self.ui.scoresButton.enabled = self.ui.measureButton.enabled
        self.ui.scoresButton.checked = self.logic.hasScores()
        show_measures(self.ui.lesionMeasuresTable, outcome.measures, about=False)
        show_findings(self.ui.lesionFindingsTable, outcome.findings)

    def missing(self) -> str:
        name = self.parameters.lesionName
        if not name.strip():
            return _("Give the lesion a name.")
        if self._outlined():
            return ""
        if self.logic.hasPoint(self.parameters.seed):
            return _("Grow the lesion from its point.")
        return _("Place a point inside the lesion, or name the segment that is the lesion.")

    def onPlace(self) -> None:
        self._waiting = False
        self.parameters.seed = self.logic.placePoint(self.parameters.seed)
        self._waiting = True

    def onPlaced(self) -> None:
        """The user has clicked into the lesion: it is grown at once, to save a click."""
        if self._waiting and self.parameters is not None and self.logic.hasPoint(self.parameters.seed):
            self.onGrow()

    def onGrow(self) -> None:
        self._waiting = False
        parameters = self.parameters
        with work(_("The lesion could not be outlined.")):
            node, outcome = self.logic.growLesion(inputs_of(parameters), parameters.seed)
            self.logic.hideScores()  # of the lesion as it was
            parameters.outlines = node
            parameters.lesionOutcome = written(outcome)

    def onMeasure(self) -> None:
        parameters = self.parameters
        with work(_("The lesion could not be measured.")):
            parameters.lesionOutcome = written(self.logic.measureLesion(inputs_of(parameters)))

    def onScores(self, on: bool) -> None:
        with work(_("The bone around the lesion could not be compared.")):
            if on:
                self.logic.showScores(inputs_of(self.parameters))
            else:
                self.logic.hideScores()
        self.refresh()

    def onFinding(self, row: int) -> None:
        self.logic.showPlace(places_of(lesion_outcome(self.parameters).findings)[row])

    def _outlined(self) -> bool:
        return bool(self.logic.hasSegment(self.parameters.outlines, self.parameters.lesionName))
