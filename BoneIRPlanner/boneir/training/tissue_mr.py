"""How the tissues of the synthetic patient answer a spin-echo sequence at about 1.5 T.

Plausible values chosen for pictures and tests, within the ranges that textbooks of magnetic resonance give; they are no
measurements, no limits rest on them and nothing clinical is decided by them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from . import tissue_hu as hu
from .canvas import Tissue

FULL_SIGNAL = 1000.0
"""Signal of pure water that was never disturbed, in the arbitrary unit of the images."""
_RELAXIVITY = 4.5
"""By how much 1 mmol/L of a usual gadolinium agent raises the longitudinal relaxation rate, in 1/s."""


@dataclass(frozen=True)
class Sequence:
    """A spin echo, with an inversion before it where it has an inversion time.

    Parameters
    ----------
    name : str
        As the description of a series says it.
    repetition_ms, echo_ms : float
    inversion_ms : float
        0 for none.
    fat_kept : float
        Share of the signal of fat that a fat suppression leaves; 1 for none.
    enhanced : bool
        Whether a contrast agent was given before.
    """

    name: str
    repetition_ms: float
    echo_ms: float
    inversion_ms: float = 0.0
    fat_kept: float = 1.0
    enhanced: bool = False


SEQUENCES: Mapping[str, Sequence] = MappingProxyType(
    {
        "t1": Sequence("T1", 550, 12),
        "t2": Sequence("T2", 3500, 100),
        "stir": Sequence("STIR", 4000, 60, inversion_ms=160),
        "t1_contrast": Sequence("T1 FS post contrast", 600, 12, fat_kept=0.08, enhanced=True),
    }
)
"""The four that a spine is seen with."""


@dataclass(frozen=True)
class Spins:
    """What decides the signal of a tissue.

    Parameters
    ----------
    density : float
        Of the protons that give a signal, pure water 1; low where they are bound or flow away.
    t1_ms, t2_ms : float
        Relaxation times of its water.
    fat : float
        Share of its protons that belong to fat.
    uptake_mmol_l : float
        Contrast agent in it some minutes after an injection.
    texture : float
        Standard deviation of its texture as a share of its signal.
    """

    density: float
    t1_ms: float
    t2_ms: float
    fat: float = 0.0
    uptake_mmol_l: float = 0.0
    texture: float = 0.04


_FAT = Spins(0.90, 260, 100)
_NOTHING = Spins(0.0, 1000, 50)


def signal_of(spins: Spins, sequence: Sequence) -> float:
    """Magnitude of the signal of a tissue: that of its water and that of its fat, each of one exponential."""
    fat = sequence.fat_kept * _echo(_FAT, sequence)
    return FULL_SIGNAL * abs((1 - spins.fat) * _echo(spins, sequence) + spins.fat * fat)


def _echo(spins: Spins, sequence: Sequence) -> float:
    """Of the water of a tissue, with its sign after an inversion."""
    rate_per_s = 1000 / spins.t1_ms + _RELAXIVITY * spins.uptake_mmol_l * sequence.enhanced
    recovered = 1 + math.exp(-sequence.repetition_ms / 1000 * rate_per_s) * (1 if sequence.inversion_ms else -1)
    if sequence.inversion_ms:
        recovered -= 2 * math.exp(-sequence.inversion_ms / 1000 * rate_per_s)
    return spins.density * recovered * math.exp(-sequence.echo_ms / spins.t2_ms)


def _marrow(fat: float) -> Spins:
    return Spins(0.80, 900, 45, fat, 0.15, 0.08)


_MUSCLE = Spins(0.80, 1000, 45, 0.03, 0.10)
_FLOWING = Spins(0.10, 1300, 150, 0.0, 0.5)
_FLUID = Spins(1.0, 3500, 900, texture=0.02)

SPINS: Mapping[Tissue, Spins] = MappingProxyType(
    {
        hu.AIR: _NOTHING,
        hu.TABLE_SHELL: _NOTHING,
        hu.TABLE_FOAM: _NOTHING,
        hu.GAS: _NOTHING,
        hu.LUNG: Spins(0.08, 1200, 30, 0.0, 0.3),
        hu.SKIN: Spins(0.60, 900, 35, 0.2, 0.1),
        hu.FAT: Spins(0.85, 900, 60, 0.95),
        hu.SEPTA: Spins(0.80, 900, 50, 0.7),
        hu.FASCIA: Spins(0.80, 1000, 45, 0.75),
        hu.SINUS_FAT: Spins(0.80, 900, 60, 0.8),
        hu.EPIDURAL_FAT: Spins(0.85, 900, 60, 0.85, 0.1),
        hu.MUSCLE: _MUSCLE,
        hu.CORTEX: Spins(0.06, 800, 20),
        hu.THIN_CORTEX: Spins(0.10, 800, 25),
        hu.VERTEBRAL_SPONGIOSA: _marrow(0.45),
        hu.PELVIC_SPONGIOSA: _marrow(0.55),
        hu.FEMORAL_SPONGIOSA: _marrow(0.80),
        hu.FATTY_MARROW: _marrow(0.90),
        hu.RIB_SPONGIOSA: _marrow(0.40),
        hu.CARTILAGE: Spins(0.70, 1000, 40),
        hu.DISC: Spins(0.70, 900, 60),
        hu.NUCLEUS: Spins(0.85, 1100, 110),
        hu.CSF: Spins(1.0, 4000, 1500, texture=0.03),
        hu.CORD: Spins(0.75, 800, 75),
        hu.NERVE: Spins(0.75, 900, 75, 0.0, 0.05),
        hu.BLOOD: _FLOWING,
        hu.VESSEL_WALL: _MUSCLE,
        hu.LIVER: Spins(0.80, 580, 46, 0.03, 0.35),
        hu.SPLEEN: Spins(0.85, 1050, 79, 0.0, 0.40),
        hu.KIDNEY: Spins(0.85, 1000, 80, 0.0, 1.0),
        hu.BLADDER_WALL: _MUSCLE,
        hu.BOWEL_WALL: Spins(0.80, 950, 60, 0.0, 0.40),
        hu.BOWEL_FLUID: Spins(0.95, 2500, 400, texture=0.10),
        hu.FAECES: Spins(0.40, 900, 60, 0.2, texture=0.30),
        hu.URETER: _FLUID,
        hu.URINE: _FLUID,
        hu.LYTIC: Spins(0.85, 1100, 90, 0.02, 0.40, 0.08),
        hu.SCLEROTIC: Spins(0.35, 1100, 40, 0.05, 0.15, 0.10),
    }
)
"""Every tissue that is painted; the lesions are a metastasis full of cells and a sclerotic one."""
