"""Stand-ins of Slicer's DICOM side: the base of plugins, what they offer, and a database of files in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from PySide6.QtCore import Property, QObject

from .checkout import from_checkout


class qSlicerDICOMLoadable(QObject):
    """Something that can be loaded."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._values: dict[str, Any] = {}

    def _told(kind: Any, name: str, empty: Any) -> Any:  # type: ignore[misc]
        def write(self: Any, value: Any) -> None:
            self._values[name] = value

        return Property(kind, lambda self: self._values.get(name, empty), write)

    name = _told(str, "name", "")
    tooltip = _told(str, "tooltip", "")
    warning = _told(str, "warning", "")
    files = _told("QStringList", "files", [])
    selected = _told(bool, "selected", False)
    confidence = _told(float, "confidence", 0.5)
    referencedInstanceUIDs = _told("QStringList", "referencedInstanceUIDs", [])


class ctkDICOMDatabase(QObject):
    """A database of the DICOM files in some folders."""

    def __init__(self) -> None:
        super().__init__()
        self._files: dict[str, list[str]] = {}

    def _add(self, folder: Path) -> None:
        from pydicom import dcmread

        for path in sorted(folder.rglob("*.dcm")):
            data = dcmread(path, stop_before_pixels=True)
            self._files.setdefault(data.SeriesInstanceUID, []).append(str(path))

    def filesForSeries(self, uid: str, hits: int = -1) -> list[str]:
        found = self._files.get(uid, [])
        return found if hits < 0 else found[:hits]

    def fileValue(self, file: str, tag: str) -> str:
        from pydicom import dcmread

        group, element = (int(part, 16) for part in tag.split(","))
        found = dcmread(file, stop_before_pixels=True).get((group, element))
        return "" if found is None or found.value is None else str(found.value)


class DICOMPlugin:
    """Base of the plugins."""

    def __init__(self) -> None:
        self.loadType = "Generic DICOM"
        self.tags = {"seriesInstanceUID": "0020,000E", "instanceUID": "0008,0018"}
        self._known: dict[tuple[str, ...], list[Any]] = {}

    def examineForImport(self, fileList: list[list[str]]) -> list[Any]:
        for files in fileList:
            if tuple(files) not in self._known:
                self._known[tuple(files)] = self.examineFiles(files)
        return [item for files in fileList for item in self._known[tuple(files)]]

    def examineFiles(self, files: list[str]) -> list[Any]:
        return []

    def load(self, loadable: Any) -> bool:
        return True

    def addSeriesInSubjectHierarchy(self, loadable: Any, dataNode: Any) -> None:
        names, hierarchy = slicer.vtkMRMLSubjectHierarchyConstants, slicer.vtkMRMLSubjectHierarchyNode
        node = hierarchy.GetSubjectHierarchyNode(slicer.mrmlScene)
        item = node.CreateItem(node.GetSceneItemID(), dataNode)
        uid = slicer.dicomDatabase.fileValue(loadable.files[0], self.tags["seriesInstanceUID"])
        node.SetItemUID(item, names.GetDICOMUIDName(), uid)
        modality = slicer.dicomDatabase.fileValue(loadable.files[0], "0008,0060")
        node.SetItemAttribute(item, names.GetDICOMSeriesModalityAttributeName(), modality)


def modules() -> dict[str, dict[str, Any]]:
    """What can be imported in the application, and what is in it."""
    real = from_checkout("Modules", "Scripted", "DICOMLib", "DICOMPlugin.py")
    return {"DICOMLib": {"DICOMPlugin": real.DICOMPlugin if real else DICOMPlugin}}


IN_SLICER = (qSlicerDICOMLoadable,)
"""What the module ``slicer`` itself shows."""
