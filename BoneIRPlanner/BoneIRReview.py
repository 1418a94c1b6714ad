"""Review: CT with MR or PET over it, the plan over both, needles one by one, pictures for the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import slicer
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Default, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from boneir.gui.review_logic import MixChoice, ReviewLogic
from boneir.gui.review_panel import ReviewPanel


class BoneIRReview(ScriptedLoadableModule):
    """What Slicer shows of the module in its menus."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Bone IR Review")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Planning")]
        parent.dependencies = ["BoneIRPlanner", "Markups", "Segmentations", "Volumes"]
        parent.contributors = ["The BoneIRPlanner contributors"]
        parent.helpText = _(
            "Shows another image over the planning image, blended, as a checkerboard or by a swipe, registers it and"
            " says how far that can be trusted, and steps through the needles of a plan. It is not a medical device."
        )
        parent.acknowledgementText = _("Built on 3D Slicer.")


@parameterNodeWrapper
class BoneIRReviewParameterNode:
    """All state of the module."""

    fixedVolume: vtkMRMLScalarVolumeNode
    fixedOutlines: vtkMRMLSegmentationNode
    otherVolume: vtkMRMLScalarVolumeNode
    otherOutlines: vtkMRMLSegmentationNode
    throughVolume: vtkMRMLScalarVolumeNode
    mix: MixChoice = MixChoice.BLEND
    mixPercent: Annotated[float, WithinRange(0, 100)] = 50.0
    registration: str
    reviewPlan: str
    needleNumber: int = 0
    showPlan: bool = True
    showZones: bool = True
    showShells: bool = True
    layers: str
    cannula: str
    cementMl: Annotated[float, WithinRange(0, 30)] = 0.0
    firstDay: str
    secondDay: str
    followed: str
    pictureFolder: Annotated[Path, Default(generator=Path.home)]


class BoneIRReviewLogic(ReviewLogic, ScriptedLoadableModuleLogic):  # type: ignore[misc]
    """Runs the library on the scene, and knows the parameter node."""

    def getParameterNode(self) -> BoneIRReviewParameterNode:
        return BoneIRReviewParameterNode(super().getParameterNode())

    def chooseDefaults(self, parameters: BoneIRReviewParameterNode) -> None:
        """Choose the only image of a scene, and what this software outlined in it."""
        if parameters.fixedVolume is None and slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 1:
            parameters.fixedVolume = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
        if parameters.fixedOutlines is None:
            parameters.fixedOutlines = self.outlinesHere()

    def watchedBy(self, _parameters: BoneIRReviewParameterNode) -> list[tuple[Any, Any]]:
        """(node, event) of what changes the state of the panel besides the parameter node."""
        return [(self.desk.node(), "ModifiedEvent")] if self.desk.has_node() else []


class BoneIRReviewWidget(ReviewPanel):
    """The panel of the module."""

    def makeLogic(self) -> BoneIRReviewLogic:
        return BoneIRReviewLogic()


class BoneIRReviewTest(ScriptedLoadableModuleTest):
    """What "Reload and Test" runs in the application."""

    def setUp(self) -> None:
        slicer.mrmlScene.Clear()

    def test_computations_hold_on_this_machine(self) -> None:
        """Errors in mm and seconds against closed forms."""
        from boneir.gui.self_check import check_this_machine

        check_this_machine(print)
