"""Rules of what objects name of each other: Secrets, Services, accounts, priorities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..shared.objects import (
    chosen_by,
    containers_of,
    is_application,
    named,
    object_named,
    pod_of,
    template_of,
)
from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    CLUSTER_SECRET,
    CONFIG_MAP,
    DEPLOYMENT,
    JOB,
    PRIORITY_CLASS,
    SERVICE,
    TARGET_BINDING,
)
from ..shared.values import at, listed

Reference = tuple[str, str, str]
"""Type and name of an object that a pod reads, and the key; empty where it reads all keys."""

_KINDS = {"secret": CLUSTER_SECRET, "configMap": CONFIG_MAP}


def _of_environment(container: Mapping[str, Any]) -> Iterator[Reference]:
    for each in listed(container, "env"):
        for kind, token in _KINDS.items():
            source = at(each, f"valueFrom.{kind}KeyRef", {})
            if source and not at(source, "optional"):
                yield token, at(source, "name"), at(source, "key")
    for each in listed(container, "envFrom"):
        for kind, token in _KINDS.items():
            source = at(each, f"{kind}Ref", {})
            if source and not at(source, "optional"):
                yield token, at(source, "name"), ""


def _of_volumes(pod: Mapping[str, Any]) -> Iterator[Reference]:
    for volume in listed(pod, "volumes"):
        for each in (volume, *listed(volume, "projected.sources")):
            for kind, token in _KINDS.items():
                source = at(each, kind, {})
                name = at(source, "name") or at(source, "secretName")
                if name and not at(source, "optional"):
                    for item in listed(source, "items") or ({},):
                        yield token, name, at(item, "key", "")


def _references(resource: Resource) -> Iterator[Reference]:
    for container in containers_of(resource):
        yield from _of_environment(container)
    yield from _of_volumes(pod_of(resource))


def _finds(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_application(resource):
        return
    namespace, _ = named(resource)
    for token, name, key in sorted(set(_references(resource))):
        kind = token.rsplit(":", 1)[-1]
        target = object_named(namespace, name, stack, token)
        if target is None:
            yield f"reads {kind} {name}, which the stack doesn't have: it never starts"
        elif key and key not in {
            **at(target.inputs, "data", {}),
            **at(target.inputs, "stringData", {}),
        }:
            yield f"reads {key} of {kind} {name}, which has none: it never starts"


def _rolls(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_application(resource) or not any(True for _ in _references(resource)):
        return
    marks = at(template_of(resource), "metadata.annotations", {})
    if not any(key.endswith(("-hash", "-versions")) for key in marks):
        yield "goes on with the old configuration and password until something restarts it"


def _served(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_application(resource):
        return
    namespace, _ = named(resource)
    if resource.type == TARGET_BINDING:
        name, port = (
            at(resource.inputs, "spec.serviceRef.name", ""),
            at(resource.inputs, "spec.serviceRef.port"),
        )
        service = object_named(namespace, name, stack, SERVICE)
        if service is None:
            yield f"sends requests to Service {name}, which the stack doesn't have"
        elif port not in {at(each, "port") for each in listed(service.inputs, "spec.ports")}:
            yield f"sends requests to port {port} of Service {name}, which has no such port"
        return
    found = list(chosen_by(at(resource.inputs, "spec.selector", {}), namespace, stack, DEPLOYMENT))
    if not found:
        yield "finds no pods"
    for pods in found:
        opened = [p for each in containers_of(pods) for p in listed(each, "ports")]
        known = {at(p, "name") for p in opened} | {at(p, "containerPort") for p in opened}
        for each in listed(resource.inputs, "spec.ports"):
            target = at(each, "targetPort", at(each, "port"))
            if target not in known:
                yield f"leads to port {target}, which {pods.name} doesn't open"


def _own_account(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_application(resource):
        return
    account = at(pod_of(resource), "serviceAccountName", "default")
    if account == "default":
        yield "runs as the namespace's default account"
    for other in stack.of_type(DEPLOYMENT, JOB):
        same = at(pod_of(other), "serviceAccountName", "default") == account
        if other.urn != resource.urn and is_application(other) and same:
            yield f"runs as {account} like {other.name}, and so with the same rights in AWS"


def _prioritized(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_application(resource):
        return
    name = at(pod_of(resource), "priorityClassName", "")
    if name not in {at(each.inputs, "metadata.name") for each in stack.of_type(PRIORITY_CLASS)}:
        yield f"has priority {name or 'none'}, which the stack doesn't define"


RULES = (
    Rule(
        id="pods-find-what-they-read",
        layer=RuleLayer.WORKLOADS,
        demand="Every Secret, ConfigMap and key that an application's pod reads is in the stack.",
        reason="A pod that names a key that isn't there waits for it, and a rollout with it.",
        source="Kubernetes docs, Secrets, Optional Secrets; ConfigMaps",
        remedy="name a key that the object has, or give the object the key",
        types=(DEPLOYMENT, JOB),
        check=_finds,
        whole_stack=True,
    ),
    Rule(
        id="pods-roll-with-config",
        layer=RuleLayer.WORKLOADS,
        demand="Pods that read a Secret or ConfigMap are replaced when that changes.",
        reason="A new password is else known to the store alone, until pods restart one by one.",
        source="Kubernetes docs, ConfigMaps, Mounted ConfigMaps are updated automatically",
        remedy="keep the hash of what is read among the template's annotations",
        types=(DEPLOYMENT,),
        check=_rolls,
    ),
    Rule(
        id="services-find-pods",
        layer=RuleLayer.WORKLOADS,
        demand="An application's Service and target group lead to a port that its pods open.",
        reason="Else the load balancer has nobody behind a path, and says 503.",
        source="Kubernetes docs, Service; AWS Load Balancer Controller docs, TargetGroupBinding",
        remedy="let selector, port and name come from one `Workload`",
        types=(SERVICE, TARGET_BINDING),
        check=_served,
        whole_stack=True,
    ),
    Rule(
        id="account-of-its-own",
        layer=RuleLayer.WORKLOADS,
        demand="Each Deployment and Job has a service account of its own.",
        reason="Roles of AWS go by the account: a shared one hands one's buckets to the other.",
        source="EKS best practices, Identity and access management, Pod Identity",
        remedy="set serviceAccountName to the workload's own name",
        types=(DEPLOYMENT, JOB),
        check=_own_account,
        whole_stack=True,
    ),
    Rule(
        id="pods-prioritized",
        layer=RuleLayer.WORKLOADS,
        demand="An application's pods name a priority that the stack defines.",
        reason="An unknown one is refused; without one a worker keeps PgBouncer from its place.",
        source="Kubernetes docs, Pod Priority and Preemption",
        remedy="take one of `rendering/applications/pods.py`",
        types=(DEPLOYMENT, JOB),
        check=_prioritized,
        whole_stack=True,
    ),
)
