"""The shipped JSON Schemas say the same as the dataclasses that read the files."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest

from boneir.assessment import Assessment, AssessmentRecord, Measure, Zone, assessment_record
from boneir.case_folder import CaseRecord, save_case
from boneir.errors import PlanError
from boneir.evidence import Grade, Value
from boneir.findings import Finding, Severity
from boneir.plain import from_plain, to_plain
from boneir.plan import Cement, Plan, Probe, Screw, Technique, Trajectory, Treatment
from schema_of import FOLDER, SHIPPED, schema_text
from small_case import small_case

LIMIT = Value(3.0, "mm", Grade.DEFAULT, "BoneIRPlanner", low=1.0)
WAY = Trajectory((0.0, 1.0, 2.0), (10.0, 1.0, 2.0))


def a_plan() -> Plan:
    treatment = Treatment(
        "lesion-1",
        Technique.CRYO,
        5.0,
        (Probe("1", "iceforce", WAY, duration_s=600.0, cycles=2),),
        (Cement("c", WAY, 4.0, 3.0),),
        (Screw("s", WAY, 7.3),),
    )
    return Plan("plan-1", (treatment,), reasons=("shortest",))


def an_assessment() -> Assessment:
    mask = small_case().lesion().mask
    finding = Finding("access.clearance", Severity.STOP, "Too near.", 1.0, "mm", LIMIT, (1.0, 2.0, 3.0), "cord")
    measure = Measure("access.length", "Length", 80.0, "mm", "1", limit=LIMIT)
    return Assessment("p", "c", (measure,), (finding,), (Zone("zone 1", "1", mask, outer=mask, evidence=LIMIT),))


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[type, Any]]:
    tmp_path = tmp_path_factory.mktemp("case")
    save_case(small_case(spacing=(8.0, 8.0, 8.0)).with_findings(an_assessment().findings), tmp_path)
    return {
        "plan.schema.json": (Plan, to_plain(a_plan())),
        "case.schema.json": (CaseRecord, json.loads((tmp_path / "case.json").read_text())),
        "assessment.schema.json": (AssessmentRecord, to_plain(assessment_record(an_assessment()))),
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_schema_is_that_of_the_dataclass(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == schema_text(name), "run Testing/schema_of.py"
    jsonschema.Draft202012Validator.check_schema(json.loads((FOLDER / name).read_text("utf-8")))


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_written_is_valid_and_reads_back_equal(name: str, documents: dict[str, Any]) -> None:
    kind, data = documents[name]
    jsonschema.validate(data, json.loads((FOLDER / name).read_text("utf-8")))
    assert to_plain(from_plain(kind, data, name)) == data


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a document."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(deeper for key, item in inner for deeper in places(item, (*path, key)))]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("wrong", [None, "no such word", -7.25, [], {"stray": 1}])
def test_schema_and_reader_refuse_the_same(name: str, wrong: Any, documents: dict[str, Any]) -> None:
    """Put a wrong value at every place of a document in turn: jsonschema, an independent judge, and we must agree."""
    kind, good = documents[name]
    validator = jsonschema.Draft202012Validator(json.loads((FOLDER / name).read_text("utf-8")))
    refused = 0
    for path in places(good)[1:]:
        if path[0] == "schema":
            continue  # the reader of each file looks at it before anything else
        data = copy.deepcopy(good)
        at = data
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = wrong
        try:
            from_plain(kind, data, name)
            accepted = True
        except (PlanError, ValueError):
            accepted = False
        except Exception as error:
            assert "grid" in str(error), path  # noqa: PT017 - a grid refuses what no schema can say
            accepted = validator.is_valid(data)
        assert accepted == validator.is_valid(data), path
        refused += not accepted
    assert refused > 10
