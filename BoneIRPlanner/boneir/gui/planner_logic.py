"""What the steps of guided planning run: the verbs of the library on nodes of the scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from ..errors import CaseError, OutlineError, PlanError
from ..scene.changes import Fingerprints
from .plans_logic import PlansLogic
from .records import Inputs, Outcome, Outcomes, Proposed, named
from .views_logic import ViewsLogic


class PlannerLogic(PlansLogic, ViewsLogic):
    """Runs the library on nodes. It takes nodes and values, gives records, and raises the library's own errors.

    What it keeps would be computed again just so: the case of the nodes as they are, and their fingerprint.
    """

    def __init__(self) -> None:
        self._prints = Fingerprints()
        self._case: tuple[Any, Any] = (None, None)

    def fingerprint(self, inputs: Inputs) -> str:
        """A text that changes with the image, its outlines and which of them is the lesion."""
        return f"{self._prints.of(inputs.volume, inputs.outlines)} {inputs.lesion}"

    def caseOf(self, inputs: Inputs) -> Any:
        """The case of an image and its outlines; the segment that is named the lesion is one."""
        from ..scene.read_back import case_from_nodes

        if inputs.volume is None:
            raise CaseError(_("Choose a planning image first."))
        key = self.fingerprint(inputs), inputs.findings, inputs.volume.GetID()
        if key != self._case[0]:
            lesions = [inputs.lesion] if self.hasSegment(inputs.outlines, inputs.lesion) else []
            case = case_from_nodes(inputs.volume, inputs.outlines, lesions=lesions).with_findings(inputs.findings)
            self._case = key, case
        return self._case[1]

    def outline(self, inputs: Inputs) -> tuple[Any, Outcome]:
        """Outline what is not outlined yet; give the segmentation that holds everything, and what was found."""
        from ..open import outlined_case
        from ..scene.build import show_outlines

        case = outlined_case(self.caseOf(inputs))
        with self.act_alone():
            node = show_outlines(slicer.mrmlScene, case, inputs.volume)
        return node, Outcome(findings=case.findings, about=named(inputs.volume, node))

    def growLesion(self, inputs: Inputs, seed: Any) -> tuple[Any, Outcome]:
        """Grow a lesion from a point; give the segmentation that now holds it, and what was measured."""
        from ..anatomy.lesion import grow_lesion
        from ..scene.build import show_outlines
        from ..scene.ras import lps_point

        if not self.hasPoint(seed):
            raise OutlineError(_("Place a point inside the lesion first."))
        case = self.caseOf(inputs)
        lesion, findings = grow_lesion(case, lps_point(seed.GetNthControlPointPositionWorld(0)), name=inputs.lesion)
        with self.act_alone():
            node = show_outlines(slicer.mrmlScene, case.with_lesion(lesion), inputs.volume)
        return node, self._measured(case.with_lesion(lesion), lesion, findings, inputs.volume, node)

    def measureLesion(self, inputs: Inputs) -> Outcome:
        """Measure the segment that is the lesion."""
        case = self.caseOf(inputs)
        return self._measured(case, case.lesion(inputs.lesion), (), inputs.volume, inputs.outlines)

    def _measured(self, case: Any, lesion: Any, findings: Any, volume: Any, outlines: Any) -> Outcome:
        from ..anatomy.lesion_measures import measure_lesion

        about = named(volume, outlines, lesion.name)
        return Outcome(measures=measure_lesion(case, lesion), findings=tuple(findings), about=about)

    def showScores(self, inputs: Inputs) -> None:
        """Lay over the image how bone around the lesion differs from healthy bone."""
        from ..scene.review_views import show_blend
        from ..scene.score_map import show_score_map

        case = self.caseOf(inputs)
        with self.act_alone():
            node = show_score_map(slicer.mrmlScene, case, case.lesion(inputs.lesion))
            show_blend(slicer.mrmlScene, inputs.volume, node, 1.0)

    def hideScores(self) -> None:
        """Take that away."""
        from ..scene.score_map import remove_score_map

        with self.act_alone():
            remove_score_map(slicer.mrmlScene)

    def hasScores(self) -> bool:
        """Whether it is shown."""
        from ..scene.marks import Part, marked

        return any(True for _node in marked(slicer.mrmlScene, Part.SCORES))

    def propose(self, inputs: Inputs, goal: Any) -> tuple[Proposed, str]:
        """Propose plans, put them into the plan book, show the skin map and the best plan; give its name too."""
        from ..access.skin_colours import skin_colours
        from ..propose import propose
        from ..scene.skin import show_skin_map

        case = self.caseOf(inputs)
        proposal = propose(case, goal)
        shown, _said = self.takeProposed(proposal.plans, proposal.scores)
        body = case.structure("body").mask
        node = show_skin_map(slicer.mrmlScene, proposal.skin, goal, body, skin_colours(proposal.skin)[0])
        node.SetDisplayVisibility(False)
        return Proposed.of(proposal, self.fingerprint(inputs)), shown

    def assess(self, inputs: Inputs, name: str) -> Outcome:
        """Assess the plan as it lies in the scene, and show its zones."""
        plan, assessment = self._assessed(self.caseOf(inputs), name)
        return self.showEffect(plan, assessment, self.fingerprint(inputs))

    def showEffect(self, plan: Any, assessment: Any, about: str) -> Outcome:
        """Show the zones of a plan that was assessed in what has the fingerprint `about`."""
        from ..scene.update import show_effect

        show_effect(slicer.mrmlScene, plan, assessment)
        return Outcome.of(plan, assessment, about)

    def _assessed(self, case: Any, name: str) -> tuple[Any, Any]:
        from ..assess import assess

        self.takeMoves()
        plan = self.planNow(name)
        if plan is None:
            raise PlanError(_("There is no plan in the scene: choose one first."))
        return plan, assess(case, plan)

    def compare(self, inputs: Inputs, known: Outcomes) -> Outcomes:
        """Assess every plan whose outcome is not of the plan as it is now; the zones of none are shown."""
        for page in self.planPages():
            if self.isFresh(inputs, page.name, known.of(page.name)):
                continue
            plan, assessment = self._assessed(self.caseOf(inputs), page.name)
            outcome = Outcome.of(plan, assessment, self.fingerprint(inputs))
            known = known.with_one(outcome, [page.name for page in self.planPages()])
        return known

    def alternatives(self, inputs: Inputs, known: Outcomes) -> list[tuple[Any, Any]]:
        """(plan, assessment without zones) of every plan whose outcome is of the plan as it is now."""
        from ..assessment import Assessment

        found = []
        for page in self.planPages():
            outcome = known.of(page.name)
            if self.isFresh(inputs, page.name, outcome):
                assessment = Assessment(outcome.plan_uid, "", outcome.measures, outcome.findings)
                found.append((self.planNow(page.name), assessment))
        return found

    def isFresh(self, inputs: Inputs, name: str, outcome: Outcome) -> bool:
        """Whether an outcome is of the plan, the image and the outlines as they are now."""
        plan = self.planNow(name)
        return plan is not None and outcome.plan_uid == plan.uid and outcome.about in ("", self.fingerprint(inputs))

    def writeReport(
        self,
        inputs: Inputs,
        name: str,
        folder: Path,
        withPictures: bool,
        proposed: Proposed | None = None,
        known: Outcomes | None = None,
    ) -> str:
        """Write the report of the plan as it lies in the scene; give the path of its page."""
        from ..report.write import write_report
        from ..scene.pictures import pictures_of

        case = self.caseOf(inputs)
        plan, assessment = self._assessed(case, name)
        pictures, findings = pictures_of(case, plan, assessment) if withPictures else ((), ())
        proposal = self._proposal(inputs, proposed)
        if pictures and proposal is not None:
            from ..scene.skin_picture import skin_pictures

            pictures = (*pictures, *skin_pictures(case, proposal.skin, proposal.goal))
        others = self.alternatives(inputs, known or Outcomes())
        files = write_report(
            case,
            plan,
            assessment,
            pictures,
            Path(folder),
            findings=findings,
            proposal=proposal,
            others=others if len(others) > 1 else (),
        )
        return str(files.html)

    def storePlan(self, inputs: Inputs, name: str, folder: Path) -> Path:
        """Write a plan as it lies in the scene as a DICOM file of the study of its image; give its path."""
        from datetime import datetime

        from ..image.dicom_plan import write_plan
        from ..image.safe_file import file_name_for

        plan = self.planNow(name)
        if plan is None:
            raise PlanError(_("There is no plan in the scene: choose one first."))
        now, source = datetime.now(), self.caseOf(inputs).image.source
        path = Path(folder) / f"{file_name_for(plan.name)}.dcm"
        return write_plan(plan, source, path, date=f"{now:%Y%m%d}", time=f"{now:%H%M%S}")

    def _proposal(self, inputs: Inputs, proposed: Proposed | None) -> Any:
        """The search with its skin map as the scene holds it; None where it is of something else than is there now."""
        from ..proposal import Proposal
        from ..scene.skin import skin_map_of, skin_node

        node = skin_node(slicer.mrmlScene)
        if proposed is None or node is None or proposed.about != self.fingerprint(inputs):
            return None
        try:
            skin, goal = skin_map_of(node)
        except PlanError:
            return None
        if goal != proposed.goal:
            return None
        return Proposal(goal, proposed.plans, skin, proposed.findings, proposed.scores)

    def placePoint(self, seed: Any) -> Any:
        """Let the user click one point into a slice view; give the node that takes it."""
        seed = seed or slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", _("Lesion point"))
        seed.RemoveAllControlPoints()
        markups = slicer.modules.markups.logic()
        markups.SetActiveList(seed)
        markups.StartPlaceMode(False)
        return seed

    def hasPoint(self, seed: Any) -> bool:
        """Whether a point was placed."""
        return seed is not None and seed.GetNumberOfDefinedControlPoints() > 0

    def hasSegment(self, outlines: Any, name: str) -> bool:
        """Whether the outlines have a segment of that name."""
        return outlines is not None and bool(outlines.GetSegmentation().GetSegmentIdBySegmentName(name))

    def segmentNames(self, outlines: Any) -> list[str]:
        """Names of the segments of the outlines."""
        if outlines is None:
            return []
        segmentation = outlines.GetSegmentation()
        count = segmentation.GetNumberOfSegments()
        return [segmentation.GetNthSegment(index).GetName() for index in range(count)]
