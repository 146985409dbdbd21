"""Kubernetes objects against the API's schema, custom resources against ours, charts pinned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import jsonschema
import jsonschema.validators
import kubernetes_validate
import referencing
import yaml

from rf.aws.eks.cluster import CLUSTER
from rf.kubernetes.helm import RELEASE
from rf.shared.cards.kinds import CLOSED_IN_EVERY_KIND
from rf.shared.cards.registry import card_of
from rf.shared.cards.values import ClosedValues
from rf.shared.offline.violations import OfflineRule, OfflineViolation
from rf.shared.plan import UNKNOWN, RecordedResource, reveal
from scaleplan.config.mistakes import nearest

STARTING_VERSION = "1.35"
"""Kubernetes version of the schemas where a plan has no cluster that names another."""

_CHARTS = "kubernetes:helm.sh/"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_MINOR = re.compile(r"1\.\d+")
_PINNED = re.compile(r"v?\d+\.\d+\.\d+([-+].+)?")


def version_of(resources: Sequence[RecordedResource]) -> str:
    """Kubernetes version that the plan's objects will meet: its own cluster's."""
    named = (
        str(resource.inputs.get("version")) for resource in resources if resource.type == CLUSTER
    )
    return next((version for version in named if _MINOR.fullmatch(version)), STARTING_VERSION)


def check_object(resource: RecordedResource, version: str) -> Iterator[OfflineViolation]:
    """Violations of that version's schema by one Kubernetes object or custom resource."""
    if not resource.type.startswith("kubernetes:") or resource.type.startswith(_CHARTS):
        return
    document = reveal(resource.inputs)
    api_version, kind = document.get("apiVersion"), document.get("kind")
    if not api_version or not kind:
        message = "has no apiVersion and kind; offline only single objects can be checked"
        yield OfflineViolation(resource.urn, OfflineRule.KUBERNETES_SCHEMA, message)
        return
    for message in _mistakes_of(json.dumps(document), resource.type, version):
        yield OfflineViolation(resource.urn, OfflineRule.KUBERNETES_SCHEMA, message)


def check_release(resource: RecordedResource) -> Iterator[OfflineViolation]:
    """A Helm release must name chart, exact version and repository: else it moves by itself."""
    if not resource.type.startswith(_CHARTS):
        return
    if resource.type != RELEASE:
        message = f"{resource.type} drops Helm hooks; use helm.v3.Release"
        yield OfflineViolation(resource.urn, OfflineRule.HELM_NOT_PINNED, message)
        return
    inputs = reveal(resource.inputs)
    chart, version = str(inputs.get("chart", "")), str(inputs.get("version", ""))
    repository = (inputs.get("repositoryOpts") or {}).get("repo")
    if not _PINNED.fullmatch(version):
        message = f"version {version or '(none)'} of chart {chart} is not an exact version"
        yield OfflineViolation(resource.urn, OfflineRule.HELM_NOT_PINNED, message)
    if not repository and not chart.startswith("oci://"):
        message = f"chart {chart} names no repository"
        yield OfflineViolation(resource.urn, OfflineRule.HELM_NOT_PINNED, message)


@lru_cache(maxsize=2_000)
def _mistakes_of(text: str, token: str, version: str) -> tuple[str, ...]:
    """Of an object as JSON. Plans of one process have most objects in common, and the schemas'
    rules take a seventh of a plan's time."""
    document = json.loads(text)
    return tuple(_object_mistakes(document, token, version))


def _object_mistakes(document: Mapping[str, Any], token: str, version: str) -> Iterator[str]:
    api_version, kind = str(document["apiVersion"]), str(document["kind"])
    name = (document.get("metadata") or {}).get("name")
    if name and name != UNKNOWN and not _NAME.fullmatch(str(name)):
        yield f"metadata.name = {name}: allowed are lower-case letters, digits, '-' and '.'"
    own = _custom_schema(api_version, kind)
    if own is not None:
        yield from _errors(own, document.get("spec"), "spec")
        yield from _errors(_metadata_validator(version), document.get("metadata", {}), "metadata")
        for extra in sorted(document.keys() - {"apiVersion", "kind", "metadata", "spec"}):
            yield f"{extra} is not a field of {kind}"
        return
    validator = _validator(version, api_version, kind)
    if validator is None:
        known = [
            path.name
            for path in files("rf.shared.schemas").iterdir()
            if path.name.endswith(".yaml")
        ]
        kinds = ", ".join(sorted(entry.removesuffix(".yaml").rsplit("_", 1)[1] for entry in known))
        yield (
            f"{api_version} {kind} is no kind of Kubernetes {version},"
            f" and no custom resource described in rf/schemas ({kinds})"
        )
        return
    yield from _errors(validator, document, "")
    yield from _closed_mistakes(document, _closed_of(token), "")


