"""The errors that the library raises: one clear sentence each, naming the place, the value and what would be right."""

from __future__ import annotations

from collections.abc import Sequence


class BoneIRError(Exception):
    """Anything that the library refuses; its text is one sentence that a face can show as it is."""


class ImageError(BoneIRError):
    """An image that cannot be read or cannot be planned on."""


class CaseError(BoneIRError):
    """A case that is incomplete or inconsistent, in memory or on disk."""


class OutlineError(BoneIRError):
    """An outline (structure or lesion) that cannot be made, read or fitted to the image."""


class DeviceError(BoneIRError):
    """A device that is unknown, or whose maker's figures are missing.

    Parameters
    ----------
    text : str
        The sentence to show.
    faults : sequence of str
        Every fault of a device file, each with its path ("zones[0].length_mm: ...").
    """

    def __init__(self, text: str, faults: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.faults = tuple(faults)


class ResourceError(BoneIRError):
    """A file of ``Resources/`` that is missing or does not say what it must."""


class MissingExtraError(BoneIRError):
    """An optional dependency that a function needs is not installed.

    Parameters
    ----------
    what : str
        What was asked for, as a noun ("the PDF report").
    package : str
        The package that does it ("reportlab").
    extra : str
        The extra of this distribution that brings it ("report").
    """

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f"{what} needs {package}, which is not installed: pip install 'boneir[{extra}]'.")
        self.package = package
        self.extra = extra


class PlanError(BoneIRError):
    """A plan that is malformed or cannot be carried out as written.

    Parameters
    ----------
    text : str
        The sentence to show.
    faults : sequence of str
        Every fault that was found, each with its path ("treatments[0].probes[1].tip_mm: ...").
    """

    def __init__(self, text: str, faults: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.faults = tuple(faults)
