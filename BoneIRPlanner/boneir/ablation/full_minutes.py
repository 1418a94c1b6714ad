"""What a simulation has come to after every full minute of the treatment, while it still runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .damage import frozen_rule
from .heat import Moment
from .physics_values import physics_value


@dataclass(frozen=True)
class FullMinute:
    """How things stand after a full minute.

    Parameters
    ----------
    minute : int
        Of the treatment.
    share : float
        Part of the simulation that is done, 0 to 1.
    hot_ml, frozen_ml : float
        Tissue that is hot enough to coagulate at once now, and tissue at the lethal temperature of ice.
    """

    minute: int
    share: float
    hot_ml: float
    frozen_ml: float

    @property
    def words(self) -> str:
        """For a line of progress."""
        hot, cold = physics_value("heat_sure_c"), frozen_rule()["lethal_c"]
        parts = [
            f"{amount:.1f} mL at {limit.amount:g} degC or {way}"
            for amount, limit, way in ((self.hot_ml, hot, "more"), (self.frozen_ml, cold, "less"))
            if amount > 0.0
        ]
        return f"{self.minute} min: {' and '.join(parts) or 'nothing yet'}"


@dataclass
class FullMinutes:
    """Watches a run and tells of every full minute, once.

    Parameters
    ----------
    tell : callable
    """

    tell: Callable[[FullMinute], None]
    last: FullMinute | None = field(default=None)

    def __call__(self, moment: Moment) -> None:
        """Look at a moment of the run; between full minutes it costs nothing."""
        minute = int((moment.time_s + 1e-6) // 60.0)
        if minute <= (0 if self.last is None else self.last.minute):
            return
        temperature = moment.temperature_c()
        hot = np.count_nonzero(temperature >= physics_value("heat_sure_c").amount)
        frozen = np.count_nonzero(temperature <= frozen_rule()["lethal_c"].amount)
        self.last = FullMinute(minute, moment.share, hot * moment.voxel_ml, frozen * moment.voxel_ml)
        self.tell(self.last)
