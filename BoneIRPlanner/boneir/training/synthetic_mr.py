"""The synthetic patient in an MR scanner: the same body as in CT, as a spin echo shows it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..case import Image, Modality
from ..errors import ImageError
from ..grid import Grid
from ..mask import Mask, Window
from . import tissue_hu as hu
from .canvas import Canvas, Layer, Tissue
from .lesion_shape import LesionShape
from .sampling import coordinates_over, share_inside, window_around
from .shapes import Floats
from .synthetic_build import Vertebra, build_of, spine_of
from .synthetic_patient import SyntheticPatient, paint_patient, synthetic_source
from .tissue_mr import SEQUENCES, SPINS, Sequence, signal_of

NOISE = 12.0
"""Standard deviation of the noise in each channel, where undisturbed water has a signal of 1000."""
BIAS = 0.3
_PATTERN = Tissue(0.0, 1.0, 1.2)
"""The texture of all tissues, before it is scaled to the signal of each."""
_WAVE_MM = 160.0
"""Half a wave of the unevenness of the coils."""


class _SignalCanvas(Canvas):
    """A canvas that shows each tissue by its signal."""

    def __init__(self, grid: Grid, sequence: Sequence, rng: np.random.Generator) -> None:
        super().__init__(grid, 0.0, rng)
        self._looks = {tissue: (signal_of(spins, sequence), spins.texture) for tissue, spins in SPINS.items()}

    def _look_of(self, tissue: Tissue, window: Window) -> Floats | np.float32:
        signal, texture = self._looks[tissue]
        return np.float32(signal) * (1 + np.float32(texture) * super()._look_of(_PATTERN, window))


def synthetic_mr(
    sequence: Sequence | str = "t2",
    seed: int = 0,
    grid: Grid | None = None,
    *,
    lesion: LesionShape | None = None,
    lesion_tissue: Tissue = hu.LYTIC,
    bias: float = BIAS,
    noise: float = NOISE,
) -> SyntheticPatient:
    """Make the MR of a synthetic patient; the same seed has the same body as in CT, but for what moves in the bowel.

    Parameters
    ----------
    sequence : Sequence or str
        "t1", "t2", "stir", "t1_contrast" (with fat suppression), or any other spin echo.
    seed : int
    grid : Grid, optional
        Any grid in the frame of the patient; by default sagittal slices of 3.5 mm over the spine.
    lesion : LesionShape, optional
        A lesion that takes the place of what is there, exactly.
    lesion_tissue : Tissue
        `tissue_hu.LYTIC`, a metastasis full of cells, or `tissue_hu.SCLEROTIC`.
    bias : float
        Largest unevenness of the coils, as a share of the signal, below 1.
    noise : float
        Standard deviation of the noise in each channel; the magnitude is Rician.

    Returns
    -------
    SyntheticPatient

    Raises
    ------
    ImageError
        If the sequence is unknown, or bias or noise is out of range.
    """
    if isinstance(sequence, str):
        if sequence not in SEQUENCES:
            raise ImageError(f"There is no sequence {sequence!r}; there are: {', '.join(SEQUENCES)}.")
        sequence = SEQUENCES[sequence]
    if not 0 <= bias < 1 or noise < 0:
        raise ImageError(f"The bias is 0 or more and below 1, the noise not negative; not {bias} and {noise}.")
    rng = np.random.default_rng(seed)
    build = build_of(rng)
    spine = spine_of(build)
    canvas = _SignalCanvas(grid or sagittal_grid(spine), sequence, rng)
    paint_patient(canvas, build, spine, rng)
    truth = None if lesion is None else _planted(canvas, lesion, lesion_tissue)
    voxels = _with_noise(canvas.hu * _unevenness(canvas.grid, bias, rng), noise, rng)
    source = synthetic_source(seed, f"Synthetic {sequence.name}", canvas.grid)
    return SyntheticPatient(Image(voxels, canvas.grid, Modality.MR, "", source), canvas.masks(), truth, spine)


def sagittal_grid(
    spine: tuple[Vertebra, ...], spacing_mm: tuple[float, float, float] = (0.7, 0.7, 3.5), wide_mm: float = 70.0
) -> Grid:
    """Sagittal slices over the spine: rows run from the head down, columns from front to back, slices to the left."""
    top, bottom = float(spine[0].centre_mm[2]) + 20.0, float(spine[-1].centre_mm[2]) - 90.0
    front = min(float(v.centre_mm[1]) for v in spine) - 60.0
    back = max(float(v.centre_mm[1]) for v in spine) + 90.0
    column, row, step = spacing_mm
    shape = (round(wide_mm / step), round((top - bottom) / row), round((back - front) / column))
    return Grid(shape, spacing_mm, (-(shape[0] - 1) / 2 * step, front, top), (0, 0, 1, 1, 0, 0, 0, -1, 0))


def _planted(canvas: Canvas, lesion: LesionShape, tissue: Tissue) -> Mask:
    """Paint the lesion over what is there; the voxels that lie in it by half or more."""
    canvas.paint(lesion, (Layer(tissue),))
    window = window_around(lesion, canvas.grid)
    if window is None:
        raise ImageError(f"The grid does not show the lesion at {lesion.centre_mm} mm LPS.")
    corner = (window[0].start, window[1].start, window[2].start)
    return Mask.within(share_inside(lesion, canvas.grid, window) >= 0.5, corner, canvas.grid)


def _unevenness(grid: Grid, bias: float, rng: np.random.Generator) -> Floats:
    """A smooth factor that reaches 1 - bias or 1 + bias somewhere on the grid."""
    k, j, i = (slice(0, n) for n in grid.shape)
    waves = np.zeros(grid.shape, np.float32)
    for axis in coordinates_over(grid, (k, j, i)):
        waves = waves + np.sin(axis * np.float32(np.pi / _WAVE_MM) + np.float32(rng.uniform(0, 2 * np.pi)))
    waves -= waves.mean()
    return np.asarray(1 + np.float32(bias) * waves / np.abs(waves).max(), np.float32)


def _with_noise(signal: Floats, noise: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Magnitude of a complex signal with Gaussian noise in both channels (Rice)."""
    real = signal + np.float32(noise) * rng.standard_normal(signal.shape, dtype=np.float32)
    imaginary = np.float32(noise) * rng.standard_normal(signal.shape, dtype=np.float32)
    return np.asarray(np.hypot(real, imaginary), np.float32)
