"""Devices: what ships says where it comes from, and a user's own file is read with every fault named."""

from __future__ import annotations

import copy
import json
import math

import pytest

from boneir.ablation.device import DeviceStatus
from boneir.ablation.devices import device, devices
from boneir.errors import DeviceError
from boneir.evidence import Grade
from boneir.plan import Technique
from boneir.resources import resource_folder

OWN = {
    "schema": "boneir.device/1",
    "id": "own",
    "vendor": "Own",
    "model": "needle",
    "technique": "radiofrequency",
    "status": "ready",
    "diameter_mm": {"value": 1.5, "unit": "mm", "grade": "published", "source": "instructions for use, p. 3"},
    "usable_length_mm": {"value": 120, "unit": "mm", "grade": "published", "source": "instructions for use, p. 3"},
    "zones": [
        {
            "setting": "70C-15min",
            "title": "70 degC, 15 min",
            "medium": "measured in excised bone",
            "in_bone": True,
            "criterion": "coagulation",
            "target_c": {"value": 70, "unit": "degC", "grade": "published", "source": "instructions for use, p. 9"},
            "duration_s": {"value": 900, "unit": "s", "grade": "published", "source": "instructions for use, p. 9"},
            "length_mm": {"value": 30, "unit": "mm", "grade": "published", "source": "instructions for use, p. 9"},
            "width_mm": {"value": 20, "unit": "mm", "grade": "published", "source": "instructions for use, p. 9"},
            "forward_mm": {"value": 5, "unit": "mm", "grade": "published", "source": "instructions for use, p. 9"},
        }
    ],
}


def written(tmp_path, data):
    path = tmp_path / "own.json"
    path.write_text(json.dumps(data), "utf-8")
    return str(path)


def test_every_shipped_file_is_a_device_under_its_own_name():
    names = sorted(path.stem for path in (resource_folder() / "Devices").glob("*.json"))
    assert names == [item.id for item in devices()]
    assert len(names) >= 19


def test_devices_of_a_technique():
    assert {item.technique for item in devices(Technique.CRYO)} == {Technique.CRYO}
    assert {"visica2", "argon-2.4mm"} <= {item.id for item in devices(Technique.CRYO)}
    assert len(devices(Technique.BIOPSY)) + len(devices(Technique.CEMENT)) == 4


def test_no_zone_was_measured_in_bone_and_each_says_so():
    for item in devices():
        for size in item.zones:
            assert not size.in_bone
            assert size.medium_sentence.endswith("not measured in bone")


def test_published_and_derived_figures_name_where_they_can_be_read():
    for item in devices():
        values = [item.diameter_mm, item.usable_length_mm, *item.active_tips_mm, *(v for _, v in item.figures)]
        for size in item.zones:
            values += [size.length_mm, size.width_mm, size.forward_mm]
        for value in values:
            if value.grade is not Grade.DEFAULT:
                assert "http" in value.source or "clinicaltree" in value.source, (item.id, value)


@pytest.mark.parametrize(
    ("setting", "width", "length", "forward"),
    [
        ("75W-5min", 32, 35, 6.0),
        ("75W-7.5min", 33, 36, 6.5),
        ("100W-5min", 35, 37, 7.0),
        ("100W-7.5min", 35, 41, 9.0),
        ("100W-10min", 36, 42, 9.5),
        ("150W-6.5min", 37, 41, 6.8),
        ("150W-8min", 38, 42, 7.8),
        ("150W-10min", 39, 42, 7.8),
    ],
)
def test_emprint_rows(setting, width, length, forward):
    size = device("emprint").zone(setting)
    assert (size.width_mm.amount, size.length_mm.amount) == (width, length)
    assert size.forward_mm.amount == pytest.approx(forward, abs=0.051)  # the table is rounded to half a millimetre
    assert size.power_w is not None
    assert size.duration_s is not None
    assert size.setting == f"{size.power_w:g}W-{size.duration_s / 60:g}min"


def test_rempp_volumes_and_ellipticity_agree_with_the_abstract():
    """The abstract gives the ellipticity and volume of the best row, which the table's axes must reproduce."""
    best = device("rf-15g-monopolar-gas").zone("1250mA")
    length, width = best.length_mm.amount, best.width_mm.amount
    assert length / width == pytest.approx(1.21, abs=0.02)
    assert math.pi / 6 * length * width**2 / 1000 == pytest.approx(42.7, abs=10.7)
    assert best.width_mm.low == 36
    ellipticity = {500: 2.18, 550: 1.89, 600: 1.69, 650: 1.80, 700: 1.96}
    for size in device("rf-15g-bipolar-water").zones:
        assert size.current_ma is not None
        ratio = size.length_mm.amount / size.width_mm.amount
        assert ratio == pytest.approx(ellipticity[int(size.current_ma)], abs=0.09)


