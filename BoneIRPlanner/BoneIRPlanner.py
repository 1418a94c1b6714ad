"""Guided planning of image-guided treatment of bone metastases: images, lesion, access, effect, review, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import slicer
from slicer import vtkMRMLMarkupsFiducialNode, vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Default, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from boneir.gui.choices import PositionChoice, StepName, TechniqueChoice
from boneir.gui.guided_widget import GuidedModuleWidget


class BoneIRPlanner(ScriptedLoadableModule):
    """What Slicer shows of the module in its menus."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Bone IR Planner")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Planning")]
        parent.dependencies = ["Markups", "Segmentations", "Volumes"]
        parent.contributors = ["The BoneIRPlanner contributors"]
        parent.helpText = _(
            "Plans image-guided treatment of bone metastases: outlines bone, lesion and what must not be hurt, proposes"
            " needle paths, predicts what they do, and writes the plan down. For research and training; it is not a"
            " medical device."
        )
        parent.acknowledgementText = _("Built on 3D Slicer.")
        slicer.app.connect("startupCompleted()", self.onStartupCompleted)

    def onStartupCompleted(self) -> None:
        """Other modules are there now."""
        from boneir.gui.sample_data import register_sample_data

        register_sample_data()


@parameterNodeWrapper
class BoneIRPlannerParameterNode:
    """All state of the module. Results are JSON text, so that a saved scene opens as it was."""

    currentStep: StepName = StepName.IMAGES
    inputVolume: vtkMRMLScalarVolumeNode
    outlines: vtkMRMLSegmentationNode
    imageOutcome: str
    seed: vtkMRMLMarkupsFiducialNode
    lesionName: str = "lesion-1"
    lesionOutcome: str
    technique: TechniqueChoice = TechniqueChoice.MICROWAVE
    device: str
    setting: str
    marginMm: Annotated[float, WithinRange(0, 20)] = 5.0
    position: PositionChoice = PositionChoice.PRONE
    proposal: str
    planName: str
    assessment: str
    reportFolder: Annotated[Path, Default(generator=Path.home)]
    withPictures: bool = True
    reportFile: str
    reportedPlan: str


