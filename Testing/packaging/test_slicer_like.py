"""The library runs in an environment that holds only what Slicer's own Python holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

JOB = """
import importlib.util, json, pkgutil, sys
from pathlib import Path
extras = ("numba", "slicer", "vtk", "reportlab", "rich", "matplotlib")
unexpected = [name for name in extras if importlib.util.find_spec(name)]
faces = ("boneir.scene", "boneir.gui", "boneir.commands", "boneir.__main__")
import boneir
loaded = []
for module in pkgutil.walk_packages(boneir.__path__, "boneir."):
    if not module.name.startswith(faces) and not module.name.endswith("_numba"):
        importlib.import_module(module.name)
        loaded.append(module.name)
from boneir.cli import main
code = main(["demo", "--out", sys.argv[1], "--json"])
print(json.dumps({"unexpected": unexpected, "modules": len(loaded), "code": code}), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def slicer_like_python() -> str:
    found = os.environ.get("BONEIR_SLICER_LIKE_PYTHON", "")
    if not found:
        pytest.skip("BONEIR_SLICER_LIKE_PYTHON is not set: python3 dev.py test makes that environment and sets it")
    return found


def test_the_whole_job_runs_without_any_extra(slicer_like_python: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "BoneIRPlanner")}
    command = [slicer_like_python, "-c", JOB, str(tmp_path / "out")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stderr.strip().splitlines()[-1])
    assert facts["unexpected"] == [], "the environment holds more than Slicer's Python"
    assert facts["modules"] > 30
    assert facts["code"] == 0
    reports = list((tmp_path / "out").rglob("*.html"))
    assert reports, "no HTML report was written"
    assert "picture" in reports[0].read_text("utf-8"), "a report without pictures must say so"


def test_this_environment_is_another_one(slicer_like_python: str) -> None:
    assert Path(slicer_like_python).resolve().parent != Path(sys.executable).parent
