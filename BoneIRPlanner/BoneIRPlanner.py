"""Guided planning of image-guided treatment of bone metastases: images, lesion, access, effect, review, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import slicer
import vtk
from slicer import (
    vtkMRMLMarkupsClosedCurveNode,
    vtkMRMLMarkupsFiducialNode,
    vtkMRMLScalarVolumeNode,
    vtkMRMLSegmentationNode,
)
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Default, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from boneir.gui.choices import PositionChoice, SkinColour, StepName, TechniqueChoice
from boneir.gui.guided_widget import GuidedModuleWidget
from boneir.gui.planner_logic import PlannerLogic


class BoneIRPlanner(ScriptedLoadableModule):
    """What Slicer shows of the module in its menus."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Bone IR Planner")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Planning")]
        parent.dependencies = [
            "Markups",
            "SegmentEditor",
            "Segmentations",
            "SubjectHierarchy",
            "Terminologies",
            "Volumes",
        ]
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
        from boneir.gui.register_effect import register_effect
        from boneir.gui.register_hierarchy import register_hierarchy
        from boneir.gui.register_terminology import register_terminology
        from boneir.gui.sample_data import register_sample_data

        register_sample_data()
        register_effect()
        register_hierarchy()
        register_terminology()


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
    entryCurve: vtkMRMLMarkupsClosedCurveNode
    proposal: str
    planName: str
    assessments: str
    approver: str
    followNeedle: bool = False
    skinColour: SkinColour = SkinColour.SCORE
    viewDepthMm: Annotated[float, WithinRange(0, 300)] = 0.0
    reportFolder: Annotated[Path, Default(generator=Path.home)]
    withPictures: bool = True
    reportFile: str
    reportedPlan: str


class BoneIRPlannerLogic(PlannerLogic, ScriptedLoadableModuleLogic):  # type: ignore[misc]
    """Runs the library on nodes, and knows the parameter node."""

    def __init__(self) -> None:
        ScriptedLoadableModuleLogic.__init__(self)
        PlannerLogic.__init__(self)

    def getParameterNode(self) -> BoneIRPlannerParameterNode:
        return BoneIRPlannerParameterNode(super().getParameterNode())

    def chooseDefaults(self, parameters: BoneIRPlannerParameterNode) -> None:
        """Choose the only image of a scene, and the first plan where the chosen one has gone."""
        if parameters.inputVolume is None and slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 1:
            volume = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
            if volume.GetImageData() is not None:
                parameters.inputVolume = volume
        if self.planPage(parameters.planName) is None:
            pages = self.planPages()
            parameters.planName = pages[0].name if pages else ""

    def watchedBy(self, parameters: BoneIRPlannerParameterNode) -> list[tuple[Any, Any]]:
        """(node, event) of what changes the state of the panel besides the parameter node."""
        found = []
        if parameters.seed is not None:
            markups = slicer.vtkMRMLMarkupsNode
            events = (markups.PointPositionDefinedEvent, markups.PointPositionUndefinedEvent)
            found += [(parameters.seed, event) for event in events]
        if parameters.outlines is not None:
            segmentation = slicer.vtkSegmentation
            events = (
                segmentation.SegmentAdded,
                segmentation.SegmentRemoved,
                segmentation.SegmentModified,
                segmentation.SourceRepresentationModified,
            )
            found += [(parameters.outlines.GetSegmentation(), event) for event in events]
        if self.desk.has_node():
            found.append((self.desk.node(), vtk.vtkCommand.ModifiedEvent))
        return found


class BoneIRPlannerWidget(GuidedModuleWidget):
    """The panel of the module."""

    def makeLogic(self) -> BoneIRPlannerLogic:
        return BoneIRPlannerLogic()

    def setup(self) -> None:
        GuidedModuleWidget.setup(self)
        from boneir.gui.shortcuts import add_shortcuts

        add_shortcuts(self)

    def makeCompanions(self) -> list[Any]:
        from boneir.gui.needle_bar import NeedleBar

        self.needleBar = NeedleBar(self)
        return [self.needleBar]

    def onNeedlesStopped(self) -> None:
        """A needle was moved and put down: the plan is edited by it, and what takes longer is computed now."""
        from boneir.gui.effect_step import EffectStep
        from boneir.gui.work import work

        said = ""
        with work(_("The move could not be taken in.")):
            said = self.logic.takeMoves()
            next(step for step in self.steps if isinstance(step, EffectStep)).predict_again()
            self.needleBar.afterStop()
        self.say(said)

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

    def test_computations_hold_on_this_machine(self) -> None:
        """Errors in mm and seconds against closed forms."""
        from boneir.gui.self_check import check_this_machine

        check_this_machine(print)
