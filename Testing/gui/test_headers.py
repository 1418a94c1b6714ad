"""The page of members can be held against a checkout of Slicer and CTK; where one is at hand, it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

HEADER = """
class EXPORT qSlicerThing : public qSlicerBase
{
  Q_PROPERTY(QString title READ title WRITE setTitle)
  enum Mode { ModeSet, ModeAdd };
  // Q_PROPERTY(QString gone READ gone)
  Q_INVOKABLE vtkMRMLNode* place(QString name, int value = 1);
signals:
  void changed(vtkMRMLNode* node);
};
"""
BASE = "class qSlicerBase : public QPushButton\n{\n  Q_INVOKABLE void open();\n};\n"


@pytest.fixture
def headers(tmp_path: Path) -> Any:
    from standins.headers import Headers

    (tmp_path / "qSlicerThing.h").write_text(HEADER)
    (tmp_path / "qSlicerBase.h").write_text(BASE)
    package = tmp_path / "Base" / "Python" / "slicer"
    package.mkdir(parents=True)
    (package / "util.py").write_text("def loadUI(path):\n    return path\n")
    return Headers([tmp_path])


@pytest.mark.parametrize(
    "name", ["title", "ModeAdd", "place", "changed(vtkMRMLNode*)", "open", "text", "clicked(bool)", "connect"]
)
def test_a_member_of_a_class_or_of_its_bases_is_found(headers: Any, name: str) -> None:
    assert headers._class_has("qSlicerThing", name)


@pytest.mark.parametrize("name", ["gone", "titel", "changed(vtkMRMLScene*)", "changed()", "pressedd()", "txet"])
def test_what_no_header_has_is_not_found(headers: Any, name: str) -> None:
    assert not headers._class_has("qSlicerThing", name)
    assert not headers._class_has("qSlicerOther", "title")


def test_python_names_are_found(headers: Any) -> None:
    assert headers._python_has("slicer.util", "loadUI")
    assert not headers._python_has("slicer.util", "loadUi")


def test_a_member_that_is_not_there_is_named(headers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {"qSlicerThing": {"title", "titel"}, "slicer.util": {"loadUI"}, "QLabel": {"whatever"}}
    monkeypatch.setattr("standins.headers.listed", lambda: listed)
    assert headers.missing() == ["qSlicerThing.titel"]
