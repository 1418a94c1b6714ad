"""A lesion of the segment editor: grown by the library from the marks, in the image and beside the other segments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from slicer.i18n import tr as _

from ..case import Case, Modality, Role, Structure
from ..errors import OutlineError
from ..findings import Severity, worst_first
from ..report.numbers import amount_text
from ..scene.changes import Fingerprints
from .lesion_marks import LesionMarks


class LesionGrowing:
    """Grows a lesion for the segment editor. What it keeps would be computed again just so: the outline of bone."""

    def __init__(self) -> None:
        self._prints = Fingerprints()
        self._bone: tuple[str, tuple[Structure, ...]] = ("", ())

    def grow(self, volume: Any, outlines: Any, marks: LesionMarks) -> tuple[Any, str]:
        """Grow the lesion that was marked.

        Parameters
        ----------
        volume : vtkMRMLScalarVolumeNode or None
            The source volume of the editor.
        outlines : vtkMRMLSegmentationNode
            Whose segment `marks` are of; its other segments say where bone and what else is.
        marks : LesionMarks

        Returns
        -------
        label_map : vtkOrientedImageData
            In the segmentation's own frame.
        text : str
            The volume, and what is doubtful, in lines.

        Raises
        ------
        OutlineError
            If there is no image, nothing was marked as inside, or nothing grows there.
        """
        from ..anatomy.lesion import outline_lesion
        from ..scene.segments import label_map_of

        if volume is None:
            raise OutlineError(_("Choose the source volume of the segmentation first."))
        if not marks.inside_mm:
            raise OutlineError(_("Click inside the lesion first."))
        case = self._case(volume, outlines, marks.segment)
        first, *more = marks.inside_mm
        name = outlines.GetSegmentation().GetSegment(marks.segment).GetName()
        found = outline_lesion(case, first, name, inside_mm=more, outside_mm=marks.outside_mm, edge_mm=marks.edge_mm)
        return _in_frame_of(outlines, label_map_of(found.lesion.mask)), _words(found)

    def _case(self, volume: Any, outlines: Any, segment: str) -> Case:
        """The image with every other segment; on CT with bone, outlined here where no segment is bone."""
        from ..scene.read_back import case_from_nodes

        case = case_from_nodes(volume, outlines)
        own = outlines.GetSegmentation().GetSegment(segment).GetName()
        case = replace(
            case,
            structures=tuple(item for item in case.structures if item.name != own),
            lesions=tuple(item for item in case.lesions if item.name != own),
        )
        if case.image.modality is not Modality.CT or case.of_role(Role.BONE):
            return case
        made = self._outlined(volume, case)
        return case.with_structures(item for item in made if not case.has(item.name))

    def _outlined(self, volume: Any, case: Case) -> tuple[Structure, ...]:
        from ..anatomy.outline import outline_structures

        key = self._prints.of(volume)
        if key != self._bone[0]:
            self._bone = key, outline_structures(case.image)[0]
        return self._bone[1]


def _in_frame_of(outlines: Any, label_map: Any) -> Any:
    """A label map of the world as it lies in a segmentation that a transform may move."""
    import numpy as np

    from ..scene.core import vtk
    from ..scene.ras import numpy_matrix, vtk_matrix
    from ..scene.volume import world_matrix

    matrix = vtk.vtkMatrix4x4()
    label_map.GetImageToWorldMatrix(matrix)
    inside = np.linalg.inv(world_matrix(outlines, "The segmentation")) @ numpy_matrix(matrix)
    label_map.SetImageToWorldMatrix(vtk_matrix(inside))
    return label_map


def _words(found: Any) -> str:
    """How large the lesion is and may be, and what speaks against its outline."""
    sizes = [amount_text(mask.volume_ml, "mL") for mask in (found.lesion.mask, found.sure, found.possible)]
    lines = [
        _("{volume}; surely {sure}, possibly {possible}.").format(volume=sizes[0], sure=sizes[1], possible=sizes[2])
    ]
    grave = [item for item in worst_first(found.findings) if item.severity is not Severity.NOTE]
    return "\n".join((*lines, *(item.text for item in grave)))
