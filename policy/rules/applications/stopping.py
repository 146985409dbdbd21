"""Rules of how pods stop, and how the load balancer lets go of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..shared.objects import (
    APPLICATIONS,
    chosen_by,
    containers_of,
    has_variable,
    is_application,
    named,
    object_named,
    pod_of,
    replicas_at_most,
    variable,
)
from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    CONFIG_MAP,
    DEPLOYMENT,
    LOAD_BALANCER,
    SERVICE,
    TARGET_BINDING,
    TARGET_GROUP,
)
from ..shared.values import at

KUBERNETES_GRACE_SECONDS = 30
"""What a pod is given that names no time (Kubernetes docs, Pod Lifecycle)."""

WAIT = "pulumi.com/timeoutSeconds"
PULUMI_SECONDS = 600
"""How long Pulumi's provider waits for an object whose annotation says nothing else
(pulumi-kubernetes, pkg/await/await.go)."""

CONFIG = "application-config"
JOB_SECONDS = "JOB_TIMEOUT_SECONDS"
QUEUES = "QUEUE_NAMES"
"""Which variable tells a container that it takes jobs."""

WORKFLOW_ROLE, ACTIVITY_SECONDS = "SERVICE_ROLE", "WORKFLOW_ACTIVITY_TIMEOUT_SECONDS"

_WAITS = re.compile(r"\b(?:sleep|seq) (\d\d+)")
"""In a hook's script: what it waits, or how often a second."""


def _grace(deployment: Resource) -> int:
    return at(pod_of(deployment), "terminationGracePeriodSeconds", KUBERNETES_GRACE_SECONDS)


def _serves_on(container: Mapping[str, Any]) -> int:
    """Seconds of the container's preStop hook."""
    hook = at(container, "lifecycle.preStop", {})
    script = " ".join(at(hook, "exec.command", []))
    return at(hook, "sleep.seconds", 0) + sum(int(each) for each in _WAITS.findall(script))


def _takes(container: Mapping[str, Any], stack: StackResources) -> int:
    """Seconds that what the container has begun may take: what it is told, or its longest job."""
    seconds = int(variable(container, "SHUTDOWN_DRAIN_SECONDS") or 0)
    if has_variable(container, WORKFLOW_ROLE):
        seconds = max(seconds, int(variable(container, ACTIVITY_SECONDS) or 0))
    config = object_named(APPLICATIONS, CONFIG, stack, CONFIG_MAP)
    if has_variable(container, QUEUES) and config is not None:
        seconds = max(seconds, int(at(config.inputs, f"data.{JOB_SECONDS}", 0)))
    return seconds


