"""The energy account of a run: what came in, where it went, and what cannot be accounted for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class EnergyBalance:
    """All energy of a run in J.

    Parameters
    ----------
    stored_at_first_j, stored_j : float
        In the tissue, against the body's temperature, at first and at the end.
    supplied_j : float
        From sources in the tissue.
    held_j : float
        From bodies and vessels that hold their temperature; negative where they took heat.
    perfused_j : float
        Taken by perfusion; negative where blood warmed cold tissue.
    steam_j : float
        Taken by boiling.
    """

    stored_at_first_j: float = 0.0
    stored_j: float = 0.0
    supplied_j: float = 0.0
    held_j: float = 0.0
    perfused_j: float = 0.0
    steam_j: float = 0.0

    @property
    def error(self) -> float:
        """What is missing or too much, as a share of the largest entry of the account."""
        change = self.stored_j - self.stored_at_first_j
        missing = self.supplied_j + self.held_j - self.perfused_j - self.steam_j - change
        entries = (self.supplied_j, self.held_j, self.perfused_j, self.steam_j, change)
        largest = max(abs(entry) for entry in entries)
        return 0.0 if largest == 0.0 else abs(missing) / largest
