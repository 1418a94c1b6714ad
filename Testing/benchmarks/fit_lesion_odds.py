"""Fit the trees of ``Resources/Structures/lesion_odds.json`` to lesions implanted into synthetic patients.

Nothing of a real image goes into them. Patients differ in body, voxels and noise; lesions in shape, edge, place and CT
numbers; each is looked at from two clicks. Needs scikit-learn; run it as ``python
Testing/benchmarks/fit_lesion_odds.py OUT.json``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cases"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import lesion_cases
from lesion_cases import SEED, Patient, clicks

from boneir.anatomy.lesion_look import SIGNS, look_around, signs_along
from boneir.anatomy.lesion_rays import radii_up_to
from boneir.anatomy.lesion_settings import lesion_setting
from boneir.anatomy.lesion_window import Clicks, lesion_window
from boneir.anatomy.sphere import sphere
from boneir.errors import BoneIRError
from boneir.open import case_of
from boneir.training import implant as implanting
from boneir.training import tissue_hu
from boneir.training.synthetic_patient import synthetic_patient

FIRST_SEED = 100
"""Of the synthetic patients: those of tests and scores have lower ones."""
VOXELS_MM = ((1.2, 1.2, 1.5), (1.0, 1.0, 3.0), (1.5, 1.5, 1.5), (1.0, 1.0, 5.0), (1.4, 1.4, 2.0), (2.5, 2.5, 2.5))
NOISE_HU = (12.0, 25.0, 40.0)
LOOKS = ("plain", "varied", "other numbers")
"""Round and sharp; rough, long and blurred; the same with other CT numbers."""
PATIENTS, LESIONS = 18, 6
DIRECTIONS = 162
MOST_WEIGHT_MM2 = 400.0
SURE_SHARE = 0.2
"""Samples nearer than this to half in the lesion are of neither side."""
TREES = {
    "max_iter": 100,
    "max_leaf_nodes": 14,
    "max_depth": 6,
    "learning_rate": 0.12,
    "l2_regularization": 1.0,
    "min_samples_leaf": 300,
    "random_state": 0,
}
SOURCE = (
    "Boosted trees fitted by this project to lesions implanted in synthetic patients; "
    "Testing/benchmarks/fit_lesion_odds.py makes them."
)


def patients() -> Iterator[Patient]:
    """Every patient to learn from."""
    for number in range(PATIENTS):
        look, rng = LOOKS[number % 3], np.random.default_rng([SEED, number])
        voxels_mm, noise = VOXELS_MM[number % len(VOXELS_MM)], NOISE_HU[number // 3 % 3]
        image = synthetic_patient(FIRST_SEED + number, voxels_mm, noise_hu=noise).image
        bone = lesion_cases._bone_of(image, ())
        lesion_cases.implant_lesion = of_other_numbers if look == "other numbers" else implanting.implant_lesion
        image, planted = lesion_cases._with_lesions(image, bone, LESIONS, rng, varied=look != "plain")
        yield Patient(f"synthetic-{number} {voxels_mm} {look}", case_of(image), planted)


def of_other_numbers(*place, seed: int, **looks) -> implanting.Implanted:
    """A lesion whose CT numbers are drawn from what metastases have, as `implant_lesion` makes one."""
    rng, usual = np.random.default_rng(seed + 7), (tissue_hu.LYTIC, tissue_hu.SCLEROTIC, tissue_hu.RIM_BONE)
    lytic, sclerotic, rim = usual
    tissue_hu.LYTIC = replace(lytic, hu=float(rng.uniform(20, 95)), texture_hu=float(rng.choice([0, 15, 30])))
    hu, texture, grain = (float(rng.uniform(*span)) for span in ((420, 950), (40, 120), (1, 2.5)))
    tissue_hu.SCLEROTIC = replace(sclerotic, hu=hu, texture_hu=texture, grain_mm=grain)
    tissue_hu.RIM_BONE = replace(rim, hu=float(rng.uniform(350, 750)))
    try:
        return implanting.implant_lesion(*place, seed=seed, **looks)
    finally:
        tissue_hu.LYTIC, tissue_hu.SCLEROTIC, tissue_hu.RIM_BONE = usual


def samples() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Signs (samples, signs), whether each sample lies in the lesion, and its weight; every lesion weighs the same."""
    rng, radii, ball = np.random.default_rng(0), radii_up_to(lesion_setting("reach_mm")), sphere(DIRECTIONS)
    parts = []
    for person in patients():
        for planted in person.planted:
            for place in clicks(planted, 2):
                try:
                    window = lesion_window(person.case, Clicks((place,)), lesion_setting("reach_mm"))
                except BoneIRError:
                    continue
                around = window.around
                signs = signs_along(look_around(around), around.inside[0], ball, radii)
                truth = planted.truth.part(window.corner, window.shape).astype(np.float32)
                steps = ball.unit.T[:, :, None] / around.spacing_mm[:, None, None]
                places = around.inside[0][:, None, None] + steps * radii
                share = ndimage.map_coordinates(truth, places, order=1)
                shown = ((places >= -0.5) & (places <= np.asarray(truth.shape)[:, None, None] - 0.5)).all(axis=0)
                # Far beyond the lesion one sample of seven is enough.
                mean_mm = float(np.mean((share > 0.5).sum(axis=1))) * lesion_setting("step_mm")
                near = (radii <= 2.5 * mean_mm + 8)[None] | (rng.random(share.shape) <= 0.15)
                use = shown & near & (np.abs(share - 0.5) > SURE_SHARE)
                weight = np.broadcast_to(np.minimum(radii**2, MOST_WEIGHT_MM2), use.shape)[use]
                parts.append((signs[use], share[use] > 0.5, weight / weight.sum()))
        print(person.name, len(parts), flush=True)
    signs, inside, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    return signs, inside, weight / weight.mean()


def written(model: object) -> str:
    """The trees as the library reads them, one in a line."""
    trees = []
    for (one,) in model._predictors:
        rows = [
            [short(node["value"])]
            if node["is_leaf"]
            else [int(node["feature_idx"]), short(node["num_threshold"]), int(node["left"]), int(node["right"])]
            for node in one.nodes
        ]
        trees.append("    " + json.dumps(rows, separators=(",", ":")))
    origin = {"unit": "1", "grade": "default", "source": SOURCE}
    start = {"value": short(model._baseline_prediction.ravel()[0]), **origin}
    start["note"] = "Natural logarithm of the odds before anything is seen."
    note = "Nodes: [sign, most, node up to it, node above] or, for a leaf, [logarithm of odds to add]."
    about = "Odds that a place belongs to a lesion of bone on CT, by what is seen along rays from a click."
    body = {"about": about, "signs": list(SIGNS), "start": start, "trees": {"value": "@", **origin, "note": note}}
    return json.dumps(body, indent=2).replace('"@"', "[\n" + ",\n".join(trees) + "\n  ]") + "\n"


def short(value: float) -> float:
    """Five digits are enough."""
    return float(f"{float(value):.5g}")


def main(out: str) -> None:
    """Fit and write."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    signs, inside, weight = samples()
    model = HistGradientBoostingClassifier(**TREES).fit(signs, inside, sample_weight=weight)
    Path(out).write_text(written(model), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
