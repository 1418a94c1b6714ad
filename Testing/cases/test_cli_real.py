"""The whole job on a real CT, by the command line alone: inspect, open, lesion, propose, assess, report."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from scipy import ndimage

from boneir.case_folder import load_case
from boneir.cli import main
from boneir.report.words import printed
from cases_folder import case_folder

pytestmark = pytest.mark.cases


def run(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """Run a command that must succeed, and give its JSON."""
    code = main([*words, "--json"])
    said = capsys.readouterr()
    assert code == 0, said.err
    return json.loads(said.out)


def drawn_lesion(folder: Path, path: Path) -> Path:
    """A ball of 18 mm where the bone of the case is thickest, as a label image that someone might have drawn."""
    case = load_case(folder)
    grid, bone = case.image.grid, case.structure("bone").mask
    depth = ndimage.distance_transform_edt(bone.voxels, sampling=grid.spacing_mm[::-1])
    centre = np.asarray(np.unravel_index(int(depth.argmax()), depth.shape)) + np.asarray(bone.corner)
    kji = np.indices(grid.shape).reshape(3, -1).T
    near = np.linalg.norm(grid.to_mm(kji[:, ::-1]) - grid.to_mm(centre[::-1]), axis=1) <= 9.0
    image = sitk.GetImageFromArray(near.reshape(grid.shape).astype(np.uint8))
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_mm)
    image.SetDirection(grid.direction)
    sitk.WriteImage(image, str(path), useCompression=True)
    return path


def test_from_dicom_to_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images, folder = case_folder("pelvis-ct-dicom"), tmp_path / "case"
    (series,) = [item for item in run(capsys, "inspect", str(images))["series"] if item["plannable"]]
    assert series["size"] == [512, 512, 99]
    opened = run(capsys, "open", str(images), "--case", str(folder), "--series", series["uid"])
    outlined = {item["name"] for item in opened["structures"]}
    assert {"body", "bone", "spinal_canal"} <= outlined
    mask = drawn_lesion(folder, tmp_path / "mask.nii.gz")
    lesion = run(capsys, "lesion", str(folder), "--mask", str(mask), "--name", "drawn")
    assert lesion["volume_ml"] == pytest.approx(4 / 3 * np.pi * 0.9**3, rel=0.1)
    proposed = run(capsys, "propose", str(folder), "--technique", "microwave", "--device", "emprint")
    assert proposed["plans"], proposed["refusals"]
    assert proposed["allowed"] + sum(item["entries"] for item in proposed["refusals"]) == proposed["entries"]
    name = proposed["plans"][0]["name"]
    assessment = run(capsys, "assess", str(folder), name)
    assert assessment["plan_uid"] == proposed["plans"][0]["uid"]
    assert assessment["case_uid"] == lesion["case_uid"]
    report = run(capsys, "report", str(folder), name)
    text = Path(report["html"]).read_text("utf-8")
    (length,) = [item for item in assessment["measures"] if item["code"] == "access.length"]
    assert f"{length['amount']:.1f}\u00a0mm" in text, "the report shows the number of the assessment"
    assert report["verdict"] in text
    words = html.unescape(text)
    missing = [item["text"] for item in assessment["findings"] if printed(item["text"]) not in words]
    assert not missing
