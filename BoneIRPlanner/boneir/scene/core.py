"""The one door to Slicer's core: either the application's own, or the package slicer-core outside of it."""

from __future__ import annotations

from ..errors import MissingExtraError

try:
    import slicer
    import vtk
    from vtk.util import numpy_support
except ImportError as error:
    raise MissingExtraError("A Slicer scene", "slicer-core", "headless") from error
if not hasattr(slicer, "vtkMRMLScene"):
    # Another distribution of the package index owns the import name "slicer" as well.
    raise MissingExtraError("A Slicer scene", "slicer-core", "headless")

__all__ = ["numpy_support", "slicer", "vtk"]
