"""Ports: a gap of known place is found, named and ranked; the tip moved away reaches it later."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from boneir.cement.front import fill
from boneir.cement.leaks import draw_fillings, ports_reached, safe_volume, with_chances
from boneir.cement.ports import Neighbours, PortKind, find_ports, ports_on
from boneir.cement.surface import surface_of_bone
from boneir.cement.tip import advise_tip, posterior_wall
from cement_blocks import block, lumbar

POSTERIOR = ((6.0, 8.0, 0.0), (6.0, 40.0, 0.0))
LATERAL = ((12.0, 0.0, 0.0), (60.0, 0.0, 0.0))
ENDPLATE = ((-6.0, -4.0, 5.0), (-6.0, -4.0, 60.0))
ANTERIOR = ((4.0, -9.0, 0.0), (4.0, -60.0, 0.0))
BREACHES = {
    "posterior wall": POSTERIOR,
    "lateral wall": LATERAL,
    "endplate": ENDPLATE,
    "anterior wall": ANTERIOR,
}


def prepared(centre, towards=None):
    spine = lumbar()
    lesion = spine.lesion(spine.at(*centre), None if towards is None else spine.at(*towards))
    medium = spine.medium(lesion)
    return spine, lesion, medium, find_ports(medium, spine.neighbours)


def test_area_of_a_tilted_surface():
    k, j, i = np.indices((60, 60, 60)) - 30
    solid = block((60, 60, 60), speed=(np.sqrt(k**2 + j**2 + i**2) <= 20.0).astype(float))
    surface = surface_of_bone(solid)
    assert surface.area_mm2.sum() == pytest.approx(4 * np.pi * 20.0**2, rel=0.03)
    radial = surface.voxels - 30
    assert (np.sum(radial * surface.normals, axis=1) / np.linalg.norm(radial, axis=1)).min() > 0.97


def test_whole_cortex_has_no_gap_in_the_body_but_veins():
    _, _, _, ports = prepared((0.0, -4.0, 0.0))
    assert {port.kind for port in ports} == {PortKind.BASIVERTEBRAL, PortKind.SEGMENTAL}
    assert {port.name for port in ports} == {"basivertebral vein", "left segmental vein", "right segmental vein"}
    assert not any(port.seen for port in ports)


@pytest.mark.parametrize("kind", BREACHES)
def test_a_breach_is_found_where_it_is_and_ranked_first(kind):
    centre, towards = BREACHES[kind]
    spine, lesion, medium, ports = prepared(centre, towards)
    reached = ports_reached(fill(medium, [spine.at(*centre)]), ports)
    gap = next(item for item in reached if item.port.seen)
    assert gap.port.kind == kind
    assert gap is reached[0]
    assert np.linalg.norm(np.subtract(gap.port.place_mm, lesion.breach_mm)) < 5.0
    assert gap.port.open_chance.amount == pytest.approx(0.9)
    assert gap.way_mm >= gap.distance_mm - 4.0


def test_a_breach_before_a_nerve_root_is_a_foramen():
    """A gap at the underside of a pedicle opens to where the root leaves, and is dangerous."""
    spine = lumbar()
    roots = spine.patient.labels["nerve_roots"]
    pedicle = np.asarray(spine.parts.pedicle_left.centroid_mm)
    places = roots.points_mm()
    beside = places[int(np.argmin(np.linalg.norm(places - pedicle, axis=1)))]
    towards = tuple(float(v) for v in beside)
    lesion = spine.lesion(tuple(float(v) for v in pedicle), towards, 9.0)
    medium = spine.medium(lesion)
    ports = find_ports(medium, spine.neighbours)
    foramina = [port for port in ports if port.kind is PortKind.FORAMEN]
    assert foramina
    assert all(port.is_dangerous and port.leak_type == "C" for port in foramina)
    nearest = min(foramina, key=lambda port: np.linalg.norm(np.subtract(port.place_mm, lesion.breach_mm)))
    assert np.linalg.norm(np.subtract(nearest.place_mm, lesion.breach_mm)) < 6.0
    blind = find_ports(medium, Neighbours(spine.neighbours.body, spine.neighbours.canal))
    assert not [port for port in blind if port.kind is PortKind.FORAMEN]


def test_moving_the_tip_away_raises_the_volume():
    spine, _, medium, ports = prepared(*POSTERIOR)
    volumes = []
    for back in (8.0, 3.0, -2.0):
        reached = ports_reached(fill(medium, [spine.at(6.0, back, 0.0)]), ports)
        volumes.append(next(item.at_ml for item in reached if item.port.kind is PortKind.POSTERIOR))
    assert volumes[0] < volumes[1] < volumes[2]
    reached = ports_reached(fill(medium, [spine.at(6.0, 8.0, 0.0)]), ports)
    safe = safe_volume(reached)
    assert safe.port == "posterior wall 1"
    assert safe.volume_ml == pytest.approx(0.85 * volumes[0])
    assert safe.seen_ml == safe.volume_ml


def test_the_advised_tip_is_later_at_the_port_than_the_middle():
    _, lesion, medium, ports = prepared(*POSTERIOR)
    advice = advise_tip(medium, ports, 4.0, posterior=posterior_wall(medium, ports))
    middle = safe_volume(ports_reached(fill(medium, [lesion.mask.centroid_mm]), ports))
    assert advice[0].safe.volume_ml > 1.5 * middle.volume_ml
    assert advice[0].from_posterior_mm >= 10.0
    assert all(a.covers >= b.covers - 0.01 for a, b in pairwise(advice))
    index = medium.voxel_of(advice[0].tip_mm)
    assert medium.lesion[index]


def test_risk_is_ordered_as_leaks_are_published():
    """In metastases 32 % of levels leaked through cortex and 25 % into veins; of the veins segmental ones more."""
    spine, _, medium, ports = prepared((8.0, 4.0, 0.0), (8.0, 40.0, 0.0))
    reached = ports_reached(fill(medium, [spine.at(8.0, 4.0, 0.0)]), ports)
    coarse = spine.medium(spine.lesion(spine.at(8.0, 4.0, 0.0), spine.at(8.0, 40.0, 0.0)), 1.5)
    moved = ports_on(ports, medium, coarse)
    draws = draw_fillings(coarse, [spine.at(8.0, 4.0, 0.0)], [12.0], moved, 12, seed=5)
    found = with_chances(reached, ports, draws, 12.0)
    by_type = {kind: max((p.leak_chance for p in found if p.port.leak_type == kind), default=0.0) for kind in "CSB"}
    assert by_type["C"] > by_type["S"] >= by_type["B"]
    again = draw_fillings(coarse, [spine.at(8.0, 4.0, 0.0)], [12.0], moved, 12, seed=5)
    assert np.array_equal(draws.at_ml, again.at_ml)
    cortical = next(item for item in found if item.port.kind is PortKind.POSTERIOR)
    assert cortical.low_ml <= cortical.at_ml <= cortical.high_ml


def test_drawn_permeability_has_the_published_spread():
    from boneir.cement.leaks import _field

    medium = block((40, 40, 40))
    field = _field(medium, np.random.default_rng(0))
    assert field.mean() == pytest.approx(1.0, abs=0.02)
    assert field.std() == pytest.approx(0.4, abs=0.04)
    smooth = ndimage.gaussian_filter(field, 1.0)
    assert smooth.std() > 0.8 * field.std()  # alike over millimetres


def test_without_the_accelerator_ports_are_reached_at_the_same_volumes():
    from boneir.cement import front_numba, front_numpy

    spine = lumbar()
    lesion = spine.lesion(spine.at(6.0, 8.0, 0.0), spine.at(6.0, 40.0, 0.0))
    medium = spine.medium(lesion, 2.0)
    ports = find_ports(medium, spine.neighbours)
    tip = spine.at(6.0, 4.0, 0.0)
    quick, plain = (fill(medium, [tip], kernels=kernels) for kernels in (front_numba, front_numpy))
    reached = [[item.at_ml for item in ports_reached(filling, ports)] for filling in (quick, plain)]
    assert reached[0] == pytest.approx(reached[1], abs=0.05)
    for volume in (1.0, 3.0, 6.0):
        one, other = quick.shape(volume), plain.shape(volume)
        assert np.count_nonzero(one & other) > 0.99 * np.count_nonzero(one | other)
