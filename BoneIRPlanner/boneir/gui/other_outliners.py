"""Outlines from another extension of the user's Slicer: it is asked for a segmentation, which is read as any other.

Extensions that are worked by hand (nnInteractive, MONAI Label) need nothing here: the segmentation that they made is
chosen in the first step, and its segments are known by their names or codes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Protocol

from ..errors import OutlineError

TOTAL_SEGMENTATOR = "TotalSegmentator"
TASKS = ("total", "vertebrae_body")
"""Tasks that need neither a licence nor an outline to begin with."""


class Outliner(Protocol):
    """What is asked of the logic of such an extension."""

    def process(self, inputVolume: Any, outputSegmentation: Any, *, fast: bool, task: str) -> Any:
        """Outline a volume into a segmentation."""


def has_outliner(modules: Any, name: str = TOTAL_SEGMENTATOR) -> bool:
    """Whether the extension is installed: Slicer lists its module in `modules` (``slicer.modules``)."""
    return hasattr(modules, name.lower())


def outlines_from(
    make_outliner: Callable[[], Outliner] | None,
    volume: Any,
    new_segmentation: Callable[[], Any],
    remove: Callable[[Any], None],
    *,
    task: str = "total",
    fast: bool = True,
) -> Any:
    """Have a volume outlined by another extension.

    It runs on the user's machine and may download weights, as it says itself; nothing of it belongs to this software.

    Parameters
    ----------
    make_outliner : callable or None
        Gives the logic of the extension; None where it is not installed.
    volume : vtkMRMLScalarVolumeNode
    new_segmentation, remove : callable
        Add an empty segmentation node for the volume to the scene, and take it out again if nothing came of it.
    task, fast
        As the extension calls them.

    Returns
    -------
    vtkMRMLSegmentationNode
        With at least one segment.

    Raises
    ------
    OutlineError
        If the extension is not installed, the task is none of `TASKS`, the extension fails, or it outlines
        nothing; the scene is as it was.
    """
    if make_outliner is None:
        raise OutlineError(
            f"{TOTAL_SEGMENTATOR} is not installed in this Slicer: install it with the Extensions Manager, or outline "
            "without it."
        )
    if task not in TASKS:
        raise OutlineError(f"The task {task!r} is not asked for; possible are {', '.join(TASKS)}.")
    node = new_segmentation()
    try:
        make_outliner().process(volume, node, fast=fast, task=task)
    except Exception as error:  # whatever another extension raises
        remove(node)
        words = " ".join(str(error).split())[:160] or type(error).__name__
        raise OutlineError(f"{TOTAL_SEGMENTATOR} could not outline the image ({words}).") from error
    if node.GetSegmentation().GetNumberOfSegments() == 0:
        remove(node)
        raise OutlineError(f"{TOTAL_SEGMENTATOR} outlined nothing on the image.")
    return node


def outlines_of_total_segmentator(volume: Any) -> Any:
    """Have a volume of the application's scene outlined by TotalSegmentator; `outlines_from` says what may go wrong."""
    import slicer

    def new_segmentation() -> Any:
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", TOTAL_SEGMENTATOR)
        node.CreateDefaultDisplayNodes()
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
        return node

    def logic() -> Outliner:
        made: Outliner = importlib.import_module(TOTAL_SEGMENTATOR).TotalSegmentatorLogic()
        return made

    make = logic if has_outliner(slicer.modules) else None
    return outlines_from(make, volume, new_segmentation, slicer.mrmlScene.RemoveNode)
