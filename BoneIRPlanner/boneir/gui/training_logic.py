"""What the module for practice runs: a patient without its truth, and the score of a plan of the scene."""

from __future__ import annotations

import time
from typing import Any

import slicer
from slicer.i18n import tr as _

from ..errors import CaseError, PlanError
from ..plan_book import Origin
from ..train import Best, best_of, score
from ..training.practice import PracticeCase, exercise, practice_case
from ..training.score import ScoreSheet
from .plans_logic import PlansLogic

VOLUME_NAME = "Practice case"


class TrainingLogic(PlansLogic):
    """Runs practice on the scene. What it keeps would be made again just so: the patient and its best plans."""

    def __init__(self) -> None:
        self._practice: PracticeCase | None = None
        self._best: Best | None = None

    def practiceOf(self, name: str) -> PracticeCase:
        """The patient of an exercise, with its truth."""
        if self._practice is None or self._practice.exercise.name != name:
            self._practice, self._best = practice_case(exercise(name)), None
        return self._practice

    def bestOf(self, name: str) -> Best:
        """The best plans of an exercise."""
        practice = self.practiceOf(name)
        if self._best is None:
            self._best = best_of(practice)
        return self._best

    def start(self, name: str) -> Any:
        """Put the image of a practice case, and nothing else of it, into the scene; give its node."""
        from ..scene.volume import show_image

        image = self.practiceOf(name).image
        with self.act_alone():
            node = show_image(slicer.mrmlScene, image, VOLUME_NAME)
            slicer.util.setSliceViewerLayers(background=node, fit=True)
        return node

    def now(self) -> float:
        """The time in seconds since 1970."""
        return time.time()

    def scorePlan(self, name: str, plan: str, seconds: float) -> ScoreSheet:
        """Score a plan as it lies in the scene."""
        self.takeMoves()
        own = self.planNow(plan)
        if own is None:
            raise PlanError(_("There is no plan in the scene: make one with the planner first."))
        return score(self.practiceOf(name), own, self.bestOf(name), seconds)

    def showBest(self, name: str) -> str:
        """Put the best plan beside the trainee's, and show it; give its name."""
        best = self.bestOf(name).plans
        if not best:
            raise CaseError(_("No plan was found for this practice case."))
        shown, _said = self._act(lambda book: book.added(best[0], Origin.COPIED), "")
        return shown
