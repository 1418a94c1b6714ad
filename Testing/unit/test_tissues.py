"""Tissues: derived numbers against an independent table, and the traps of the database they come from."""

from __future__ import annotations

import pytest

from boneir.ablation.tissues import freezing, tissue, tissues
from boneir.errors import ResourceError
from boneir.evidence import Grade

# perfusion term W/m3/K and diffusivity 1e-7 m2/s, computed apart from the same database
GOLDEN = {
    "bone_cortical": (1207, 1.28),
    "bone_cancellous": (2237, 1.17),
    "marrow_red": (8787, 1.02),
    "marrow_yellow": (1861, 0.95),
    "muscle": (2535, 1.33),
    "fat": (1886, 0.99),
    "skin": (7467, 0.99),
    "csf": (0, 1.39),
    "spinal_cord": (10907, 1.32),
    "nerve": (10907, 1.26),
    "dura": (28232, 1.11),
    "disc": (2435, 1.24),
    "ligament": (2096, 1.20),
    "vessel_wall": (10455, 1.27),
}


@pytest.mark.parametrize("id_", GOLDEN)
def test_derived_properties(id_):
    perfusion, diffusivity = GOLDEN[id_]
    assert tissue(id_).perfusion_w_m3_k == pytest.approx(perfusion, rel=1e-3, abs=0.1)
    assert tissue(id_).diffusivity_m2_s == pytest.approx(diffusivity * 1e-7, abs=0.006e-7)


def test_depth_to_which_perfusion_lets_heat_go():
    """sqrt(k / kappa), which sets the steady temperature around a hot sphere, known in mm to three decimals."""
    depth = {
        id_: (tissue(id_).value("conductivity_w_m_k").amount / tissue(id_).perfusion_w_m3_k) ** 0.5 * 1000
        for id_ in ("muscle", "bone_cancellous", "bone_cortical")
    }
    assert depth == pytest.approx({"muscle": 13.973, "bone_cancellous": 11.819, "bone_cortical": 16.280}, abs=5e-3)


def test_the_inside_of_a_vertebra_is_not_cortical_bone():
    """The database's row for vertebrae repeats cortical bone, so there is none here."""
    assert not any(item.id.startswith("vertebra") or item.name.lower().startswith("vertebra") for item in tissues())
    with pytest.raises(ResourceError, match="bone_cancellous"):
        tissue("vertebrae")
    cortical, cancellous = tissue("bone_cortical"), tissue("bone_cancellous")
    assert cancellous.value("density_kg_m3").amount < 0.7 * cortical.value("density_kg_m3").amount


@pytest.mark.parametrize(
    ("id_", "ionic", "conductivity"), [("fat", 0.035, 0.0573), ("muscle", 0.2, 0.355), ("csf", 2.0, 1.7765)]
)
def test_direct_current_conductivity_is_not_the_ionic_term(id_, ionic, conductivity):
    value = tissue(id_).value("sigma_dc_s_m")
    assert value.amount == conductivity != ionic
    assert value.grade is Grade.PUBLISHED


def test_spinal_cord_has_the_attenuation_of_the_newest_version():
    assert tissue("spinal_cord").value("attenuation_np_m_mhz").amount == 6.803
    assert tissue("spinal_cord").value("attenuation_exponent").amount == 1.3


def test_gas_insulates_and_spreads_heat_a_thousand_times_faster():
    assert tissue("gas").value("conductivity_w_m_k").amount < 0.15 * tissue("fat").value("conductivity_w_m_k").amount
    assert tissue("gas").diffusivity_m2_s == pytest.approx(235e-7, rel=0.01)


def test_what_was_not_read_in_its_source_is_not_called_published():
    for item in tissues():
        for key, value in item.values.items():
            if "Gabriel" in value.source or value.source == "Set by this project":
                assert value.grade is Grade.DEFAULT, (item.id, key)
            if value.grade is Grade.PUBLISHED:
                assert "http" in value.source, (item.id, key)
    assert tissue("bone_cortical").value("sigma_500khz_s_m").grade is Grade.PUBLISHED


def test_tumour_perfusion_is_a_range():
    value = tissue("lytic_tumour").value("perfusion_ml_min_kg")
    assert (value.low, value.amount, value.high) == (30, 100, 600)


def test_freezing():
    state = freezing()
    assert state.value("freezing_begins_c").amount > state.value("freezing_ends_c").amount
    assert state.value("conductivity_frozen_w_m_k").amount == 4 * state.value("conductivity_unfrozen_w_m_k").amount
    # three quarters of water: 334 kJ/kg x 0.75 x 1000 kg/m3
    assert state.value("latent_heat_mj_m3").amount == pytest.approx(334 * 0.75, rel=0.01)
    assert all(item.id != "frozen" for item in tissues())


def test_unknown_properties_are_refused():
    with pytest.raises(ResourceError, match=r"'colour' is not known.*density_kg_m3"):
        tissue("fat").value("colour")
