"""Evaluates a ScaledObject's scaling formula, in the part of KEDA's language that we use."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from rf.shared.errors import FailedError

OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "float": float,
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "max": max,
    "min": min,
}


class SimulationError(FailedError):
    """A plan whose workers can't be simulated."""


class Formula:
    """Arithmetic over trigger names (expr-lang, which KEDA evaluates scalingModifiers with).

    Numbers, names, `+ - * /`, parentheses and the functions above mean the same in Python, whose
    parser reads it. Raises SimulationError for anything else.
    """

    def __init__(self, text: str) -> None:
        try:
            self._body = ast.parse(text.strip(), mode="eval").body
        except SyntaxError as error:
            raise SimulationError(f"can't read the formula {text!r}") from error
        self.names = frozenset(_names(self._body))

    def value(self, readings: Mapping[str, float]) -> float:
        """The formula's value. Raises KeyError for a name that `readings` lacks."""
        return float(_value(self._body, readings))


def _names(node: ast.expr) -> set[str]:
    match node:
        case ast.Constant(value=int() | float()):
            return set()
        case ast.Name(id=name):
            return {name}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _names(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _names(left) | _names(right)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return set().union(*(_names(argument) for argument in args))
        case _:
            raise SimulationError(f"can't simulate the formula's part {ast.unparse(node)!r}")


def _value(node: ast.expr, readings: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return readings[name]
        case ast.UnaryOp(operand=operand):
            return -_value(operand, readings)
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_value(left, readings), _value(right, readings))
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name](*(_value(argument, readings) for argument in args))
        case _:
            raise SimulationError(f"can't simulate the formula's part {ast.unparse(node)!r}")
