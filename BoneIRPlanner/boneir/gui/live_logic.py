"""What a needle means while it is moved: the library's own live measures, and the nodes that show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import slicer

from ..ablation.devices import device
from ..ablation.zone import zone_size_of
from ..errors import BoneIRError
from ..findings import Finding
from ..plan import Cement, Plan, Probe, Technique, Trajectory, Treatment
from ..proposal import Goal
from ..scene.marks import TOOL
from ..scene.moving import MovingPlan, Tightest, tightest_of
from .records import Inputs, inputs_of


@dataclass(frozen=True)
class LiveState:
    """What one needle means where it is now.

    Parameters
    ----------
    plan, tool : str
        Names of the plan and of the instrument.
    way : Trajectory
    path : LivePath or None
        None for an instrument that nothing can be said of while it moves; `problem` then says why.
    tightest : Tightest or None
    problem : str
    """

    plan: str
    tool: str
    way: Trajectory
    path: Any = None
    tightest: Tightest | None = None
    problem: str = ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What an assessment would find of this needle."""
        return self.path.findings if self.path is not None else ()


class LiveLogic:
    """Keeps, for the plan in hand, what takes long to make ready: planning field, samples of the lesion, nodes.

    Parameters
    ----------
    logic : PlannerLogic
    """

    def __init__(self, logic: Any) -> None:
        self._logic = logic
        self._made: dict[Any, Any] = {}
        self._about = ""
        self._checked: dict[tuple[str, str], Any] = {}
        self._moving: MovingPlan | None = None

    def look_again(self) -> None:
        """The image, the outlines or the plan may have changed: what is ready is looked through before it is used."""
        self._checked = {}

    def moving(self, name: str) -> MovingPlan | None:
        """The nodes of a plan that follow its needles; None where no such plan is shown."""
        page = self._logic.planPage(name) if name else None
        if page is None:
            self._moving = None
            return None
        made = MovingPlan(slicer.mrmlScene, page.plan)
        known = self._moving
        if known is None or known.plan != made.plan or known.lines != made.lines:
            self._moving = made
        return self._moving if self._moving is not None and self._moving.lines else None

    def moved(self, parameters: Any, moving: MovingPlan, line: Any) -> LiveState | None:
        """Say what a needle means where its line is now, and redraw what moves with it."""
        name = line.GetAttribute(TOOL)
        way = moving.ways().get(name)
        if way is None or way.length_mm < 1e-3:
            return None
        try:
            path = self._live(parameters, moving.plan, name).path(way)
        except BoneIRError as error:
            moving.update(name, way)
            return LiveState(moving.plan.name, name, way, problem=str(error))
        tightest = tightest_of(way, _clearances(path.measures))
        moving.update(name, way, tightest)
        return LiveState(moving.plan.name, name, way, path, tightest)

    def make_ready(self, parameters: Any, moving: MovingPlan, line: Any) -> None:
        """Make ready what a drag of a needle will need, so that its first move is as quick as the others."""
        try:
            way = moving.ways()[line.GetAttribute(TOOL)]
            self._live(parameters, moving.plan, line.GetAttribute(TOOL)).path(way)
        except (BoneIRError, KeyError):
            return

    def _live(self, parameters: Any, plan: Plan, name: str) -> Any:
        if (plan.name, name) in self._checked:
            return self._checked[plan.name, name]
        inputs = inputs_of(parameters)
        goal = goal_of_needle(plan, name, parameters.device)
        self._checked[plan.name, name] = self._of_goal(inputs, goal, name)
        return self._checked[plan.name, name]

    def why(self, parameters: Any, place_ras: Any) -> str:
        """Why a needle may or may not enter the skin near a place, and what would help; "" where no skin is near.

        Raises
        ------
        BoneIRError
            If nothing can be looked up any more, because the lesion or an outline is no longer there.
        """
        from ..scene.ras import lps_point

        found = self._logic.skinMap()
        if found is None or self._logic.askSkin(place_ras) is None:
            return ""
        return str(self._of_goal(inputs_of(parameters), found[1], "1").why(lps_point(place_ras)).text)

    def _of_goal(self, inputs: Inputs, goal: Goal, name: str) -> Any:
        from ..proposing.live import live_access

        about = f"{self._logic.fingerprint(inputs)} {hash(inputs.findings)}"
        if about != self._about:
            self._made, self._about = {}, about
        if (goal, name) not in self._made:
            self._made[goal, name] = live_access(self._logic.caseOf(inputs), goal, name=name)
        return self._made[goal, name]


def goal_of_needle(plan: Plan, name: str, chosen_device: str) -> Goal:
    """What a proposal of just this needle would have been asked for.

    Raises
    ------
    BoneIRError
        If the plan has no such needle, or nothing can be said of it while it moves.
    """
    found: list[tuple[Treatment, Any]] = []
    for treatment in plan.treatments:
        tools: tuple[Any, ...] = (*treatment.probes, *treatment.cement, *treatment.screws)
        found += [(treatment, tool) for tool in tools if tool.name == name]
    if not found:
        raise BoneIRError(f"The plan {plan.name!r} has no needle {name!r}.")
    treatment, tool = found[0]
    if isinstance(tool, Probe):
        return _goal_of_probe(plan, treatment, tool)
    if isinstance(tool, Cement):
        instrument = device(chosen_device)
        if instrument.technique is not Technique.CEMENT:
            raise BoneIRError("Choose the device of the cannula to see what it means while it moves.")
        return Goal(Technique.CEMENT, chosen_device, treatment.lesion, "", treatment.margin_mm, plan.position)
    raise BoneIRError("What a screw means is said when it is assessed.")


def _goal_of_probe(plan: Plan, treatment: Treatment, probe: Probe) -> Goal:
    instrument = device(probe.device)
    setting = zone_size_of(probe, instrument).setting if instrument.zones else ""
    return Goal(instrument.technique, probe.device, treatment.lesion, setting, treatment.margin_mm, plan.position)


def _clearances(measures: Any) -> dict[Any, tuple[float, float]]:
    """The clearance, and what is asked for, at each place on the needle that is nearest to some structure."""
    return {
        item.place_mm: (item.amount, item.limit.amount if item.limit is not None else 0.0)
        for item in measures
        if item.code == "access.clearance" and item.amount is not None and item.place_mm is not None
    }
