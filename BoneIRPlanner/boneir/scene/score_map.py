"""The z-score map of bone around a lesion, to be laid over the CT: blue if darker than healthy, red if brighter."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..anatomy.healthy_layers import zscore_map
from ..case import Case, Lesion
from .marks import Part, mark, remove_marked
from .ras import ijk_to_ras, vtk_matrix
from .volume import vtk_image

SHOWN_FROM, SHOWN_TO = 2.0, 6.0
"""Scores nearer to healthy than the first are not drawn; those beyond the second have the full colour. Display only."""
DARKER, BRIGHTER = (0.15, 0.35, 1.0), (1.0, 0.25, 0.1)


def show_score_map(scene: Any, case: Case, lesion: Lesion) -> Any:
    """Add the map around a lesion to a scene, in place of an earlier one.

    Parameters
    ----------
    scene : vtkMRMLScene
    case : Case
        A CT with bone outlined.
    lesion : Lesion

    Returns
    -------
    vtkMRMLScalarVolumeNode
        To be chosen as the foreground of slices; what is like healthy bone is transparent in it.

    Raises
    ------
    OutlineError
        If the image is no CT, or no bone is outlined.
    """
    scores = zscore_map(case, lesion.mask)
    remove_score_map(scene)
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", f"{lesion.name}: standard deviations from healthy bone")
    node.SetAndObserveImageData(vtk_image(np.asarray(scores.voxels, np.float32)))
    node.SetIJKToRASMatrix(vtk_matrix(ijk_to_ras(scores.grid)))
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.AutoWindowLevelOff()
    display.SetWindowLevel(2 * SHOWN_TO, 0.0)
    display.SetAndObserveColorNodeID(_colours(scene).GetID())
    mark(node, Part.SCORES)
    return node


def remove_score_map(scene: Any) -> None:
    """Take the map out of a scene."""
    remove_marked(scene, Part.SCORES)


def _colours(scene: Any) -> Any:
    """A table from darker to brighter, transparent in the middle."""
    if (known := scene.GetFirstNodeByName("Standard deviations")) is not None:
        return known
    node = scene.AddNewNodeByClass("vtkMRMLColorTableNode", "Standard deviations")
    node.SetTypeToUser()
    node.SetNumberOfColors(256)
    for number, score in enumerate(np.linspace(-SHOWN_TO, SHOWN_TO, 256)):
        colour = DARKER if score < 0 else BRIGHTER
        strength = float(np.clip((abs(score) - SHOWN_FROM) / (SHOWN_TO - SHOWN_FROM), 0, 1))
        node.SetColor(number, f"{score:+.1f}", *colour, 0.75 * strength)
    return node
