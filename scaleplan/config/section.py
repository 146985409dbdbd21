"""The base of every section of settings, and the rules that sections share."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError


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
