"""What a pod of an application is given, read from the stack's recorded plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rf.shared.plan import RecordedPlan, reveal

_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_JOB = "kubernetes:batch/v1:Job"
_CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
_SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 - a type's name
_KEYS_IN = {"configMapKeyRef": (_CONFIG_MAP, "data"), "secretKeyRef": (_SECRET, "stringData")}


@dataclass(frozen=True)
class GivenVariables:
    """Variables of the pods of a plan. Their values hold the logins that the plan invented."""

    plan: RecordedPlan

    def of(self, application: str) -> dict[str, str]:
        """What the application's container is given, where the stack runs one; else nothing."""
        for resource in (*self.plan.of_type(_DEPLOYMENT), *self.plan.of_type(_JOB)):
            inputs = reveal(resource.inputs)
            if inputs["metadata"].get("labels", {}).get("app") == application:
                (container,) = inputs["spec"]["template"]["spec"]["containers"]
                return {each["name"]: self._value(each) for each in container["env"]}
        return {}

    def _value(self, variable: Mapping[str, Any]) -> str:
        if "value" in variable:
            return variable["value"]
        for kind, (token, key) in _KEYS_IN.items():
            if kind in variable["valueFrom"]:
                reference = variable["valueFrom"][kind]
                return self._object(token, reference["name"])[key][reference["key"]]
        raise ValueError(f"{variable['name']} comes from {', '.join(variable['valueFrom'])}")

    def _object(self, token: str, name: str) -> Mapping[str, Any]:
        return next(
            inputs
            for resource in self.plan.of_type(token)
            if (inputs := reveal(resource.inputs))["metadata"].get("name") == name
        )
