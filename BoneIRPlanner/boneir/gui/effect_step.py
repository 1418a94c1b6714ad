"""Step 4: what the plan does to the lesion and to what must not be hurt."""

from __future__ import annotations

import qt
import slicer
from slicer.i18n import tr as _

from ..errors import PlanError
from .choices import StepName
from .records import Outcome, Outcomes, inputs_of, plan_outcome, read, written
from .simulation import Simulation
from .step import Step
from .tables import show_measures, show_text
from .wording import instruments_of, plan_words
from .work import work

ASK_MS = 100
"""So often a simulation that runs is asked how it stands."""


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
        self.simulation: Simulation | None = None
        self._about = ""
        self._timer = qt.QTimer(self.widget)
        self._timer.setInterval(ASK_MS)
        self._timer.connect("timeout()", self.onTick)

    def refresh(self) -> None:
        plan, problem = self.logic.planState(self.parameters.planName)
        show_text(self.ui.planText, problem or plan_words(plan))
        self.ui.assessButton.enabled = plan is not None
        self._show_simulation(plan is not None)
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
        outcome = self.logic.assess(inputs_of(parameters), parameters.planName)
        names = [page.name for page in self.logic.planPages()]
        kept = read(Outcomes, parameters.assessments) or Outcomes()
        parameters.assessments = written(kept.with_one(outcome, names))

    def onSimulate(self) -> None:
        """Begin a simulation, or stop the one that runs."""
        if self.simulation is not None:
            self.simulation.stop()
            return
        with work(_("The effect could not be simulated.")):
            self.logic.takeMoves()
            inputs = inputs_of(self.parameters)
            case, plan = self.logic.caseOf(inputs), self.logic.planNow(self.parameters.planName)
            if plan is None:
                raise PlanError(_("There is no plan in the scene: choose one first."))
            self._about = self.logic.fingerprint(inputs)
            self.simulation = Simulation(case, plan)
            self._timer.start()
        self.refresh()

    def onTick(self) -> None:
        """Show how the simulation stands, or what it came to."""
        simulation = self.simulation
        if simulation is not None and simulation.ask():
            self.ui.simulationText.text = simulation.words
            return
        self._timer.stop()
        self.simulation = None
        self._show_simulation(True)
        if simulation is None or simulation.stopped:
            self.module.say(_("The simulation was stopped; the plan and its prediction are as before."))
            return
        with work(_("The effect could not be simulated.")):
            self._take(simulation)

    def _take(self, simulation: Simulation) -> None:
        from ..scene.update import show_effect

        if simulation.failure is not None:
            raise simulation.failure
        plan, made = simulation.plan, simulation.assessment
        show_effect(slicer.mrmlScene, plan, made)
        outcome = Outcome("", made.measures, made.findings, plan.uid, self._about, plan.name)
        kept = read(Outcomes, self.parameters.assessments) or Outcomes()
        self.parameters.assessments = written(kept.with_one(outcome, [page.name for page in self.logic.planPages()]))

    def _show_simulation(self, possible: bool) -> None:
        runs = self.simulation is not None
        self.ui.simulateButton.enabled = possible or runs
        self.ui.simulateButton.text = _("Stop the simulation") if runs else _("Simulate in the patient's tissue")
        self.ui.simulationText.visible = runs

    def onMeasure(self, row: int) -> None:
        self.logic.showPlace(plan_outcome(self.parameters).measures[row].place_mm)