def _drains_in_time(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_application(resource):
        return
    grace = _grace(resource)
    for each in containers_of(resource):
        needed = _serves_on(each) + _takes(each, stack)
        if needed >= grace:
            yield f"is killed after {grace} s; {at(each, 'name')} may take {needed} s to stop"


def _pods_behind(binding: Resource, stack: StackResources) -> Iterator[Resource]:
    namespace, _ = named(binding)
    name = at(binding.inputs, "spec.serviceRef.name", "")
    service = object_named(namespace, name, stack, SERVICE)
    if service is not None:
        selector = at(service.inputs, "spec.selector", {})
        yield from chosen_by(selector, namespace, stack, DEPLOYMENT)


def groups_of(deployment: Resource, stack: StackResources) -> Iterator[Resource]:
    """The target groups whose requests the pods get."""
    for binding in stack.of_type(TARGET_BINDING):
        if any(each is deployment for each in _pods_behind(binding, stack)):
            yield from stack.behind(binding, "spec", TARGET_GROUP)


def _balancer_lets_go(resource: Resource, stack: StackResources) -> Iterator[str]:
    for pods in _pods_behind(resource, stack):
        for group in stack.behind(resource, "spec", TARGET_GROUP):
            delay, grace = int(at(group.inputs, "deregistrationDelay", 300)), _grace(pods)
            if delay >= grace:
                yield f"lets requests run {delay} s; its pods are killed after {grace} s"
        if not any(_serves_on(each) for each in containers_of(pods)):
            yield "still gets requests when its pods have stopped to listen: they have no preStop"


def _path(container: Mapping[str, Any], probe: str) -> str | None:
    return at(container, f"{probe}Probe.httpGet.path")


def _asks_readiness(resource: Resource, stack: StackResources) -> Iterator[str]:
    for pods in _pods_behind(resource, stack):
        ready = {_path(each, "readiness") for each in containers_of(pods)} - {None}
        for group in stack.behind(resource, "spec", TARGET_GROUP):
            asked = at(group.inputs, "healthCheck.path", "/")
            if ready and asked not in ready:
                yield f"asks {asked}, while the pods say at {ready.pop()} whether they can serve"


def _closes_first(resource: Resource, stack: StackResources) -> Iterator[str]:
    for balancer in stack.of_type(LOAD_BALANCER):
        idle = int(at(balancer.inputs, "idleTimeout", 60))
        for pods in _pods_behind(resource, stack):
            for each in containers_of(pods):
                kept = int(variable(each, "HTTP_KEEP_ALIVE_SECONDS") or 0)
                if kept <= idle:
                    yield f"reaches pods that close after {kept} s what it keeps for {idle} s"


def _starts(container: Mapping[str, Any]) -> int:
    """Seconds after which the container is given up that hasn't started; 0 where nothing says."""
    probe = at(container, "startupProbe", {})
    asked = at(probe, "periodSeconds", 10) * at(probe, "failureThreshold", 3) if probe else 0
    return asked + at(probe, "initialDelaySeconds", 0)


def _rollout(deployment: Resource, stack: StackResources) -> int:
    """Seconds that it may take to exchange all pods, group after group."""
    update = at(deployment.inputs, "spec.strategy.rollingUpdate", {})
    numbers = [at(update, key, 0) for key in ("maxSurge", "maxUnavailable")]
    at_once = sum(each for each in numbers if isinstance(each, int)) or 1
    groups = math.ceil(replicas_at_most(deployment, stack) / at_once)
    return groups * max(map(_starts, containers_of(deployment)), default=0)


def _is_waited_for(resource: Resource, stack: StackResources) -> Iterator[str]:
    annotations = at(resource.inputs, "metadata.annotations", {})
    waits = int(annotations.get(WAIT, PULUMI_SECONDS))
    for what, seconds in (("delete", _grace(resource)), ("roll out", _rollout(resource, stack))):
        if seconds >= waits:
            yield f"may take {seconds} s to {what}; Pulumi gives it up after {waits} s"


def _alive_is_not_ready(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in containers_of(resource):
        alive = _path(each, "liveness")
        if alive is not None and alive == _path(each, "readiness"):
            yield f"{at(each, 'name')} is restarted when its database is away: it is asked {alive}"


RULES = (
    Rule(
        id="pods-drain-in-time",
        layer=RuleLayer.WORKLOADS,
        demand="A pod is given more time to stop than its preStop and its drain may take.",
        reason="Else Kubernetes kills it in the middle: a job, an upload, a transaction.",
        source="Kubernetes docs, Pod Lifecycle, Termination of Pods",
        remedy="let `rendering/shared/endpoints.py` add up terminationGracePeriodSeconds",
        types=(DEPLOYMENT,),
        check=_drains_in_time,
        whole_stack=True,
    ),
    Rule(
        id="pods-waited-for",
        layer=RuleLayer.WORKLOADS,
        demand="Pulumi waits for longer than a Deployment's pods may take to stop, or to roll out.",
        reason="Else a deployment fails that goes well, and what comes after it is not made.",
        source="pulumi-kubernetes, provider/pkg/await; Kubernetes docs, Deployments",
        remedy="let `rendering/shared/rollouts.py` add up pulumi.com/timeoutSeconds",
        types=(DEPLOYMENT,),
        check=_is_waited_for,
        whole_stack=True,
    ),
    Rule(
        id="balancer-drains-in-time",
        layer=RuleLayer.WORKLOADS,
        demand="The load balancer is done with a pod before that is killed, and told before.",
        reason="A request to a pod that has gone is a 502 or 504, at every rollout.",
        source="ALB user guide, Deregistration delay; EKS best practices, Load balancing",
        remedy="keep deregistrationDelay below the pods' terminationGracePeriodSeconds",
        types=(TARGET_BINDING,),
        check=_balancer_lets_go,
        whole_stack=True,
    ),
    Rule(
        id="balancer-asks-readiness",
        layer=RuleLayer.WORKLOADS,
        demand="The load balancer asks pods what their readiness probe asks.",
        reason="Two opinions of who can serve are requests to who can't.",
        source="ALB user guide, Target group health checks; Kubernetes docs, Probes",
        remedy="take READY_PATH of `rendering/shared/endpoints.py` for both",
        types=(TARGET_BINDING,),
        check=_asks_readiness,
        whole_stack=True,
    ),
    Rule(
        id="balancer-closes-first",
        layer=RuleLayer.WORKLOADS,
        demand="Pods keep an idle connection for longer than the load balancer does.",
        reason="Else it sends a request on one that is just being closed, and answers 502.",
        source="ALB user guide, Troubleshoot, HTTP 502",
        remedy="keep HTTP_KEEP_ALIVE_SECONDS above the balancer's idleTimeout",
        types=(TARGET_BINDING,),
        check=_closes_first,
        whole_stack=True,
    ),
    Rule(
        id="liveness-not-readiness",
        layer=RuleLayer.WORKLOADS,
        demand="A liveness probe asks another question than the readiness probe.",
        reason="A database that is away for a minute would restart every pod, again and again.",
        source="Kubernetes docs, Configure Liveness, Readiness and Startup Probes",
        remedy="ask LIVE_PATH of `rendering/shared/endpoints.py`",
        types=(DEPLOYMENT,),
        check=_alive_is_not_ready,
    ),
)
