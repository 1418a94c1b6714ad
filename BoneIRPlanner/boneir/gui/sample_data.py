"""A patient to try the module on, in Slicer's Sample Data: made on the spot, so that nothing is downloaded."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from .work import work

CATEGORY = "BoneIRPlanner"
NODE_NAME = "Synthetic patient"


def register_sample_data() -> None:
    """Offer the synthetic patient in the module Sample Data; called when the application has started."""
    import SampleData

    logic = SampleData.SampleDataLogic
    logic.registerCustomSampleDataCategory(CATEGORY, title=_("Bone IR Planner"))
    logic.registerCustomSampleDataSource(
        category=CATEGORY, sampleName=NODE_NAME, uris="", nodeNames=NODE_NAME, customDownloader=make_patient
    )


def make_patient(_source: Any = None) -> Any:
    """Make the synthetic patient with a lytic lesion in L3 and put its CT into the scene.

    Returns
    -------
    vtkMRMLScalarVolumeNode or None
        None where it could not be made; the user is told why.
    """
    from ..scene.volume import show_image
    from ..training.demo_patient import demo_patient

    node = None
    with work(_("The synthetic patient could not be made.")):
        node = show_image(slicer.mrmlScene, demo_patient(seed=0).image, NODE_NAME)
        slicer.util.setSliceViewerLayers(background=node, fit=True)
    return node
