"""The synthetic patient is offered in Sample Data, and made when asked for."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def offered(module: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the module registers when the application has started; as strict as Slicer's own in what it takes."""
    import slicer

    kept: dict[str, Any] = {}

    class SampleDataLogic:
        @staticmethod
        def registerCustomSampleDataCategory(category: str, title: str) -> None:
            kept[category] = title

        @staticmethod
        def registerCustomSampleDataSource(
            category: str, sampleName: str, uris: str, nodeNames: str, customDownloader: Any
        ) -> None:
            assert isinstance(uris, str)
            kept[sampleName] = (category, customDownloader)

    stand_in = types.ModuleType("SampleData")
    stand_in.SampleDataLogic = SampleDataLogic  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "SampleData", stand_in)
    slicer.app.startupCompleted.emit()
    return kept


def test_the_patient_is_offered_and_made(offered: dict[str, Any], scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import slicer

    from boneir.training import demo_patient

    assert offered["BoneIRPlanner"] == "Bone IR Planner"
    category, make = offered["Synthetic patient"]
    assert category in offered
    whole = demo_patient.demo_patient
    small = whole(seed=0, spacing_mm=(4.0, 4.0, 5.0))
    monkeypatch.setattr(demo_patient, "demo_patient", lambda seed: small)
    node = make(None)
    assert node.GetName() == "Synthetic patient"
    assert scene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode") is node
    assert np.array_equal(slicer.util.arrayFromVolume(node), small.image.voxels)


def test_a_patient_that_cannot_be_made_is_told_in_one_sentence(
    offered: dict[str, Any], scene: Any, monkeypatch: pytest.MonkeyPatch, refusals: list[str]
) -> None:
    from boneir.errors import ImageError
    from boneir.training import demo_patient

    def refuse(seed: int) -> None:
        raise ImageError("The grid shows no vertebra.")

    monkeypatch.setattr(demo_patient, "demo_patient", refuse)
    assert offered["Synthetic patient"][1](None) is None
    assert refusals == ["The grid shows no vertebra."]
