"""Practice: cases whose truth is hidden, a clock, and a score against the best plans."""

from __future__ import annotations

from typing import Any

import slicer
from slicer import vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from boneir.gui.training_logic import TrainingLogic
from boneir.gui.training_panel import TrainingPanel


class BoneIRTraining(ScriptedLoadableModule):
    """What Slicer shows of the module in its menus."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Bone IR Training")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Planning")]
        parent.dependencies = ["BoneIRPlanner", "Markups", "Segmentations", "Volumes"]
        parent.contributors = ["The BoneIRPlanner contributors"]
        parent.helpText = _(
            "Practice cases for planning: synthetic patients whose lesion is not shown. A plan made with Bone IR"
            " Planner is timed and scored against the best ones. For training; it is not a medical device."
        )
        parent.acknowledgementText = _("Built on 3D Slicer.")


@parameterNodeWrapper
class BoneIRTrainingParameterNode:
    """All state of the module. The score is JSON text, so that a saved scene opens as it was."""

    exercise: str = "iliac-sclerotic"
    begun: str
    practiceVolume: vtkMRMLScalarVolumeNode
    startedS: float
    takenS: float
    traineePlan: str
    sheet: str


class BoneIRTrainingLogic(TrainingLogic, ScriptedLoadableModuleLogic):  # type: ignore[misc]
    """Runs the library on the scene, and knows the parameter node."""

    def __init__(self) -> None:
        ScriptedLoadableModuleLogic.__init__(self)
        TrainingLogic.__init__(self)

    def getParameterNode(self) -> BoneIRTrainingParameterNode:
        return BoneIRTrainingParameterNode(super().getParameterNode())

    def chooseDefaults(self, parameters: BoneIRTrainingParameterNode) -> None:
        """Nothing needs to be chosen: the panel shows the first plan where the chosen one has gone."""

    def watchedBy(self, _parameters: BoneIRTrainingParameterNode) -> list[tuple[Any, Any]]:
        """(node, event) of what changes the state of the panel besides the parameter node."""
        return [(self.desk.node(), "ModifiedEvent")] if self.desk.has_node() else []


class BoneIRTrainingWidget(TrainingPanel):
    """The panel of the module."""

    def makeLogic(self) -> BoneIRTrainingLogic:
        return BoneIRTrainingLogic()


class BoneIRTrainingTest(ScriptedLoadableModuleTest):
    """What "Reload and Test" runs in the application."""

    def setUp(self) -> None:
        slicer.mrmlScene.Clear()

    def test_computations_hold_on_this_machine(self) -> None:
        """Errors in mm and seconds against closed forms."""
        from boneir.gui.self_check import check_this_machine

        check_this_machine(print)
