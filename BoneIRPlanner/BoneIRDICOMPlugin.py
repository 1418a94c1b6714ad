"""What Slicer's DICOM module loads with BoneIRPlanner: series to plan on, with their findings, and stored plans."""

from __future__ import annotations

from typing import Any

import slicer
from DICOMLib import DICOMPlugin
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import ScriptedLoadableModule


class BoneIRDICOMPluginClass(DICOMPlugin):  # type: ignore[misc]
    """Examines the files of a series, and loads what the user chooses."""

    def __init__(self) -> None:
        DICOMPlugin.__init__(self)
        self.loadType = _("Bone IR Planner")

    def examineFiles(self, files: list[str]) -> list[Any]:
        from boneir.gui.dicom_offers import offers

        found = []
        for offer in offers(files):
            loadable = slicer.qSlicerDICOMLoadable()
            loadable.files = list(offer.files)
            loadable.name = offer.name
            loadable.tooltip = offer.tooltip
            loadable.warning = offer.warning
            loadable.confidence = offer.confidence
            loadable.selected = offer.selected
            if offer.series_uid:
                referenced = slicer.dicomDatabase.filesForSeries(offer.series_uid)
                tag = self.tags["instanceUID"]
                loadable.referencedInstanceUIDs = [slicer.dicomDatabase.fileValue(file, tag) for file in referenced]
            found.append(loadable)
        return found

    def load(self, loadable: Any) -> bool:
        from boneir.gui.dicom_offers import is_plan, load_image, load_plan
        from boneir.gui.work import work

        with work(_("The series could not be loaded.")):
            if is_plan(loadable.files):
                load_plan(loadable.files[0])
            else:
                self.addSeriesInSubjectHierarchy(loadable, load_image(loadable.files))
            return True
        return False


class BoneIRDICOMPlugin(ScriptedLoadableModule):
    """A hidden module: the plugin shows in the DICOM module only."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Bone IR DICOM plugin")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Planning")]
        parent.dependencies = ["BoneIRPlanner"]
        parent.contributors = ["The BoneIRPlanner contributors"]
        parent.helpText = _("Offers series to plan on, with what is doubtful in them, and stored plans.")
        parent.acknowledgementText = _("Built on 3D Slicer.")
        parent.hidden = True
        # This may be found before the DICOM module itself, which makes the list otherwise.
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["BoneIRDICOMPlugin"] = BoneIRDICOMPluginClass
