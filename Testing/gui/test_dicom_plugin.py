"""The DICOM module is offered series to plan on with what is doubtful in them, and plans that were stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from by_hand import plan


@pytest.fixture
def plugin(module: Any, scene: Any, tmp_path: Path) -> Iterator[Any]:
    import slicer

    from standins.application import load_module
    from standins.dicom import ctkDICOMDatabase

    del slicer.modules.dicomPlugins  # as where this module is found before the one of Slicer
    described = load_module(Path(module.path).with_name("BoneIRDICOMPlugin.py"))
    assert described.hidden
    before, slicer.dicomDatabase = slicer.dicomDatabase, ctkDICOMDatabase()
    yield slicer.modules.dicomPlugins["BoneIRDICOMPlugin"]()
    slicer.dicomDatabase = before


@pytest.fixture
def series(image: Any, tmp_path: Path) -> list[str]:
    """The files of a CT."""
    import slicer

    from boneir.image.dicom_write import write_ct_series

    paths = write_ct_series(image, tmp_path / "ct", series_description="Spine 1.0")
    slicer.dicomDatabase._add(tmp_path / "ct")
    return [str(path) for path in paths]


def test_a_series_is_offered_and_loaded_digit_for_digit(plugin: Any, series: list[str], scene: Any, image: Any) -> None:
    import slicer

    from boneir.scene.volume import image_from_node

    (offer,) = plugin.examineForImport([series])
    assert plugin.loadType == "Bone IR Planner"
    assert offer.name == "Spine 1.0, to plan on"
    nk, nj, ni = image.grid.shape
    assert f"{ni} x {nj} x {nk} voxels of 3.00 x 3.00 x 4.00 mm" in offer.tooltip
    assert offer.warning.startswith("The slices stand 4.00 mm apart")
    assert (offer.selected, offer.confidence < 0.5) == (False, True)
    assert sorted(offer.files) == sorted(series)
    assert plugin.load(offer)
    node = scene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
    loaded, findings = image_from_node(node)
    assert (loaded.voxels == image.voxels).all()
    assert loaded.source.series_description == "Spine 1.0"
    assert [item.text for item in findings] == [offer.warning]
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    names = slicer.vtkMRMLSubjectHierarchyConstants
    item = hierarchy.GetItemByDataNode(node)
    assert hierarchy.GetItemUID(item, names.GetDICOMUIDName()) == loaded.source.series_uid
    assert hierarchy.GetItemAttribute(item, names.GetDICOMSeriesModalityAttributeName()) == "CT"


def test_what_is_doubtful_is_said_before_loading_and_goes_with_the_image(
    plugin: Any, series: list[str], scene: Any
) -> None:
    from pydicom import dcmread

    from boneir.scene.volume import image_from_node

    for file in series:
        data = dcmread(file)
        data.LossyImageCompression = "01"
        data.save_as(file)
    (offer,) = plugin.examineForImport([series])
    lines = offer.warning.splitlines()
    assert len(lines) == 2
    assert any("compressed with loss" in line for line in lines)
    assert all(line in offer.tooltip for line in lines)
    assert plugin.load(offer)
    _image, findings = image_from_node(scene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode"))
    assert set(lines) <= {item.text for item in findings}


def test_series_that_nothing_can_be_planned_on_are_not_offered(plugin: Any, series: list[str], tmp_path: Path) -> None:
    (tmp_path / "note.dcm").write_text("no DICOM")
    assert plugin.examineForImport([series[:2]]) == []
    assert plugin.examineForImport([[str(tmp_path / "note.dcm")]]) == []


def test_a_stored_plan_is_loaded_unasked_and_names_its_image(
    plugin: Any, series: list[str], scene: Any, image: Any, tmp_path: Path
) -> None:
    import slicer
    from pydicom import dcmread

    from boneir.gui.dicom_offers import load_image
    from boneir.image.dicom_plan import write_plan
    from boneir.scene.marks import Part, marked
    from boneir.scene.plan_desk import PlanDesk
    from boneir.scene.volume import image_from_node

    source = image_from_node(load_image(series))[0].source
    made = plan(image, "plan-1", "right transpedicular L3", (-45.0, 90.0, 100.0))
    file = write_plan(made, source, tmp_path / "plan.dcm", date="20250131")
    (offer,) = plugin.examineForImport([[str(file)]])
    assert (offer.name, offer.selected, offer.confidence) == ("Plan plan-1", True, 1.0)
    assert "right transpedicular L3" in offer.tooltip
    assert set(offer.referencedInstanceUIDs) == {str(dcmread(path).SOPInstanceUID) for path in series}
    assert plugin.load(offer)
    desk = PlanDesk(scene)
    assert desk.plan("plan-1") == made
    assert len(list(marked(scene, Part.LINE, "plan-1"))) == 1
    assert plugin.load(offer)
    names = desk.book.names
    assert len(names) == 2
    assert replace(desk.plan(names[1]), name="plan-1") == made
    assert slicer.mrmlScene is scene


def test_what_cannot_be_loaded_is_said_in_a_sentence(
    plugin: Any, series: list[str], scene: Any, refusals: list[str]
) -> None:
    (offer,) = plugin.examineForImport([series])
    offer.files = [*series[:10], series[12]]
    Path(series[12]).write_bytes(b"\0" * 10)
    assert not plugin.load(offer)
    assert len(refusals) == 1
    assert refusals[0].endswith(".")
    assert scene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode") is None


def test_a_plan_that_the_report_step_stores_is_offered_again(
    plugin: Any, planned: Any, scene: Any, tmp_path: Path, refusals: list[str]
) -> None:
    (tmp_path / "out").mkdir()
    planned.parameters.reportFolder = tmp_path / "out"
    planned.showStep(next(step.name for step in planned.steps if step.name.value == "report"))
    planned.steps[-1].ui.storeButton.click()
    assert not refusals
    assert planned.ui.statusLabel.text.startswith("The plan was stored as plan-1.dcm.")
    (offer,) = plugin.examineForImport([[str(tmp_path / "out" / "plan-1.dcm")]])
    kept = planned.logic.planNow("plan-1")
    assert plugin.load(offer)
    name = planned.logic.planPages()[-1].name
    assert replace(planned.logic.planNow(name), name="plan-1") == kept


def test_a_pet_is_offered_for_looking_not_for_planning(plugin: Any, series: list[str]) -> None:
    from boneir.gui.dicom_offers import _image_offer
    from boneir.image.series import series_of

    (found,) = series_of(Path(file) for file in series)
    assert _image_offer(replace(found, modality="PT")).name == "Spine 1.0, to lay over a plan"
    assert _image_offer(replace(found, modality="MR")).name == "Spine 1.0, to plan on"
