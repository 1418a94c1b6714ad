"""A small case with everything that a report can say, for the tests of report and command line."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from boneir.assessment import Assessment, Measure, Zone
from boneir.case import Case, Image, ImageSource, Lesion, Modality, Role, Structure
from boneir.evidence import Grade, Value
from boneir.findings import Finding, Severity
from boneir.grid import Grid
from boneir.mask import Mask
from boneir.picture import Picture
from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment

CLEARANCE = Value(10.0, "mm", Grade.DEFAULT, "Set by this project", note="A physician should set it.")
MARGIN = Value(
    5.0, "mm", Grade.PUBLISHED, "https://doi.org/10.1007/s00330-024-10956-5", note="Measured in liver, not in bone."
)
ZONE = Value(37.0, "mm", Grade.DERIVED, "Bounding box of the published ellipsoid", 33.0, 41.0)


def ball(grid: Grid, centre_mm: tuple[float, float, float], radius_mm: float) -> Mask:
    k, j, i = np.indices(grid.shape)
    points = grid.to_mm(np.stack([i, j, k], axis=-1))
    return Mask.of(np.linalg.norm(points - np.asarray(centre_mm), axis=-1) <= radius_mm, grid)


def example_case(patient_name: str = "Example^Erika") -> Case:
    grid = Grid((24, 60, 64), (3.0, 3.0, 4.0), (-96.0, -90.0, -480.0))
    voxels = np.zeros(grid.shape, np.int16)
    source = ImageSource(
        path="dicom",
        patient_name=patient_name,
        patient_id="EX-0001",
        birth_date="19610324",
        sex="F",
        study_date="20250114",
        study_description="Abdomen with contrast",
        series_description="Axial 4 mm",
        manufacturer="Example",
        model="Scanner",
        kernel="B30f",
        patient_position="HFP",
        slice_thickness_mm=4.0,
    )
    structures = (
        Structure("body", Role.BODY, ball(grid, (0.0, 0.0, -430.0), 80.0), "body", "threshold"),
        Structure("bone", Role.BONE, ball(grid, (0.0, 30.0, -430.0), 25.0), "bone", "threshold"),
        Structure(
            "spinal_canal",
            Role.CRITICAL,
            ball(grid, (0.0, 45.0, -430.0), 8.0),
            "spinal_canal",
            "rings of bone",
            sure=False,
        ),
        Structure("aorta", Role.CRITICAL, ball(grid, (-18.0, 0.0, -430.0), 10.0), "aorta", "labels.nii.gz"),
    )
    lesion = Lesion("lesion-1", ball(grid, (4.0, 22.0, -432.0), 10.0), "grown from a seed")
    return Case(Image(voxels, grid, Modality.CT, "HU", source), structures, (lesion,))


def example_plan(case: Case) -> Plan:
    way = Trajectory((62.4, 71.9, -438.2), (0.6, 20.1, -432.1))
    probe = Probe("1", "emprint", way, "100W-5min", power_w=100.0, duration_s=300.0)
    reasons = (
        "Stands first because no other allowed way keeps more distance to the aorta at this length.",
        "The canal limits it: 11.6 mm are left of the 10 mm asked for.",
        "Of 4,812 entries 4,405 were refused: 2,120 for crossing a second cortex, 1,611 for the canal, 674 for length.",
    )
    treatment = Treatment("lesion-1", Technique.MICROWAVE, 5.0, (probe,))
    return Plan("plan-1", (treatment,), case.image.uid, "left transpedicular L3", reasons=reasons)


def example_measures() -> tuple[Measure, ...]:
    return (
        Measure("access.length", "Length from skin to tip", 80.872, "mm", "1"),
        Measure("access.in_plane_angle", "Angle from the vertical within the axial plane", 50.03, "deg", "1"),
        Measure("access.craniocaudal_angle", "Angle out of the axial plane", 4.33, "deg", "1"),
        Measure("access.clearance", "Clearance of the needle", 11.617, "mm", "spinal_canal", limit=CLEARANCE),
        Measure(
            "access.clearance",
            "Clearance of the needle",
            9.981,
            "mm",
            "aorta",
            limit=CLEARANCE,
            place_mm=(-8.0, 4.0, -431.0),
        ),
        Measure("ablation.minimal_margin", "Minimal margin", 3.27, "mm", "lesion-1", low=-1.2, high=6.9, limit=MARGIN),
        Measure("ablation.coverage", "Lesion covered", 99.972, "%", "lesion-1"),
        Measure("ablation.zone_volume", "Volume of the zone", 23.7311, "mL", "zone 1"),
        Measure("cement.volume", "Cement that the lesion may take", None, "mL", "lesion-1", low=1.3, high=2.9),
        Measure("lesion.volume", "Volume", 4.188, "mL", "lesion-1"),
        Measure("lesion.long_axis", "Longest diameter in an axial slice", 20.4, "mm", "lesion-1"),
        Measure("lesion.hu_mean", "Mean density", -12.6, "HU", "lesion-1"),
        Measure("lesion.kind", "Kind", None, "", "lesion-1", note="lytic"),
    )


def example_findings() -> tuple[Finding, ...]:
    return (
        Finding(
            "access.clearance",
            Severity.STOP,
            "The needle passes the aorta at less than the clearance asked for.",
            9.981,
            "mm",
            CLEARANCE,
            (-8.0, 4.0, -431.0),
            "aorta",
        ),
        Finding(
            "ablation.minimal_margin",
            Severity.WARN,
            "The zone reaches less far beyond the lesion than asked for.",
            3.27,
            "mm",
            MARGIN,
            (10.0, 30.0, -436.0),
            "lesion-1",
        ),
        Finding("case.absent", Severity.WARN, "No outline of bowel: not checked.", about="bowel"),
        Finding("case.absent", Severity.WARN, "No outline of nerve roots: not checked.", about="nerve roots"),
        Finding("image.thick_slices", Severity.NOTE, "The slices are 4.0 mm thick: small vessels may not be seen."),
    )


def example_assessment(case: Case, plan: Plan) -> Assessment:
    mask = ball(case.image.grid, (4.0, 22.0, -432.0), 18.0)
    zone = Zone("zone 1", "1", mask, medium="excised liver; not measured in bone", evidence=ZONE)
    return Assessment(plan.uid, case.uid, example_measures(), example_findings(), (zone,))


def png(width: int = 80, height: int = 70, shade: int = 96) -> bytes:
    """A grey PNG, written by hand."""
    rows = b"".join(b"\0" + bytes([shade]) * width for _ in range(height))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def example_pictures() -> tuple[Picture, ...]:
    titles = {
        "axial": "Axial slice through the tip",
        "along": "Along needle 1",
        "across": "Along needle 1, turned by 90 degrees",
        "three_d": "From behind and left",
        "down_the_needle": "Down needle 1 at the entry into bone",
    }
    return tuple(
        Picture(name, title, png(800, 700, 40 + 30 * n), "1") for n, (name, title) in enumerate(titles.items())
    )
