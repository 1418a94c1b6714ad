"""A synthetic patient: a CT of a lying torso from T10 to the upper femora, with exact outlines, drawn from a seed.

It shows a plausible adult built from simple shapes, good enough to plan a lumbar, a rib or an iliac intervention in,
and belongs to nobody: for the demonstration, for practice and for tests. It is no atlas of anatomy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..case import Image, ImageSource
from ..errors import ImageError
from ..grid import Grid
from ..mask import Mask
from . import tissue_hu as hu
from .canvas import Canvas, Layer, Tissue
from .scanner_noise import correlated_noise
from .shapes import Cut, Shape, Union
from .synthetic_build import SACRAL_SLOPE_DEG, Build, Vertebra, build_of, spine_of
from .synthetic_chest import diaphragm, lung, ribs_of
from .synthetic_organs import bladder, guts, kidney, liver_and_spleen, ureter, vessels
from .synthetic_pelvis import femur, hip_bone, hip_cartilage, sacral_canal_mm, sacrum
from .synthetic_spine import canal_tube, cord, disc, roots, vertebral_arch, vertebral_body
from .synthetic_torso import (
    back_muscles,
    fat_planes,
    gluteal_cleft,
    groin_fat,
    loin_muscle,
    organ_space,
    outline,
    psoas,
    table,
)

NOISE_HU = 13.0
_NOISE_GRAIN_MM = 0.55
_SIDES = (("left", 1), ("right", -1))


@dataclass(frozen=True, eq=False)
class SyntheticPatient:
    """A generated CT and its exact outlines.

    Parameters
    ----------
    image : Image
    labels : dict of Mask
        By structure name ("vertebra_L3", "spinal_canal", "aorta", "body", ...); on the grid of the image.
    lesion : Mask or None
    spine : tuple of Vertebra
        Where its vertebrae lie: the ground truth of levels and axes.
    """

    image: Image
    labels: dict[str, Mask]
    lesion: Mask | None
    spine: tuple[Vertebra, ...]

    def vertebra(self, name: str) -> Vertebra:
        """The vertebra of that name ("L3")."""
        return next(v for v in self.spine if v.name == name)


def synthetic_patient(
    seed: int = 0,
    spacing_mm: tuple[float, float, float] = (0.9, 0.9, 1.5),
    grid: Grid | None = None,
    noise_hu: float = NOISE_HU,
) -> SyntheticPatient:
    """Make a synthetic patient.

    Parameters
    ----------
    seed : int
        Another seed is another patient, with another size, girth, curvature and bowel.
    spacing_mm : tuple of float
        Voxel size along (i, j, k); used where no grid is given.
    grid : Grid, optional
        Any grid in the frame of the patient, however turned; a small one around a vertebra is made in a moment. By
        default the whole torso, axial slices.
    noise_hu : float
        Standard deviation of the scanner's noise in HU; 0 for none.

    Returns
    -------
    SyntheticPatient

    Raises
    ------
    ImageError
        If the noise is negative.
    """
    if noise_hu < 0:
        raise ImageError(f"The noise is {noise_hu} HU; it must be zero or more.")
    rng = np.random.default_rng(seed)
    build = build_of(rng)
    spine = spine_of(build)
    canvas = Canvas(grid or _whole_grid(build, spine, spacing_mm), hu.AIR.hu, rng)
    paint_patient(canvas, build, spine, rng)
    voxels = _with_noise(canvas, noise_hu, rng)
    source = synthetic_source(seed, "Synthetic torso", canvas.grid)
    return SyntheticPatient(Image(voxels, canvas.grid, source=source), canvas.masks(), None, spine)


def paint_patient(canvas: Canvas, build: Build, spine: tuple[Vertebra, ...], rng: np.random.Generator) -> None:
    """Paint the whole patient, from the table to the cord."""
    _paint_trunk(canvas, build, spine)
    _paint_organs(canvas, build, spine, rng)
    _paint_bones(canvas, build, spine)
    _paint_canal(canvas, build, spine)


def synthetic_source(seed: int, description: str, grid: Grid) -> ImageSource:
    """What an image of the synthetic patient of a seed says of itself."""
    return ImageSource(
        patient_name="Synthetic^Patient",
        patient_id=f"SYNTHETIC-{seed}",
        patient_position="HFS",
        series_description=description,
        slice_thickness_mm=grid.spacing_mm[2],
    )


def _whole_grid(build: Build, spine: tuple[Vertebra, ...], spacing_mm: tuple[float, float, float]) -> Grid:
    """Axial slices from the upper femora to the top of T10, with air around the skin and the table below."""
    skin = outline(build, "skin")
    bottom, top = -178.0 * build.size, float(spine[0].centre_mm[2]) + spine[0].size.height
    inside = (skin.z_mm > bottom) & (skin.z_mm < top)
    half = float(skin.radii_mm[inside, 0].max()) + 12.0
    front = float((skin.centre_mm - skin.radii_mm)[inside, 1].min()) - 12.0
    back = _back_mm(build) + 30.0
    sizes = [2 * half, back - front, top - bottom]
    ni, nj, nk = (max(1, round(size / step)) for size, step in zip(sizes, spacing_mm, strict=True))
    return Grid((nk, nj, ni), spacing_mm, (-(ni - 1) / 2 * spacing_mm[0], front, bottom))


def _back_mm(build: Build) -> float:
    """Where the skin above the knees reaches furthest back, as y in mm."""
    skin = outline(build, "skin")
    return float((skin.centre_mm + skin.radii_mm)[skin.z_mm > -200.0, 1].max())


def _plain(tissue: Tissue) -> tuple[Layer, ...]:
    return (Layer(tissue),)


def _bone(cortex: Tissue, thickness_mm: float, inside: Tissue) -> tuple[Layer, ...]:
    return Layer(cortex), Layer(inside, thickness_mm)


def _paint_trunk(canvas: Canvas, build: Build, spine: tuple[Vertebra, ...]) -> None:
    shell, foam = table(_back_mm(build))
    canvas.paint(shell, _plain(hu.TABLE_SHELL))
    canvas.paint(foam, _plain(hu.TABLE_FOAM))
    canvas.paint(outline(build, "skin"), _plain(hu.SKIN), ("body",))
    canvas.paint(outline(build, "fat"), _plain(hu.FAT), ("body",))
    canvas.paint(outline(build, "muscle"), _plain(hu.MUSCLE), ("body",))
    for _, side in _SIDES:
        canvas.paint(fat_planes(build, side), _plain(hu.FASCIA), ("body",))
        canvas.paint(groin_fat(build, side), _plain(hu.FAT), ("body",))
    canvas.paint(gluteal_cleft(build), _plain(hu.FAT), ("body",))
    canvas.paint(organ_space(build), _plain(hu.FAT), ("body",))
    for name, side in _SIDES:
        back = back_muscles(spine, build, side)
        canvas.paint(back, (Layer(hu.FASCIA, -1.2), Layer(hu.MUSCLE)), (f"autochthon_{name}",))
        canvas.paint(loin_muscle(spine, build, side), _plain(hu.MUSCLE), (f"quadratus_lumborum_{name}",))
        canvas.paint(psoas(spine, build, side), (Layer(hu.FAT, -1.0), Layer(hu.MUSCLE)), (f"iliopsoas_{name}",))


def _paint_organs(canvas: Canvas, build: Build, spine: tuple[Vertebra, ...], rng: np.random.Generator) -> None:
    space = organ_space(build)
    dome = diaphragm(build, float(spine[2].centre_mm[2]))
    liver, spleen = liver_and_spleen(spine, build, space, dome)
    canvas.paint(liver, _plain(hu.LIVER), ("liver",))
    canvas.paint(spleen, _plain(hu.SPLEEN), ("spleen",))
    for gut in guts(spine, build, rng):
        canvas.paint(gut.wall, _plain(hu.BOWEL_WALL), (gut.name,))
        canvas.paint(gut.inside, _plain(hu.FAECES if gut.solid else hu.BOWEL_FLUID), (gut.name,))
        if gut.gas is not None:
            canvas.paint(gut.gas, _plain(hu.GAS), (gut.name, "gas"))
    for name, side in _SIDES:
        outer, sinus = kidney(spine, build, side)
        canvas.paint(outer, (Layer(hu.FAT, -4.0), Layer(hu.KIDNEY)), (f"kidney_{name}",))
        canvas.paint(sinus, _plain(hu.SINUS_FAT), (f"kidney_{name}",))
    outer, urine = bladder(build)
    canvas.paint(outer, _plain(hu.BLADDER_WALL), ("urinary_bladder",))
    canvas.paint(urine, _plain(hu.URINE), ("urinary_bladder",))
    for name, side in _SIDES:
        clear_of = [*ribs_of(spine, build, side).values(), back_muscles(spine, build, side)]
        canvas.paint(lung(build, spine, side, clear_of), _plain(hu.LUNG), (f"lung_{name}",))
    for name, vessel in vessels(spine, build).items():
        canvas.paint(vessel, _plain(hu.BLOOD), (name,))
    for name, side in _SIDES:
        canvas.paint(ureter(spine, build, side), _plain(hu.URETER), (f"ureter_{name}",))
    for v in spine:
        nerves, fat = roots(v)
        canvas.paint(fat, _plain(hu.EPIDURAL_FAT), ("body",))
        canvas.paint(nerves, _plain(hu.NERVE), ("nerve_roots",))


def _paint_bones(canvas: Canvas, build: Build, spine: tuple[Vertebra, ...]) -> None:
    below = [*(v.size.tilt_deg for v in spine[1:]), SACRAL_SLOPE_DEG]
    for v, lower in zip(spine, below, strict=True):
        canvas.paint(disc(v, lower), (Layer(hu.DISC), Layer(hu.NUCLEUS, 5.0)), ("intervertebral_discs",))
    holy = sacrum(build)
    for name, side in _SIDES:
        hip, thigh = hip_bone(build, side), femur(build, side)
        shell = _bone(hu.CORTEX, 1.6, hu.PELVIC_SPONGIOSA)
        canvas.paint(Cut(hip, [holy], gap_mm=2.0), shell, (f"hip_{name}", "bone"))
        canvas.paint(hip_cartilage(build, side), _plain(hu.CARTILAGE), (f"hip_joint_{name}",))
        canvas.paint(thigh, _bone(hu.CORTEX, 1.7, hu.FEMORAL_SPONGIOSA), (f"femur_{name}", "bone"))
    canvas.paint(holy, _bone(hu.THIN_CORTEX, 1.3, hu.PELVIC_SPONGIOSA), ("sacrum", "bone"))
    for name, side in _SIDES:
        for number, bar in ribs_of(spine, build, side).items():
            canvas.paint(bar, _bone(hu.THIN_CORTEX, 1.1, hu.RIB_SPONGIOSA), (f"rib_{name}_{number}", "bone"))
    facets: list[Shape] = []
    for v in reversed(spine):
        arch = vertebral_arch(v)
        whole = Cut(Union([vertebral_body(v), *arch], blend_mm=1.5), facets, gap_mm=0.8)
        canvas.paint(whole, _bone(hu.CORTEX, 1.25, hu.VERTEBRAL_SPONGIOSA), (f"vertebra_{v.name}", "bone"))
        facets = arch


def _paint_canal(canvas: Canvas, build: Build, spine: tuple[Vertebra, ...]) -> None:
    canal = canal_tube(spine, sacral_canal_mm(build), -0.5, 0.7)
    canvas.paint(canal, _plain(hu.EPIDURAL_FAT), ("spinal_canal",))
    canvas.paint(canal_tube(spine, sacral_canal_mm(build), 1.6, 0.1), _plain(hu.CSF), ("spinal_canal",))
    canvas.paint(cord(spine), _plain(hu.CORD), ("spinal_canal", "spinal_cord"))


def _with_noise(canvas: Canvas, noise_hu: float, rng: np.random.Generator) -> NDArray[np.int16]:
    """The canvas as HU with noise that is correlated within a slice, as a smooth kernel leaves it."""
    voxels = canvas.hu
    if noise_hu > 0:
        sigma = [_NOISE_GRAIN_MM / step for step in canvas.grid.spacing_mm[1::-1]]
        for k in range(voxels.shape[0]):
            voxels[k] += np.float32(noise_hu) * correlated_noise(voxels.shape[1:], sigma, rng)
    return np.clip(np.rint(voxels), -1024, 3071).astype(np.int16)
