"""What the case says: patient, images, lesions, and the software that made the report."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import metadata

from .. import __version__
from ..case import Case, Image, Lesion
from ..findings import Finding
from .about_findings import notices
from .about_measures import LESION, measures_table
from .material import Material
from .model import Block, Facts, Paragraph, Section
from .numbers import amount_text
from .words import NOT_GIVEN, anatomical_place, date_words, person_name, scan_position_words, sex_words

_PACKAGES = ("numpy", "SimpleITK", "slicer-core", "vtk")


def patient_facts(case: Case) -> tuple[tuple[str, str], ...]:
    """Whom the report is about."""
    source = case.image.source
    return (
        ("Patient", person_name(source.patient_name)),
        ("ID", source.patient_id or NOT_GIVEN),
        ("Born", date_words(source.birth_date)),
        ("Sex", sex_words(source.sex)),
        ("Image of", date_words(source.study_date)),
    )


def lesion_section(material: Material) -> Section:
    """The lesions that the plan treats, with their measures."""
    names = {treatment.lesion for treatment in material.plan.treatments}
    measures = [m for m in material.assessment.measures if m.code.partition(".")[0] == LESION]
    measured = {measure.about for measure in measures if measure.code == "lesion.volume"}
    treated = [lesion for lesion in material.case.lesions if lesion.name in names]
    blocks: list[Block] = [Facts(_lesion_facts(lesion, lesion.name not in measured)) for lesion in treated]
    blocks += [measures_table(material, measures, "")] if measures else []
    return Section("Lesion", tuple(blocks) or (Paragraph("The plan treats no lesion of this case."),))


def _lesion_facts(lesion: Lesion, with_volume: bool) -> tuple[tuple[str, str], ...]:
    rows = [("Lesion", lesion.name)]
    rows += [("Volume", amount_text(lesion.mask.volume_ml, "mL"))] if with_volume else []
    if not lesion.mask.is_empty:
        rows.append(("Centre", anatomical_place(lesion.mask.centroid_mm)))
    rows.append(("Outlined by", lesion.origin or "not stated"))
    return tuple(rows)


def images_section(material: Material, notes: Sequence[Finding] = ()) -> Section:
    """The planning image, the images registered to it, what was outlined, and `notes` on that."""
    case = material.case
    blocks: list[Block] = [Facts(_image_facts(case.image))]
    blocks += [Facts(_image_facts(image)) for image in case.others]
    origins: dict[str, list[str]] = {}
    for structure in case.structures:
        origins.setdefault(structure.origin or "origin not stated", []).append(material.title_within(structure.name))
    outlined = tuple((f"Outlined: {origin}", ", ".join(names)) for origin, names in origins.items())
    blocks += [Facts(outlined)] if outlined else []
    blocks += [notices(material, notes)] if notes else []
    return Section("Images and outlines", tuple(blocks))


def _image_facts(image: Image) -> tuple[tuple[str, str], ...]:
    source, (k, j, i), spacing = image.source, image.grid.shape, image.grid.spacing_mm
    made_by = " ".join(part for part in (source.manufacturer, source.model) if part)
    rows = [
        (
            "Image",
            " · ".join(
                part for part in (image.modality.value, source.study_description, source.series_description) if part
            ),
        ),
        ("Voxels", f"{i} × {j} × {k}, {' × '.join(f'{s:.3g}' for s in spacing)}\u00a0mm"),
        ("Patient in the scanner", scan_position_words(source.patient_position)),
    ]
    thickness = source.slice_thickness_mm
    rows += [("Slice thickness", amount_text(thickness, "mm"))] if thickness is not None else []
    rows += [("Contrast", source.contrast)] if source.contrast else []
    rows += [("Scanner", made_by)] if made_by else []
    rows += [("Kernel", source.kernel)] if source.kernel else []
    rows += [("Series", source.series_uid)] if source.series_uid else []
    return tuple(rows)


def record_section(material: Material) -> Section:
    """What the report was made from and with: fingerprints and versions."""
    case, plan = material.case, material.plan
    rows = [("Plan", f"{plan.name}, SHA-256 {plan.uid}"), ("Case", f"SHA-256 {case.uid}")]
    rows.append(("Planning image", f"SHA-256 {case.image.uid}"))
    rows += [("Made on", material.made_on)] if material.made_on else []
    rows.append(("Made with", ", ".join(_versions(_PACKAGES if material.pictures else _PACKAGES[:2]))))
    return Section("Record", (Facts(tuple(rows)),))


def _versions(packages: Sequence[str]) -> list[str]:
    found = [f"BoneIRPlanner {__version__}", f"Python {platform.python_version()}"]
    for package in packages:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return found
