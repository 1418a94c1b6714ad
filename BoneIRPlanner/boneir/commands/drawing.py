"""Pictures and scenes, where Slicer's core is there to draw them."""

from __future__ import annotations

from pathlib import Path

from ..assessment import Assessment
from ..case import Case
from ..errors import BoneIRError, MissingExtraError
from ..findings import Finding, Severity
from ..picture import Picture
from ..plan import Plan
from ..proposal import Proposal


def draw(
    case: Case, plan: Plan, assessment: Assessment, proposal: Proposal | None = None
) -> tuple[tuple[Picture, ...], tuple[Finding, ...]]:
    """The pictures of a plan, and of the skin where a search is given; without Slicer's core none, and the finding."""
    try:
        from ..scene.pictures import pictures_of
        from ..scene.skin_picture import skin_pictures
    except MissingExtraError as error:
        text = f"No pictures were drawn: {error}"
        return (), (Finding("report.no_pictures", Severity.NOTE, text),)
    pictures, findings = pictures_of(case, plan, assessment)
    if proposal is not None and pictures:
        pictures = (*pictures, *skin_pictures(case, proposal.skin, proposal.goal))
    return pictures, findings


def write_scene(case: Case, plan: Plan, assessment: Assessment, path: Path) -> Path:
    """Write case, plan and zones as a Slicer scene.

    Raises
    ------
    MissingExtraError
        If Slicer's core is not installed.
    """
    from ..scene.build import build_scene
    from ..scene.mrb import write_mrb

    return write_mrb(build_scene(case, plan, assessment), path)


def write_skin_map(case: Case, proposal: Proposal, path: Path) -> Path | None:
    """Draw the skin of a proposal, coloured by what refuses an entry; None where there is no skin to draw.

    Raises
    ------
    MissingExtraError
        If Slicer's core is not installed.
    BoneIRError
        If this machine cannot draw.
    """
    from ..scene.render_check import why_no_pictures
    from ..scene.skin_picture import skin_picture

    reason = why_no_pictures()
    if reason:
        raise BoneIRError(reason)
    made = skin_picture(case, proposal.skin, proposal.goal)
    if made is not None:
        path.write_bytes(made.png)
    return None if made is None else path
