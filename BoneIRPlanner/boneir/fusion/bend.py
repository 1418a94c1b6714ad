"""Bending an image to another, for looking at soft tissue: never for measuring, never for a plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from numpy.typing import NDArray

from ..case import Image
from ..errors import ImageError
from ..findings import Finding, Severity
from ..grid import Grid
from .scaled import scaled

BENT = "bent for display, not for measuring"
"""Stands in the description of every image that was bent."""
_VOXEL_MM, _MESH_MM = 5.0, 40.0
_SAMPLES = 8_000
_STEPS = 25


def bent_for_display(fixed: Image, moving: Image, *, seed: int = 0) -> tuple[Image, Finding]:
    """An image bent until its soft tissue lies over that of the planning image.

    Cubic B-splines on a lattice of 40 mm, mutual information, L-BFGS-B; SimpleITK does the optimising. Bone bends as
    well, which bone does not do: so this is for looking only.

    Parameters
    ----------
    fixed : Image
        The planning image.
    moving : Image
        The other one, where the rigid registration has put it.
    seed : int

    Returns
    -------
    image : Image
        On the grid of the planning image; its description says that it is bent.
    finding : Finding
        The same, for whoever reads.

    Raises
    ------
    ImageError
        If the images do not overlap.
    """
    with _one_thread():
        here, there = (
            _as_sitk(part.values, part.grid) for part in (scaled(fixed, _VOXEL_MM), scaled(moving, _VOXEL_MM))
        )
        extent = np.asarray(here.GetSize()) * np.asarray(here.GetSpacing())
        mesh = [max(int(length / _MESH_MM), 1) for length in extent]
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(32)
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(min(1.0, _SAMPLES / here.GetNumberOfPixels()), seed + 1)
        method.SetInterpolator(sitk.sitkLinear)
        method.SetOptimizerAsLBFGSB(gradientConvergenceTolerance=1e-6, numberOfIterations=_STEPS)
        method.SetInitialTransform(sitk.BSplineTransformInitializer(here, mesh), inPlace=True)
        try:
            bending = method.Execute(here, there)
        except RuntimeError as error:
            raise ImageError("The images do not overlap: register them rigidly before one is bent.") from error
        whole = _as_sitk(np.asarray(moving.voxels, np.float32), moving.grid)
        like = _as_sitk(np.zeros(fixed.grid.shape, np.uint8), fixed.grid)
        outside = float(np.min(moving.voxels))
        values = sitk.GetArrayFromImage(sitk.Resample(whole, like, bending, sitk.sitkLinear, outside))
    voxels = np.rint(values).astype(np.int16) if moving.voxels.dtype == np.int16 else np.asarray(values, np.float32)
    description = f"{moving.source.series_description} ({BENT})".strip()
    source = replace(moving.source, series_description=description)
    text = (
        f"{moving.modality.value} {description}: soft tissue was bent to fit, bone with it; look, but do not measure."
    )
    finding = Finding("registration.bent", Severity.WARN, text, about=moving.modality.value)
    return Image(voxels, fixed.grid, moving.modality, moving.unit, source), finding


@contextmanager
def _one_thread() -> Iterator[None]:
    """SimpleITK on one thread, so that the same inputs give the same bytes."""
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def _as_sitk(values: NDArray[np.generic], grid: Grid) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(values))
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_mm)
    image.SetDirection(grid.direction)
    return image
