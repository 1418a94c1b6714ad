"""Reading pictures back: their pixels by colour, with the places that they fill."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

LESION = (0xD5, 0x5E, 0x00)
ZONE = (0x56, 0xB4, 0xE9)
NERVE = (0xF0, 0xE4, 0x42)
VESSEL = (0xCC, 0x79, 0xA7)
LINE_PX = 3
"""Width of the outlines."""
VIEW_HEIGHT = 580
"""Rows above the strip with the legend."""


def pixels_of(png: bytes) -> np.ndarray:
    """Pixels (row, column, 3) of a PNG file, read by another library than the one that wrote it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        path.write_bytes(png)
        return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(path))))


def where(picture: np.ndarray, colour: tuple[int, int, int], within: int = 12) -> np.ndarray:
    """Columns and rows (n, 2) of the pixels of about that colour, above the legend."""
    view = picture[:VIEW_HEIGHT].astype(int)
    rows, columns = np.nonzero(np.all(np.abs(view - colour) <= within, axis=-1))
    return np.stack([columns, rows], axis=-1)


def box_of(points: np.ndarray) -> tuple[float, float, float, float]:
    """Middle column and row, width and height of an outline, measured in the middle of its line."""
    low, high = points.min(axis=0), points.max(axis=0)
    (x, y), (w, h) = (low + high) / 2, high - low + 1 - LINE_PX
    return float(x), float(y), float(w), float(h)
