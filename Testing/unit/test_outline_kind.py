"""Outlines of others are what their names or their codes say; unknown ones are kept clear of."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.absent import unknown_findings
from boneir.anatomy.outline_kind import is_lesion_name, outline_from_elsewhere, outline_kind
from boneir.case import Role
from boneir.grid import Grid
from boneir.image.seg_nrrd import Segment, read_seg_nrrd, seg_nrrd_bytes, type_of_entry
from boneir.mask import Mask

GRID = Grid((4, 5, 6), (1.0, 1.0, 1.0))
MASK = Mask.of(np.ones(GRID.shape, bool), GRID)

# Names of tasks of TotalSegmentator, versions 1 to 3 (totalsegmentator/map_to_binary.py).
TASKS = {
    "total_v1": "face hip_left gluteus_maximus_left autochthon_right iliopsoas_left heart_atrium_left urinary_bladder",
    "total": "kidney_cyst_left vertebrae_S1 atrial_appendage_left brachiocephalic_vein_right thyroid_gland skull "
    "costal_cartilages subclavian_artery_left portal_vein_and_splenic_vein iliac_vena_right lung_middle_lobe_right",
    "total_mr": "lung_left vertebrae intervertebral_discs spinal_cord prostate scapula_left",
    "vertebrae_mr": "sacrum vertebrae_L5 vertebrae_T12 vertebrae_C1",
    "vertebrae_body": "vertebrae_body intervertebral_discs",
    "appendicular_bones": "patella tibia fibula tarsal metatarsal phalanges_feet ulna radius carpal metacarpal "
    "phalanges_hand humerus femur",
    "body": "body_trunc body_extremities",
    "lung_vessels": "lung_vessels lung_trachea_bronchia lung_airways lung_airways_wall lung_arteries lung_veins",
    "liver_vessels": "liver_vessels liver_tumor",
    "liver_segments": "liver_segment_1 liver_segment_8",
    "pleural_pericard_effusion": "pleural_effusion pericardial_effusion",
    "tissue_4_types": "subcutaneous_fat torso_fat skeletal_muscle intermuscular_fat",
    "hip_implant": "hip_implant",
    "headneck_bones_vessels": "larynx_air hyoid internal_carotid_artery_right internal_jugular_vein_left",
    "headneck_muscles": "sternocleidomastoid_right prevertebral_left inferior_pharyngeal_constrictor",
    "thigh_shoulder_muscles": "quadriceps_femoris_left deltoid triceps_brachii",
    "abdominal_muscles": "psoas_major_right rectus_abdominis_left transversospinalis_right",
    "aortic_dissection": "aorta_true_lumen aorta_false_lumen",
    "renal_arteries": "renal_arteries celiac_trunk superior_mesenteric_artery",
    "trunk_cavities": "abdominal_cavity thoracic_cavity pericardium mediastinum",
    "coarse": "vertebrae_lumbar kidney iliac_artery iliac_vena hip clavicula scapula gluteus_medius",
    "teeth": "teeth_upper upper_right_canine_fdi13 lower_left_third_molar_pulp_fdi138 lower_jawbone",
    "brain_structures": "brainstem subarachnoid_space ventricle thalamus",
}


@pytest.mark.parametrize("task", TASKS)
def test_names_of_every_version_are_known(task):
    assert [name for name in TASKS[task].split() if outline_kind(name) is None] == []


def test_what_may_be_passed_is_never_an_organ():
    for names in TASKS.values():
        for name in names.split():
            kind = outline_kind(name)
            if kind is not None and kind.role is Role.PASSABLE:
                assert kind.kin.key == "soft"
    for name in ("lung_vessels", "aorta_false_lumen", "liver_tumor", "optic_nerve_left", "pericardium", "rectum"):
        assert outline_kind(name).role is Role.CRITICAL


@pytest.mark.parametrize(
    ("name", "code", "key"),
    [
        ("Segment_1", "SCT^15825003^x", "aorta"),
        ("Segment_1", "SCT^64033007^x~SCT^7771000^Left", "kidney_left"),
        ("Segment_1 right", "SCT^64033007^x", "kidney_right"),
        ("Segment_1", "SCT^64033007^x", "kidneys"),
        ("Segment_1", "SCT^36470004^x", "vertebra_L3"),
        ("Segment_1", "SRT^T-71000^Kidney~SRT^G-A101^Left", "kidney_left"),  # old codes: by their meaning
        ("liver", "SCT^64033007^Kidney", "liver"),  # the name that a person wrote comes first
        ("Segment_1", "SCT^85756007^Tissue", None),
        ("7", "", None),
    ],
)
def test_codes_serve_where_the_name_says_nothing(name, code, key):
    found = outline_kind(name, code)
    assert (found.key if found else None) == key


def test_an_unknown_outline_is_critical_and_said_once():
    made = outline_from_elsewhere("thing", MASK, "", "file", [])
    assert (made.role, made.kind, made.name) == (Role.CRITICAL, "", "thing")
    (finding,) = unknown_findings((made, outline_from_elsewhere("aorta", MASK, "", "file", [])))
    assert finding.code == "case.unknown_name"
    assert "keep clear" in finding.text
    assert outline_from_elsewhere("thing", MASK, "", "file", ["thing", "thing-2"]).name == "thing-3"


def test_lesions_of_other_organs_are_not_to_be_treated():
    assert not is_lesion_name("liver_tumor")
    assert not is_lesion_name("lung_nodules")
    assert is_lesion_name("tumor")


def test_sides_survive_a_seg_nrrd(tmp_path):
    path = tmp_path / "one.seg.nrrd"
    code = "SCT^64033007^Kidney~SCT^24028007^Right"
    path.write_bytes(seg_nrrd_bytes([Segment("Segment_1", MASK, code)]))
    (back,) = read_seg_nrrd(path)
    assert back.code == code
    assert outline_kind(back.name, back.code).key == "kidney_right"


def test_a_region_stands_for_a_type_that_says_no_more_than_tissue():
    entry = "c~SCT^1^x~SCT^85756007^Tissue~^^~r~SCT^64033007^Kidney~SCT^7771000^Left"
    assert type_of_entry(entry) == "SCT^64033007^Kidney~SCT^7771000^Left"
    assert type_of_entry("c~SCT^1^x~SCT^85756007^Tissue~^^~r~^^~^^") == ""
    assert type_of_entry("") == ""
