"""What is chosen from short lists. The names are stored in scenes: they never change."""

from __future__ import annotations

from enum import Enum

from slicer.i18n import tr as _

from ..plan import Position, Technique


class TechniqueChoice(Enum):
    """The techniques that a needle path is proposed for."""

    MICROWAVE = Technique.MICROWAVE
    RADIOFREQUENCY = Technique.RADIOFREQUENCY
    CRYO = Technique.CRYO
    CEMENT = Technique.CEMENT
    BIOPSY = Technique.BIOPSY

    def label(self) -> str:
        """The words that the list shows."""
        words = {
            Technique.MICROWAVE: _("Microwave ablation"),
            Technique.RADIOFREQUENCY: _("Radiofrequency ablation"),
            Technique.CRYO: _("Cryoablation"),
            Technique.CEMENT: _("Cement augmentation"),
            Technique.BIOPSY: _("Biopsy"),
        }
        return words[self.value]


class PositionChoice(Enum):
    """How the patient lies during the intervention."""

    PRONE = Position.PRONE
    SUPINE = Position.SUPINE
    LEFT_LATERAL = Position.LEFT_LATERAL
    RIGHT_LATERAL = Position.RIGHT_LATERAL

    def label(self) -> str:
        """The words that the list shows."""
        words = {
            Position.PRONE: _("Prone"),
            Position.SUPINE: _("Supine"),
            Position.LEFT_LATERAL: _("On the left side"),
            Position.RIGHT_LATERAL: _("On the right side"),
        }
        return words[self.value]


class SkinColour(Enum):
    """What the colours of the skin map tell."""

    SCORE = "score"
    REASON = "reason"

    def label(self) -> str:
        """The words that the list shows."""
        return {SkinColour.SCORE: _("By score"), SkinColour.REASON: _("By reason")}[self]


class StepName(Enum):
    """The steps of guided planning, in order."""

    IMAGES = "images"
    LESION = "lesion"
    ACCESS = "access"
    EFFECT = "effect"
    REVIEW = "review"
    REPORT = "report"
