"""What all rules say of one stack, with its exceptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from .. import RULES
from .exceptions import PolicyException, expired, of_stack
from .rule import Level, Rule, StackResources, Violation, judge


@dataclass(frozen=True, kw_only=True)
class PolicyReport:
    """What the rules say of one stack; `looked_at` counts the resources that each rule judged."""

    violations: tuple[Violation, ...]
    excused: tuple[tuple[Violation, PolicyException], ...]
    expired: tuple[PolicyException, ...]
    looked_at: dict[str, int]

    @property
    def fails(self) -> bool:
        """Whether something mandatory is broken, or an exception has expired."""
        mandatory = any(each.rule.level is Level.MANDATORY for each in self.violations)
        return mandatory or bool(self.expired)


def policy_report(
    name: str,
    stack: StackResources,
    exceptions: Iterable[PolicyException],
    today: date,
    rules: Sequence[Rule] = RULES,
) -> PolicyReport:
    """Every resource judged by every rule.

    Raises ExceptionInputError where an exception names a resource that the stack hasn't.
    """
    ours = of_stack(exceptions, name, stack)
    violations: list[Violation] = []
    excused: list[tuple[Violation, PolicyException]] = []
    looked_at = {rule.id: 0 for rule in rules}
    for rule in rules:
        for resource in rule.subjects(stack):
            looked_at[rule.id] += 1
            for violation in judge(rule, resource, stack):
                cover = next((each for each in ours if each.covers(violation, today)), None)
                if cover is None:
                    violations.append(violation)
                else:
                    excused.append((violation, cover))
    return PolicyReport(
        violations=tuple(violations),
        excused=tuple(excused),
        expired=tuple(expired(ours, today)),
        looked_at=looked_at,
    )
