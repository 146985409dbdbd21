"""What two plans of the engine have to have in common to be the same, and where they differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from rf.shared.offline.wire import HIDDEN, SIGNATURE_KEY

MADE_UP = "(a name of the engine's)"

_LISTS_OF_ANY_ORDER = ("dependencies", "additionalSecretOutputs", "aliases", "structuredAliases")
_CHANGES = ("adds", "updates", "deletes")


@dataclass(frozen=True, kw_only=True)
class PlannedOperation:
    """What the engine would do with one resource: its operations in their order, and a digest each
    of the inputs that change and of everything else that the program asks for."""

    steps: tuple[str, ...]
    inputs: Mapping[str, str]
    options: str

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {"steps": [*self.steps], "inputs": dict(self.inputs), "options": self.options}

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> PlannedOperation:
        """What `to_json` gave."""
        return cls(steps=tuple(read["steps"]), inputs=read["inputs"], options=read["options"])


Plan = Mapping[str, PlannedOperation]
"""By URN."""


def ciphertexts(plan: Any) -> Iterator[str]:
    """Every secret of a plan as the engine wrote it."""
    match plan:
        case {"ciphertext": str(text)} if _is_secret(plan):
            yield text
        case Mapping():
            for each in plan.values():
                yield from ciphertexts(each)
        case list():
            for each in plan:
                yield from ciphertexts(each)


def plan_of(written: Mapping[str, Any], secrets: Mapping[str, str]) -> Plan:
    """The plan that `pulumi preview --save-plan` wrote.

    `secrets` are the plain texts of its ciphertexts, which are others in each preview. What a
    resource will be beside its inputs is left out, for it follows from them and from the state; so
    are the seeds, which are drawn anew for each preview.
    """
    return {
        urn: _resource(each.get("goal") or {}, each["steps"], secrets)
        for urn, each in written["resourcePlans"].items()
    }


def differences(approved: Plan, now: Plan) -> list[str]:
    """Where the plan is not the one that was approved, a line a resource; no line has a value."""
    return [
        f"{_label(urn)}: {_difference(approved.get(urn), now.get(urn))}"
        for urn in sorted({*approved, *now})
        if approved.get(urn) != now.get(urn)
    ]


def digest(value: Any) -> str:
    """Of a value that JSON has."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _resource(
    goal: Mapping[str, Any], steps: list[str], secrets: Mapping[str, str]
) -> PlannedOperation:
    changed = goal.get("inputDiff", {})
    options = {key: value for key, value in goal.items() if key != "inputDiff"}
    name = goal.get("name", "")
    return PlannedOperation(
        steps=tuple(steps),
        inputs={key: digest(each) for key, each in _inputs(changed, name, secrets).items()},
        options=digest(_sorted(_revealed(options, secrets))),
    )


def _inputs(
    changed: Mapping[str, Any], name: str, secrets: Mapping[str, str]
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for kind in _CHANGES:
        entries = changed.get(kind) or {}
        for key in entries:
            value = _revealed(entries[key], secrets) if isinstance(entries, Mapping) else None
            found[key] = [kind, MADE_UP if _is_made_up(value, name) else value]
    return found


def _is_made_up(value: Any, name: str) -> bool:
    """Whether the engine or a provider names the resource: by its logical name and seven or eight
    hexadecimal digits, which are others in each preview (Pulumi docs, "Autonaming")."""
    named = rf"{re.escape(name)}-[0-9a-f]{{7,8}}"
    return isinstance(value, str) and re.fullmatch(named, value) is not None


def _revealed(value: Any, secrets: Mapping[str, str]) -> Any:
    match value:
        case {"ciphertext": str(text)} if _is_secret(value):
            return {SIGNATURE_KEY: HIDDEN, "value": secrets[text]}
        case Mapping():
            return {key: _revealed(each, secrets) for key, each in value.items()}
        case list():
            return [_revealed(each, secrets) for each in value]
        case _:
            return value


def _is_secret(value: Mapping[str, Any]) -> bool:
    return value.get(SIGNATURE_KEY) == HIDDEN


def _sorted(options: Mapping[str, Any]) -> dict[str, Any]:
    """With lists in order that the engine takes for sets."""
    ordered = {
        key: sorted(value, key=digest) if key in _LISTS_OF_ANY_ORDER and value else value
        for key, value in options.items()
    }
    by_property = options.get("propertyDependencies") or {}
    sets = {key: sorted(urns or ()) for key, urns in by_property.items()}
    return ordered | {"propertyDependencies": sets}


def _label(urn: str) -> str:
    """The resource's own type and its name."""
    *_, path, name = urn.split("::", 3)
    return f"{path.rpartition('$')[2]} {name}"


def _difference(approved: PlannedOperation | None, now: PlannedOperation | None) -> str:
    if approved is None or now is None:
        found = now or approved
        steps = ", ".join(found.steps) if found else ""
        return f"{steps} was not planned" if approved is None else f"{steps} is planned no more"
    if approved.steps != now.steps:
        return f"{', '.join(now.steps)} where {', '.join(approved.steps)} was approved"
    keys = {*approved.inputs, *now.inputs}
    others = sorted(key for key in keys if approved.inputs.get(key) != now.inputs.get(key))
    if approved.options != now.options:
        others.append("options")
    return f"{', '.join(now.steps)} with another {', '.join(others)}"
