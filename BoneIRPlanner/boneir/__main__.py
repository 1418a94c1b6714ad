"""``python -m boneir`` is the command ``boneir``."""

from __future__ import annotations

import sys

from .cli import main

sys.exit(main())
