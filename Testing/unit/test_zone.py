"""Zones on needles: the right place and size, shells around it, unions with what must be said of them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from boneir.ablation.device import ICE_EDGE
from boneir.ablation.devices import device, devices
from boneir.ablation.zone import joined_zone, shells_of, zone_of, zone_size_of
from boneir.errors import DeviceError
from boneir.evidence import Grade
from boneir.findings import Severity
from boneir.grid import Grid
from boneir.plan import Probe, Technique, Trajectory

GRID = Grid((90, 80, 80), (1.0, 1.0, 1.0), (-40.0, -40.0, -45.0))
TURN = np.array([[-0.8, 0.0, -0.6], [0.0, 1.0, 0.0], [-0.6, 0.0, 0.8]])
OBLIQUE = Grid(
    (50, 110, 110),
    (0.8, 0.8, 2.0),
    tuple(-TURN @ ([54.3, 54.8, 24.6] * np.array([0.8, 0.8, 2.0]))),
    tuple(TURN.ravel()),
)


def probe(tip=(3.0, -2.0, 5.0), entry=(30.0, -100.0, 20.0), **values):
    return Probe("1", "emprint", Trajectory(entry, tip), **values)


@pytest.mark.parametrize("setting", [size.setting for size in device("emprint").zones])
def test_the_zone_reaches_beyond_the_tip_as_published(setting):
    needle = probe(setting=setting)
    size = device("emprint").zone(setting)
    zone = zone_of(needle, device("emprint"), GRID)
    axis = np.asarray(needle.trajectory.direction)
    offset = zone.mask.points_mm() - np.asarray(needle.trajectory.tip_mm)
    along = offset @ axis
    across = np.linalg.norm(offset - np.outer(along, axis), axis=1)
    assert along.max() == pytest.approx(size.forward_mm.amount, abs=0.75)
    assert along.max() - along.min() == pytest.approx(size.length_mm.amount, abs=1.2)
    assert 2 * across.max() == pytest.approx(size.width_mm.amount, abs=1.2)
    closed_form = np.pi / 6 * size.length_mm.amount * size.width_mm.amount**2 / 1000
    assert zone.mask.volume_ml == pytest.approx(closed_form, rel=0.01)


@pytest.mark.parametrize("entry", [(0, 0, 90), (0, 0, -90), (70, 0, 0), (-50, 60, 30), (1e-9, 0, 90)])
def test_every_direction_gives_the_same_volume_on_every_grid(entry):
    needle = probe(tip=(0.0, 0.0, 0.0), entry=entry, setting="100W-5min")
    volumes = [zone_of(needle, device("emprint"), grid).mask.volume_ml for grid in (GRID, OBLIQUE)]
    assert volumes == pytest.approx([np.pi / 6 * 37 * 35**2 / 1000] * 2, rel=0.01)


@pytest.mark.parametrize("item", [item for item in devices() if item.zones], ids=lambda item: item.id)
def test_shells_lie_inside_and_outside_one_another(item):
    for size in item.zones:
        zone = zone_of(probe(tip=(0.0, 0.0, 0.0), setting=size.setting), item, GRID)
        assert zone.inner is not None
        assert zone.outer is not None
        inner, mask, outer = zone.inner.full(), zone.mask.full(), zone.outer.full()
        assert not np.any(inner & ~mask)
        assert not np.any(mask & ~outer)
        assert inner.sum() < mask.sum() < outer.sum()
        assert "not measured in bone" in zone.medium
        assert zone.evidence is not None
        ours = zone.evidence.grade is Grade.DEFAULT
        assert ours == (item.vendor == "Generic"), "only a device that is nobody's product has figures of ours"


def test_shells_of_a_zone_without_a_range_are_a_fifth_to_either_side():
    size = device("emprint").zone("100W-10min")
    shells = shells_of(probe(setting=size.setting), size, Technique.MICROWAVE)
    assert (shells.inner.along_mm, shells.inner.across_mm) == pytest.approx((0.8 * 21, 0.8 * 18))
    assert (shells.outer.along_mm, shells.outer.across_mm) == pytest.approx((1.2 * 21, 1.2 * 18))


def test_a_zone_measured_in_bone_has_only_its_own_range():
    size = dataclasses.replace(device("rf-15g-bipolar-gas").zone("600mA"), in_bone=True)
    shells = shells_of(probe(setting=size.setting), size, Technique.RADIOFREQUENCY)
    assert (shells.inner.across_mm, shells.outer.across_mm) == (12.0, 15.0)
    assert shells.inner.slide_mm == -5.0
    assert shells.outer.slide_mm == 5.0


def test_ice_lies_outside_the_lethal_zone():
    item = device("visica2")
    size = item.zone("1cm-4min-liver")
    needle = probe(setting=size.setting)
    shells = shells_of(needle, size, Technique.CRYO)
    heat = shells_of(needle, size, Technique.RADIOFREQUENCY)
    assert shells.expected == heat.expected == heat.harmful
    assert shells.harmful.across_mm == pytest.approx(17 / 2 + 5.0)
    assert shells.outer.across_mm == pytest.approx(heat.outer.across_mm + 5.0)
    ice = shells_of(needle, dataclasses.replace(size, criterion=ICE_EDGE), Technique.CRYO)
    assert ice.expected.across_mm == pytest.approx(17 / 2 - 5.0)
    assert ice.outer == heat.outer
    assert ice.harmful.across_mm == pytest.approx(17 / 2)


def test_the_setting_can_be_named_by_its_numbers():
    item = device("emprint")
    assert zone_size_of(probe(power_w=100, duration_s=450), item).setting == "100W-7.5min"
    with pytest.raises(DeviceError, match=r"names no setting.*75W-5min"):
        zone_size_of(probe(power_w=100), item)
    with pytest.raises(DeviceError, match=r"contradicts the setting '100W-5min'"):
        zone_size_of(probe(setting="100W-5min", duration_s=900), item)


def test_devices_that_are_not_ready_are_refused():
    with pytest.raises(DeviceError, match="instructions for use"):
        zone_of(probe(setting="any"), device("icerod"), GRID)
    with pytest.raises(DeviceError, match="makes no zone"):
        zone_of(probe(), device("biopsy-11g"), GRID)


def test_probes_in_sequence_leave_their_union():
    needles = [probe(tip=(x, 0.0, 0.0), setting="75W-5min") for x in (-8.0, 8.0)]
    zones = [zone_of(needle, device("emprint"), GRID) for needle in needles]
    joined, findings = joined_zone(zones, Technique.MICROWAVE)
    assert np.array_equal(joined.mask.full(), zones[0].mask.full() | zones[1].mask.full())
    assert joined.outer is not None
    assert joined.outer.count > joined.mask.count
    assert [(f.code, f.severity) for f in findings] == [("ablation.union", Severity.NOTE)]
    assert joined.probe == ""


def test_cryoprobes_together_are_not_their_union():
    zones = [zone_of(probe(setting="1cm-4min-liver"), device("visica2"), GRID)] * 2
    _, findings = joined_zone(zones, Technique.CRYO)
    assert [(f.code, f.severity) for f in findings] == [("ablation.cryo_union", Severity.WARN)]


def test_the_same_values_give_the_same_zone():
    first, second = (zone_of(probe(setting="75W-5min"), device("emprint"), OBLIQUE) for _ in range(2))
    assert first.mask.equals(second.mask)
