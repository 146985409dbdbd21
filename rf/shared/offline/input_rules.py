"""Inputs against the SDK's declarations: unknown keys, wrong types, required ones that are missing.

The SDK itself refuses a misspelt keyword of an `...Args` class, but passes dicts through as they
are; a provider would find the mistake only at deployment.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pulumi

from rf.local.pulumi import PROVIDER, STACK_REFERENCE
from rf.shared.offline import sdk
from rf.shared.offline.violations import OfflineRule, OfflineViolation
from rf.shared.plan import UNKNOWN, RecordedResource, Secret
from scaleplan.config.mistakes import nearest

Problem = tuple[OfflineRule, str]

_NOT_WALKED = "kubernetes:"
"""Kubernetes objects are checked against the API's own schema instead, which is stricter."""


def check_inputs(resource: RecordedResource) -> Iterator[OfflineViolation]:
    """Violations of the inputs of one custom resource."""
    token = resource.type
    if not resource.custom or (token.startswith(_NOT_WALKED) and "helm.sh" not in token):
        return
    if token == STACK_REFERENCE:
        return  # read by the engine itself, with a name for its only input
    cls = sdk.resource_class(token)
    arguments = sdk.arguments_class(cls) if cls else None
    if arguments is None:
        yield OfflineViolation(
            resource.urn, OfflineRule.UNKNOWN_TYPE, f"no installed SDK declares {token}"
        )
        return
    inputs = resource.inputs
    if token.startswith(PROVIDER):
        declared = _declared(arguments)
        inputs = {
            key: value if str in declared.get(key, ()) else _provider_value(value)
            for key, value in inputs.items()
        }
    for rule, message in _object_problems(inputs, arguments, ""):
        yield OfflineViolation(resource.urn, rule, message)


def _provider_value(value: Any) -> Any:
    """A provider's input that is no text, as given: the SDK sends it as JSON text."""
    if isinstance(value, Secret):
        return _provider_value(value.value)
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value)
    except ValueError:
        return value
    return parsed


def _object_problems(value: Mapping[str, Any], cls: type, path: str) -> Iterator[Problem]:
    declared = _declared(cls)
    for key, item in value.items():
        here = f"{path}.{key}" if path else key
        if key not in declared:
            name = nearest(key, list(declared))
            hint = f"; nearest: {name}" if name else ""
            yield OfflineRule.UNKNOWN_INPUT, f"{here} is not an input of {cls.__name__}{hint}"
        else:
            yield from _problems(item, declared[key], here)
    for key, options in declared.items():
        if value.get(key) is None and type(None) not in options:
            yield OfflineRule.MISSING_INPUT, f"{path + '.' if path else ''}{key} is required"


@cache
def _declared(cls: type) -> Mapping[str, tuple[Any, ...]]:
    """Each input of an SDK class with the types it takes, Output and Awaitable taken away."""
    return {key: _options(hint) for key, hint in sdk.properties_of(cls).items()}


def _options(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is None or not _is_union(annotation):
        return (annotation,)
    options = [option for option in get_args(annotation) if not _is_deferred(option)]
    return tuple(option for each in options for option in _options(each))


def _is_union(annotation: Any) -> bool:
    """Whether it only wraps what it takes: a union, or a mark such as NotRequired."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):  # a class, from Python 3.14 on
        return True
    return not isinstance(origin, type) and origin is not Literal


def _is_deferred(option: Any) -> bool:
    return (get_origin(option) or option) in (pulumi.Output, Awaitable)


def _problems(value: Any, options: tuple[Any, ...], path: str) -> list[Problem]:
    """Problems of a value; none when any of the types it may have takes it."""
    if isinstance(value, Secret):
        return _problems(value.value, options, path)
    if value is None or value == UNKNOWN:
        return []
    fewest: list[Problem] | None = None
    for option in options:
        if option is type(None):
            continue
        problems = list(_problems_of(value, option, path))
        if not problems:
            return []
        if fewest is None or _is_closer(problems, fewest):
            fewest = problems
    return fewest or []


def _is_closer(problems: list[Problem], than: list[Problem]) -> bool:
    """A mistake inside an object says more than that the whole is of another type."""
    return (problems[0][0] != OfflineRule.WRONG_TYPE, -len(problems)) > (
        than[0][0] != OfflineRule.WRONG_TYPE,
        -len(than),
    )


def _problems_of(value: Any, option: Any, path: str) -> Iterator[Problem]:
    """Problems of a value as one type."""
    origin = get_origin(option) or option
    closed = _choices(option)
    if closed is not None:
        if value not in closed:
            allowed = ", ".join(map(str, closed))
            yield OfflineRule.WRONG_VALUE, f"{path} = {value!r}: allowed is {allowed}"
    elif not _takes(origin, value):
        yield (
            OfflineRule.WRONG_TYPE,
            f"{path} is {_value_text(value)}, where {_type_name(origin)} is expected",
        )
    elif sdk.is_input_type(origin):
        yield from _object_problems(value, origin, path)
    else:
        yield from _element_problems(value, get_args(option), path)


def _choices(option: Any) -> Sequence[Any] | None:
    """The values of a literal or an enumeration; None of any other type."""
    if get_origin(option) is Literal:
        return get_args(option)
    if isinstance(option, type) and issubclass(option, Enum):
        return [member.value for member in option]
    return None


def _element_problems(value: Any, arguments: tuple[Any, ...], path: str) -> Iterator[Problem]:
    """Problems of what a list or map holds."""
    if isinstance(value, Mapping) and len(arguments) == 2:
        for key, item in value.items():
            yield from _problems(item, _options(arguments[1]), f"{path}.{key}")
    elif isinstance(value, list) and arguments:
        for index, item in enumerate(value):
            yield from _problems(item, _options(arguments[0]), f"{path}[{index}]")


def _takes(origin: Any, value: Any) -> bool:
    """Whether a value is of a type. Numbers are no text, nor the other way round."""
    match origin:
        case type() if isinstance(value, bool):
            return origin in (bool, object, Any)
        case type() if origin is float:
            return isinstance(value, int | float)
        case type() if origin in (bool, int, str):
            return isinstance(value, origin)
        case type() if issubclass(origin, Sequence):
            return isinstance(value, list)
        case type() if origin not in (object, Any):
            # Maps and nested inputs; assets and archives travel as objects too.
            return isinstance(value, Mapping)
        case _:
            return True


def _value_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"{json.dumps(value)} ({type(value).__name__})"


def _type_name(origin: Any) -> str:
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "an object"
    if isinstance(origin, type) and issubclass(origin, Sequence) and origin is not str:
        return "a list"
    return getattr(origin, "__name__", str(origin))