def _errors(validator: Any, document: Any, root: str) -> Iterator[str]:
    for error in sorted(validator.iter_errors(_with_samples(document)), key=str):
        inner = _deepest(error)
        path = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in inner.absolute_path
        )
        yield f"{(root + path).lstrip('.') or 'the object'}: {_sentence(inner)}"


def _deepest(error: Any) -> Any:
    """The mistake itself, where a schema offers alternatives."""
    while error.context:
        error = max(error.context, key=lambda each: len(each.absolute_path))
    return error


def _sentence(error: Any) -> str:
    if error.validator == "enum":
        name = nearest(error.instance, [str(choice) for choice in error.validator_value])
        hint = f"; nearest: {name}" if name else ""
        return f"{error.instance}: allowed is {', '.join(map(str, error.validator_value))}{hint}"
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {})
        unknown = [key for key in error.instance if key not in known]
        hints = [
            f"{key} (nearest: {name})" if (name := nearest(key, list(known))) else key
            for key in unknown
        ]
        return f"unknown field {', '.join(hints)}"
    return error.message[:300]


class _Sample(str):
    """An unknown value in a document that is being validated."""

    __slots__ = ()


def _with_samples(value: Any) -> Any:
    """The document with unknown values marked, so that no rule about their form applies."""
    if value == UNKNOWN:
        return _Sample(value)
    if isinstance(value, Mapping):
        return {key: _with_samples(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_samples(item) for item in value]
    return value


def _lenient(validator_class: type[Any]) -> type[Any]:
    """A validator to which an unknown value is of every type and form."""

    def lenient(check: Any) -> Any:
        def checked(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
            if not isinstance(instance, _Sample):
                yield from check(validator, value, instance, schema) or ()

        return checked

    rules = {name: lenient(check) for name, check in validator_class.VALIDATORS.items()}
    return jsonschema.validators.extend(validator_class, rules)


_Validator = _lenient(jsonschema.Draft202012Validator)


@cache
def _custom_schema(api_version: str, kind: str) -> Any:
    """Validator of a custom resource's spec, or None for a kind that is not described."""
    name = f"{api_version.replace('/', '_')}_{kind}.yaml"
    path = files("rf.shared.schemas").joinpath(name)
    if not path.is_file():
        return None
    return _Validator(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader))


_METADATA = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


@cache
def _metadata_validator(version: str) -> Any:
    """Metadata of a custom resource: that of any object."""
    definitions = _definitions(version)
    reference = {"$ref": f"{definitions['$id']}#/$defs/{_METADATA}"}
    return _Validator(reference, registry=_registry(version))


def _schema_file(version: str, name: str) -> Any:
    folder = f"kubernetes-json-schema/v{version}.0-local-strict"
    return files(kubernetes_validate).joinpath(folder, name)


@cache
def _definitions(version: str) -> dict[str, Any]:
    return json.loads(_schema_file(version, "_definitions.json").read_text(encoding="utf-8"))


@cache
def _registry(version: str) -> Any:
    return referencing.Resource.from_contents(_definitions(version)) @ referencing.Registry()


@cache
def _validator(version: str, api_version: str, kind: str) -> Any:
    """Validator of a built-in kind by kubernetes-validate's schemas, or None for an unknown one.

    Its own `validate` stops at the first mistake and reads all definitions anew for each object.
    """
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    path = _schema_file(version, f"{kind.lower()}-{group}.json")
    if not path.is_file():
        return None
    schema = json.loads(path.read_text(encoding="utf-8"))
    registry = referencing.Resource.from_contents(schema) @ _registry(version)
    return _Validator(schema, registry=registry)


def _closed_of(token: str) -> Mapping[str, frozenset[str]]:
    card = card_of(token)
    return card.values.closed if card and isinstance(card.values, ClosedValues) else {}


def _closed_mistakes(value: Any, of_kind: Mapping[str, frozenset[str]], path: str) -> Iterator[str]:
    """Fields that the API server closes in code, not in its schema."""
    match value:
        case Mapping():
            for key, item in value.items():
                here = f"{path}.{key}" if path else key
                yield from _closed_mistakes(item, of_kind, here)
        case list():
            for index, item in enumerate(value):
                yield from _closed_mistakes(item, of_kind, f"{path}[{index}]")
        case str() if value != UNKNOWN:
            closed = _closed_at(of_kind, re.sub(r"\[\d+\]", "", path))
            if closed is not None and value not in closed:
                choices = sorted(closed)
                name = nearest(value, choices)
                hint = f"; nearest: {name}" if name else ""
                yield f"{path} = {value}: allowed is {', '.join(choices)}{hint}"


def _closed_at(of_kind: Mapping[str, frozenset[str]], path: str) -> frozenset[str] | None:
    if path in of_kind:
        return of_kind[path]
    return next(
        (closed for end, closed in CLOSED_IN_EVERY_KIND.items() if f".{path}".endswith(f".{end}")),
        None,
    )
