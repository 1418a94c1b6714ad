"""A whole scene in one file (MRB), written beside and renamed into place."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import CaseError
from .application import new_scene
from .core import slicer


def write_mrb(scene: Any, path: Path) -> Path:
    """Write a scene to one file that Slicer opens by drag and drop.

    Parameters
    ----------
    scene : vtkMRMLScene
        Keeps its file names: it is not changed by the writing.
    path : Path
        Of the file, ending in ".mrb". An older file is replaced only when the new one is complete.

    Raises
    ------
    CaseError
        If the name does not end in ".mrb", or the file can not be written.
    """
    if path.suffix.lower() != ".mrb":
        raise CaseError(f"{path.name}: a Slicer scene file ends in .mrb.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{path.stem}-", dir=path.parent))
    except OSError as error:
        raise CaseError(f"{path}: can not be written ({error.strerror}).") from error
    try:
        part = beside.resolve() / path.name
        with _same_folder():
            written = scene.WriteToMRB(str(part))
        if not written or not part.is_file():
            raise CaseError(f"{path}: Slicer could not write the scene.")
        part.replace(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return path


def read_mrb(path: Path, scene: Any = None) -> Any:
    """Read a scene from one file.

    Parameters
    ----------
    path : Path
    scene : vtkMRMLScene or None
        The scene that takes the nodes in; None for a new one.

    Returns
    -------
    vtkMRMLScene

    Raises
    ------
    CaseError
        If there is no such file, or it is not a scene.
    """
    if not path.is_file():
        raise CaseError(f"{path}: there is no such file.")
    scene = new_scene() if scene is None else scene
    with tempfile.TemporaryDirectory(prefix="boneir-") as cache:
        door = None if scene.GetCacheManager() else _DataDoor(scene, cache)
        try:
            with _same_folder():
                read = scene.ReadFromMRB(str(path.resolve()))
            if not read:
                raise CaseError(f"{path}: Slicer could not read it as a scene.")
        finally:
            if door is not None:
                door.close()
    return scene


@contextmanager
def _same_folder() -> Iterator[None]:
    """Go back to the working folder afterwards: Slicer's archives leave the process in one that is then removed."""
    here = Path.cwd()
    try:
        yield
    finally:
        os.chdir(here)


class _DataDoor:
    """What reading a bundle needs of a scene outside of the application: a place to unpack, and who handles it."""

    def __init__(self, scene: Any, cache: str) -> None:
        self._scene = scene
        self._remote = slicer.vtkMRMLRemoteIOLogic()
        self._remote.GetCacheManager().SetRemoteCacheDirectory(cache)
        self._remote.SetMRMLScene(scene)
        self._remote.AddDataIOToScene()
        self._manager = slicer.vtkDataIOManagerLogic()
        self._manager.SetMRMLApplicationLogic(slicer.vtkSlicerApplicationLogic())
        self._manager.SetAndObserveDataIOManager(self._remote.GetDataIOManager())

    def close(self) -> None:
        self._remote.RemoveDataIOFromScene()
