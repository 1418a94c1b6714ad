"""Slicer's own code takes the list of structures, and finds in it what every segment says that it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boneir.anatomy.structures import StructureKind, structure_kinds
from boneir.case import Structure
from boneir.mask import Mask
from boneir.scene.segments import segment_of
from boneir.scene.terminology import CONTEXT, load_terminology, terminology

CODED = [kind for kind in structure_kinds().values() if kind.code is not None]


@pytest.fixture(scope="module")
def logic(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import slicer

    made = slicer.vtkSlicerTerminologiesModuleLogic()
    assert load_terminology(made, tmp_path_factory.mktemp("terms")) == CONTEXT
    return made


def lists_with(logic: Any, kind: StructureKind, value: str = "") -> list[str]:
    """Names of the lists in which a structure can be chosen, or another code of its category in its stead."""
    side = (kind.side.scheme, kind.side.value) if kind.side is not None else ("", "")
    found = logic.FindTerminologyNames(
        "SCT", "123037004", kind.code.scheme, value or kind.code.value, *side, [CONTEXT], None
    )
    return list(found)


@pytest.fixture(scope="module")
def small() -> Mask:
    from boneir.grid import Grid

    return Mask.of(np.ones((2, 2, 2), bool), Grid((2, 2, 2), (1.0, 1.0, 1.0)))


def test_every_structure_with_a_code_can_be_chosen_with_its_side_and_colour(logic: Any, small: Mask) -> None:
    import slicer

    shared = {kind.code.value for kind in CODED if sum(k.code.value == kind.code.value for k in CODED) > 1}
    for kind in CODED:
        assert lists_with(logic, kind) == [CONTEXT], f"{kind.key} is not in the list"
        described = segment_of(Structure(kind.key, kind.role, small, kind.key, "a test")).terminology
        found = slicer.vtkSlicerTerminologyEntry()
        assert logic.DeserializeTerminologyEntry(described, found)
        assert found.GetTerminologyContextName() == CONTEXT
        assert logic.UpdateEntryFromLoadedTerminologies(found, [], [])
        assert found.GetTypeObject().GetCodeMeaning() == kind.code.meaning
        shown = found.GetTypeObject()
        if kind.side is not None:
            shown = found.GetTypeModifierObject()
            assert shown.GetCodeMeaning() == kind.side.meaning
        if kind.side is not None or kind.code.value not in shared:
            assert tuple(shown.GetRecommendedDisplayRGBValue()) == kind.colour


def test_what_is_not_in_the_list_is_not_found(logic: Any) -> None:
    assert lists_with(logic, CODED[0], "0000") == []


def test_the_list_holds_what_the_schema_of_such_lists_asks_for() -> None:
    """As dcmqi's segment-context-schema.json has it: codes with three parts, colours of three whole numbers to 255."""

    def check(item: dict[str, Any], coloured: bool) -> None:
        for key in ("CodeMeaning", "CodingSchemeDesignator", "CodeValue"):
            assert isinstance(item[key], str)
            assert item[key]
        if coloured:
            colour = item["recommendedDisplayRGBValue"]
            assert len(colour) == 3
            assert all(isinstance(part, int) and 0 <= part <= 255 for part in colour)

    made = json.loads(json.dumps(terminology()))
    assert set(made) == {"SegmentationCategoryTypeContextName", "@schema", "SegmentationCodes"}
    (category,) = made["SegmentationCodes"]["Category"]
    check(category, coloured=False)
    codes = [item["CodeValue"] for item in category["Type"]]
    assert len(codes) == len(set(codes)), "one type a code"
    for item in category["Type"]:
        check(item, coloured=True)
        for side in item.get("Modifier", ()):
            check(side, coloured=True)
    sides = sum(len(item.get("Modifier", ())) for item in category["Type"])
    assert sides == sum(kind.side is not None for kind in CODED)


def test_it_is_written_where_it_is_told_to(logic: Any, tmp_path: Path) -> None:
    load_terminology(logic, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["BoneIRPlanner.term.json"]
