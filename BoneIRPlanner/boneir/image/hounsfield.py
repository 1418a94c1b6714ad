"""Hounsfield units: whole numbers from air at -1024 up, whatever the file used for padding.

Scanners mark pixels outside the reconstructed circle with numbers such as -2000 or -3024. Left as they are they
shift every mean and every window, so they become air; a finding says how many there were.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError
from ..findings import Finding, Severity

AIR_HU = -1024
"""The least value of an image: 12-bit numbers with the usual intercept of -1024."""
_PADDING_BELOW_HU = -900
"""A padding number that means more than this could be tissue and is taken as a measurement."""


class Hounsfield:
    """Turns numbers into HU, slice by slice, and remembers what it had to change."""

    def __init__(self) -> None:
        self._below: list[tuple[int, int]] = []  # appending is atomic, so threads may share it
        self._above: list[int] = []

    def of(
        self, stored: NDArray[np.generic], slope: float = 1.0, intercept: float = 0.0, padding: int | None = None
    ) -> NDArray[np.int16]:
        """HU of stored numbers.

        Parameters
        ----------
        stored : ndarray
            Numbers as the file has them.
        slope, intercept : float
            HU = slope * stored + intercept.
        padding : int or None
            Stored number that marks a pixel without measurement.

        Raises
        ------
        ImageError
            If a value is not finite.
        """
        if slope == 1.0 and float(intercept).is_integer() and stored.dtype.kind in "iu":
            values: NDArray[Any] = stored.astype(np.int32) + int(intercept)
        else:
            real = stored.astype(np.float64) * slope + intercept
            if not np.isfinite(real).all():
                raise ImageError("The image has values that are not finite numbers: HU must be finite.")
            values = np.rint(real)
        if padding is not None and slope * padding + intercept < _PADDING_BELOW_HU:
            values = np.where(stored == padding, min(slope * padding + intercept, AIR_HU - 1), values)
        lowest = float(values.min(initial=0))
        if lowest < AIR_HU:
            self._below.append((int(np.count_nonzero(values < AIR_HU)), int(lowest)))
        if float(values.max(initial=0)) > 32767:
            self._above.append(int(np.count_nonzero(values > 32767)))
        return np.asarray(np.clip(values, AIR_HU, 32767), np.int16)

    def findings(self, size: int) -> tuple[Finding, ...]:
        """What was changed, of an image of `size` voxels."""
        found = []
        if self._below:
            count, lowest = sum(n for n, _ in self._below), min(low for _, low in self._below)
            found.append(
                Finding(
                    code="image.padding",
                    severity=Severity.NOTE,
                    text=f"{count} voxels ({100 * count / size:.2g} %) held padding or values below air (down to "
                    f"{lowest} HU) and were set to {AIR_HU} HU.",
                    measured=float(lowest),
                    unit="HU",
                )
            )
        if self._above:
            found.append(
                Finding(
                    code="image.clipped",
                    severity=Severity.NOTE,
                    text=f"{sum(self._above)} voxels above 32767 HU were set to 32767 HU.",
                    measured=float(sum(self._above)),
                )
            )
        return tuple(found)


def checked_hounsfield(hu: NDArray[np.int16]) -> tuple[NDArray[np.int16], tuple[Finding, ...]]:
    """Make sure that numbers look like HU, and repair the one mistake that can be told: an offset of 1024.

    Some converters store HU + 1024 and leave the intercept at 0. Such an image has no value below about 0, air near
    0 and soft tissue near 1064.
    """
    sample = hu[:: max(1, hu.shape[0] // 32), ::2, ::2]
    if sample.size == 0 or int(sample.min()) < -300:
        return hu, ()
    soft = float(np.mean((sample > 924) & (sample < 1224)))
    air = float(np.mean(sample < 200))
    if soft > 0.1 and air > 0.02 and int(hu.min()) >= -100:
        shifted = np.clip(hu.astype(np.int32) - 1024, AIR_HU, 32767).astype(np.int16)
        return shifted, (
            Finding(
                code="image.offset_1024",
                severity=Severity.WARN,
                text="The numbers are HU + 1024 without an intercept that says so; 1024 was subtracted.",
                measured=1024.0,
                unit="HU",
            ),
        )
    return hu, (
        Finding(
            code="image.no_air",
            severity=Severity.WARN,
            text=f"The lowest value is {int(sample.min())} HU: the image shows no air, so skin cannot be found, or its "
            "numbers are not HU.",
            measured=float(sample.min()),
            unit="HU",
        ),
    )
