"""A stack under rehearsal, and what became of it: held against its plan, the emulated account and
the API server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rf.shared.cluster.objects import ClusterClient
from rf.shared.engine.card_provider import EmbeddedAccount
from rf.shared.engine.rehearsal import Rehearsal, RehearsedStack
from rf.shared.engine.runs import EngineRun
from rf.shared.offline.monitor import ROOT_TYPE
from rf.shared.plan import RecordedPlan, RecordedResource
from rf.shared.sandbox.comparisons import Check, ReadBack
from rf.shared.sandbox.verify import WHOLE_WORLD, verify
from rf.shared.stacks import project_name, references_of, stack_config
from tests.engine.conftest import Standing
from tests.engine.parity import ENGINES_PROVIDER

_SYSTEM = "kube-"
"""Begins the names of namespaces that every cluster has, but for `default`."""

_LISTED = {
    "Namespace": "/api/v1/namespaces",
    "Secret": "/api/v1/secrets",
    "ConfigMap": "/api/v1/configmaps",
    "Service": "/api/v1/services",
    "ServiceAccount": "/api/v1/serviceaccounts",
    "Deployment": "/apis/apps/v1/deployments",
    "Job": "/apis/batch/v1/jobs",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/networkpolicies",
    "PodDisruptionBudget": "/apis/policy/v1/poddisruptionbudgets",
}
"""Kinds of which all objects in the cluster are looked at, whoever made them."""


@dataclass(frozen=True, kw_only=True)
class RehearsedAlone:
    """One stack on ground of its own."""

    name: str
    rehearsal: Rehearsal
    stack: RehearsedStack

    @property
    def account(self) -> EmbeddedAccount:
        return self.rehearsal.account

    @property
    def cluster(self) -> ClusterClient:
        return self.rehearsal.cluster

    def configure(self, size: str | None = None, overrides: Sequence[str] = ()) -> None:
        self.stack.configure(
            project_name(), stack_config(self.name, size=size, overrides=overrides)
        )

    def standing(self) -> RecordedPlan:
        """What the engine's state holds, in the form of a plan."""
        resources = self.stack.state().get("resources", [])
        return RecordedPlan(
            project=project_name(),
            stack=self.name,
            size="",
            resources=tuple(map(_recorded, resources)),
            outputs={},
        )

    def differences(self) -> list[Check]:
        """Where the emulated account is not as the state says, further resources among them."""
        standing = self.standing()
        return [
            check
            for check in verify(self.account.api, standing, self.account.kept)
            if check.status is ReadBack.DIFFERS
        ]

    def leftovers(self, gone: RecordedPlan) -> list[str]:
        """What can still be read of these resources, and what else the account holds."""
        nothing = replace(gone, resources=())
        world = [
            f"{check.kind}: {check.found}"
            for check in verify(self.account.api, nothing)
            if check.status is ReadBack.DIFFERS
        ]
        # A resource that is gone has this one check.
        left = {
            check.name
            for check in verify(self.account.api, gone, self.account.kept)
            if check.name != WHOLE_WORLD and check.subject != "exists"
        }
        return [*world, *sorted(left)]

    def objects(self) -> set[str]:
        """Objects in the cluster of the kinds that are listed, which the stack or Helm made."""
        found = set()
        for kind, path in _LISTED.items():
            for item in self.cluster.read(path)["items"]:
                where, name = item["metadata"].get("namespace", ""), item["metadata"]["name"]
                if not (where or name).startswith(_SYSTEM) and "default" not in (where, name):
                    found.add(f"{kind} {where}/{name}")
        return found

    def objects_of(self, plan: RecordedPlan) -> set[str]:
        """Objects of those kinds in the plan, and the namespaces that its releases make."""
        found = self.namespaces_of_releases(plan)
        for resource in plan.resources:
            kind = str(resource.inputs.get("kind"))
            if resource.type.startswith("kubernetes:") and kind in _LISTED:
                metadata = resource.outputs["metadata"]
                where = "" if kind == "Namespace" else metadata["namespace"]
                if not where.startswith(_SYSTEM):
                    found.add(f"{kind} {where}/{metadata['name']}")
        return found

    def namespaces_of_releases(self, plan: RecordedPlan) -> set[str]:
        """What Helm alone makes beside a release, and leaves when that is taken away."""
        names = {
            str(resource.inputs["namespace"])
            for resource in plan.resources
            if resource.inputs.get("createNamespace")
        }
        own = {
            resource.outputs["metadata"]["name"]
            for resource in plan.of_type("kubernetes:core/v1:Namespace")
        }
        return {f"Namespace /{name}" for name in names - own if not name.startswith(_SYSTEM)}


@contextmanager
def rehearsed(standing: Standing, stack: str, *plans: RecordedPlan) -> Iterator[RehearsedAlone]:
    """The stack, not yet configured; `plans` say which services and kinds it may need."""
    with standing(*plans) as rehearsal:
        rehearsal.know(references_of(stack, stack_config(stack)))
        yield RehearsedAlone(name=stack, rehearsal=rehearsal, stack=rehearsal.stack(stack))


def went_well(run: EngineRun) -> EngineRun:
    """The run itself; fails the test with the engine's own words where it did not end well."""
    if run.failure:
        pytest.fail(f"{run.kind}: {run.failure}", pytrace=False)
    return run


def changed_nothing(run: EngineRun) -> None:
    went_well(run)
    changes = [f"{step.operation} {step.urn}: {', '.join(step.changed)}" for step in run.changes]
    assert not changes, "\n".join(changes)


def types_of(plan: RecordedPlan) -> Counter[str]:
    """How many of each type, components included; not the stack itself, nor the provider by which
    the engine reads other stacks, which no program registers."""
    return Counter(r.type for r in plan.resources if r.type not in (ROOT_TYPE, ENGINES_PROVIDER))


def _recorded(resource: Mapping[str, Any]) -> RecordedResource:
    urn = resource["urn"]
    return RecordedResource(
        urn=urn,
        type=resource["type"],
        name=urn.rsplit("::", 1)[-1],
        parent=resource.get("parent", ""),
        custom=resource.get("custom", False),
        provider=resource.get("provider", ""),
        inputs=_plain(resource.get("inputs", {})),
        dependencies=tuple(resource.get("dependencies", ())),
        property_dependencies={},
        protect=resource.get("protect", False),
        retain_on_delete=False,
        ignore_changes=(),
        aliases=(),
        resource_id=resource.get("id", ""),
        outputs=_plain(resource.get("outputs", {})),
    )


def _plain(value: Any) -> Any:
    """A value of an exported state with its secrets' content in their place."""
    match value:
        case {"plaintext": str(text)}:
            return json.loads(text)
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value
