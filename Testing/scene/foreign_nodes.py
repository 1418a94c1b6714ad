"""Nodes as other programs leave them in a scene."""

from __future__ import annotations

import numpy as np

from boneir.case import Case
from boneir.scene.ras import ijk_to_ras, vtk_matrix
from boneir.scene.volume import vtk_image


def foreign_volume(scene, case: Case, voxels: np.ndarray):
    """A volume of others with the grid of a case."""
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "from elsewhere")
    node.SetAndObserveImageData(vtk_image(voxels))
    node.SetIJKToRASMatrix(vtk_matrix(ijk_to_ras(case.image.grid)))
    return node
