"""Step 4: what the plan does to the lesion and to what must not be hurt."""

from __future__ import annotations

from slicer.i18n import tr as _

from ..errors import PlanError
from .choices import StepName
from .records import Outcome, Outcomes, inputs_of, plan_outcome, read, written
from .runner import Task
from .simulation import simulation_of
from .step import Step
from .tables import show_measures, show_text
from .wording import instruments_of, plan_words
from .work import work


class EffectStep(Step):
    """Predict and measure the chosen plan, with its needles where they are now."""

    name = StepName.EFFECT
    file = "EffectStep.ui"

    def title(self) -> str:
        return _("Effect")

    def connect(self) -> None:
        self.ui.assessButton.connect("clicked()", self.onAssess)
        self.ui.simulateButton.connect("clicked()", self.onSimulate)
        self.ui.measuresTable.connect("cellClicked(int,int)", self.onMeasure)
        self._possible = False
        self.runner = self.module.runner(self, self.widget, self._show_simulation)

    def refresh(self) -> None:
        plan, problem = self.logic.planState(self.parameters.planName)
        show_text(self.ui.planText, problem or plan_words(plan))
        self.ui.assessButton.enabled = plan is not None
        self._possible = plan is not None
        self._show_simulation()
        needles = [tool.name for tool in instruments_of(plan)] if plan is not None else []
        show_measures(self.ui.measuresTable, plan_outcome(self.parameters).measures, needles=needles)

    def missing(self) -> str:
        plan, problem = self.logic.planState(self.parameters.planName)
        if plan is None:
            return str(problem)
        outcome = plan_outcome(self.parameters)
        if not outcome.plan_uid:
            return _("Predict what the plan does.")
        if outcome.plan_uid != plan.uid:
            return _("A needle was moved since the prediction: predict again.")
        if outcome.about and outcome.about != self.logic.fingerprint(inputs_of(self.parameters)):
            return _("The image or an outline was changed since the prediction: predict again.")
        return ""

    def onAssess(self) -> None:
        with work(_("The effect could not be predicted.")):
            self._predict()

    def predict_again(self) -> None:
        """Predict a plan anew that was changed since its prediction; not one that nobody asked to predict."""
        parameters = self.parameters
        known = plan_outcome(parameters)
        if known.plan_uid and not self.logic.isFresh(inputs_of(parameters), parameters.planName, known):
            self._predict()

    def _predict(self) -> None:
        parameters = self.parameters
        self._keep(self.logic.assess(inputs_of(parameters), parameters.planName))

    def onSimulate(self) -> None:
        """Begin a simulation, or stop the one that runs."""
        if self.runner.runs:
            self.runner.stop()
            return
        failure = _("The effect could not be simulated.")
        with work(failure):
            self.logic.takeMoves()
            inputs = inputs_of(self.parameters)
            case, plan = self.logic.caseOf(inputs), self.logic.planNow(self.parameters.planName)
            if plan is None:
                raise PlanError(_("There is no plan in the scene: choose one first."))
            about = self.logic.fingerprint(inputs)
            task = Task(simulation_of(case, plan), lambda made: self.logic.showEffect(plan, made, about))
            self.runner.begin(task, failure, self._keep, self._say_stopped)

    def _say_stopped(self) -> None:
        self.module.say(_("The simulation was stopped; the plan and its prediction are as before."))

    def _keep(self, outcome: Outcome) -> None:
        """Keep what was found of a plan, beside what was found of the others."""
        names = [page.name for page in self.logic.planPages()]
        kept = read(Outcomes, self.parameters.assessments) or Outcomes()
        self.parameters.assessments = written(kept.with_one(outcome, names))

    def _show_simulation(self) -> None:
        runs = self.runner.runs
        self.ui.simulateButton.enabled = runs or self._possible
        self.ui.simulateButton.text = _("Stop the simulation") if runs else _("Simulate in the patient's tissue")
        self.ui.simulationText.visible = runs
        show_text(self.ui.simulationText, self.runner.words)

    def onMeasure(self, row: int) -> None:
        self.logic.showPlace(plan_outcome(self.parameters).measures[row].place_mm)
