"""The body without its table, with its arms, and where the field of view cuts it."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.axial import AxialFrame
from boneir.anatomy.body import field_of_view_findings, fine_body, holes_in_slices, outline_body
from boneir.errors import OutlineError
from boneir.grid import Grid
from torso_phantom import axial_grid, dice, make_torso


def _outlined(image):
    frame = AxialFrame(image.grid)
    hu = frame.coarse(image.voxels, -1024.0)
    coarse = outline_body(hu, frame)
    return coarse, hu, frame, frame.on_grid(fine_body(coarse, image.voxels, frame))


def test_the_body_is_found_without_its_table_and_with_its_lungs():
    torso = make_torso()
    _, _, _, body = _outlined(torso.image)
    assert dice(body, torso.body) > 0.995
    assert not body[:, 100:].any()  # rows of the table and below
    assert body[torso.lungs].all()


def test_a_blanket_and_a_tube_on_the_skin_stay_outside():
    torso = make_torso()
    voxels = torso.image.voxels.copy()
    voxels[:, 8:10, 30:110] = 20  # a sheet over the patient, 4 mm thick
    voxels[:, 11:13, 69:71] = 20  # a line that joins it to the skin
    image = type(torso.image)(voxels, torso.image.grid)
    assert dice(_outlined(image)[3], torso.body) > 0.99


def test_an_arm_beside_the_body_is_part_of_it_and_a_bag_is_not():
    torso = make_torso()
    grid = torso.image.grid
    voxels = torso.image.voxels.copy()
    j, i = np.ogrid[: grid.shape[1], : grid.shape[2]]
    arm = np.broadcast_to(((j - 55) / 12) ** 2 + ((i - 4) / 4) ** 2 <= 1, grid.shape)
    bag = np.broadcast_to(((j - 55) / 12) ** 2 + ((i - 135) / 4) ** 2 <= 1, grid.shape)
    voxels[arm], voxels[bag] = 40, 40
    voxels[:, 54:57, 3:6] = 900
    body = _outlined(type(torso.image)(voxels, grid))[3]
    assert body[arm].mean() > 0.9
    assert not body[bag].any()


def test_skin_beyond_the_image_is_a_finding_at_its_place():
    torso = make_torso()
    grid = axial_grid()
    cropped = grid.window((0, 0, 20), (60, 110, 120))
    image = type(torso.image)(torso.image.voxels[:, :, 20:].copy(), cropped)
    coarse, hu, frame, _ = _outlined(image)
    (finding,) = field_of_view_findings(coarse, hu, frame)
    assert finding.code == "outline.field_of_view"
    assert finding.place_mm is not None
    assert finding.place_mm[0] == pytest.approx(cropped.to_mm((0, 0, 0))[0], abs=2.0)
    assert "180 mm" in finding.text


def test_skin_beyond_a_round_field_of_view_is_a_finding():
    torso = make_torso()
    voxels = torso.image.voxels.copy()
    grid = torso.image.grid
    y, x = np.ogrid[-1 : 1 : grid.shape[1] * 1j, -1 : 1 : grid.shape[2] * 1j]
    voxels[:, x**2 + y**2 > 1] = -1024
    whole = type(torso.image)(voxels, grid)
    coarse, hu, frame, _ = _outlined(whole)
    assert field_of_view_findings(coarse, hu, frame) == ()
    narrow = type(torso.image)(voxels[:, 15:95, 35:105].copy(), grid.window((0, 15, 35), (60, 80, 70)))
    values = narrow.voxels.copy()
    y, x = np.ogrid[-1 : 1 : 80 * 1j, -1 : 1 : 70 * 1j]
    values[:, x**2 + y**2 > 1] = -3024
    coarse, hu, frame, _ = _outlined(type(torso.image)(values, narrow.grid))
    (finding,) = field_of_view_findings(coarse, hu, frame)
    assert finding.about == "body"


def test_nothing_dense_is_an_error():
    grid = Grid((8, 8, 8), (2.0, 2.0, 2.0))
    frame = AxialFrame(grid)
    with pytest.raises(OutlineError, match="No body"):
        outline_body(np.full(grid.shape, -1000.0, np.float32), frame)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_holes_are_filled_plane_by_plane(axis):
    marked = np.zeros((5, 9, 9), bool)
    marked[1:4, 2:7, 2:7] = True
    marked[:, 4, 4] = False  # a tunnel along the first axis
    holes = holes_in_slices(marked, axis)
    assert holes.sum() == (3 if axis == 0 else 0)
