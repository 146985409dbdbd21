"""What a recorded plan asks of an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.plan import RecordedPlan, redact
from scaleplan.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Need:
    """A plan with the settings that made it, and what can be counted of it.

    `account_id` takes the place of the one that an offline plan invents, in names above all.
    """

    plan: RecordedPlan
    settings: Settings
    account_id: str

    def inputs(self, token: str) -> list[Mapping[str, Any]]:
        """The inputs of all resources of a type, secrets redacted."""
        return [
            _in_account(redact(resource.inputs), self.account_id)
            for resource in self.plan.of_type(token)
        ]

    def types(self) -> list[str]:
        """The types of AWS resources in the plan, sorted."""
        return sorted({each.type for each in self.plan.resources if each.type.startswith("aws:")})

    def count(self, token: str) -> int:
        """How many resources of a type there are."""
        return len(self.plan.of_type(token))

    def in_region(self, token: str, region: str) -> int:
        """How many of them stand in that region: their own, or else the stack's."""
        home = self.settings.region
        return sum((each.get("region") or home) == region for each in self.inputs(token))


def _in_account(value: Any, account_id: str) -> Any:
    match value:
        case str():
            return value.replace(ACCOUNT_ID, account_id)
        case Mapping():
            return {key: _in_account(item, account_id) for key, item in value.items()}
        case list():
            return [_in_account(item, account_id) for item in value]
        case _:
            return value
