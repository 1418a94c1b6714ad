"""What the module for review runs: registration with its verdict, mixed images, needles one by one, pictures."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from ..errors import CaseError, ImageError, PlanError
from ..findings import Finding
from ..fusion.quality import Verdict
from .layers_logic import LayersLogic


class MixChoice(Enum):
    """How two images are shown in one view. The names are stored in scenes: they never change."""

    BLEND = "blend"
    CHEQUERED = "chequered"
    SWIPE = "swipe"

    def label(self) -> str:
        """The words that the list shows."""
        words = {
            MixChoice.BLEND: _("Blend"),
            MixChoice.CHEQUERED: _("Checkerboard, cubes of 20 mm"),
            MixChoice.SWIPE: _("Swipe"),
        }
        return words[self]


class ReviewLogic(LayersLogic):
    """Shows images over each other, and steps through the needles of a plan."""

    def register(self, fixed: Any, other: Any, through: Any = None) -> tuple[Any, str, tuple[Finding, ...]]:
        """Lay another image over the planning image; give the node of the laid image, the verdict, and why.

        Where `through` is given, an image in the frame of the other one, it is registered in its stead.
        """
        from ..register import register
        from ..scene.read_back import case_from_nodes
        from ..scene.volume import image_from_node, show_image

        self._need_two(fixed, other)
        carrier = None if through is None or through is other else image_from_node(through)[0]
        moving, case = image_from_node(other)[0], case_from_nodes(fixed)
        case, registration = register(case, moving, other.GetName(), through=carrier)
        laid = next(image for image in case.others if image.uid == registration.placed_uid)
        with self.act_alone():
            node = show_image(slicer.mrmlScene, laid, _("{name}, registered").format(name=other.GetName()))
        return node, verdict_words(registration.verdict, registration.quality.error_mm), registration.findings

    def mix(self, fixed: Any, other: Any, how: MixChoice, percent: float) -> None:
        """Show both images in the slice views."""
        from ..fusion.mixed_volume import chequered_volume, swiped_volume
        from ..scene.review_views import remove_mixed, show_blend, show_mixed
        from ..scene.volume import image_from_node

        self._need_two(fixed, other)
        with self.act_alone():
            if how is MixChoice.BLEND:
                remove_mixed(slicer.mrmlScene)
                show_blend(slicer.mrmlScene, fixed, other, percent / 100)
                return
            one, two = image_from_node(fixed)[0], image_from_node(other)[0]
            made = chequered_volume(one, two) if how is MixChoice.CHEQUERED else swiped_volume(one, two, percent / 100)
            show_mixed(slicer.mrmlScene, made)

    def useLayout(self) -> None:
        """Show the layout for review, with linked views and one cursor."""
        from ..scene.review_views import use_review_layout

        use_review_layout(slicer.mrmlScene)

    def overlay(self, plan: bool, zones: bool, shells: bool) -> None:
        """Show or hide what lies over the images."""
        from ..scene.review_views import Overlay, show_overlay

        with self.act_alone():
            for what, on in ((Overlay.PLAN, plan), (Overlay.ZONES, zones), (Overlay.SHELLS, shells)):
                show_overlay(slicer.mrmlScene, what, on)

    def stepNeedle(self, name: str, now: int, by: int) -> tuple[int, str]:
        """Turn the views along the next needle of a plan; give its place in the plan and its title."""
        from ..scene.reslice import show_along_needle
        from ..scene.tools import tools_of

        plan = self.planNow(name)
        tools = () if plan is None else tools_of(plan)
        if not tools:
            raise PlanError(_("There is no plan with a needle in the scene: make one with the planner first."))
        place = (now + by) % len(tools)
        show_along_needle(slicer.mrmlScene, tools[place].trajectory)
        return place, tools[place].title

    def writePictures(self, fixed: Any, other: Any, name: str, folder: Path) -> tuple[str, ...]:
        """Write the pictures of a plan, and of the other image over the planning image, as PNG; give their names."""
        from dataclasses import replace

        from ..image.safe_file import write_safely
        from ..scene.pictures import pictures_of
        from ..scene.read_back import case_from_nodes
        from ..scene.volume import image_from_node

        if fixed is None:
            raise CaseError(_("Choose the planning image first."))
        plan = self.planNow(name)
        if plan is None:
            raise PlanError(_("There is no plan in the scene: make one with the planner first."))
        case = case_from_nodes(fixed)
        if other is not None:
            case = replace(case, others=(image_from_node(other)[0],))
        pictures, findings = pictures_of(case, plan)
        if findings:
            raise CaseError(findings[0].text)
        names = []
        for number, picture in enumerate(pictures, 1):
            path = Path(folder) / f"{number:02}-{picture.name}.png"
            write_safely(path, [picture.png])
            names.append(path.name)
        return tuple(names)

    def _need_two(self, fixed: Any, other: Any) -> None:
        if fixed is None or other is None or fixed is other:
            raise ImageError(_("Choose the planning image and another image to show over it."))


def verdict_words(verdict: Verdict, error_mm: float) -> str:
    """What the checks of a registration say, in a sentence."""
    words = {
        Verdict.GOOD: _("Registration good"),
        Verdict.DOUBTFUL: _("Registration doubtful: look before it is used"),
        Verdict.FAILED: _("Registration failed: do not use it"),
    }
    return _("{words}. The checks let expect an error of {error} mm.").format(
        words=words[verdict], error=f"{error_mm:.1f}"
    )
