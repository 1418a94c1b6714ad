"""Dragging a needle: from the mouse event to the updated cylinder, zone, numbers and findings."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from calibration import triad_gb_per_s

GROUP = "gui"

MOVES = 200
BAR_MEDIAN_MS, BAR_95_MS = 50.0, 80.0
SPACING_MM = (0.9, 0.9, 1.5)
ROOT = Path(__file__).resolve().parents[2]


def figures() -> list[dict]:
    """Median and 95th percentile of so many moves of the mouse in a slice view, in the panel over slicer-core."""
    from standins import install

    install.install()
    try:
        return _figures()
    finally:
        install.remove()


def _figures() -> list[dict]:
    import slicer

    from boneir.scene.frames import along_frames
    from boneir.scene.ras import to_ras
    from mouse import SliceWithMouse
    from standins.application import close_module, enter_module, load_module, open_module

    load_module(ROOT / "BoneIRPlanner" / "BoneIRPlanner.py")
    widget = open_module("BoneIRPlanner")
    enter_module(widget)
    name = planned(widget)
    way = widget.logic.planNow(name).probes[0].trajectory
    frame = along_frames(way, (500, 400))[0]
    places = (to_ras(frame.centre_mm), to_ras(frame.normal), to_ras(frame.up))
    view = SliceWithMouse(slicer.mrmlScene, slicer.app.applicationLogic(), *places)
    states: list = []
    show = widget.needleBar.needles._shown
    widget.needleBar.needles._shown = lambda state: (states.append(state), show(state))
    seconds = drag(view, view.pixel_of(to_ras(way.tip_mm)))
    assert len(states) == MOVES, "every move was answered"
    assert all(state.path is not None for state in states)
    assert len({state.way.tip_mm for state in states}) > MOVES // 2, "the needle did move"
    structures = len(widget.logic.segmentNames(widget.parameters.outlines))
    view.close()
    close_module(widget)
    slicer.mrmlScene.Clear(0)
    calibration = f"triad {triad_gb_per_s():.1f} GB/s"
    about = f"{structures} outlines, voxels {' x '.join(map(str, SPACING_MM))} mm"
    return [
        row(f"drag, median of {MOVES} moves ({about})", float(np.median(seconds)), BAR_MEDIAN_MS, calibration),
        row(f"drag, 95th percentile of {MOVES} moves", float(np.quantile(seconds, 0.95)), BAR_95_MS, calibration),
        row("drag, longest move", float(np.max(seconds)), None, calibration),
    ]


def planned(widget: object) -> str:
    """Bring the synthetic patient to a first plan; give its name."""
    import slicer

    from boneir.case import Case, Lesion
    from boneir.gui.choices import StepName
    from boneir.scene.build import show_outlines
    from boneir.scene.volume import show_image
    from boneir.training.demo_patient import demo_patient

    patient = demo_patient(seed=0, spacing_mm=SPACING_MM)
    volume = show_image(slicer.mrmlScene, patient.image)
    case = Case(patient.image, outlines_of(patient)).with_lesion(Lesion("lesion-1", patient.lesion, "implanted"))
    widget.parameters.inputVolume = volume
    widget.parameters.outlines = show_outlines(slicer.mrmlScene, case, volume)
    widget.showStep(StepName.ACCESS)
    widget.steps[2].ui.proposeButton.click()
    return str(widget.parameters.planName)


def outlines_of(patient: object) -> tuple:
    """The exact outlines of the synthetic patient as structures."""
    from boneir.anatomy.from_labels import structures_from_labels
    from boneir.image.labels import NamedMask

    named = [NamedMask(name, mask, "", "synthetic") for name, mask in patient.labels.items()]
    return structures_from_labels(named, patient.image.grid)


def drag(view: object, start: tuple[int, int]) -> list[float]:
    """Milliseconds of each move of a tip that is dragged around in small circles."""
    view.press(start)
    angle = np.linspace(0.0, 8 * np.pi, MOVES)
    radius = np.linspace(2.0, 14.0, MOVES)
    taken = []
    pixel = start
    for a, r in zip(angle, radius, strict=True):
        pixel = (round(start[0] + r * np.cos(a)), round(start[1] + r * np.sin(a)))
        began = time.perf_counter()
        view.move(pixel)
        taken.append((time.perf_counter() - began) * 1000)
    view.release(pixel)
    return taken


def row(name: str, value: float, bar: float | None, calibration: str) -> dict:
    return {
        "name": name, "value": value, "unit": "ms", "bar": bar, "met": None if bar is None else value <= bar,
        "calibration": calibration, "peer": "",
    }  # fmt: skip
