"""Needles implanted into real CTs are found; in thick slices it is said that they are not sure."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.anatomy.outline import outline_structures
from boneir.fusion.needles_found import find_needles
from boneir.image.read import read_image
from boneir.training.implant_needles import implant_needles
from cases_folder import case_folder
from needle_implants import bundle, errors_of

SEEN, THICK = "thorax-ct-dicom", "pelvis-ct-dicom"


@pytest.mark.parametrize("name", [SEEN, "jpeg2000-ct-dicom"])
def test_needles_in_real_images(name):
    image, _ = read_image(case_folder(name))
    body = next(item.mask for item in outline_structures(image)[0] if item.name == "body")
    for seed in (100, 101):
        needles = bundle(seed, image, body, 1 + seed % 2)
        rng = np.random.default_rng(seed)
        control = implant_needles(image, needles, rng.choice([1.5, 1.8, 2.4]), blur_mm=rng.uniform(0.4, 0.8), seed=seed)
        found, _ = find_needles(control, body)
        tips, angles, _ = errors_of(needles, found, body)
        assert max(tips) <= 0.5
        assert max(angles) <= 0.5


def test_single_needles_in_thick_slices_are_found_and_said_not_to_be_sure():
    image, _ = read_image(case_folder(THICK))
    body = next(item.mask for item in outline_structures(image)[0] if item.name == "body")
    for seed in (6, 108):  # in both the needle fades where it passes from slice to slice
        needles = bundle(seed, image, body, 1)
        rng = np.random.default_rng(seed)
        control = implant_needles(image, needles, rng.choice([1.5, 1.8, 2.4]), blur_mm=rng.uniform(0.4, 0.8), seed=seed)
        found, findings = find_needles(control, body)
        assert len(found) == 1
        assert max(errors_of(needles, found, body)[0]) <= 0.6
        assert "verify.coarse" in {item.code for item in findings}
