"""The page of members is what the code uses, every member is one that the stand-ins know, and a slip does not pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_the_page_lists_what_the_code_uses() -> None:
    from standins import members

    assert members.PAGE.read_text("utf-8") == members.page(), "run: python Testing/standins/members.py"
    assert len(members.all_members()) > 15


def test_every_listed_member_exists() -> None:
    """In the stand-ins and in Slicer's own Python files where these take their place."""
    import importlib

    import ctk
    import qSlicerSegmentationsEditorEffectsPythonQt as effects  # noqa: N813
    import qt
    import slicer
    from PySide6.QtCore import QMetaObject

    from standins import members

    unknown = []
    for owner, names in members.listed().items():
        if owner.startswith("slicer"):
            kind: Any = slicer
            for part in owner.split(".")[1:]:
                kind = getattr(kind, part, None) or importlib.import_module(owner)
        else:
            kind = qt if owner == "qt" else getattr(qt, owner, None) or getattr(ctk, owner, None)
            kind = kind or getattr(slicer, owner, None) or getattr(effects, owner)
        for name in names:
            if "(" in name:
                one = made(kind) if isinstance(kind, type) else kind
                signature = bytes(QMetaObject.normalizedSignature(name).data()).decode()
                declared = one.metaObject().indexOfMethod(signature) >= 0
                with_vtk = {*getattr(kind, "_signals_with_vtk_types", ()), *getattr(kind, "_slots_with_vtk_types", ())}
                known = declared or name in with_vtk
            else:
                known = hasattr(kind, name)
            if not known:
                unknown.append(f"{owner}.{name}")
    assert not unknown


PARENTS: list[Any] = []
"""What `made` gave as parents: they have to outlive their children."""


def made(kind: Any) -> Any:
    """One of a class; some are only made with a parent."""
    import qt

    try:
        return kind()
    except TypeError:
        PARENTS.append(qt.QWidget())
        return kind(PARENTS[-1])


def test_the_stand_ins_refuse_what_pythonqt_refuses() -> None:
    import qt
    import slicer

    button = qt.QPushButton("text")
    assert button.text == "text"
    with pytest.raises(TypeError):
        button.text()
    with pytest.raises(AttributeError, match="no property 'txet'"):
        button.txet = "x"
    with pytest.raises(AttributeError, match="method or signal"):
        button.click = "x"
    with pytest.raises(AttributeError):
        _ = button.nothing
    with pytest.raises(ValueError, match="no signal"):
        button.connect("clickd()", print)
    with pytest.raises(ValueError, match="no signal"):
        slicer.qMRMLNodeComboBox().connect("currentNodeChanged(vtkMRMLNod*)", print)
    with pytest.raises(ValueError, match="not connected"):
        button.disconnect("clicked()", print)


def test_a_slot_gets_as_many_arguments_as_it_takes() -> None:
    import qt

    table, got = qt.QTableWidget(), []
    table.connect("cellClicked(int,int)", lambda: got.append(()))
    table.connect("cellClicked(int,int)", lambda row: got.append((row,)))
    table.connect("cellClicked(int,int)", lambda *both: got.append(both))
    table.cellClicked.emit(3, 4)
    assert got == [(), (3,), (3, 4)]


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        ('<property name="txet"><string>x</string></property>', "no property 'txet'"),
        ("", "no signal|no slot"),
    ],
)
def test_a_panel_with_a_slip_is_refused(tmp_path: Path, inside: str, fault: str) -> None:
    import slicer

    wired = "" if inside else "<signal>clickd()</signal><receiver>top</receiver><slot>close()</slot>"
    connections = f"<connections><connection><sender>b</sender>{wired}</connection></connections>" if wired else ""
    file = tmp_path / "panel.ui"
    file.write_text(
        '<ui version="4.0"><class>top</class><widget class="QWidget" name="top">'
        f'<widget class="QPushButton" name="b">{inside}</widget></widget>{connections}</ui>'
    )
    with pytest.raises((RuntimeError, ValueError), match=fault):
        slicer.util.loadUI(str(file))


def test_a_field_that_cannot_be_tied_is_refused(scene: Any) -> None:
    import ctk
    import qt
    import slicer
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    @parameterNodeWrapper
    class Parameters:
        margin: float = 1.0

    node = Parameters(scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))
    for kind, name, error in (
        (ctk.ctkSliderWidget, "margin", RuntimeError),
        (qt.QLineEdit, "margin", RuntimeError),
        (qt.QDoubleSpinBox, "margni", ValueError),
    ):
        top = qt.QWidget()
        field = kind(top)
        field.setProperty("SlicerParameterName", name)
        with pytest.raises(error):
            node.connectGui(top)
    assert slicer.mrmlScene is scene
