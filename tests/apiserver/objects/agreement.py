"""Where a schema of `rf/shared/schemas` and the CRD that it describes disagree.

Ours may be stricter, as it names only what a stack uses. It may not allow what the CRD refuses:
then a preview is green and the deployment fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_BOUNDS = {
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "array": ("minItems", "maxItems"),
    "string": ("minLength", "maxLength"),
    "object": ("minProperties", "maxProperties"),
}
"""Bounds that say something about a type; a CRD may hold others, without effect."""


def disagreements(own: Schema, real: Schema) -> Iterator[str]:
    """A sentence for each field that ours allows and the CRD's schema of `spec` doesn't."""
    yield from _compared(own, real, own.get("$defs", {}), "spec")


def _compared(own: Schema, real: Schema, definitions: Schema, path: str) -> Iterator[str]:
    own = _resolved(own, definitions)
    yield from _types(own, real, path)
    yield from _values(own, real, path)
    missing = set(real.get("required", [])) - set(own.get("required", []))
    if missing:
        yield f"{path}: the CRD requires {', '.join(sorted(missing))}"
    known = real.get("properties", {})
    for name, schema in own.get("properties", {}).items():
        here = f"{path}.{name}"
        if name in known:
            yield from _compared(schema, known[name], definitions, here)
        elif isinstance(real.get("additionalProperties"), Mapping):
            yield from _compared(schema, real["additionalProperties"], definitions, here)
        elif not real.get("x-kubernetes-preserve-unknown-fields"):
            yield f"{here}: the CRD has no such field"
    if "items" in own and "items" in real:
        yield from _compared(own["items"], real["items"], definitions, f"{path}[]")
    others = own.get("additionalProperties")
    if isinstance(others, Mapping) and isinstance(real.get("additionalProperties"), Mapping):
        yield from _compared(others, real["additionalProperties"], definitions, f"{path}.*")


def _types(own: Schema, real: Schema, path: str) -> Iterator[str]:
    real_types = {real["type"]} if "type" in real else set()
    if real.get("x-kubernetes-int-or-string"):
        real_types = {"integer", "string"}
    stated = own.get("type")
    own_types = set(stated) if isinstance(stated, list) else {stated} if stated else set()
    if "number" in real_types:
        real_types.add("integer")
    if real_types and own_types - real_types:
        yield f"{path}: the CRD's type is {' or '.join(sorted(real_types))}"


def _values(own: Schema, real: Schema, path: str) -> Iterator[str]:
    choices = [own["const"]] if "const" in own else own.get("enum")
    if "enum" in real and choices is None and "pattern" not in own:
        yield f"{path}: the CRD allows only {', '.join(map(str, real['enum']))}"
    extra = set(choices or []) - set(real["enum"]) if "enum" in real else set()
    if extra:
        yield f"{path}: the CRD doesn't allow {', '.join(map(str, sorted(extra)))}"
    if choices is None and "pattern" not in own:
        yield from _bounds(own, real, path)


def _bounds(own: Schema, real: Schema, path: str) -> Iterator[str]:
    for bound in _BOUNDS.get(real.get("type", ""), ()):
        if bound not in real:
            continue
        limit, stated = real[bound], own.get(bound)
        tighter = max if bound.startswith("min") else min
        if stated is None or tighter(stated, limit) != stated:
            yield f"{path}: the CRD's {bound} is {limit}"


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    """The schema with its references and `allOf` in place; conditions only make it stricter."""
    rest = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    parts = [part for part in schema.get("allOf", []) if "if" not in part]
    if "$ref" in schema:
        parts.append(definitions[schema["$ref"].removeprefix("#/$defs/")])
    for part in parts:
        found = dict(_resolved(part, definitions))
        required = sorted({*rest.get("required", []), *found.get("required", [])})
        rest = found | rest | ({"required": required} if required else {})
    return rest
