"""Corridors for screws: how long the widest takes to find, in the pelvis and in a vertebra of a synthetic patient."""

from __future__ import annotations

from calibration import best_of, triad_gb_per_s

from boneir.stability.corridor import widest_corridor
from boneir.stability.corridor_places import place_of, site_named
from boneir.training.synthetic_patient import synthetic_patient

GROUP = "cement"

BAR_S = 1.0
SITES = ("pedicle_L3_left", "iliosacral_s1_left", "supra_acetabular_left")


def figures() -> list[dict]:
    """Seconds from the outlines of bone at hand to the axis of the widest corridor."""
    calibration = f"triad {triad_gb_per_s():.1f} GB/s"
    patient = synthetic_patient(seed=0, spacing_mm=(1.5, 1.5, 2.0))
    names = [name for name in patient.labels if name.startswith(("vertebra_L3", "hip", "sacrum", "spinal_canal"))]
    bones = {name: patient.labels[name] for name in names}
    rows = []
    for key in SITES:
        bone, aim = place_of(site_named(key, bones), bones)
        widest_corridor(bone, aim)  # compiles, and measures the depth of the bone

        def find(bone=bone, aim=aim):  # type: ignore[no-untyped-def]
            bone.__dict__.pop("depth_mm", None)
            return widest_corridor(bone, aim)

        seconds, _ = best_of(3, find)
        rows.append(
            {
                "name": f"corridor, {key.replace('_', ' ')}: time", "value": seconds, "unit": "s", "bar": BAR_S,
                "met": seconds <= BAR_S, "calibration": calibration,
            }
        )  # fmt: skip
    return rows
