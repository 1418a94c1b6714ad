"""What the DICOM module is offered: series that a plan can be made on, with what is doubtful in them, and plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from ..case import Modality
from ..errors import ImageError, PlanError
from ..findings import Finding, Severity, worst_first
from ..image.dicom_header import read_dicom, without_warnings
from ..image.dicom_plan import holds_plan, read_plan_file
from ..image.read import doubts_about, read_series
from ..image.series import Series, series_of
from ..plan_book import Origin
from ..scene.plan_desk import PlanDesk
from ..scene.volume import show_image

_SURE, _LIKELY = 1.0, 0.4
"""Only a plan of this software is loaded unasked: Slicer's own reader comes first for images."""


@dataclass(frozen=True)
class Offer:
    """One thing that can be loaded.

    Parameters
    ----------
    files : tuple of str
    name, tooltip, warning : str
        As the DICOM module lists it; `warning` is "" where there is nothing to mind.
    confidence : float
        0 to 1.
    selected : bool
        Whether it is loaded without being asked for.
    series_uid : str
        Of the planning image, for a plan; else "".
    """

    files: tuple[str, ...]
    name: str
    tooltip: str
    warning: str
    confidence: float
    selected: bool
    series_uid: str = ""


def offers(files: Iterable[str]) -> tuple[Offer, ...]:
    """What can be loaded of the files of one series, as the DICOM database hands them over."""
    paths = [Path(file) for file in files]
    if is_plan(paths):
        return tuple(offer for offer in map(_plan_offer, paths) if offer is not None)
    return tuple(_image_offer(series) for series in series_of(paths) if series.is_image and series.plannable)


def load_image(files: Iterable[str]) -> Any:
    """Read the volume of the files of an offered series and put it into the scene, with what was found; give its node.

    Raises
    ------
    ImageError
        If the files are no series to plan on, or their pixels cannot be read.
    """
    wanted = tuple(sorted(Path(file) for file in files))
    for series in series_of(wanted):
        if series.plannable and tuple(sorted(series.files)) == wanted:
            image, findings = read_series(series)
            return show_image(slicer.mrmlScene, image, _name(series), findings)
    raise ImageError(_("These files are no single series that a plan can be made on."))


def load_plan(file: str) -> str:
    """Put a stored plan on the desk of the scene and show it; give its name, which is new where it was taken."""
    desk, stored = PlanDesk(slicer.mrmlScene), read_plan_file(file)
    before = set(desk.book.names)
    desk.act(lambda book: book.added(stored.plan, Origin.HAND))
    (name,) = set(desk.book.names) - before
    desk.show(name)
    return name


def is_plan(files: Sequence[Path | str]) -> bool:
    """Whether the files of a series are plans of this software; the first one tells."""
    try:
        with without_warnings():
            return bool(files) and holds_plan(read_dicom(Path(files[0])))
    except ImageError:
        return False


def _plan_offer(path: Path) -> Offer | None:
    try:
        stored = read_plan_file(path)
    except PlanError:
        return None
    lesions = ", ".join(item.lesion for item in stored.plan.treatments)
    name, approach = stored.plan.name, stored.plan.approach
    tip = _("A plan of {lesions}: {approach}").format(lesions=lesions, approach=approach or _("no way in is named"))
    title = _("Plan {name}").format(name=name)
    return Offer((str(path),), title, tip, "", _SURE, True, stored.series_uid)


def _image_offer(series: Series) -> Offer:
    assert series.size is not None
    assert series.spacing_mm is not None
    size = " x ".join(map(str, series.size))
    spacing = " x ".join(f"{value:.2f}" for value in series.spacing_mm)
    words = [series.modality, series.orientation, series.contrast and _("with contrast"), series.source.kernel]
    tip = _("{words}; {size} voxels of {spacing} mm").format(
        words=", ".join(filter(None, words)), size=size, spacing=spacing
    )
    notes = worst_first(doubts_about(series))
    grave = "\n".join(item.text for item in notes if item.severity is not Severity.NOTE)
    files = tuple(str(file) for file in series.files)
    return Offer(files, _name(series), "\n".join((tip, *_texts(notes))), grave, _LIKELY, False)


def _texts(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(item.text for item in findings)


def _name(series: Series) -> str:
    what = series.description or series.modality
    if series.modality == Modality.PET.value:
        return _("{series}, to lay over a plan").format(series=what)
    return _("{series}, to plan on").format(series=what)
