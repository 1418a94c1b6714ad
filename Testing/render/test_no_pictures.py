"""A machine that can not draw: a finding that says so, and never a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from boneir.scene import render_check
from boneir.scene.pictures import pictures_of
from small_case import small_case, small_plan

SCRIPT = """
import sys
sys.path[:0] = {paths!r}
from small_case import small_case, small_plan
from boneir.scene.pictures import pictures_of
case = small_case(size_mm=60.0)
pictures, findings = pictures_of(case, small_plan(case))
print(len(pictures), [finding.code for finding in findings], findings[0].text if findings else "")
"""


def run_elsewhere(**environment: str) -> subprocess.CompletedProcess[str]:
    testing = Path(__file__).resolve().parents[1]
    paths = [str(testing), str(testing.parent / "BoneIRPlanner")]
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(paths=paths)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="EGL is Linux's")
def test_a_driver_that_is_missing_ends_in_a_finding() -> None:
    done = run_elsewhere(
        __EGL_VENDOR_LIBRARY_FILENAMES="/nowhere.json",
        LIBGL_DRIVERS_PATH="/nowhere",
        VTK_DEFAULT_OPENGL_WINDOW="vtkEGLRenderWindow",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0 ['report.no_pictures'] No pictures were made")
    assert "EGL" in done.stdout


def test_a_trial_that_crashes_counts_as_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_check, "_TRIAL", "import os; os.abort()")
    assert not render_check._draws("")
    monkeypatch.setattr(render_check, "_TRIAL", "import time; time.sleep(30)")
    monkeypatch.setattr(render_check, "_SECONDS", 0.2)
    assert not render_check._draws("")


def test_without_slicer_core_the_finding_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_check, "find_spec", lambda name: None)
    case = small_case(size_mm=60.0)
    pictures, findings = pictures_of(case, small_plan(case))
    assert pictures == ()
    assert "slicer-core" in findings[0].text


def test_the_trial_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    render_check._working_window.cache_clear()
    monkeypatch.setattr(render_check, "_draws", lambda window: calls.append(window) or True)
    # Stand-ins of the application may be installed in the same process by the tests of the panels.
    monkeypatch.setattr(render_check, "_inside_the_application", lambda: False)
    try:
        assert render_check.why_no_pictures() == ""
        assert render_check.why_no_pictures() == ""
    finally:
        render_check._working_window.cache_clear()
    assert len(calls) == 1
