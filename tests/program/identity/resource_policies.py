"""What the policy of a key, topic, queue or log lets an AWS service do, judged as AWS does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

_OPERATORS = {
    "ArnEquals": fnmatchcase,
    "ArnLike": fnmatchcase,
    "Bool": lambda found, wanted: found.lower() == wanted.lower(),
    "StringEquals": lambda found, wanted: found == wanted,
    "StringLike": fnmatchcase,
}
"""Of IAM's condition operators, those that the program's policies use, as `found` to `wanted`."""


def admits(
    policy: str, service: str, action: str, resource: str, context: Mapping[str, str]
) -> bool:
    """Whether a service principal may do that, by the policy of the resource alone.

    A denial wins; without a statement that allows, the answer is no (IAM user guide, "Policy
    evaluation logic"). `context` has the request's condition keys; a condition on a key that it
    lacks doesn't hold. KeyError on an operator that is not known here.
    """
    applying = {
        statement["Effect"]
        for statement in json.loads(policy)["Statement"]
        if _names(statement["Principal"], service)
        and any(fnmatchcase(action, each) for each in _listed(statement["Action"]))
        and any(fnmatchcase(resource, each) for each in _listed(statement["Resource"]))
        and _holds(statement.get("Condition", {}), context)
    }
    return applying == {"Allow"}


def _names(principal: Any, service: str) -> bool:
    return principal == "*" or service in _listed(principal.get("Service", []))


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    lowered = {key.lower(): value for key, value in context.items()}
    return all(
        key.lower() in lowered
        and any(_OPERATORS[operator](lowered[key.lower()], each) for each in _listed(wanted))
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
