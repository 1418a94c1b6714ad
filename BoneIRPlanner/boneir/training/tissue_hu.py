"""How the tissues of the synthetic patient look in unenhanced CT at about 120 kV.

Plausible values chosen for pictures and tests, within the ranges that any radiology textbook gives; they are no limits
and nothing clinical is decided by them.
"""

from __future__ import annotations

from .canvas import Tissue

AIR = Tissue(-1000)
TABLE_SHELL = Tissue(40)
TABLE_FOAM = Tissue(-920, 6, 1.5)

SKIN = Tissue(10, 12, 1.0)
FAT = Tissue(-104, 9, 2.0)
SEPTA = Tissue(-60, 15, 1.5)
MUSCLE = Tissue(54, 10, 1.8)
FASCIA = Tissue(-70, 18, 1.5)

CORTEX = Tissue(780, 90, 1.0)
THIN_CORTEX = Tissue(620, 90, 1.0)
VERTEBRAL_SPONGIOSA = Tissue(165, 38, 1.1)
PELVIC_SPONGIOSA = Tissue(140, 45, 1.3)
FEMORAL_SPONGIOSA = Tissue(260, 50, 1.4)
FATTY_MARROW = Tissue(20, 35, 1.4)
RIB_SPONGIOSA = Tissue(150, 45, 1.0)
CARTILAGE = Tissue(95, 12, 1.0)
DISC = Tissue(78, 9, 1.5)
NUCLEUS = Tissue(66, 9, 1.5)

CSF = Tissue(14, 4, 1.5)
CORD = Tissue(36, 4, 1.5)
NERVE = Tissue(30, 4, 1.5)
EPIDURAL_FAT = Tissue(-70, 10, 1.0)

BLOOD = Tissue(44, 3, 2.0)
VESSEL_WALL = Tissue(52, 5, 1.0)
LIVER = Tissue(58, 5, 2.0)
SPLEEN = Tissue(49, 4, 2.0)
KIDNEY = Tissue(33, 5, 1.5)
SINUS_FAT = Tissue(-75, 25, 1.5)
BLADDER_WALL = Tissue(38, 5, 1.0)
URETER = Tissue(18)
URINE = Tissue(5, 2, 2.0)
LUNG = Tissue(-845, 35, 1.2)
BOWEL_WALL = Tissue(42, 6, 1.0)
BOWEL_FLUID = Tissue(22, 7, 1.5)
FAECES = Tissue(10, 70, 2.0)
GAS = Tissue(-985, 6, 1.0)

LYTIC = Tissue(46)
SCLEROTIC = Tissue(640, 70, 1.2)
RIM_BONE = Tissue(520)