class BoneIRPlannerLogic(ScriptedLoadableModuleLogic):
    """Runs the library on nodes. It takes nodes and values, gives records, and raises the library's own errors."""

    def getParameterNode(self) -> BoneIRPlannerParameterNode:
        return BoneIRPlannerParameterNode(super().getParameterNode())

    def chooseDefaults(self, parameters: BoneIRPlannerParameterNode) -> None:
        """Choose the only image of a scene, to save a click."""
        if parameters.inputVolume is None and slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 1:
            volume = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
            if volume.GetImageData() is not None:
                parameters.inputVolume = volume

    def watchedBy(self, parameters: BoneIRPlannerParameterNode) -> list[tuple[Any, Any]]:
        """(node, event) of what changes the state of the panel besides the parameter node."""
        from boneir.scene.marks import Part, marked

        found = []
        if parameters.seed is not None:
            markups = slicer.vtkMRMLMarkupsNode
            events = (markups.PointPositionDefinedEvent, markups.PointPositionUndefinedEvent)
            found += [(parameters.seed, event) for event in events]
        if parameters.outlines is not None:
            segmentation = slicer.vtkSegmentation
            events = (segmentation.SegmentAdded, segmentation.SegmentRemoved, segmentation.SegmentModified)
            found += [(parameters.outlines.GetSegmentation(), event) for event in events]
        if parameters.planName:
            lines = marked(slicer.mrmlScene, Part.LINE, parameters.planName)
            found += [(line, slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent) for line in lines]
        return found

    def caseOf(self, inputs: Any) -> Any:
        """The case of an image and its outlines; the segment that is named the lesion is one."""
        from boneir.errors import CaseError
        from boneir.scene.read_back import case_from_nodes

        if inputs.volume is None:
            raise CaseError("Choose a planning image first.")
        lesions = [inputs.lesion] if self.hasSegment(inputs.outlines, inputs.lesion) else []
        return case_from_nodes(inputs.volume, inputs.outlines, lesions=lesions).with_findings(inputs.findings)

    def outline(self, inputs: Any) -> tuple[Any, Any]:
        """Outline what is not outlined yet; give the segmentation that holds everything, and what was found."""
        from boneir.anatomy.absent import absent_findings
        from boneir.anatomy.outline import outline_structures
        from boneir.gui.records import Outcome, named
        from boneir.scene.build import show_outlines

        case = self.caseOf(inputs)
        made, findings = outline_structures(case.image)
        case = case.with_structures(item for item in made if not case.has(item.name)).with_findings(findings)
        case = case.with_findings(absent_findings(case.structures))
        node = show_outlines(slicer.mrmlScene, case, inputs.volume)
        return node, Outcome(findings=case.findings, about=named(inputs.volume, node))

    def growLesion(self, inputs: Any, seed: Any) -> tuple[Any, Any]:
        """Grow a lesion from a point; give the segmentation that now holds it, and what was measured."""
        from boneir.anatomy.lesion import grow_lesion
        from boneir.errors import OutlineError
        from boneir.scene.build import show_outlines
        from boneir.scene.ras import lps_point

        if not self.hasPoint(seed):
            raise OutlineError("Place a point inside the lesion first.")
        case = self.caseOf(inputs)
        lesion, findings = grow_lesion(case, lps_point(seed.GetNthControlPointPositionWorld(0)), name=inputs.lesion)
        node = show_outlines(slicer.mrmlScene, case.with_lesion(lesion), inputs.volume)
        return node, self._measured(case.with_lesion(lesion), lesion, findings, inputs.volume, node)

    def measureLesion(self, inputs: Any) -> Any:
        """Measure the segment that is the lesion."""
        case = self.caseOf(inputs)
        return self._measured(case, case.lesion(inputs.lesion), (), inputs.volume, inputs.outlines)

    def _measured(self, case: Any, lesion: Any, findings: Any, volume: Any, outlines: Any) -> Any:
        from boneir.anatomy.lesion_measures import measure_lesion
        from boneir.gui.records import Outcome, named

        about = named(volume, outlines, lesion.name)
        return Outcome(measures=measure_lesion(case, lesion), findings=tuple(findings), about=about)

    def propose(self, inputs: Any, goal: Any) -> Any:
        """Propose plans; the plans of an earlier proposal leave the scene."""
        from boneir.gui.records import Proposed
        from boneir.propose import propose
        from boneir.scene.plans import remove_plans

        proposal = propose(self.caseOf(inputs), goal)
        remove_plans(slicer.mrmlScene)
        return Proposed.of(proposal)

    def showPlan(self, plan: Any) -> None:
        """Show one plan in the views; the others stay in the scene, unseen, as the user left them."""
        from boneir.scene.build import show_plan
        from boneir.scene.plans import show_only

        if self.planState(plan.name)[0] is None:
            show_plan(slicer.mrmlScene, plan)
        show_only(slicer.mrmlScene, plan.name)

    def planNow(self, name: str) -> Any:
        """The plan with its needles where they are now, or None where the scene does not hold it."""
        from boneir.scene.read_back import plan_from_scene, plan_names

        return plan_from_scene(slicer.mrmlScene, name) if name and name in plan_names(slicer.mrmlScene) else None

    def planState(self, name: str) -> tuple[Any, str]:
        """The plan as it lies in the scene and "", or None and one sentence that says why there is none."""
        from boneir.errors import PlanError

        try:
            plan = self.planNow(name)
        except PlanError as error:
            return None, str(error)
        return plan, "" if plan is not None else _("There is no plan in the scene: choose one in the step Access.")

    def assess(self, inputs: Any, planName: str) -> Any:
        """Assess the plan as it lies in the scene, and show its zones."""
        from boneir.gui.records import Outcome
        from boneir.scene.build import show_plan

        plan, assessment = self._assessed(self.caseOf(inputs), planName)
        show_plan(slicer.mrmlScene, plan, assessment)
        return Outcome(measures=assessment.measures, findings=assessment.findings, plan_uid=plan.uid)

    def _assessed(self, case: Any, planName: str) -> tuple[Any, Any]:
        from boneir.assess import assess
        from boneir.errors import PlanError

        plan = self.planNow(planName)
        if plan is None:
            raise PlanError("There is no plan in the scene: choose one first.")
        return plan, assess(case, plan)

    def writeReport(self, inputs: Any, planName: str, folder: Path, withPictures: bool) -> str:
        """Write the report of the plan as it lies in the scene; give the path of its page."""
        from boneir.report.write import write_report
        from boneir.scene.pictures import pictures_of

        case = self.caseOf(inputs)
        plan, assessment = self._assessed(case, planName)
        pictures, findings = pictures_of(case, plan, assessment) if withPictures else ((), ())
        return str(write_report(case, plan, assessment, pictures, Path(folder), findings=findings).html)

    def placePoint(self, seed: Any) -> Any:
        """Let the user click one point into a slice view; give the node that takes it."""
        seed = seed or slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", _("Lesion point"))
        seed.RemoveAllControlPoints()
        markups = slicer.modules.markups.logic()
        markups.SetActiveList(seed)
        markups.StartPlaceMode(False)
        return seed

    def showPlace(self, place: Any) -> None:
        """Move the slice views to a place, where there is one."""
        from boneir.scene.ras import to_ras

        if place is not None:
            slicer.modules.markups.logic().JumpSlicesToLocation(*to_ras(place), True)

    def hasPoint(self, seed: Any) -> bool:
        """Whether a point was placed."""
        return seed is not None and seed.GetNumberOfDefinedControlPoints() > 0

    def hasSegment(self, outlines: Any, name: str) -> bool:
        """Whether the outlines have a segment of that name."""
        return outlines is not None and bool(outlines.GetSegmentation().GetSegmentIdBySegmentName(name))

    def segmentNames(self, outlines: Any) -> list[str]:
        """Names of the segments of the outlines."""
        segmentation = outlines.GetSegmentation() if outlines is not None else None
        count = segmentation.GetNumberOfSegments() if segmentation is not None else 0
        return [segmentation.GetNthSegment(index).GetName() for index in range(count)]


