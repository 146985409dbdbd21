"""The input shapes of AWS operations, read from botocore's models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.loaders import Loader

from rf.shared.offline.kept import CompiledCache


@dataclass(frozen=True)
class Shapes:
    """Shapes of one service that describe the same input: their names, and their model."""

    model: Mapping[str, Any]
    names: frozenset[str]

    def member(self, key: str) -> Shapes | None:
        """Shapes of a member, found at the least depth: the SDK leaves some wrappers out."""
        wanted = _spellings(key)
        level, seen = set(self.names), set(self.names)
        while level:
            targets = {
                target
                for name in level
                for member, target in self._members(name)
                if member.lower() in wanted
            }
            if targets:
                return Shapes(self.model, frozenset(targets))
            level = {target for name in level for _, target in self._members(name)} - seen
            seen |= level
        return None

    def choices(self) -> frozenset[str] | None:
        """The values allowed, or None where one of the shapes takes any text."""
        values: set[str] = set()
        for name in self.names:
            shape = self._element(name)
            if "enum" not in shape:
                return None
            values |= set(shape["enum"])
        return frozenset(values)

    def _members(self, name: str) -> Iterator[tuple[str, str]]:
        for member, target in self._element(name).get("members", {}).items():
            yield member, target["shape"]

    def _element(self, name: str) -> Mapping[str, Any]:
        """The shape itself, or that of a list's elements; CloudFront wraps lists in `Items`."""
        shape = self.model[name]
        while True:
            members = shape.get("members", {})
            if shape["type"] == "list":
                shape = self.model[shape["member"]["shape"]]
            elif "Items" in members and "Quantity" in members:
                shape = self.model[members["Items"]["shape"]]
            else:
                return shape


def _spellings(key: str) -> set[str]:
    """A key's forms in the API: any case, singular or plural."""
    lowered = key.lower()
    singular = lowered[:-3] + "y" if lowered.endswith("ies") else lowered.removesuffix("s")
    return {lowered, singular, f"{lowered}s"}


@cache
def shapes_of(operations: tuple[str, ...]) -> Shapes | None:
    """Input shapes of operations of one service, as `rds:CreateDBInstance`; None for none."""
    if not operations:
        return None
    (service,) = {operation.partition(":")[0] for operation in operations}
    inputs, shapes = _model(service)
    return Shapes(shapes, frozenset(inputs[each.partition(":")[2]] for each in operations))


@cache
def _model(service: str) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Operations of a service with the names of their input shapes, and all its shapes."""
    model = _models().get(service)
    if model is None:
        model = _read_model(service)
        _models().put(service, model)
    return model


@cache
def _models() -> CompiledCache:
    # A model is megabytes of JSON, documentation above all.
    return CompiledCache("aws-api-models", ["botocore"])


def _read_model(service: str) -> tuple[dict[str, str], dict[str, Any]]:
    model = _loader().load_service_model(service, "service-2")
    operations = {
        name: operation["input"]["shape"]
        for name, operation in model["operations"].items()
        if "input" in operation
    }
    return operations, {name: _constraints(shape) for name, shape in model["shapes"].items()}


def _constraints(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A shape without its documentation, which is most of a model's size."""
    constraints: dict[str, Any] = {key: shape[key] for key in ("type", "enum") if key in shape}
    if "member" in shape:
        constraints["member"] = {"shape": shape["member"]["shape"]}
    if "members" in shape:
        constraints["members"] = {
            name: {"shape": target["shape"]} for name, target in shape["members"].items()
        }
    return constraints


@cache
def _loader() -> Loader:
    # Not the shared loader of a session: its cache would keep every model whole.
    return Loader(include_default_search_paths=True)
