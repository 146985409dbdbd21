"""The base of every section of settings, and the rules of its values, which say what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Network
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationInfo
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Section(BaseModel):
    """Base of every section: frozen, no unknown keys, camelCase outside and snake_case inside."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )


def not_below(info: ValidationInfo, lower: str, value: int) -> int:
    """Refuse an upper bound below its lower one; silent when the lower one is itself wrong."""
    floor = info.data.get(lower)
    if floor is not None and value < floor:
        allowed = f"{floor} or more, which is {to_camel(lower)}"
        raise PydanticCustomError("range", "is below its lower bound", {"allowed": allowed})
    return value


def integer(lowest: int, highest: int, description: str) -> Any:
    """A field's rule: a whole number from `lowest` to `highest`."""
    return Field(ge=lowest, le=highest, description=description)


@dataclass(frozen=True)
class Allowed:
    """Says what is allowed where a validator of the model itself does the checking."""

    allowed: str


@dataclass(frozen=True)
class OneOf:
    """A text out of `choices`, which are asked for only when a value is checked or described."""

    choices: Callable[[], Sequence[str]]

    @property
    def allowed(self) -> str:
        """The choices in one line."""
        return ", ".join(self.choices())

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        choices = list(self.choices())
        if value not in choices:
            raise PydanticCustomError("choice", "is not a choice", {"choices": choices})
        return value


@dataclass(frozen=True)
class Matching:
    """A text that `pattern` matches as a whole; `allowed` says the same in words."""

    pattern: str
    allowed: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise PydanticCustomError("pattern", "does not match", {"allowed": self.allowed})
        return value


@dataclass(frozen=True, kw_only=True)
class FieldRule:
    """A field's type without its optional part, and everything that limits it."""

    type: Any
    limits: tuple[Any, ...]
    optional: bool

    @property
    def is_text(self) -> bool:
        """Whether YAML writes the value as a text: a string, a choice or a network."""
        kind = self.type
        return isinstance(kind, type) and issubclass(kind, (str, IPv4Network))

    @property
    def section(self) -> type[BaseModel] | None:
        """The section below, where the field is one."""
        kind = self.type
        return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None

    @property
    def choices(self) -> list[str]:
        """The values of an enum, none of any other type."""
        kind = self.type
        if isinstance(kind, type) and issubclass(kind, Enum):
            return [str(choice.value) for choice in kind]
        return []

    def bound(self, name: str) -> float | None:
        """A limit by pydantic's name, such as `ge` or `min_length`."""
        bounds = [getattr(limit, name, None) for limit in self.limits]
        return next((value for value in bounds if value is not None), None)

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""
        for limit in self.limits:
            if isinstance(limit, (Allowed, OneOf, Matching)):
                return limit.allowed
        if self.section is not None:
            return "an object with the keys " + ", ".join(keys_of(self.section))
        if self.choices:
            return ", ".join(self.choices)
        if self.type is int:
            return f"a whole number from {self.bound('ge')} to {self.bound('le')}"
        if self.type is float:
            return f"a number from {self.bound('ge')} to {self.bound('le')}"
        plain = {bool: "true or false", IPv4Network: "an IPv4 network, as 10.0.0.0/16"}
        return plain.get(self.type, "a text")


def rule_of(annotation: Any, limits: Iterable[Any] = ()) -> FieldRule:
    """The rule of an annotation: looks through Annotated and `X | None`."""
    rules = list(limits)
    optional = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *extra = get_args(annotation)
            for item in extra:
                rules += item.metadata if isinstance(item, FieldInfo) else [item]
        elif origin in (Union, UnionType):
            annotation = next(part for part in get_args(annotation) if part is not NoneType)
            optional = True
        else:
            return FieldRule(type=annotation, limits=tuple(rules), optional=optional)


def rule_at(model: type[BaseModel], location: Sequence[int | str]) -> FieldRule | None:
    """The rule of the value at a path of config keys and list positions, None where is no field."""
    rule = FieldRule(type=model, limits=(), optional=False)
    for part in location:
        if isinstance(part, int) and get_origin(rule.type) is tuple:
            rule = rule_of(get_args(rule.type)[0])
            continue
        field = None if rule.section is None else fields_of(rule.section).get(str(part))
        if field is None:
            return None
        rule = rule_of(field.annotation, field.metadata)
    return rule


NOT_CONFIGURED = frozenset({"project", "stack"})
"""Fields of `Settings` that the project and the stack's name give, not its config."""


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A section's fields by config key, in the order of the class."""
    return {
        field.alias or name: field
        for name, field in model.model_fields.items()
        if name not in NOT_CONFIGURED
    }


def keys_of(model: type[BaseModel]) -> list[str]:
    """A section's config keys, sorted."""
    return sorted(fields_of(model))
