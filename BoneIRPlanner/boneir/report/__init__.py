"""The written plan: HTML and PDF for the tumour board."""

from __future__ import annotations

from .write import ReportFiles, write_report

__all__ = ["ReportFiles", "write_report"]
