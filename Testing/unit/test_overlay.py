"""Two registered images in one picture: the values are those of the images at the place of the pixel."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.case import Image, Modality
from boneir.fusion.overlay import EDGE_COLOUR, blended, chequered, differing, grey, hot, panels, values_on, with_edges
from boneir.grid import Grid
from boneir.image.rigid import Rigid, placed

OBLIQUE = (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)


def ramp(grid: Grid) -> Image:
    k, j, i = np.indices(grid.shape)
    values = grid.to_mm(np.stack([i, j, k], axis=-1)) @ np.array([3.0, -2.0, 1.0])
    return Image(np.rint(values).astype(np.int16), grid)


def plane(size: tuple[int, int], step: float) -> np.ndarray:
    rows, columns = np.indices(size)
    return np.stack([(columns - size[1] / 2) * step, (rows - size[0] / 2) * step, np.zeros(size)], axis=-1)


def test_values_lie_where_the_image_lies_after_it_was_moved() -> None:
    image = ramp(Grid((40, 44, 48), (2.0, 3.0, 2.5), (60.0, -60.0, 45.0), OBLIQUE))
    motion = Rigid.about((5.0, 5.0, 5.0), (10.0, -20.0, 15.0), (3.0, 2.0, 1.0))
    points = plane((30, 30), 1.5)
    seen = values_on(placed(image, motion), points)
    expected = motion.inverse.apply(points) @ np.array([3.0, -2.0, 1.0])
    assert np.isfinite(seen).mean() > 0.9
    assert np.nanmax(np.abs(seen - expected)) < 1.0
    assert np.isnan(values_on(image, points + 500.0)).all()


def test_mixtures_squares_and_differences() -> None:
    one, other = np.full((40, 60), 0.2), np.full((40, 60), 0.9)
    seen = np.ones((40, 60), bool)
    seen[:, 50:] = False
    squares = chequered(one, other, seen, 2.0)
    assert set(np.unique(squares)) == {51, 230}
    assert squares[5, 5, 0] == 51
    assert squares[5, 15, 0] == 230
    assert squares[15, 15, 0] == 51
    assert (squares[:, 50:] == 51).all()
    mixed = blended(one, other, seen)
    assert (mixed[0, 0] != mixed[0, 55]).any()
    assert (mixed[0, 55] == 51).all()
    alike = differing(np.zeros((4, 4)), np.zeros((4, 4)))
    assert np.unique(alike).tolist() == [128]
    assert differing(np.zeros((1, 1)), np.full((1, 1), 400.0))[0, 0, 0] == 255
    assert differing(np.zeros((1, 1)), np.full((1, 1), -900.0))[0, 0, 0] == 0
    assert grey(np.array([-500.0, 300.0, np.nan]), (-200.0, 800.0)).tolist() == [0.0, 0.5, 0.0]


def test_edges_are_drawn_where_the_first_image_has_them() -> None:
    one = np.zeros((60, 60))
    one[:, 30:] = 0.8
    drawn = with_edges(one, np.full((60, 60), 0.5), np.ones((60, 60), bool))
    coloured = (drawn == EDGE_COLOUR).all(axis=-1)
    assert coloured[10:50].any(axis=1).all()
    assert set(np.flatnonzero(coloured.any(axis=0))) <= {28, 29, 30, 31}
    assert not (with_edges(one * 0, one, np.ones((60, 60), bool)) == EDGE_COLOUR).all(axis=-1).any()


def test_uptake_is_hotter_where_there_is_more() -> None:
    colours = hot(np.full((1, 4), 0.3), np.array([[0.0, 0.3, 0.6, 1.0]]))[0].astype(int)
    assert colours[0].tolist() == [76, 76, 76]
    assert (np.diff(colours[1:].sum(axis=1)) > 0).all()


@pytest.mark.parametrize(
    ("modality", "last"), [(Modality.CT, "difference"), (Modality.MR, "edges"), (Modality.PET, "edges")]
)
def test_four_panels_that_suit_the_modality(modality: Modality, last: str) -> None:
    fixed = ramp(Grid((30, 30, 30), (3.0, 3.0, 3.0), (-45.0, -45.0, -45.0)))
    voxels = fixed.voxels if modality is Modality.CT else np.abs(fixed.voxels).astype(np.float32)
    other = Image(voxels, fixed.grid, modality, "SUV" if modality is Modality.PET else "")
    made = panels(fixed, other, plane((29, 40), 2.0), 2.0)
    assert len(made) == 4
    assert made[-1][0].startswith(last)
    assert all(part.shape == (29, 40, 3) and part.dtype == np.uint8 for _, part in made)
    if modality is Modality.CT:
        assert np.unique(made[-1][1]).tolist() == [128]
    if modality is Modality.PET:
        assert "SUV" in made[1][0]
