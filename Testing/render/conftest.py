"""The tests of this folder need Slicer's core; without it they are left out, and the header of the run says so."""

from __future__ import annotations

from importlib.util import find_spec

HAVE_CORE = find_spec("slicer") is not None and find_spec("vtk") is not None
collect_ignore_glob = [] if HAVE_CORE else ["test_*.py"]


def pytest_report_header() -> str:
    return "render tests: run" if HAVE_CORE else "render tests: left out, slicer-core is not installed"
