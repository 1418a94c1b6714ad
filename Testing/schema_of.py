"""The JSON Schema of a dataclass. Run as a script, it writes the schemas that the project ships."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from enum import Enum
from pathlib import Path
from typing import Any

from boneir.assessment import ASSESSMENT_SCHEMA, AssessmentRecord
from boneir.case_folder import CASE_SCHEMA, CaseRecord
from boneir.plan import PLAN_SCHEMA, Plan

FOLDER = Path(__file__).resolve().parents[1] / "Resources" / "Schemas"
SHIPPED: dict[str, tuple[type, str]] = {
    "plan.schema.json": (Plan, PLAN_SCHEMA),
    "case.schema.json": (CaseRecord, CASE_SCHEMA),
    "assessment.schema.json": (AssessmentRecord, ASSESSMENT_SCHEMA),
}
_LEAVES = {float: "number", int: "integer", str: "string", bool: "boolean"}
_LIMITS = {"minimum": "minimum", "above": "exclusiveMinimum", "maximum": "maximum"}


def schema_of(kind: type, version: str) -> dict[str, Any]:
    """The schema of the JSON form of a dataclass whose field `schema` holds `version`."""
    definitions: dict[str, Any] = {}
    body = _object(kind, definitions)
    body["properties"]["schema"] = {"const": version}
    body["required"] = sorted({*body["required"], "schema"})
    start = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": version}
    return {**start, **body, "$defs": dict(sorted(definitions.items()))}


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    properties, required = {}, []
    for field in dataclasses.fields(kind):
        schema = _schema(hints[field.name], definitions)
        limits = {_LIMITS[key]: value for key, value in field.metadata.items() if key in _LIMITS}
        if "anyOf" in schema:
            schema["anyOf"][0] |= limits
        else:
            schema |= limits
        properties[field.name] = schema
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            required.append(field.name)
    summary = (kind.__doc__ or "").split("\n\n")[0].strip()
    return {
        "description": " ".join(summary.split()),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        options = [option for option in inner if option is not type(None)]
        return {"anyOf": [_schema(options[0], definitions), {"type": "null"}]}
    if origin is tuple and inner[-1] is Ellipsis:
        return {"type": "array", "items": _schema(inner[0], definitions)}
    if origin is tuple:
        return {
            "type": "array",
            "items": _schema(inner[0], definitions),
            "minItems": len(inner),
            "maxItems": len(inner),
        }
    if dataclasses.is_dataclass(hint):
        name = hint.__name__
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{name}"}
    if issubclass(hint, Enum):
        return {"enum": [item.value for item in hint]}
    return {"type": _LEAVES[hint]}


def schema_text(name: str) -> str:
    """The text of a shipped schema."""
    return json.dumps(schema_of(*SHIPPED[name]), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for file in SHIPPED:
        (FOLDER / file).write_text(schema_text(file), "utf-8")
