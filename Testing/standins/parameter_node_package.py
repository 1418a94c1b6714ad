"""What ``from slicer.parameterNodeWrapper import ...`` finds."""

from __future__ import annotations

from .parameter_node import parameterNodeWrapper
from .validators import Choice, Decimals, Default, Maximum, Minimum, SingleStep, WithinRange

__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "Maximum",
    "Minimum",
    "SingleStep",
    "WithinRange",
    "parameterNodeWrapper",
]
