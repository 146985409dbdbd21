"""What a check of the emulated world is, how it reads, and which check belongs to which type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rf.shared.plan import RecordedPlan
from rf.shared.sandbox.api import Api, RequestError


class ReadBack(StrEnum):
    """Whether a property that was read back is as planned."""

    OK = "ok"
    DIFFERS = "differs"
    NOT_SHOWN = "not shown by the emulator"


NOT_SHOWN = object()
"""Stands for a found value where the emulator's answer has no such property."""


@dataclass(frozen=True)
class Check:
    """One property of one thing: what the plan says and what the world says."""

    kind: str
    name: str
    subject: str
    expected: Any
    found: Any
    status: ReadBack

    def to_json(self) -> dict[str, Any]:
        """The check as `up --json` prints it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "property": self.subject,
            "expected": self.expected,
            "found": None if self.status is ReadBack.NOT_SHOWN else self.found,
            "verdict": str(self.status),
        }


Comparison = tuple[str, Any, Any]
"""A property's name, what the plan has, and what was found (or NOT_SHOWN)."""


class Reader:
    """Reads the world for the checks. `region` is that of the resource being checked."""

    def __init__(self, api: Api, plan: RecordedPlan) -> None:
        self.api = api
        self.plan = plan
        self.region = api.region

    def read(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """The answer to a read. Raises RequestError when the thing isn't there."""
        answer = self.api.call(service, operation, self.region, **parameters)
        if not answer.emulated:
            raise RequestError(f"{service} {operation} is not emulated")
        return answer.data

    def one(
        self, service: str, operation: str, member: str, **parameters: Any
    ) -> Mapping[str, Any]:
        """The one item of the answer's list. Raises RequestError when there is none."""
        items = self.read(service, operation, **parameters)[member]
        if not items:
            raise RequestError(f"{service} {operation}: nothing found")
        return items[0]


CheckResource = Callable[[Reader, str, Mapping[str, Any]], Iterable[Comparison]]
"""Given the reader, a resource's id and its inputs: what to compare."""

CheckWorld = Callable[[Reader], Iterable[tuple[str, str, Any, Any]]]
"""Given the reader: kind, property, expected and found, of the world as a whole."""

CHECKS_BY_TYPE: dict[str, tuple[str, CheckResource]] = {}
CHECKS_OF_WORLD: list[CheckWorld] = []


def verifies(token: str, kind: str) -> Callable[[CheckResource], CheckResource]:
    """Register the function as the check of each resource of the type; `kind` is for people."""

    def register(check: CheckResource) -> CheckResource:
        CHECKS_BY_TYPE[token] = (kind, check)
        return check

    return register


def verifies_world(check: CheckWorld) -> CheckWorld:
    """Register the function as a check of the world as a whole."""
    CHECKS_OF_WORLD.append(check)
    return check


def judged(kind: str, name: str, comparison: Comparison) -> Check:
    """The comparison with what reading back came to."""
    subject, expected, actual = comparison
    if actual is NOT_SHOWN:
        status = ReadBack.NOT_SHOWN
    else:
        status = ReadBack.OK if expected == actual else ReadBack.DIFFERS
    return Check(kind, name, subject, expected, actual, status)
