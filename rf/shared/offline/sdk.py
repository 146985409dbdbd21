"""What the installed SDKs declare: the class of a type token, its inputs and its outputs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_args

import pulumi
from pulumi import _types
from pulumi.runtime import rpc
from pulumi.type_token import get_type_token

from rf.shared.offline import sdk_modules

_classes: dict[str, type] = {}


def load(packages: Iterable[str]) -> None:
    """Let this process know the types of these packages, as `aws`, though no program uses them
    here."""
    sdk_modules.install()
    for package in packages:
        importlib.import_module(f"pulumi_{package}")


def resource_class(token: str) -> type | None:
    """The SDK's class of a token, or None. Only packages that the program uses are looked in."""
    with sdk_modules.LOADING:
        if token not in _classes:
            _collect(pulumi.CustomResource)
        if token not in _classes:
            registered = _registered(token)
            if registered is not None:
                _classes[token] = registered
        return _classes.get(token)


def _registered(token: str) -> type | None:
    """The class that an SDK names for a token where the program has not used the class itself."""
    for module in rpc._RESOURCE_MODULES.get(token.rpartition(":")[0], []):
        registered = getattr(module, "mod_info", {})
        name = registered.get("classes", {}).get(token)
        if name is not None:
            return getattr(importlib.import_module(registered["fqn"]), name)
    return None


def _collect(base: type) -> None:
    for cls in base.__subclasses__():
        token = get_type_token(cls)
        if token:
            _classes.setdefault(token, cls)
        _collect(cls)


@cache
def arguments_class(cls: type) -> type | None:
    """The `...Args` class of a resource class: its inputs as the SDK declares them."""
    module = sys.modules[cls.__module__]
    with sdk_modules.LOADING:
        for name in (f"{cls.__name__}InitArgs", f"{cls.__name__}Args"):
            candidate = getattr(module, name, None)
            if candidate is not None and _types.is_input_type(candidate):
                return candidate
    return None


def is_input_type(annotation: Any) -> bool:
    """Whether it is an SDK class of nested inputs."""
    return isinstance(annotation, type) and _types.is_input_type(annotation)


def is_output_type(annotation: Any) -> bool:
    """Whether it is an SDK class of nested outputs."""
    return isinstance(annotation, type) and _types.is_output_type(annotation)


def properties_of(cls: type) -> Mapping[str, Any]:
    """Provider names of a class's properties, with their annotations unevaluated away."""
    with sdk_modules.LOADING:
        return _types._raw_return_hints(cls)


@cache
def output_types(token: str) -> Mapping[str, Any]:
    """Outputs of a token's class: name to the type inside `Output[...]`."""
    cls = resource_class(token)
    if cls is None:
        return {}
    declared: dict[str, Any] = {}
    for key, annotation in properties_of(cls).items():
        inner = get_args(annotation)
        if inner:
            declared[key] = inner[0]
    return declared
