"""Plain values: what is written reads back equal, and every fault is listed with its path."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boneir.errors import PlanError
from boneir.plain import fingerprint, from_plain, to_json, to_plain


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    size: float = field(metadata={"above": 0, "maximum": 10})
    colour: Colour = Colour.RED


@dataclass(frozen=True)
class Outer:
    name: str
    count: int = 1
    flag: bool = False
    place: tuple[float, float, float] = (0.0, 0.0, 0.0)
    inner: tuple[Inner, ...] = ()
    maybe: Inner | None = None
    table: Mapping[str, int] = field(default_factory=dict)


inners = st.builds(Inner, st.floats(1e-6, 10), st.sampled_from(Colour))
outers = st.builds(
    Outer,
    st.text(),
    st.integers(-(2**53), 2**53),
    st.booleans(),
    st.tuples(*[st.floats(-1e6, 1e6)] * 3),
    st.lists(inners, max_size=3).map(tuple),
    st.none() | inners,
    st.dictionaries(st.text(), st.integers(), max_size=3),
)


@given(outers)
def test_there_and_back_through_json(value: Outer) -> None:
    back = from_plain(Outer, json.loads(to_json(value)), "test")
    assert back == value
    assert fingerprint(back) == fingerprint(value)


def faults_of(data: Any) -> tuple[str, ...]:
    with pytest.raises(PlanError) as caught:
        from_plain(Outer, data, "test.json")
    assert str(caught.value).startswith("test.json: ")
    return caught.value.faults


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({}, "name: is missing"),
        ([], "the document: expected an object, found []"),
        ({"name": 3}, "name: expected str, found 3"),
        ({"name": "a", "count": 1.5}, "count: expected int, found 1.5"),
        ({"name": "a", "count": True}, "count: expected int, found true"),
        ({"name": "a", "flag": 0}, "flag: expected bool, found 0"),
        ({"name": "a", "place": [0, 1]}, "place: expected 3 values, found 2"),
        ({"name": "a", "place": [0, 1, None]}, "place[2]: expected a finite number, found null"),
        ({"name": "a", "place": [0, 1, True]}, "place[2]: expected a finite number, found true"),
        ({"name": "a", "place": [0, 1, math.nan]}, "place[2]: expected a finite number, found NaN"),
        ({"name": "a", "inner": {}}, "inner: expected a list, found {}"),
        ({"name": "a", "inner": [{"size": 0}]}, "inner[0].size: 0 must be above 0"),
        ({"name": "a", "inner": [{"size": 11}]}, "inner[0].size: 11 is above 10"),
        (
            {"name": "a", "maybe": {"size": 1, "colour": "green"}},
            'maybe.colour: expected one of red, blue, found "green"',
        ),
        ({"name": "a", "table": {"x": "y"}}, 'table.x: expected int, found "y"'),
        ({"name": None}, "name: expected str, found null"),
    ],
)
def test_each_fault_has_its_path(data: Any, fault: str) -> None:
    assert faults_of(data) == (fault,)


def test_all_faults_are_listed_and_counted() -> None:
    data = {"count": "x", "place": [1, "y", 2], "inner": [{"size": -1}, {"sise": 2}], "stray": 1}
    faults = faults_of(data)
    paths = [fault.split(":")[0] for fault in faults]
    assert sorted(paths) == sorted(
        ["stray", "name", "count", "place[1]", "inner[0].size", "inner[1].sise", "inner[1].size"]
    )
    with pytest.raises(PlanError, match=r"\(and 6 more\)\.$"):
        from_plain(Outer, data, "x")


def test_what_json_does_not_know_is_not_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(Inner(math.inf))


def test_the_fingerprint_sees_every_value_and_no_order() -> None:
    value = Outer("a", table={"x": 1, "y": 2})
    assert fingerprint(value) == fingerprint(Outer("a", table={"y": 2, "x": 1}))
    assert len({fingerprint(Outer("a", place=(0.0, 0.0, z))) for z in (0.0, 1e-12, 1.0)}) == 3
    assert to_plain(value)["table"] == {"x": 1, "y": 2}
