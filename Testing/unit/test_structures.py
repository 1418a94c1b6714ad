"""The catalogue of structures is complete and finds a structure by any of its names."""

from __future__ import annotations

import re

import pytest

from boneir.anatomy.settings import outline_values, setting
from boneir.anatomy.structures import kind_for, structure_kinds, structure_kins, with_article
from boneir.case import Role
from boneir.errors import ResourceError
from boneir.evidence import Grade

LEVELS = [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)] + ["S1"]


def test_all_bones_and_critical_classes_are_there():
    kinds = structure_kinds()
    ribs = [f"rib_{side}_{n}" for side in ("left", "right") for n in range(1, 13)]
    paired = [
        f"{bone}_{side}" for bone in ("hip", "femur", "humerus", "scapula", "clavicle") for side in ("left", "right")
    ]
    for key in [f"vertebra_{level}" for level in LEVELS] + ribs + paired + ["sacrum", "sternum", "bone"]:
        assert kinds[key].role is Role.BONE, key
    critical = {kind.kin.key for kind in kinds.values() if kind.role is Role.CRITICAL}
    checked = {kin.key for kin in structure_kins().values() if kin.checked}
    assert checked == {
        "cord", "nerve_roots", "great_vessels", "heart", "lung", "bowel", "urinary", "liver_spleen", "joint",
    }  # fmt: skip
    assert checked <= critical
    assert kinds["body"].role is Role.BODY


def test_every_critical_structure_has_clearance_and_severity_with_their_evidence():
    for kind in structure_kinds().values():
        if kind.role is Role.CRITICAL:
            assert kind.clearance is not None, kind.key
            assert kind.clearance.unit == "mm"
            assert kind.severity is not None, kind.key
            assert 0 < kind.severity.amount <= 1
            assert kind.clearance.grade is Grade.DEFAULT
        assert len(kind.colour) == 3
        assert all(0 <= c <= 255 for c in kind.colour)


@pytest.mark.parametrize(
    ("key", "clearance_mm", "severity"),
    [("spinal_canal", 3, 1), ("nerve_roots", 2, 0.9), ("aorta", 5, 1), ("heart", 10, 1), ("lungs", 3, 0.6),
     ("colon", 5, 0.9), ("kidney_left", 5, 0.6), ("liver", 2, 0.4), ("spleen", 5, 0.6), ("hip_joint_left", 3, 0.6)],
)  # fmt: skip
def test_the_defaults_are_what_the_documentation_says(key, clearance_mm, severity):
    kind = structure_kinds()[key]
    assert kind.clearance is not None
    assert kind.severity is not None
    assert (kind.clearance.amount, kind.severity.amount) == (clearance_mm, severity)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("vertebrae_L1", "vertebra_L1"), ("L1 vertebra", "vertebra_L1"), ("L1", "vertebra_L1"),
        ("VERTEBRA l1", "vertebra_L1"), ("vertebrae_S1", "vertebra_S1"), ("rib_left_1", "rib_left_1"),
        ("Left rib 1", "rib_left_1"), ("hip_left", "hip_left"), ("left hip bone", "hip_left"),
        ("Kidney, right", "kidney_right"), ("kidney_R", "kidney_right"), ("iliac_vena_left", "iliac_vein_left"),
        ("IVC", "inferior_vena_cava"), ("oesophagus", "esophagus"), ("bladder", "urinary_bladder"),
        ("clavicula_left", "clavicle_left"), ("Spinal Cord", "spinal_cord"), ("lung", "lungs"), ("kidneys", "kidneys"),
        ("vertebrae_body", "vertebral_bodies"), ("Bone", "bone"),
    ],
)  # fmt: skip
def test_a_name_is_understood(name, key):
    kind = kind_for(name)
    assert kind is not None
    assert kind.key == key


@pytest.mark.parametrize("name", ["", "27", "1 2", "vertebra 20", "segment_3", "my tumour", "left"])
def test_what_is_no_name_means_nothing(name):
    assert kind_for(name) is None


def test_every_name_of_the_catalogue_leads_to_its_own_entry():
    for kind in structure_kinds().values():
        for name in (kind.key, kind.name, *kind.total_segmentator, *kind.aliases):
            assert kind_for(name) is kind, name
            assert kind_for(name.upper().replace("_", " ")) is kind, name


def test_codes_look_like_snomed_and_sides_agree_with_names():
    for kind in structure_kinds().values():
        if kind.code is not None:
            assert kind.code.scheme == "SCT"
            assert _has_valid_check_digit(kind.code.value), kind.key
        if re.search(r"_(left|right)(_|$)", kind.key) and kind.side is not None:
            assert kind.side.meaning.lower() in kind.key


def test_codes_that_dicom_lists_mean_the_same_there():
    from pydicom.sr.codedict import codes

    meanings: dict[str, str] = {}
    for keyword in dir(codes.SCT):
        code = getattr(codes.SCT, keyword)
        if hasattr(code, "meaning"):
            meanings[code.value] = f"{meanings.get(code.value, '')} {code.meaning.lower()}"
    known = [kind for kind in structure_kinds().values() if kind.code is not None and kind.code.value in meanings]
    assert len(known) > 100
    for kind in known:
        assert kind.code is not None
        words = [word for word in re.findall(r"[a-z0-9]+", kind.code.meaning.lower()) if word not in ("and", "of")]
        assert any(word in meanings[kind.code.value] for word in words), (kind.key, meanings[kind.code.value])


def _has_valid_check_digit(identifier: str) -> bool:
    """Verhoeff's check digit, which every SNOMED CT identifier ends with."""
    turn = [list(range(10))]
    first = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    for n in range(1, 8):
        turn.append([turn[n - 1][first[m]] for m in range(10)])
    check = 0
    for n, digit in enumerate(reversed(identifier)):
        check = _dihedral(check, turn[n % 8][int(digit)])
    return check == 0


def _dihedral(a: int, b: int) -> int:
    """Product in the symmetry group of the pentagon: 0-4 rotations, 5-9 reflections."""
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b - 5) % 5
    return 5 + (a - 5 - b) % 5 if b < 5 else (a - b) % 5


def test_settings_have_units_in_their_names_and_unknown_ones_are_refused():
    for name, value in outline_values().items():
        ends = {"mm": "mm", "hu": "HU", "ml": "mL", "mm2": "mm2"}
        last = name.rsplit("_", 1)[-1]
        if last in ends:
            assert value.unit == ends[last], name
    with pytest.raises(ResourceError, match="no value"):
        setting("nonsense_mm")


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("spinal_canal", "", "the spinal canal"),
        ("kidney_left", "", "the left kidney"),
        ("outline 7", "kidney_left", "the left kidney"),
        ("gas", "", "the gas inside the body"),
        ("sacral_plexus_left", "", "the left sacral plexus"),
        ("nerve_roots", "", "nerve roots"),
        ("renal_arteries", "", "renal arteries"),
        ("vertebra_L3", "", "vertebra L3"),
        ("rib_left_5", "", "left rib 5"),
        ("L3 left", "", "L3 left"),
        ("my_own_outline", "", "my own outline"),
    ],
)
def test_a_structure_is_called_in_running_text_as_people_do(name, kind, said):
    assert with_article(name, kind) == said
