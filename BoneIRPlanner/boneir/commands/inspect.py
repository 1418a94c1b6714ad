"""``boneir inspect``: what lies in a folder, and what of it can be planned on."""

from __future__ import annotations

import argparse
from typing import Any

from ..image.series import Series, find_series
from .output import Answer, Progress, TextTable


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """List the series of a place."""
    with progress.step(f"Looking into {options.path}"):
        found = find_series(options.path)
    titles = ("Series", "What", "Description", "Size", "Spacing, mm", "View", "Files", "Plannable")
    table = TextTable(titles, tuple(_row(series) for series in found), numeric=("Files",))
    return Answer({"path": str(options.path), "series": [_document(series) for series in found]}, (table,))


def _row(series: Series) -> tuple[str, ...]:
    what = series.modality if series.kind == "image" else f"{series.kind} {series.modality}".strip()
    size = " x ".join(map(str, series.size)) if series.size else ""
    spacing = " x ".join(f"{step:.3g}" for step in series.spacing_mm) if series.spacing_mm else ""
    contrast = f", {series.contrast}" if series.contrast else ""
    plannable = "yes" if series.plannable else f"no: {series.reason or series.fault}"
    description = series.description + contrast
    return (series.uid, what, description, size, spacing, series.orientation, str(series.file_count), plannable)


def _document(series: Series) -> dict[str, Any]:
    return {
        "uid": series.uid,
        "kind": series.kind,
        "modality": series.modality,
        "description": series.description,
        "size": series.size,
        "spacing_mm": series.spacing_mm,
        "orientation": series.orientation,
        "contrast": series.contrast,
        "files": series.file_count,
        "plannable": series.plannable,
        "reason": series.reason or series.fault,
    }
