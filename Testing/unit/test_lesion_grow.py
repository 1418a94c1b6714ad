"""Lesions implanted into a vertebra are found again from a click inside them, and corrected by further clicks."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from boneir.anatomy.lesion import grow_lesion, outline_lesion
from boneir.anatomy.lesion_rays import Surroundings, radii_up_to, rays_from
from boneir.anatomy.outline import outline_structures
from boneir.anatomy.sphere import sphere
from boneir.case import Case, Image, Modality, Role, Structure
from boneir.errors import ImageError, OutlineError
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.training.implant import Implanted, implant_lesion
from torso_phantom import dice, grid_of, make_torso

PLACE = (3.0, 22.0, 0.0)
FINE = grid_of((1, 0, 0, 0, 1, 0, 0, 0, 1), (172, 138, 48), (1.5, 1.5, 2.0))


@cache
def implanted(kind: str, diameter_mm: float, seed: int = 0, breach: bool = False) -> tuple[Case, Implanted]:
    torso = make_torso(FINE)
    healthy, _ = outline_structures(torso.image)
    bone = Case(torso.image, healthy).structure("bone").mask
    made = implant_lesion(
        torso.image, PLACE, diameter_mm, kind, bone=bone, breach=breach, towards_mm=(0.0, -1.0, 0.0), seed=seed
    )
    structures, findings = outline_structures(made.image)
    return Case(made.image, structures, findings=findings), made


@pytest.mark.parametrize("kind", ["lytic", "sclerotic"])
@pytest.mark.parametrize("diameter_mm", [14.0, 20.0, 26.0])
def test_lesions_within_a_vertebra_are_found_from_their_middle(kind: str, diameter_mm: float) -> None:
    case, made = implanted(kind, diameter_mm)
    lesion, _ = grow_lesion(case, made.mask.centroid_mm)
    assert dice(lesion.mask.full(), made.mask.full()) > 0.85
    assert lesion.mask.volume_ml == pytest.approx(made.mask.volume_ml, rel=0.25)


@pytest.mark.parametrize("kind", ["lytic", "sclerotic"])
def test_the_click_need_not_be_in_the_middle(kind: str) -> None:
    case, made = implanted(kind, 20.0)
    first, _ = grow_lesion(case, made.mask.centroid_mm)
    for shift in ((4.0, 0, 0), (-4.0, 0, 0), (0, 4.0, 0), (0, -4.0, 0)):
        x, y, z = (c + d for c, d in zip(made.mask.centroid_mm, shift, strict=True))
        lesion, _ = grow_lesion(case, (x, y, z))
        assert dice(lesion.mask.full(), first.mask.full()) > 0.9


def test_the_volume_of_a_ball_in_plain_bone_is_that_of_the_formula() -> None:
    grid = Grid((40, 60, 60), (1.0, 1.0, 1.5), (-30.0, -30.0, -30.0), (0, 1, 0, 0, 0, -1, -1, 0, 0))
    k, j, i = np.indices(grid.shape)
    away = np.linalg.norm(grid.to_mm(np.stack([i, j, k], axis=-1)) - grid.to_mm((29.3, 30.2, 19.6)), axis=-1)
    share = np.clip(9.0 - away + 0.5, 0, 1)
    noise = np.random.default_rng(0).normal(scale=12, size=grid.shape)
    image = Image(np.rint(200 - 150 * share + noise).astype(np.int16), grid)
    whole = Mask.of(np.ones(grid.shape, bool), grid)
    case = Case(image, (Structure("bone", Role.BONE, whole, "bone"),))
    outline = outline_lesion(case, tuple(float(x) for x in grid.to_mm((31, 29, 20))))
    ball_ml = 4 / 3 * np.pi * 9.0**3 / 1000
    assert outline.lesion.mask.volume_ml == pytest.approx(ball_ml, rel=0.05)
    assert np.allclose(outline.lesion.mask.centroid_mm, grid.to_mm((29.3, 30.2, 19.6)), atol=0.4)
    assert outline.sure.volume_ml <= outline.lesion.mask.volume_ml <= outline.possible.volume_ml
    assert 0.5 * ball_ml < outline.sure.volume_ml
    assert outline.possible.volume_ml < 2.0 * ball_ml
    assert not (outline.sure.full() & (away > 9.7)).any()
    assert outline.possible.full()[away < 8.3].all()


def test_a_lesion_that_breaks_out_is_said_to_break_out() -> None:
    case, made = implanted("lytic", 20.0, breach=True)
    whole = case.structure("bone")
    kept = Mask.of(whole.mask.full() & ~made.mask.full(), case.image.grid)  # as a label of cortex would have it
    others = [case.structure(name) for name in ("body", "spinal_canal")]
    lesion, findings = grow_lesion(Case(case.image, (*others, replace(whole, mask=kept))), made.mask.centroid_mm)
    (finding,) = [f for f in findings if f.code == "lesion.breach"]
    assert finding.limit is not None
    assert finding.measured > 100 * finding.limit.amount
    assert dice(lesion.mask.full(), made.mask.full()) > 0.75


def test_the_outline_stays_out_of_the_canal_and_keeps_the_click() -> None:
    case, made = implanted("lytic", 26.0)
    seed = made.mask.centroid_mm
    lesion, _ = grow_lesion(case, seed, name="met")
    assert lesion.name == "met"
    assert lesion.mask.at(seed)
    assert not (lesion.mask.full() & case.structure("spinal_canal").mask.full()).any()


def test_a_click_on_the_border_settles_the_size_of_a_mixed_lesion() -> None:
    case, made = implanted("mixed", 20.0)
    x, y, z = made.mask.centroid_mm
    places = made.mask.points_mm()
    in_slice = places[np.abs(places[:, 2] - z) < 1.1]
    side = in_slice[np.argmax(in_slice[:, 0])]
    lesion, _ = grow_lesion(case, (x, y, z), edge_mm=(float(side[0]), float(side[1]), float(side[2])))
    assert dice(lesion.mask.full(), made.mask.full()) > 0.75


@pytest.mark.parametrize("reach_mm", [4.0, 9.0, 20.0])
def test_a_click_on_the_border_leaves_every_ray_a_place_to_end(reach_mm: float) -> None:
    empty, centre = np.zeros((60, 60, 60), np.float32), np.full(3, 30.0)
    before, behind = (centre + np.array((0.0, reach_mm + side, 0.0)) for side in (-1.0, 1.0))
    inside, outside = np.stack([centre, before]), behind[None]
    around = Surroundings(empty, empty, np.ones(3), inside, outside, centre, np.zeros(3), sized=True)
    rays = rays_from(around, centre, sphere(642), radii_up_to(30.0, 0.7))
    least, towards = rays.clicks.min(axis=1), int(rays.sphere.unit[:, 1].argmax())
    assert not least.any()
    free = rays.radii_mm[rays.clicks[towards] == 0] + rays.step_mm / 2
    assert np.all(np.abs(free - reach_mm) <= 1.0)


def test_further_clicks_move_the_outline_to_their_side() -> None:
    case, made = implanted("lytic", 20.0)
    x, y, z = made.mask.centroid_mm
    first, _ = grow_lesion(case, (x, y, z))
    reach = float((first.mask.points_mm()[:, 0] - x).max())
    smaller, _ = grow_lesion(case, (x, y, z), outside_mm=[(x + reach - 4.0, y, z)])
    assert not smaller.mask.at((x + reach - 3.0, y, z))
    assert smaller.mask.at((x - reach + 3.0, y, z))
    larger, _ = grow_lesion(case, (x, y, z), inside_mm=[(x + reach + 3.0, y, z)])
    assert larger.mask.at((x + reach + 2.0, y, z))


def test_a_bright_mass_on_mr_is_found_by_its_numbers_alone() -> None:
    grid = Grid((30, 60, 60), (1.0, 1.0, 2.0))
    k, j, i = np.indices(grid.shape)
    away = np.linalg.norm((np.stack([i, j, k], axis=-1) - (28, 31, 15)) * (1.0, 1.0, 2.0), axis=-1)
    numbers = 300 + 250 * (away < 10) + np.random.default_rng(0).normal(scale=25, size=grid.shape)
    image = Image(ndimage.gaussian_filter(numbers, 0.5).astype(np.float32), grid, Modality.MR, "")
    lesion, _ = grow_lesion(Case(image), (27.0, 30.0, 31.0))
    assert dice(lesion.mask.full(), away < 10) > 0.93


def test_the_same_clicks_give_the_same_outline() -> None:
    case, made = implanted("sclerotic", 20.0)
    first, _ = grow_lesion(case, made.mask.centroid_mm)
    second, _ = grow_lesion(case, made.mask.centroid_mm)
    assert first.mask.equals(second.mask)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((60.0, 10.0, -40.0), "in no outlined bone"),
        ((0.0, -100.0, 0.0), "outside the patient"),
        ((0.0, 52.0, 0.0), "outlined as spinal canal: correct that outline"),
    ],
)
def test_a_click_beside_bone_is_refused_in_one_sentence(place: tuple, words: str) -> None:
    case, _ = implanted("lytic", 20.0)
    with pytest.raises(OutlineError, match=words):
        grow_lesion(case, place)


def test_a_click_outside_the_image_or_an_image_that_cannot_be_grown_on_is_refused() -> None:
    case, made = implanted("lytic", 20.0)
    with pytest.raises(ImageError, match="outside the image"):
        grow_lesion(case, (0.0, 0.0, 900.0))
    with pytest.raises(ImageError, match="outside the image"):
        grow_lesion(case, made.mask.centroid_mm, outside_mm=[(0.0, 0.0, 900.0)])
    grid = Grid((4, 4, 4), (1.0, 1.0, 1.0))
    with pytest.raises(OutlineError, match="give a mask"):
        grow_lesion(Case(Image(np.zeros(grid.shape, np.float32), grid, Modality.PET, "SUV")), (0.0, 0.0, 0.0))
    with pytest.raises(OutlineError, match="no outline of bone"):
        grow_lesion(Case(case.image), PLACE)


def block_with_ball(contrast_hu: float) -> Case:
    """Noisy marrow with a ball of 9 mm radius that is brighter or darker by so much."""
    grid = Grid((40, 60, 60), (1.0, 1.0, 1.5))
    k, j, i = np.indices(grid.shape)
    away = np.linalg.norm((np.stack([i, j, k], axis=-1) - (30, 30, 20)) * (1.0, 1.0, 1.5), axis=-1)
    noise = np.random.default_rng(0).normal(scale=40, size=grid.shape)
    hu = 200 + contrast_hu * np.clip(9.5 - away, 0, 1) + noise
    whole = Mask.of(np.ones(grid.shape, bool), grid)
    return Case(Image(np.rint(hu).astype(np.int16), grid), (Structure("bone", Role.BONE, whole, "bone"),))


def test_an_outline_where_no_lesion_is_says_that_it_is_doubtful() -> None:
    nothing = outline_lesion(block_with_ball(0.0), (30.0, 30.0, 30.0))
    (doubt,) = [f for f in nothing.findings if f.code == "lesion.doubtful"]
    assert doubt.limit is not None
    assert doubt.measured == nothing.expected_dice < doubt.limit.amount
    clear = outline_lesion(block_with_ball(-150.0), (30.0, 30.0, 30.0))
    assert clear.expected_dice > 0.9
    assert not {"lesion.doubtful", "lesion.rival", "lesion.wide_band"} & {f.code for f in clear.findings}
