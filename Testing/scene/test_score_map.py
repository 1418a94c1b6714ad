"""The z-score map lies where the bone lies, and what is like healthy bone is transparent in it."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.case import Case, Image, Lesion, Role, Structure
from boneir.grid import Grid
from boneir.mask import Mask

GRID = Grid((40, 50, 50), (1.0, 1.0, 1.5), (-20.0, -30.0, 10.0), (0, 1, 0, 0, 0, -1, -1, 0, 0))


@pytest.fixture(scope="module")
def case() -> Case:
    k, j, i = np.indices(GRID.shape)
    ball = np.linalg.norm(np.stack([(k - 20) * 1.5, j - 25, i - 25]), axis=0) < 7
    bone = np.zeros(GRID.shape, bool)
    bone[3:37, 3:47, 3:47] = True
    hu = np.where(bone, 200, 40) - 150 * ball + np.random.default_rng(0).normal(scale=15, size=GRID.shape)
    lesion = Lesion("lesion-1", Mask.of(ball, GRID), "drawn")
    structure = Structure("bone", Role.BONE, Mask.of(bone, GRID), "bone")
    return Case(Image(np.rint(hu).astype(np.int16), GRID), (structure,), (lesion,))


def test_the_map_lies_on_the_lesion_and_shows_it_darker(case: Case) -> None:
    from boneir.scene.application import new_scene
    from boneir.scene.core import vtk
    from boneir.scene.ras import grid_of, numpy_matrix
    from boneir.scene.score_map import show_score_map
    from boneir.scene.volume import numpy_image

    scene = new_scene()
    node = show_score_map(scene, case, case.lesions[0])
    scores = numpy_image(node.GetImageData())
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    grid = grid_of(numpy_matrix(matrix), scores.shape)
    middle = tuple(np.rint(grid.to_ijk([case.lesions[0].mask.centroid_mm])[0]).astype(int))[::-1]
    assert scores[middle] < -4
    assert abs(float(np.median(scores[scores != 0]))) < 1.5
    colours = node.GetDisplayNode().GetColorNode()
    assert colours.GetNumberOfColors() == 256
    rgba = [[0.0] * 4 for _ in range(3)]
    for number, out in zip((0, 128, 255), rgba, strict=True):
        colours.GetColor(number, out)
    darker, healthy, brighter = rgba
    assert healthy[3] == 0.0
    assert darker[3] > 0.5 < brighter[3]
    assert darker[2] > darker[0]
    assert brighter[0] > brighter[2]
    assert show_score_map(scene, case, case.lesions[0]).GetDisplayNode().GetColorNode().GetID() == colours.GetID()
