"""The panel for practice: choose a case, plan it against the clock, read the score."""

from __future__ import annotations

import json
from typing import Any

import slicer
from slicer.i18n import tr as _

from ..ablation.devices import device
from ..errors import BoneIRError
from ..plain import from_plain, to_json
from ..train import fact_rows
from ..training.practice import EXERCISES, Exercise, exercise
from ..training.score import ScoreSheet
from .module_widget import ModuleWidget
from .tables import offer_names, show_rows, show_text
from .work import work


class TrainingPanel(ModuleWidget):
    """Base of the widget of the module for practice."""

    def connectPanel(self) -> None:
        for item in EXERCISES:
            self.ui.exerciseBox.addItem(item.title, item.name)
        self.ui.exerciseBox.connect("activated(int)", self.onExercise)
        self.ui.beginButton.connect("clicked()", self.onBegin)
        self.ui.plannerButton.connect("clicked()", self.onPlanner)
        self.ui.traineePlanBox.connect("activated(int)", self.onPlan)
        self.ui.scoreButton.connect("clicked()", self.onScore)
        self.ui.showBestButton.connect("clicked()", self.onShowBest)

    def show(self) -> None:
        parameters, task = self.parameters, self._task()
        names = [item.name for item in EXERCISES]
        self.ui.exerciseBox.currentIndex = names.index(task.name)
        plans = [page.name for page in self.logic.planPages()]
        parameters.traineePlan = offer_names(self.ui.traineePlanBox, plans, parameters.traineePlan)
        sheet = read_sheet(parameters.sheet)
        self.ui.plannerButton.enabled = self._begun()
        self.ui.scoreButton.enabled = self._begun() and bool(parameters.traineePlan)
        self.ui.showBestButton.enabled = sheet is not None
        show_text(self.ui.taskText, task_words(task))
        show_text(self.ui.trainingVerdictText, "" if sheet is None else sheet.verdict)
        show_rows(self.ui.sheetTable, sheet_rows(sheet), wrapped=1)
        show_rows(self.ui.bestTable, () if sheet is None else fact_rows((sheet.own, *sheet.best)), wrapped=1)
        words = self._status(sheet)
        show_text(self.ui.trainingStatus, f"{self._said}\n{words}" if self._said else words)

    def onExercise(self, index: int) -> None:
        self.parameters.exercise = self.ui.exerciseBox.itemData(index)

    def onBegin(self) -> None:
        """The clock runs from when the patient is ready."""
        parameters = self.parameters
        with work(_("The practice case could not be made.")):
            parameters.practiceVolume = self.logic.start(self._task().name)
            parameters.sheet, parameters.begun = "", self._task().name
            parameters.takenS, parameters.startedS = 0.0, self.logic.now()

    def onPlanner(self) -> None:
        slicer.util.selectModule("BoneIRPlanner")

    def onPlan(self, index: int) -> None:
        self.parameters.traineePlan = self.ui.traineePlanBox.itemText(index)

    def onScore(self) -> None:
        """The clock stops when the score is first asked for."""
        parameters = self.parameters
        taken = parameters.takenS or max(0.0, self.logic.now() - parameters.startedS)
        with work(_("The plan could not be scored.")):
            sheet = self.logic.scorePlan(parameters.begun, parameters.traineePlan, taken)
            parameters.takenS = taken
            parameters.sheet = to_json(sheet)

    def onShowBest(self) -> None:
        with work(_("The best plan could not be shown.")):
            name = self.logic.showBest(self.parameters.begun)
            self.say(_("The best plan is shown in the views as {name}.").format(name=name))

    def _task(self) -> Exercise:
        try:
            return exercise(self.parameters.exercise)
        except BoneIRError:
            return EXERCISES[0]

    def _begun(self) -> bool:
        return bool(self.parameters.begun) and self.parameters.practiceVolume is not None

    def _status(self, sheet: ScoreSheet | None) -> str:
        if not self._begun():
            return _("Choose a practice case and begin it: the time runs from when its image is shown.")
        if not self.parameters.traineePlan:
            return _("Plan it with the planner: outline the lesion and place the needle, then come back.")
        if sheet is None:
            return _("Choose your plan and have it scored: the clock stops then.")
        return _("Scored against {name}. A better plan can be scored again, with the time of the first.").format(
            name=sheet.against
        )


def task_words(task: Exercise) -> str:
    """What the trainee is told of an exercise."""
    return _("{task} Device: {device}; rim: {margin} mm; time: {minutes} min.").format(
        task=task.task,
        device=device(task.device).name,
        margin=f"{task.margin_mm:g}",
        minutes=f"{task.allowed_s / 60:.0f}",
    )


def sheet_rows(sheet: ScoreSheet | None) -> tuple[tuple[str, ...], ...]:
    """The parts of a score, and its sum."""
    if sheet is None:
        return ()
    rows = [(part.title, f"{part.points:.0f} / {part.most:.0f}", part.reason) for part in sheet.parts]
    return (*rows, (_("Together"), f"{sheet.points:.0f} / 100", ""))


def read_sheet(text: str) -> ScoreSheet | None:
    """A score sheet from its JSON text; None where there is none that can be read."""
    try:
        data: Any = json.loads(text) if text else None
        return None if data is None else from_plain(ScoreSheet, data, "score")
    except (ValueError, BoneIRError):
        return None
