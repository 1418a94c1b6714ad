"""The segment editor's effect "Bone lesion": registered as Slicer does, clicked with, over the editor's real logic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from editor_desk import Desk, forget_effects, registered_effect

CENTRE_LPS = (-3.5, -4.2, 98.5)
DIAMETER_MM = 22.0


@pytest.fixture(scope="module")
def implanted() -> Any:
    """A CT of the synthetic patient with a lytic lesion of known extent in L3."""
    from boneir.mask import Mask
    from boneir.training.implant import implant_lesion
    from boneir.training.synthetic_patient import synthetic_patient

    patient = synthetic_patient(seed=0, spacing_mm=(2.0, 2.0, 2.5))
    bone = patient.labels["vertebra_L3"]
    assert isinstance(bone, Mask)
    return implant_lesion(patient.image, CENTRE_LPS, DIAMETER_MM, "lytic", bone=bone), patient


@pytest.fixture
def effect(stand_ins: None, module: Any, scene: Any) -> Iterator[Any]:
    yield registered_effect()
    forget_effects()


@pytest.fixture
def desk(effect: Any, scene: Any, implanted: Any) -> Desk:
    from boneir.case import Case, Role, Structure
    from boneir.scene.build import show_outlines
    from boneir.scene.volume import show_image

    made, patient = implanted
    volume = show_image(scene, made.image)
    bone = Structure("vertebra_L3", Role.BONE, patient.labels["vertebra_L3"], "vertebra_L3", "truth")
    outlines = show_outlines(scene, Case(made.image, (bone,)), volume)
    outlines.GetSegmentation().AddEmptySegment("mine", "Lesion of mine")
    desk = Desk(scene, effect, volume, outlines, "mine")
    desk.grid = made.image.grid
    return desk


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def test_slicer_finds_it_by_its_name_and_can_clone_it(effect: Any) -> None:
    assert (effect.name, effect.title, effect.perSegment) == ("Bone lesion", "Bone lesion", True)
    python = effect.self()
    assert not python.icon().isNull()
    assert "Click inside a bone lesion" in python.helpText()
    other = python.clone()
    assert other is not effect
    assert other.name == "Bone lesion"
    assert type(other.self()).__module__ == "boneir_effects"


def test_a_click_grows_the_lesion_and_leaves_bone_and_image_as_they_were(
    desk: Desk, implanted: Any, refusals: list[str]
) -> None:
    from boneir.scene.changes import Fingerprints
    from boneir.scene.segments import tags_of

    truth = implanted[0].mask.full()
    bone = desk.outlines.GetSegmentation().GetSegment("vertebra_L3")
    volume, before = desk.node.GetSourceVolumeNode(), desk.voxels(bone)
    image = Fingerprints().of(volume)
    mode = desk.node.GetOverwriteMode()
    assert desk.scribble(CENTRE_LPS)
    assert not refusals
    assert dice(desk.voxels(), truth) > 0.8
    assert (before & truth).any()
    assert (desk.voxels(bone) == before).all()
    assert Fingerprints().of(volume) == image
    assert desk.node.GetOverwriteMode() == mode
    assert tags_of(desk.outlines.GetSegmentation().GetSegment("mine"))["what"] == "lesion"
    assert not desk.effect._actors
    text = desk.effect.self().resultText.text
    assert "\u00a0mL; surely " in text
    assert desk.effect.self().againButton.enabled


def test_scribbles_put_it_right_and_starting_over_empties_it(desk: Desk, refusals: list[str]) -> None:
    python = desk.effect.self()
    desk.scribble(CENTRE_LPS)
    grown = desk.voxels()
    kji = np.argwhere(grown)
    far = desk.grid.to_mm(kji[kji[:, 2].argmax()][::-1])
    python.kindButtons[next(c for c in python.kindButtons if c.value == "outside")].checked = True
    assert desk.effect.parameter("Mark") == "outside"
    near = [far + np.array([dx, 0.0, 0.0]) for dx in (-3.0, -2.5, 0.0)]
    desk.scribble(*near)
    smaller = desk.voxels()
    assert not refusals
    assert smaller.sum() < grown.sum()
    assert not smaller[tuple(np.rint(desk.grid.to_ijk(near[0])).astype(int)[::-1])]
    python.againButton.click()
    assert not desk.voxels().any()
    assert not python.againButton.enabled
    assert python.resultText.text == ""


def test_the_first_mark_has_to_lie_inside(desk: Desk, refusals: list[str]) -> None:
    desk.effect.setParameter("Mark", "border")
    desk.effect.self().updateGUIFromMRML()
    desk.scribble(CENTRE_LPS)
    assert refusals == ["Click inside the lesion first."]
    assert not desk.voxels().any()


def test_a_click_outside_of_bone_is_refused_and_forgotten(desk: Desk, refusals: list[str]) -> None:
    desk.scribble((-60.0, -60.0, 98.5))
    assert len(refusals) == 1
    assert not desk.effect.self().againButton.enabled
    desk.scribble(CENTRE_LPS)
    assert desk.voxels().any()


def test_marks_of_one_segment_are_not_those_of_another(desk: Desk) -> None:
    desk.scribble(CENTRE_LPS)
    desk.outlines.GetSegmentation().AddEmptySegment("other", "Other lesion")
    desk.node.SetSelectedSegmentID("other")
    desk.effect.self().updateGUIFromMRML()
    assert not desk.effect.self().againButton.enabled
    desk.node.SetSelectedSegmentID("mine")
    desk.effect.self().updateGUIFromMRML()
    assert desk.effect.self().againButton.enabled


def test_it_grows_where_a_transform_moves_image_and_outlines(desk: Desk, scene: Any, implanted: Any) -> None:
    import vtk

    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    turned = vtk.vtkTransform()
    turned.Translate(12.0, -7.0, 30.0)
    turned.RotateZ(20.0)
    transform.SetMatrixTransformToParent(turned.GetMatrix())
    for node in (desk.node.GetSourceVolumeNode(), desk.outlines):
        node.SetAndObserveTransformNodeID(transform.GetID())
    x, y, z = turned.TransformPoint(-CENTRE_LPS[0], -CENTRE_LPS[1], CENTRE_LPS[2])
    desk.scribble((-x, -y, z))
    assert dice(desk.voxels(), implanted[0].mask.full()) > 0.8


def test_other_buttons_and_views_stay_as_they_are(desk: Desk) -> None:
    import vtk

    assert not desk.scribble(CENTRE_LPS, shift=1)
    python, interactor = desk.effect.self(), vtk.vtkGenericRenderWindowInteractor()
    for event in (vtk.vtkCommand.RightButtonPressEvent, vtk.vtkCommand.MouseMoveEvent):
        assert not python.processInteractionEvents(interactor, event, desk.view)
    in_space = SimpleNamespace(className=lambda: "qMRMLThreeDWidget")
    assert not python.processInteractionEvents(interactor, vtk.vtkCommand.LeftButtonPressEvent, in_space)
    assert not desk.voxels().any()


def test_leaving_the_effect_takes_its_line_away(desk: Desk) -> None:
    import vtk

    python, interactor = desk.effect.self(), vtk.vtkGenericRenderWindowInteractor()
    python.processInteractionEvents(interactor, vtk.vtkCommand.LeftButtonPressEvent, desk.view)
    assert desk.effect._actors
    python.deactivate()
    assert not desk.effect._actors


def test_undo_of_the_editor_takes_the_last_growth_back(desk: Desk) -> None:
    desk.scribble(CENTRE_LPS)
    assert desk.voxels().any()
    desk.logic.Undo()
    assert not desk.voxels().any()


def test_bone_is_found_once_where_no_segment_is_bone(
    desk: Desk, implanted: Any, refusals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from boneir.case import Role, Structure

    asked = []

    def outlined(image: Any) -> Any:
        asked.append(image.uid)
        return (Structure("bone", Role.BONE, implanted[1].labels["vertebra_L3"], "bone", "found"),), ()

    monkeypatch.setattr("boneir.anatomy.outline.outline_structures", outlined)
    desk.outlines.GetSegmentation().RemoveSegment("vertebra_L3")
    for _ in range(2):
        desk.scribble(CENTRE_LPS)
    assert not refusals
    assert asked == [implanted[0].image.uid]
    assert dice(desk.voxels(), implanted[0].mask.full()) > 0.8
    assert desk.outlines.GetSegmentation().GetNumberOfSegments() == 1


def test_its_icon_is_of_the_size_that_slicer_shows() -> None:
    import qt

    file = Path(__file__).resolve().parents[2] / "BoneIRPlanner" / "Resources" / "Icons" / "BoneLesion.png"
    icon = qt.QImage(str(file))
    assert (icon.width(), icon.height()) == (128, 128)
