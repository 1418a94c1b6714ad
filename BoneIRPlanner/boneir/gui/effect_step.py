"""Step 4: what the plan does to the lesion and to what must not be hurt."""

from __future__ import annotations

from slicer.i18n import tr as _

from .choices import StepName
from .records import Outcome, inputs_of, read, written
from .step import Step
from .tables import show_measures
from .wording import plan_words
from .work import work


class EffectStep(Step):
    """Predict and measure the chosen plan, with its needles where they are now."""

    name = StepName.EFFECT
    file = "EffectStep.ui"

    def title(self) -> str:
        return _("Effect")

    def connect(self) -> None:
        self.ui.assessButton.connect("clicked()", self.onAssess)
        self.ui.measuresTable.connect("cellClicked(int,int)", self.onMeasure)

    def refresh(self) -> None:
        plan, problem = self.logic.planState(self.parameters.planName)
        self.ui.planText.text = problem or plan_words(plan)
        self.ui.assessButton.enabled = plan is not None
        show_measures(self.ui.measuresTable, self._outcome().measures)

    def missing(self) -> str:
        plan, problem = self.logic.planState(self.parameters.planName)
        if plan is None:
            return str(problem)
        if not self._outcome().plan_uid:
            return _("Predict what the plan does.")
        if self._outcome().plan_uid != plan.uid:
            return _("A needle was moved since the prediction: predict again.")
        return ""

    def onAssess(self) -> None:
        parameters = self.parameters
        with work(_("The effect could not be predicted.")):
            parameters.assessment = written(self.logic.assess(inputs_of(parameters), parameters.planName))

    def onMeasure(self, row: int) -> None:
        self.logic.showPlace(self._outcome().measures[row].place_mm)

    def _outcome(self) -> Outcome:
        return read(Outcome, self.parameters.assessment) or Outcome()
