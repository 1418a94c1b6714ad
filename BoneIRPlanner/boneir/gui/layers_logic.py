"""What lies over the images besides zones: isotherms of a simulation, and cement as it spreads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import slicer
from slicer.i18n import tr as _

from ..errors import PlanError
from .follow_logic import Examination, FollowLogic


class LayersLogic(FollowLogic):
    """Simulates and forecasts for the views. What it keeps would be computed again just so: the courses of cement."""

    _courses: tuple[str, tuple[Any, ...]] = ("", ())

    def showIsotherms(self, name: str, planned: Examination) -> str:
        """Simulate a plan and outline its isotherms; give them in words."""
        from ..assessing.isotherms import isotherms
        from ..scene.layers import isotherm_name, show_isotherms

        plan = self._plan(name)
        drawn = isotherms(self.caseFor(planned, plan), plan)
        with self.act_alone():
            show_isotherms(slicer.mrmlScene, plan.name, drawn)
        return _("Outlined: {names}.").format(names="; ".join(isotherm_name(item) for item in drawn))

    def addCement(self, name: str, planned: Examination, cannula: str) -> tuple[str, str]:
        """Give a plan that ablates cement through the hole of a probe; give the name of that plan, and what it adds."""
        from ..ablation.devices import device
        from ..proposing.cement_after import cement_after

        plan = self._plan(name)
        filled = cement_after(self.caseFor(planned, plan), plan, device(cannula))
        shown = self._take(replace(filled, name=_("{name}-cement").format(name=plan.name)))
        self.showPlan(shown)
        added = [tool for one in filled.treatments for tool in one.cement if not plan.title_of(tool.name)]
        lines = [
            _("{plan}: {volume} mL through {tool}.").format(
                plan=shown, volume=f"{tool.volume_ml:.1f}", tool=filled.title_of(tool.name)
            )
            for tool in added
        ]
        return shown, "\n".join((*lines, *filled.reasons[len(plan.reasons) :]))

    def forecastCement(self, name: str, planned: Examination) -> tuple[float, float]:
        """Forecast the cement of a plan; give what is planned, and how far the forecast reaches, in mL."""
        from ..assessing.cement_course import cement_courses

        plan = self._plan(name)
        courses = cement_courses(self.caseFor(planned, plan), plan)
        self._courses = plan.uid, courses
        planned_ml = sum(course.forecast.planned_ml for course in courses)
        return planned_ml, min(max(course.steps_ml) / self._share(course) for course in courses)

    def showCement(self, name: str, volume_ml: float) -> bool:
        """Show cement after a volume, all lesions together; whether a forecast of the plan as it is was there."""
        from ..scene.layers import show_cement

        plan = self.planNow(name)
        if plan is None or plan.uid != self._courses[0]:
            return False
        shapes = [(course.lesion, course.shape(volume_ml * self._share(course))) for course in self._courses[1]]
        with self.act_alone():
            show_cement(slicer.mrmlScene, plan.name, shapes)
        return True

    def hasLayers(self) -> bool:
        """Whether isotherms or cement are there; they go when their plan changes."""
        from ..scene.marks import LAYERS, marked

        return any(True for part in LAYERS for _node in marked(slicer.mrmlScene, part))

    def hideLayers(self) -> None:
        """Take isotherms and cement away."""
        from ..scene.layers import hide_layers

        with self.act_alone():
            hide_layers(slicer.mrmlScene)

    def _share(self, course: Any) -> float:
        """What part of all planned cement goes into one lesion."""
        planned = sum(item.forecast.planned_ml for item in self._courses[1])
        if planned <= 0:
            raise PlanError(_("The plan has cannulas, but no cement: give it a volume."))
        return float(course.forecast.planned_ml / planned)