class BoneIRPlannerWidget(GuidedModuleWidget):
    """The panel of the module."""

    def makeLogic(self) -> BoneIRPlannerLogic:
        return BoneIRPlannerLogic()

    def stepClasses(self) -> list[type]:
        from boneir.gui.access_step import AccessStep
        from boneir.gui.effect_step import EffectStep
        from boneir.gui.images_step import ImagesStep
        from boneir.gui.lesion_step import LesionStep
        from boneir.gui.report_step import ReportStep
        from boneir.gui.review_step import ReviewStep

        return [ImagesStep, LesionStep, AccessStep, EffectStep, ReviewStep, ReportStep]


class BoneIRPlannerTest(ScriptedLoadableModuleTest):
    """What "Reload and Test" runs in the application."""

    def setUp(self) -> None:
        slicer.mrmlScene.Clear()

    def test_a_synthetic_patient_is_outlined(self) -> None:
        """From an image in the scene to outlines beside it, with the image untouched."""
        from boneir.gui.records import Inputs
        from boneir.scene.volume import show_image
        from boneir.training.synthetic_patient import synthetic_patient

        image = synthetic_patient(seed=0, spacing_mm=(3.0, 3.0, 4.0)).image
        volume = show_image(slicer.mrmlScene, image)
        logic = BoneIRPlannerLogic()
        outlines, outcome = logic.outline(Inputs(volume, None))
        assert {"body", "bone", "spinal_canal"} <= set(logic.segmentNames(outlines))
        assert "case.absent" in {finding.code for finding in outcome.findings}
        assert logic.caseOf(Inputs(volume, outlines)).image.uid == image.uid
