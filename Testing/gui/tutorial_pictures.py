"""Makes the pictures of the tutorial from the synthetic patient: ``python Testing/gui/tutorial_pictures.py``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Testing"), str(ROOT / "Testing" / "gui")]
FOLDER = ROOT / "Docs" / "pictures"
PANEL_PX, VIEW_PX = (500, 860), (700, 520)
SPACING_MM = (1.2, 1.2, 1.5)


def main() -> None:
    from standins import install

    install.install()
    from boneir.scene.render_check import why_no_pictures

    if why := why_no_pictures():
        raise SystemExit(why)
    from standins.application import enter_module, load_module, open_module

    FOLDER.mkdir(exist_ok=True)
    load_module(ROOT / "BoneIRPlanner" / "BoneIRPlanner.py")
    widget = open_module("BoneIRPlanner")
    enter_module(widget)
    walk(widget)


def walk(widget: Any) -> None:
    """Go through the steps as a user does, and take a picture at each."""
    import slicer

    from boneir.scene.ras import to_ras
    from boneir.scene.volume import show_image
    from boneir.training.demo_patient import demo_patient

    patient = demo_patient(seed=0, spacing_mm=SPACING_MM)
    colours = slicer.app.applicationLogic().GetColorLogic()
    colours.SetMRMLScene(slicer.mrmlScene)
    colours.AddDefaultColorNodes()
    volume = show_image(slicer.mrmlScene, patient.image, "Synthetic patient")
    volume.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeGrey")
    widget.parameters.inputVolume = volume
    steps = {step.name.value: step.ui for step in widget.steps}
    steps["images"].outlineButton.click()
    panel(widget, "images")
    go(widget, "lesion")
    steps["lesion"].placeButton.click()
    widget.parameters.seed.AddControlPointWorld(to_ras(patient.seed_mm))
    slicer.app.processEvents()
    slicer.app.applicationLogic().GetInteractionNode().SwitchToViewTransformMode()
    widget.parameters.seed.SetDisplayVisibility(False)
    panel(widget, "lesion")
    go(widget, "access")
    steps["access"].proposeButton.click()
    in_space(widget)
    drag_in_slice(widget, volume)
    go(widget, "access")
    panel(widget, "dragged")
    go(widget, "effect")
    steps["effect"].assessButton.click()
    panel(widget, "effect")
    go(widget, "review")
    panel(widget, "review")


def go(widget: Any, name: str) -> None:
    widget.showStep(next(step.name for step in widget.steps if step.name.value == name))


def panel(widget: Any, name: str) -> None:
    """Take a picture of the panel."""
    import slicer

    widget.parent.resize(*PANEL_PX)
    widget.parent.show()
    for _ in range(3):
        slicer.app.processEvents()
    save(widget.parent.grab().toImage(), f"panel-{name}.png")


def save(image: Any, name: str) -> None:
    """Write a picture, as small as PNG can."""
    import qt

    image.convertToFormat(qt.QImage.Format_RGB32).save(str(FOLDER / name), "PNG", 0)


def drag_in_slice(widget: Any, volume: Any) -> None:
    """Drag a needle in the plane that holds it, and take a picture of it in the hand."""
    import slicer
    import vtk

    from boneir.scene.frames import along_frames
    from boneir.scene.ras import to_ras
    from boneir.scene.stage import grabbed
    from mouse import SliceWithMouse

    way = widget.logic.planNow(widget.parameters.planName).probes[0].trajectory
    frame = along_frames(way, VIEW_PX)[0]
    places = (to_ras(frame.centre_mm), to_ras(frame.normal), to_ras(frame.up))
    view = SliceWithMouse(
        slicer.mrmlScene, slicer.app.applicationLogic(), *places, size_px=VIEW_PX, field_mm=frame.width_mm
    )
    view.logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())
    mapper = vtk.vtkImageMapper()
    mapper.SetColorWindow(255)
    mapper.SetColorLevel(127.5)
    mapper.SetInputConnection(view.logic.GetImageDataConnection())
    actor = vtk.vtkActor2D()
    actor.SetMapper(mapper)
    actor.GetProperty().SetDisplayLocationToBackground()
    view.renderer.AddViewProp(actor)
    x, y = view.pixel_of(to_ras(way.tip_mm))
    view.press((x, y))
    for step in range(1, 7):
        view.move((x + 3 * step, y + step))
    picture(grabbed(view.window), "drag.png")
    view.release((x + 18, y + 6))
    widget.needleBar.needles.onStopped()
    view.close()


def in_space(widget: Any) -> None:
    """The coloured skin and the needles, from the side of the entry."""
    import numpy as np
    import slicer

    from boneir.scene.ras import to_ras
    from boneir.scene.stage import grabbed, offscreen_window

    widget.ui.skinMapButton.click()
    window = offscreen_window(VIEW_PX)
    import vtk

    renderer = vtk.vtkRenderer()
    renderer.SetBackground(0.95, 0.95, 0.97)
    renderer.SetUseDepthPeeling(False)
    window.AddRenderer(renderer)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLViewNode", "Tutorial")
    node.SetBoxVisible(False)
    node.SetAxisLabelsVisible(False)
    group = slicer.vtkMRMLDisplayableManagerGroup()
    group.SetRenderer(renderer)
    for name in ("vtkMRMLModelDisplayableManager", "vtkMRMLOrientationMarkerDisplayableManager"):
        manager = getattr(slicer, name)()
        manager.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        group.AddDisplayableManager(manager)
    group.SetMRMLDisplayableNode(node)
    skin = body_around(widget)
    node.SetOrientationMarkerType(node.OrientationMarkerTypeHuman)
    way = widget.logic.planNow(widget.parameters.planName).probes[0].trajectory
    camera = renderer.GetActiveCamera()
    focus = to_ras(np.mean([way.entry_mm, way.tip_mm], axis=0))
    camera.SetFocalPoint(*focus)
    camera.SetPosition(*(focus - 560.0 * to_ras(way.direction) + to_ras((-150.0, 0.0, 120.0))))
    camera.SetViewUp(0.0, 0.0, 1.0)
    renderer.ResetCameraClippingRange()
    picture(grabbed(window), "skin-map.png")
    widget.ui.skinMapButton.click()
    group.SetMRMLDisplayableNode(None)
    for made in (node, skin):
        slicer.mrmlScene.RemoveNode(made)
    window.Finalize()


def body_around(widget: Any) -> Any:
    """The skin of the whole patient, so that the map is seen to lie on somebody; a little below it."""
    import slicer
    from scipy.ndimage import binary_erosion

    from boneir.gui.records import inputs_of
    from boneir.mask import Mask
    from boneir.scene.colours import SKIN
    from boneir.scene.surfaces import surface_of, window_around

    whole = widget.logic.caseOf(inputs_of(widget.parameters)).structure("body").mask
    body = Mask.of(binary_erosion(whole.full(), iterations=3), whole.grid)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "Body")
    node.SetAndObservePolyData(surface_of([body], window_around(body.grid, body.centroid_mm, 1000.0), 3.0))
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetColor(*SKIN)
    return node


def picture(pixels: Any, name: str) -> None:
    """Write the pixels of a view."""
    import qt

    height, width, _ = pixels.shape
    image = qt.QImage(pixels.tobytes(), width, height, 3 * width, qt.QImage.Format_RGB888)
    save(image.copy(), name)  # the picture keeps its own bytes


if __name__ == "__main__":
    main()
