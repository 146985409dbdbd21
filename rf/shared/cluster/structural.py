"""JSON schemas of `rf/shared/schemas` as structural schemas, which an API server takes in a CRD.

A structural schema has no references, no `if`, no `const`, and one type for a field. Fields that it
doesn't name are dropped, and refused where validation is strict, so `additionalProperties: false`
is said by leaving it out. Source: kubernetes.io, "Extend the Kubernetes API with
CustomResourceDefinitions", section "Specifying a structural schema".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_KEPT = frozenset(
    {
        "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength",
        "minProperties", "minimum", "pattern", "required", "type",
    }
)  # fmt: skip
_INT_OR_STRING = {"integer", "string"}
_TYPES = {str: "string", bool: "boolean", int: "integer"}


class NotStructuralError(Exception):
    """A schema says what a structural schema can't."""


def structural(schema: Schema) -> dict[str, Any]:
    """The same rules as a structural schema. Raises NotStructuralError rather than lose one."""
    return _converted(schema, schema.get("$defs", {}), "spec")


def _converted(schema: Schema, definitions: Schema, path: str) -> dict[str, Any]:
    merged = _merged(schema, definitions, path)
    result: dict[str, Any] = {}
    for keyword, value in merged.items():
        match keyword:
            case "properties" | "items" | "additionalProperties":
                continue
            case "const" | "enum":
                choices = [value] if keyword == "const" else value
                result |= {"enum": choices, "type": _TYPES[type(choices[0])]}
            case "type" if isinstance(value, list):
                if set(value) != _INT_OR_STRING:
                    raise NotStructuralError(f"{path}: several types {value}")
                result["x-kubernetes-int-or-string"] = True
            case "propertyNames":
                result.setdefault("x-kubernetes-validations", []).append(
                    _rule_of_names(value, path)
                )
            case "dependentRequired":
                result.setdefault("x-kubernetes-validations", []).extend(_rules_of_pairs(value))
            case "oneOf" | "anyOf":
                result[keyword] = [_value_rule(each, f"{path}.{keyword}") for each in value]
            case _ if keyword in _KEPT:
                result[keyword] = value
            case _:
                raise NotStructuralError(f"{path}: {keyword} has no structural form here")
    return result | _children(merged, definitions, path)


def _children(schema: Schema, definitions: Schema, path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "properties" in schema:
        found["properties"] = {
            name: _converted(each, definitions, f"{path}.{name}")
            for name, each in schema["properties"].items()
        }
    if "items" in schema:
        found["items"] = _converted(schema["items"], definitions, f"{path}[]")
    others = schema.get("additionalProperties")
    if isinstance(others, Mapping):
        found["additionalProperties"] = _converted(others, definitions, f"{path}.*")
    elif schema.get("type") == "object" and "properties" not in schema:
        found["x-kubernetes-preserve-unknown-fields"] = True
    return found


def _merged(schema: Schema, definitions: Schema, path: str) -> dict[str, Any]:
    """The schema with its reference and the members of its `allOf` laid over each other."""
    rest = {key: value for key, value in schema.items() if key not in ("$defs", "$ref", "allOf")}
    parts = list(schema.get("allOf", []))
    if "$ref" in schema:
        parts.append(definitions[schema["$ref"].removeprefix("#/$defs/")])
    for part in parts:
        for keyword, value in _merged(part, definitions, path).items():
            if keyword == "required":
                rest[keyword] = sorted({*rest.get(keyword, []), *value})
            elif rest.get(keyword, value) != value:
                raise NotStructuralError(f"{path}: {keyword} is said twice")
            else:
                rest[keyword] = value
    return rest


def _value_rule(schema: Schema, path: str) -> dict[str, Any]:
    """A member of `oneOf` or `anyOf`: it may only say which fields and values are needed."""
    rule: dict[str, Any] = {}
    for keyword, value in schema.items():
        match keyword:
            case "required":
                rule[keyword] = value
            case "const" | "enum":
                rule["enum"] = [value] if keyword == "const" else value
            case "properties":
                rule[keyword] = {name: _value_rule(each, path) for name, each in value.items()}
            case _:
                raise NotStructuralError(f"{path}: {keyword} has no structural form here")
    return rule


def _rule_of_names(schema: Schema, path: str) -> dict[str, str]:
    """CEL for `propertyNames`, which closes the keys of a map, or bars some."""
    match schema:
        case {"enum": names, **rest} if not rest:
            return {"rule": f"self.all(name, name in {json.dumps(names)})"}
        case {"not": {"enum": names}, **rest} if not rest:
            return {"rule": f"self.all(name, !(name in {json.dumps(names)}))"}
    raise NotStructuralError(f"{path}: propertyNames has no structural form here")


def _rules_of_pairs(pairs: Mapping[str, list[str]]) -> list[dict[str, str]]:
    return [
        {"rule": f"!has(self.{field}) || has(self.{other})"}
        for field, others in pairs.items()
        for other in others
    ]
