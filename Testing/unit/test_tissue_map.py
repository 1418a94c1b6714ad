"""The tissue map: every tissue where its number or its outline says, on any grid."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.ablation.tissue_map import TISSUE_ORDER, known_tissues, tissue_map, uniform_map, window_around
from boneir.case import Image, Lesion, Modality, Role, Structure
from boneir.errors import ImageError, ResourceError
from boneir.mask import Mask
from small_case import DIRECTIONS, ball, grid_around

CENTRE = (5.0, -3.0, 100.0)
PLACES = {
    "fat": ((-35.0, -3.0, 100.0), -100),
    "marrow_yellow": ((-8.0, -3.0, 100.0), -60),
    "marrow_red": ((5.0, -16.0, 100.0), 60),
    "bone_cancellous": ((5.0, 10.0, 100.0), 220),
    "bone_cortical": ((5.0, -3.0, 113.0), 900),
    "metal": ((5.0, -3.0, 87.0), 3050),
}


@pytest.fixture(params=["axial", "oblique", "left-handed"])
def phantom(request):
    grid = grid_around(CENTRE, 110.0, (1.5, 2.0, 2.5), DIRECTIONS[request.param])
    body, bone = ball(grid, CENTRE, 50.0), ball(grid, CENTRE, 22.0)
    hu = np.full(grid.shape, -1000, np.int16)
    hu[body.full()] = 50
    hu[bone.full()] = 220
    for place, value in PLACES.values():
        hu[ball(grid, place, 5.0).full()] = value
    lesion = ball(grid, (18.0, -3.0, 100.0), 5.5)
    hu[lesion.full()] = 40
    hu[ball(grid, (18.0, -3.0, 102.5), 3.0).full() & lesion.full()] = 700
    structures = (
        Structure("body", Role.BODY, body, "body"),
        Structure("bone", Role.BONE, bone, "bone"),
        Structure("spinal_canal", Role.CRITICAL, ball(grid, (5.0, 28.0, 100.0), 7.0), "spinal_canal"),
        Structure("spinal_cord", Role.CRITICAL, ball(grid, (5.0, 28.0, 100.0), 3.5), "spinal_cord"),
        Structure("aorta", Role.CRITICAL, ball(grid, (5.0, -35.0, 100.0), 7.0), "aorta"),
        Structure("CO2", Role.PASSABLE, ball(grid, (5.0, -3.0, 135.0), 5.0)),
    )
    return Image(hu, grid), structures, Lesion("lesion-1", lesion), grid


def at(found, place):
    return TISSUE_ORDER[found.labels[found.grid.nearest_voxel(place)]]


def test_tissues_lie_where_numbers_and_outlines_say(phantom):
    image, structures, lesion, grid = phantom
    window = window_around([CENTRE], 60.0, grid, 1.0)
    found = tissue_map(image, structures, lesion, window)
    for id_, (place, _) in PLACES.items():
        assert at(found, place) == id_
    assert at(found, (18.0, -3.0, 97.0)) == "lytic_tumour"
    assert at(found, (18.0, -3.0, 103.0)) == "sclerotic_tumour"
    assert at(found, (5.0, 28.0, 100.0)) == "spinal_cord"
    assert at(found, (5.0, 28.0, 105.2)) == "csf"
    assert at(found, (5.0, -35.0, 100.0)) == "blood"
    assert at(found, (5.0, -3.0, 135.0)) == "gas"
    assert at(found, (-28.0, 20.0, 100.0)) == "muscle"


def test_skin_and_vessel_wall_are_layers_of_their_thickness(phantom):
    image, structures, lesion, grid = phantom
    found = tissue_map(image, structures, lesion, window_around([CENTRE], 60.0, grid, 1.0))
    for id_, radius, thickness in (("skin", 50.0, 2.0), ("vessel_wall", 7.0, 1.0)):
        volume = 4.0 / 3.0 * np.pi * (radius**3 - (radius - thickness) ** 3)
        assert np.count_nonzero(found.where(id_)) == pytest.approx(volume, rel=0.35)


def test_the_vessel_has_no_wall_where_it_is_thinner_than_two(phantom):
    image, structures, lesion, grid = phantom
    thin = Mask.of(np.zeros(grid.shape, bool), grid)
    marked = np.zeros(grid.shape, bool)
    marked[grid.nearest_voxel((-20.0, -30.0, 100.0))] = True
    thin = Structure("vessels", Role.CRITICAL, Mask.of(marked, grid), "vessels")
    found = tissue_map(image, (*structures[:2], thin), lesion, grid)
    assert np.count_nonzero(found.where("blood")) == 1
    assert not found.where("vessel_wall").any()


def test_properties_by_voxel(phantom):
    image, structures, lesion, grid = phantom
    found = tissue_map(image, structures, lesion, grid)
    conductivity = found.array("conductivity_w_m_k")
    assert conductivity[grid.nearest_voxel(PLACES["bone_cortical"][0])] == np.float32(0.32)
    assert conductivity[grid.nearest_voxel((18.0, -3.0, 97.0))] == np.float32(0.5)
    with pytest.raises(ResourceError, match="sigma_480khz"):
        found.amounts("sigma_480khz_s_m")
    assert found.array("sigma_480khz_s_m", missing=0.0)[0, 0, 0] == 0.0


def test_scaling_changes_one_property_of_some_tissues():
    grid = grid_around(CENTRE, 10.0, (1.0, 1.0, 1.0), DIRECTIONS["axial"])
    plain = uniform_map("muscle", grid)
    more = plain.scaled("perfusion_ml_min_kg", 3.0, ("muscle",))
    assert more.array("perfusion_w_m3_k")[0, 0, 0] == pytest.approx(3.0 * plain.array("perfusion_w_m3_k")[0, 0, 0])
    assert more.array("conductivity_w_m_k")[0, 0, 0] == plain.array("conductivity_w_m_k")[0, 0, 0]
    other = plain.scaled("perfusion_ml_min_kg", 3.0, ("fat",))
    assert other.array("perfusion_w_m3_k")[0, 0, 0] == plain.array("perfusion_w_m3_k")[0, 0, 0]


def test_the_window_keeps_within_the_image_and_is_cubic(phantom):
    _, _, _, grid = phantom
    window = window_around([CENTRE, (8.0, -3.0, 100.0)], 20.0, grid, 0.8)
    assert window.spacing_mm == (0.8, 0.8, 0.8)
    assert window.direction == grid.direction
    assert bool(np.all(grid.contains(window.corners_mm)))
    lengths = (np.asarray(window.shape[::-1]) - 1) * 0.8
    assert np.prod(lengths) == pytest.approx(
        np.prod(40.0 + 3.0 * np.abs(np.asarray(grid.direction).reshape(3, 3)[0])), rel=0.1
    )
    with pytest.raises(ImageError, match="outside the image"):
        window_around([(900.0, 0.0, 0.0)], 20.0, grid)


def test_only_ct_has_tissues(phantom):
    image, structures, lesion, grid = phantom
    other = Image(np.asarray(image.voxels, np.float32), grid, Modality.MR, "")
    with pytest.raises(ImageError, match="CT"):
        tissue_map(other, structures, lesion, grid)


def test_every_tissue_of_the_map_is_known():
    assert [item.id for item in known_tissues()] == list(TISSUE_ORDER)
    for item in known_tissues():
        assert item.diffusivity_m2_s > 0
        assert item.perfusion_w_m3_k >= 0
