"""BoneIRPlanner's library: plans image-guided treatment of bone metastases.

Three nouns, three verbs: `open_case` makes a `Case` of images and outlines, `propose` makes ranked `Plan`s of a case
and a goal, `assess` makes an `Assessment` of a case and a plan.
"""

from __future__ import annotations

__version__ = "0.1.0"
