"""Whether this machine can draw at all: tried once, in a process of its own, where a crash of a driver hurts nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec

_VARIABLE = "VTK_DEFAULT_OPENGL_WINDOW"
_WINDOWS = ("vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow")
"""Offscreen windows of VTK on Linux: through EGL, and OSMesa in software."""
_SECONDS = 60
_TRIAL = """
import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkWindowToImageFilter
window = vtkRenderWindow()
window.SetOffScreenRendering(1)
window.SetMultiSamples(0)
window.SetSize(8, 8)
renderer = vtkRenderer()
renderer.SetBackground(1.0, 0.0, 0.0)
window.AddRenderer(renderer)
window.Render()
grab = vtkWindowToImageFilter()
grab.SetInput(window)
grab.ReadFrontBufferOff()
grab.Update()
colour = [grab.GetOutput().GetScalarComponentAsDouble(4, 4, 0, c) for c in range(3)]
raise SystemExit(0 if colour == [255.0, 0.0, 0.0] else 1)
"""


def why_no_pictures() -> str:
    """Why nothing can be drawn on this machine, in one sentence; "" where pictures can be made.

    The first call takes about a second. Where a window of VTK works only by name, it is chosen for this process.
    """
    if find_spec("slicer") is None or find_spec("vtk") is None:
        return "No pictures were made: they need slicer-core (pip install 'boneir[headless]')."
    if _inside_the_application():
        return ""
    window = _working_window()
    if window is None:
        return "No pictures were made: this machine has neither EGL nor OSMesa to draw with (install libegl1)."
    if window:
        os.environ[_VARIABLE] = window
    return ""


def _inside_the_application() -> bool:
    import slicer

    return getattr(slicer, "app", None) is not None


@cache
def _working_window() -> str | None:
    """Name of the window class that draws; "" for VTK's own choice; None where none does."""
    if not sys.platform.startswith("linux"):
        return "" if _draws("") else None
    chosen = os.environ.get(_VARIABLE)
    candidates = (chosen,) if chosen else _WINDOWS
    return next((name for name in candidates if _draws(name)), None)


def _draws(window: str) -> bool:
    environment = dict(os.environ)
    if window:
        environment[_VARIABLE] = window
    try:
        done = subprocess.run(
            [sys.executable, "-c", _TRIAL], env=environment, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
