"""What a run of the engine did, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation.events import EngineEvent, OpType, PolicyEvent

from rf.shared.offline.monitor import name_of, type_of

UNCHANGING = ("same", "read")
"""The engine's words for what stays as it is, and for what it only reads: another stack."""


@dataclass(frozen=True, kw_only=True)
class EngineStep:
    """One operation on one resource. `changed` are the paths of properties that differ, `replaces`
    those of them that make it anew."""

    operation: str
    urn: str
    changed: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The resource's own type."""
        return type_of(self.urn)

    @property
    def name(self) -> str:
        """Its logical name."""
        return name_of(self.urn)

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "operation": self.operation,
            "urn": self.urn,
            "type": self.type,
            "changed": list(self.changed),
            "replaces": list(self.replaces),
        }


@dataclass(frozen=True, kw_only=True)
class EngineViolation:
    """What the policy pack said in the engine. `level` is the engine's word: a mandatory one ends
    the run, an advisory one does not. `urn` is the stack's own where it is of no single resource.
    """

    rule: str
    level: str
    urn: str
    message: str

    @property
    def label(self) -> str:
        """The rule and the resource, as Pulumi's command line shows them."""
        resource = f"  ({type_of(self.urn)}: {name_of(self.urn)})" if self.urn else ""
        return f"[{self.level}]  {self.rule}{resource}"

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {"rule": self.rule, "level": self.level, "urn": self.urn, "message": self.message}


@dataclass(frozen=True, kw_only=True)
class EngineRun:
    """A preview, an update, a refresh or a destruction. `failure` is empty where it ended well.

    `steps` are the operations in the order in which the engine took them, those on what stays the
    same among them. `violations` are what the policy pack said on the way.
    """

    kind: str
    steps: tuple[EngineStep, ...]
    failure: str = ""
    failed: tuple[str, ...] = ()
    violations: tuple[EngineViolation, ...] = ()

    @property
    def counts(self) -> Counter[str]:
        """How many resources each operation was on."""
        return Counter(step.operation for step in self.steps)

    @property
    def changes(self) -> tuple[EngineStep, ...]:
        """What did not stay the same."""
        return tuple(step for step in self.steps if step.operation not in UNCHANGING)

    @property
    def empty(self) -> bool:
        """Whether it came to its end and changed nothing."""
        return not self.failure and not self.changes


class StepLog:
    """Takes the engine's events, of which steps, failures and violations are kept."""

    def __init__(self) -> None:
        self.steps: list[EngineStep] = []
        self._refreshed: set[str] = set()
        self.failed: list[str] = []
        self.messages: list[str] = []
        self.violations: list[EngineViolation] = []

    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        before, after = event.resource_pre_event, event.res_outputs_event
        if before is not None and before.metadata.op == OpType.REFRESH:
            # What a refresh comes to is only known when the resource was read.
            self._refreshed.add(before.metadata.urn)
        elif before is not None:
            self.steps.append(_step(before.metadata))
        elif after is not None and after.metadata.urn in self._refreshed:
            self.steps.append(_step(after.metadata))
        if event.res_op_failed_event is not None:
            self.failed.append(event.res_op_failed_event.metadata.urn)
        if event.policy_event is not None:
            self.violations.append(_violation(event.policy_event))
        diagnostic = event.diagnostic_event
        if diagnostic is not None and diagnostic.severity == "error":
            self.messages.append(diagnostic.message.strip())

    def run(self, kind: str, failure: str = "") -> EngineRun:
        """What the events come to."""
        reason = "\n".join(dict.fromkeys(self.messages)) or failure
        return EngineRun(
            kind=kind,
            steps=tuple(self.steps),
            failure=reason if failure else "",
            failed=tuple(self.failed),
            violations=tuple(self.violations),
        )


def _violation(event: PolicyEvent) -> EngineViolation:
    return EngineViolation(
        rule=event.policy_name,
        level=event.enforcement_level,
        urn=event.resource_urn or "",
        message=event.message.strip(),
    )


def _step(metadata: Any) -> EngineStep:
    detailed: Mapping[str, Any] = metadata.detailed_diff or {}
    return EngineStep(
        operation=str(getattr(metadata.op, "value", metadata.op)),
        urn=metadata.urn,
        changed=tuple(sorted(detailed)) or tuple(sorted(metadata.diffs or ())),
        replaces=tuple(sorted(metadata.keys or ())),
    )
