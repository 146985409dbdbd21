"""Exceptions from rules: each for one resource of one stack, with a reason and a last day.

They stand in `policy/exceptions.yaml`, where a pull request shows them. An exception that has
expired excuses nothing and is a violation itself, until someone removes or renews it.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from .. import BY_ID
from .rule import StackResources, Violation

FILE = Path(__file__).resolve().parents[2] / "exceptions.yaml"
"""The file that both ways of running the rules read."""

LONGEST_DAYS = 366
"""Days that an exception lasts at most: what is right for longer is a change of the rule."""

KEYS = ("rule", "stack", "resource", "expires", "reason")


class ExceptionInputError(Exception):
    """The exceptions can't be used. Carries every mistake: key, value, what is allowed."""

    def __init__(self, mistakes: Collection[str]) -> None:
        self.mistakes = tuple(mistakes)
        count = len(self.mistakes)
        head = f"{count} mistake{'s' if count != 1 else ''} in policy/exceptions.yaml:"
        super().__init__("\n".join([head, *(f"  {each}" for each in self.mistakes)]))


@dataclass(frozen=True, kw_only=True)
class PolicyException:
    """One entry; `resource` is `Resource.label`, `expires` the last day on which it holds."""

    rule: str
    stack: str
    resource: str
    expires: date
    reason: str

    def covers(self, violation: Violation, today: date) -> bool:
        """Whether it excuses the violation on this day."""
        return (
            today <= self.expires
            and self.rule == violation.rule.id
            and self.resource == violation.resource.label
        )


def read_exceptions(text: str, today: date) -> tuple[PolicyException, ...]:
    """The exceptions in a YAML text. Raises ExceptionInputError with every mistake in it."""
    try:
        document = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ExceptionInputError([f"is no YAML: {error}"]) from error
    entries = document.get("exceptions") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or set(document) - {"exceptions"}:
        raise ExceptionInputError(["the file: allowed is one key, exceptions"])
    if not isinstance(entries or [], list):
        raise ExceptionInputError([f"exceptions = {entries}: allowed is a list"])
    mistakes: list[str] = []
    parsed = [_entry(number, entry, today, mistakes) for number, entry in enumerate(entries or [])]
    if mistakes:
        raise ExceptionInputError(mistakes)
    return tuple(each for each in parsed if each is not None)


def of_stack(
    exceptions: Iterable[PolicyException], name: str, stack: StackResources
) -> tuple[PolicyException, ...]:
    """Those of one stack. Raises ExceptionInputError where they name a resource it hasn't."""
    ours = tuple(each for each in exceptions if each.stack == name)
    labels = sorted({resource.label for resource in stack.resources})
    mistakes = [
        f"resource = {each.resource} (rule {each.rule}): allowed is TYPE::NAME of a resource of"
        f" {name}{_nearest(each.resource, labels)}"
        for each in ours
        if each.resource not in labels
    ]
    if mistakes:
        raise ExceptionInputError(mistakes)
    return ours


def expired(exceptions: Iterable[PolicyException], today: date) -> Iterator[PolicyException]:
    """Those whose last day has passed."""
    return (each for each in exceptions if each.expires < today)


def _entry(number: int, entry: Any, today: date, mistakes: list[str]) -> PolicyException | None:
    where = f"exceptions[{number}]"
    if not isinstance(entry, Mapping):
        mistakes.append(f"{where} = {entry}: allowed is an object with {', '.join(KEYS)}")
        return None
    wrong = [
        f"{where}.{key}: allowed is one of the keys {', '.join(KEYS)}{_nearest(str(key), KEYS)}"
        for key in entry
        if key not in KEYS
    ]
    wrong += [f"{where}.{key} = (not set): it is required" for key in KEYS if not entry.get(key)]
    rule, expires = str(entry.get("rule", "")), entry.get("expires")
    if rule and rule not in BY_ID:
        wrong.append(f"{where}.rule = {rule}: allowed is the id of a rule{_nearest(rule, BY_ID)}")
    last = today + timedelta(days=LONGEST_DAYS)
    if expires and not (type(expires) is date and expires <= last):
        wrong.append(f"{where}.expires = {expires}: allowed is a date up to {last}, as 2026-12-31")
    mistakes += wrong
    if wrong or type(expires) is not date:
        return None
    texts = {key: str(entry[key]) for key in ("stack", "resource", "reason")}
    return PolicyException(rule=rule, expires=expires, **texts)


def _nearest(value: str, choices: Iterable[str]) -> str:
    closest = difflib.get_close_matches(value, list(choices), n=1, cutoff=0.5)
    return f"; nearest: {closest[0]}" if closest else ""
