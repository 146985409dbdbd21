"""What an option may be, said where it was given something else: in words of ours.

typer validates with pydantic, and shows what that says of types to whoever wrote the code.
"""
# ruff: noqa: PLC0415 - only a mistake needs to look for what is nearest

from __future__ import annotations

import re
from typing import Any, Protocol, cast

import typer
from typer.core import TyperGroup


class _Described(Protocol):
    annotation: type


class _Option(Protocol):
    """An option or argument of typer's; a bound is None where it has none."""

    type_descriptor: _Described
    min: float | None
    max: float | None


class Commands(TyperGroup):
    """All commands; an option's bad value is answered with what is allowed."""

    def invoke(self, ctx: Any) -> Any:
        """Raises BadParameter."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = _allowed(error)
            raise


def _allowed(error: typer.BadParameter) -> str:
    found = getattr(error.__cause__, "errors", None)
    if found is None:
        return error.message
    first = found()[0]
    given, kind = first["input"], first["type"]
    if kind in ("int_parsing", "int_from_float", "float_parsing", *_BOUNDS):
        option = cast("_Option", error.param)
        number = "whole number" if option.type_descriptor.annotation is int else "number"
        return f"{given}: allowed is a {number}{_between(option)}"
    if choices := re.findall(r"'([^']*)'", first["msg"].partition(" is not one of ")[2]):
        from scaleplan.config.mistakes import nearest

        near = nearest(str(given), choices)
        return f"{given}: allowed is {', '.join(choices)}" + (f"; nearest: {near}" if near else "")
    return error.message.removeprefix("Value error, ")


_BOUNDS = ("greater_than_equal", "less_than_equal", "finite_number")


def _between(option: _Option) -> str:
    match option.min, option.max:
        case None, None:
            return ""
        case least, None:
            return f" of {least:,g} or more"
        case None, most:
            return f" of {most:,g} or less"
        case least, most:
            return f" from {least:,g} to {_written(most)}"


def _written(number: float) -> str:
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:g}"
