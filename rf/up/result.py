"""What a run of the sandbox came to, for people and for machines to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rf.shared.cards.answers import Missing
from rf.shared.cards.lifecycle import Created
from rf.shared.plan import RecordedPlan
from rf.shared.sandbox.api import ACCESS_KEY, SECRET_KEY
from rf.shared.sandbox.comparisons import Check, ReadBack

NEVER_SHOWN = (
    "no pod runs: the cluster answers its API's calls and nothing schedules on its nodes",
    "no SQL, no Redis command: instances and groups have addresses that nobody listens on",
    "no packet flows: rules, routes and listeners are compared as written, not tried",
    "no TLS handshake and no signature: certificates and keys are names",
    "no policy is evaluated: IAM and key policies are stored, and every call is allowed",
    "no failover, backup, rotation, autoscaling or firewall decision takes place",
    "no quota, price or delay of the real service applies",
)
"""What no emulator of the API can show, stated with every run."""


@dataclass(frozen=True)
class KeptServer:
    """A server left running: how to reach it, and how to stop it."""

    endpoint: str
    region: str
    pid: int

    def environment(self) -> dict[str, str]:
        """Variables with which the aws CLI and SDKs talk to the server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,  # what boto3 reads; the CLI reads the other
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }


@dataclass(frozen=True)
class Exported:
    """Where the plan's files are: Kubernetes objects, and the values of Helm's charts."""

    folder: Path
    files: tuple[str, ...]

    def count(self, kind: str) -> int:
        """Files below `kubernetes` or `helm`."""
        return sum(name.startswith(f"{kind}/") for name in self.files)


@dataclass(frozen=True, kw_only=True)
class SandboxResult:
    """A finished run. `seconds` is from the start of the server to the last check."""

    plan: RecordedPlan
    created: Mapping[str, Created]
    missing: Mapping[Missing, int]
    simplified: tuple[str, ...]
    checks: tuple[Check, ...]
    exported: Exported
    requests: int
    seconds: float
    kept: KeptServer | None

    @property
    def differing(self) -> list[Check]:
        """Checks in which the world isn't what the plan says."""
        return [check for check in self.checks if check.status is ReadBack.DIFFERS]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """Kind and property of what the emulator doesn't answer."""
        unshown = (check for check in self.checks if check.status is ReadBack.NOT_SHOWN)
        return sorted({(check.kind, check.subject) for check in unshown})

    def created_by_service(self) -> dict[str, Counter[str]]:
        """Service to the number of resources of each of its types, in alphabetical order."""
        services: dict[str, Counter[str]] = {}
        types = {resource.urn: resource.type for resource in self.plan.resources}
        for token in sorted(types[urn] for urn in self.created if urn in types):
            service = token.split(":")[1].split("/")[0]
            services.setdefault(service, Counter())[token.rsplit(":", 1)[1]] += 1
        return services

    def to_json(self) -> dict[str, Any]:
        """The machine form, as `up --json` prints it; holds no secret."""
        types = {resource.urn: resource.type for resource in self.plan.resources}
        document: dict[str, Any] = {
            "format": 1,
            "project": self.plan.project,
            "stack": self.plan.stack,
            "size": self.plan.size,
            "ok": not self.differing,
            "created": [
                {"urn": urn, "type": types.get(urn, ""), "id": created.id}
                for urn, created in sorted(self.created.items())
            ],
            "checks": [check.to_json() for check in self.checks],
            "validatedOnly": [
                {"service": gap.service, "operation": gap.operation, "requests": count}
                for gap, count in sorted(self.missing.items())
            ],
            "simplified": list(self.simplified),
            "notShown": list(NEVER_SHOWN),
            "kubernetes": {
                "folder": str(self.exported.folder),
                "objects": self.exported.count("kubernetes"),
                "helmReleases": self.exported.count("helm"),
            },
            "requests": self.requests,
            "seconds": round(self.seconds, 1),
        }
        if self.kept is not None:
            document["server"] = {
                "endpoint": self.kept.endpoint,
                "region": self.kept.region,
                "pid": self.kept.pid,
                "environment": self.kept.environment(),
            }
        return document
