"""Step 1: which image is planned on, and what is outlined on it."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from ..findings import Finding, worst_first
from .choices import StepName
from .other_outliners import has_outliner, outlines_of_total_segmentator
from .records import Inputs, image_outcome, written
from .step import Step
from .tables import places_of, show_findings, show_text
from .wording import outline_words
from .work import work


class ImagesStep(Step):
    """Choose the image, have outlined what is not outlined yet."""

    name = StepName.IMAGES
    file = "ImagesStep.ui"

    def title(self) -> str:
        return _("Images")

    def connect(self) -> None:
        self.ui.outlineButton.connect("clicked()", self.onOutline)
        self.ui.otherButton.connect("clicked()", self.onOther)
        self.ui.imageFindingsTable.connect("cellClicked(int,int)", self.onFinding)

    def refresh(self) -> None:
        self.ui.outlineButton.enabled = self.parameters.inputVolume is not None
        self.ui.otherButton.visible = has_outliner(slicer.modules)
        self.ui.otherButton.enabled = self.ui.outlineButton.enabled
        show_text(self.ui.structuresText, outline_words(self.logic.segmentNames(self.parameters.outlines)))
        show_findings(self.ui.imageFindingsTable, self._findings())

    def missing(self) -> str:
        if self.parameters.inputVolume is None:
            return _("Load a CT with Add Data or the DICOM module, then choose it as the planning image.")
        if self.parameters.outlines is None:
            return _("Nothing is outlined yet: outline the image, or choose a segmentation of it.")
        return ""

    def onOutline(self) -> None:
        with work(_("The image could not be outlined.")):
            node, outcome = self.logic.outline(Inputs(self.parameters.inputVolume, self.parameters.outlines))
            self.parameters.outlines = node
            self.parameters.imageOutcome = written(outcome)

    def onOther(self) -> None:
        with work(_("The other extension could not outline the image.")):
            self.parameters.outlines = outlines_of_total_segmentator(self.parameters.inputVolume)

    def onFinding(self, row: int) -> None:
        self.logic.showPlace(places_of(self._findings())[row])

    def _findings(self) -> tuple[Finding, ...]:
        from ..scene.read_back import drawn_elsewhere

        here = drawn_elsewhere(self.parameters.outlines, self.parameters.inputVolume)
        return worst_first(dict.fromkeys((*here, *image_outcome(self.parameters).findings)))
