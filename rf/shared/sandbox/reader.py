"""How checks look at the emulated world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.cards.answers import RequestError
from rf.shared.plan import RecordedPlan

if TYPE_CHECKING:
    from rf.shared.sandbox.api import Api


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
