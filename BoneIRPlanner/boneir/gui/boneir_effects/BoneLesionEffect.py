"""The segment editor's effect "Bone lesion": a lesion grows from a click, and is put right by clicks and scribbles.

Slicer loads this file by its path, so that it knows the library by its full name only.
"""
# ruff: noqa: N999

from __future__ import annotations

from typing import Any

import qt
import slicer
import vtk
from SegmentEditorEffects import AbstractScriptedSegmentEditorEffect
from slicer.i18n import tr as _

from boneir.gui.icons import icon
from boneir.gui.lesion_growing import LesionGrowing
from boneir.gui.lesion_marks import LesionMarks, MarkChoice, marks_from
from boneir.gui.scribble import Scribble
from boneir.gui.work import work

_MARKS, _KIND, _NONE = "Marks", "Mark", "{}"
"""Parameters of the effect in the node of the editor, and no marks: Slicer does not keep an empty text."""


class BoneLesionEffect(AbstractScriptedSegmentEditorEffect):  # type: ignore[misc]
    """Lets the selected segment be the lesion around the marks."""

    def __init__(self, scriptedEffect: Any) -> None:
        scriptedEffect.name = "Bone lesion"  # effects are found by name: it is not translated
        scriptedEffect.title = _("Bone lesion")
        scriptedEffect.perSegment = True
        AbstractScriptedSegmentEditorEffect.__init__(self, scriptedEffect)
        self.growing = LesionGrowing()
        self.scribble: Scribble | None = None

    def clone(self) -> Any:
        import qSlicerSegmentationsEditorEffectsPythonQt as effects  # noqa: N813

        made = effects.qSlicerSegmentEditorScriptedEffect(None)
        made.setPythonSource(__file__.replace("\\", "/"))
        return made

    def icon(self) -> qt.QIcon:
        return icon("BoneLesion")

    def helpText(self) -> str:
        return _(
            "Click inside a bone lesion: its outline grows, held back by bone. Click or scribble inside or outside of"
            " it, or click on its border, to put it right. The other segments say where bone is; where none is bone,"
            " it is found in the image."
        )

    def setupOptionsFrame(self) -> None:
        self.kindButtons = {choice: qt.QRadioButton(choice.label()) for choice in MarkChoice}
        row = qt.QHBoxLayout()
        for radio in self.kindButtons.values():
            row.addWidget(radio)
            radio.connect("toggled(bool)", self.updateMRMLFromGUI)
        self.scriptedEffect.addLabeledOptionsWidget(_("The next mark is:"), row)
        self.againButton = qt.QPushButton(_("Start over"))
        self.againButton.toolTip = _("Forget every mark of this segment, and empty it.")
        self.againButton.connect("clicked()", self.onAgain)
        self.scriptedEffect.addOptionsWidget(self.againButton)
        self.resultText = qt.QLabel()
        self.resultText.wordWrap = True
        self.scriptedEffect.addOptionsWidget(self.resultText)

    def setMRMLDefaults(self) -> None:
        self.scriptedEffect.setParameterDefault(_KIND, MarkChoice.INSIDE.value)
        self.scriptedEffect.setParameterDefault(_MARKS, _NONE)

    def updateGUIFromMRML(self) -> None:
        for choice, radio in self.kindButtons.items():
            before = radio.blockSignals(True)
            radio.checked = choice is self._kind()
            radio.blockSignals(before)
        self.againButton.enabled = bool(self._marks().inside_mm)

    def updateMRMLFromGUI(self) -> None:
        for choice, radio in self.kindButtons.items():
            if radio.checked:
                self.scriptedEffect.setParameter(_KIND, choice.value)

    def deactivate(self) -> None:
        self._drop()
        self.resultText.text = ""

    def processInteractionEvents(self, callerInteractor: Any, eventId: int, viewWidget: Any) -> bool:
        if viewWidget.className() != "qMRMLSliceWidget":
            return False
        keys = (callerInteractor.GetShiftKey(), callerInteractor.GetControlKey(), callerInteractor.GetAltKey())
        if eventId == vtk.vtkCommand.LeftButtonPressEvent and not any(keys):
            self._drop()
            self.scribble = Scribble(self.scriptedEffect, viewWidget)
        elif self.scribble is None or self.scribble.view is not viewWidget:
            return False
        if eventId in (vtk.vtkCommand.LeftButtonPressEvent, vtk.vtkCommand.MouseMoveEvent):
            xy = callerInteractor.GetEventPosition()
            self.scribble.add(xy, self.xyToRas(xy, viewWidget))
            return True
        if eventId == vtk.vtkCommand.LeftButtonReleaseEvent:
            points = self.scribble.points_mm
            self._drop()
            self.onMarked(points)
            return True
        return False

    def onMarked(self, points_mm: Any) -> None:
        """Something was clicked or scribbled: the lesion grows anew from everything that was marked of it."""
        if not self.scriptedEffect.confirmCurrentSegmentVisible():
            return
        node = self.scriptedEffect.parameterSetNode()
        with work(_("The lesion could not be outlined.")):
            marks = self._marks().with_stroke(self._kind(), points_mm)
            grown, text = self.growing.grow(node.GetSourceVolumeNode(), node.GetSegmentationNode(), marks)
            self.scriptedEffect.saveStateForUndo()
            self._write(grown)
            self.scriptedEffect.setParameter(_MARKS, marks.to_text())
            self.resultText.text = text
        self.updateGUIFromMRML()

    def onAgain(self) -> None:
        """Forget every mark, and empty the segment."""
        self.scriptedEffect.saveStateForUndo()
        self._write(None)
        self.scriptedEffect.setParameter(_MARKS, _NONE)
        self.resultText.text = ""
        self.updateGUIFromMRML()

    def _write(self, grown: Any) -> None:
        """Let the segment be the lesion; other segments keep their voxels, because a lesion lies in a bone."""
        from boneir.anatomy.lesion import ORIGIN
        from boneir.scene.segments import call_lesion

        node = self.scriptedEffect.parameterSetNode()
        setting = slicer.qSlicerSegmentEditorAbstractEffect.ModificationModeSet
        modifier = self.scriptedEffect.defaultModifierLabelmap()
        if grown is not None:
            slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(grown, modifier, modifier)
        before = node.GetOverwriteMode()
        blocked = node.StartModify()
        node.SetOverwriteMode(node.OverwriteNone)
        self.scriptedEffect.modifySelectedSegmentByLabelmap(modifier, setting)
        node.SetOverwriteMode(before)
        node.EndModify(blocked)
        call_lesion(node.GetSegmentationNode().GetSegmentation().GetSegment(node.GetSelectedSegmentID()), ORIGIN)

    def _kind(self) -> MarkChoice:
        text = self.scriptedEffect.parameter(_KIND)
        return MarkChoice(text) if text in [choice.value for choice in MarkChoice] else MarkChoice.INSIDE

    def _marks(self) -> LesionMarks:
        node = self.scriptedEffect.parameterSetNode()
        segment = (node.GetSelectedSegmentID() or "") if node is not None else ""
        return marks_from(self.scriptedEffect.parameter(_MARKS)).of(segment)

    def _drop(self) -> None:
        """Take the line of a scribble away."""
        if self.scribble is not None:
            self.scribble.remove()
        self.scribble = None