def test_the_argon_study_has_widths_but_no_whole_zone():
    study = device("argon-2.4mm")
    widths = {title: value.amount for title, value in study.figures if title.startswith("Diameter")}
    assert [widths[f"Diameter of the -30 degC zone, {n} probe{'s' * (n > 1)}"] for n in (1, 2, 3, 4)] == [
        12,
        33,
        41,
        49,
    ]
    assert study.zones == ()
    assert any("length" in note for note in study.notes)


@pytest.mark.parametrize(
    "id_", ["osteocool", "spinestar", "icesphere", "icerod", "iceforce", "icepearl", "argon-2.4mm"]
)
def test_a_device_without_readable_figures_asks_for_them(id_):
    item = device(id_)
    assert item.status is DeviceStatus.NEEDS_IFU
    with pytest.raises(DeviceError, match=rf"instructions for use.*{id_}\.json"):
        item.ready()
    with pytest.raises(DeviceError, match="instructions for use"):
        item.zone("any")


def test_osteocool_is_contraindicated_in_the_neck():
    item = device("osteocool")
    assert item.contraindications[0].structures == tuple(f"vertebra_C{n}" for n in range(1, 8))
    assert "medtronic.com" in item.contraindications[0].source
    assert [tip.amount for tip in item.active_tips_mm] == [7, 10, 15, 20]


def test_unknown_names_are_refused_with_what_there_is():
    with pytest.raises(DeviceError, match=r"no device 'emprunt'.*emprint"):
        device("emprunt")
    with pytest.raises(DeviceError, match=r"no setting '5W'.*100W-10min"):
        device("emprint").zone("5W")
    with pytest.raises(DeviceError, match="makes no zone"):
        device("biopsy-11g").zone("")


def test_a_users_own_file(tmp_path):
    item = device(written(tmp_path, OWN))
    size = item.zone("70C-15min")
    assert size.medium_sentence == "measured in excised bone"
    assert size.in_bone
    assert size.target_c == 70
    assert item.diameter_mm.grade is Grade.PUBLISHED


def test_every_fault_of_a_users_file_is_listed_with_its_path(tmp_path):
    bad = copy.deepcopy(OWN)
    bad["technique"] = "magic"
    bad["colour"] = "blue"
    del bad["diameter_mm"]["source"]
    zone = bad["zones"][0]
    zone["length_mm"]["value"] = -3
    zone["width_mm"]["unit"] = "cm"
    zone["power_w"] = "strong"
    zone["duration_s"]["unit"] = "min"
    zone["shape"] = "pear"
    zone["forward_mm"].update(low=6, high=7)
    with pytest.raises(DeviceError) as caught:
        device(written(tmp_path, bad))
    text = "\n".join(caught.value.faults)
    for part in (
        "technique: expected one of",
        "colour: is not known",
        "diameter_mm: source missing",
        "zones[0].length_mm: -3 mm",
        "zones[0].width_mm: expected mm, found 'cm'",
        "zones[0].power_w: expected a value",
        "zones[0].duration_s: expected s, found 'min'",
        "zones[0].shape: is not known",
        "zones[0].forward_mm: 5 mm lies outside its own range",
    ):
        assert part in text
    assert "own.json" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"zones": []}, "needs at least one zone"),
        ({"zones": OWN["zones"] * 2}, "same setting"),
        ({"schema": "boneir.device/9"}, "boneir.device/1"),
        ({"zones": {}}, "zones: expected a list"),
        ({"id": ""}, "id: expected words"),
        ({"notes": 3}, "notes: expected a list"),
    ],
)
def test_impossible_files(tmp_path, change, words):
    with pytest.raises(DeviceError, match=words):
        device(written(tmp_path, {**OWN, **change}))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DeviceError, match="cannot be read"):
        device(str(tmp_path / "none.json"))
    (tmp_path / "broken.json").write_text("{", "utf-8")
    with pytest.raises(DeviceError, match="not a JSON document"):
        device(str(tmp_path / "broken.json"))
