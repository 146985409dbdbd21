"""Rules of autoscalers and disruption budgets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..shared.objects import APPLICATIONS, named
from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    AUTOSCALER,
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    REDIS_USER,
    SCALED_OBJECT,
    TRIGGER_AUTHENTICATION,
)
from ..shared.values import at, is_true, listed
from .stopping import groups_of

STORE_TRIGGERS = ("redis", "redis-cluster", "rabbitmq", "temporal", "postgresql")
"""KEDA's triggers that log in somewhere."""

SECRET_KEYS = ("password", "passwordFromEnv", "host", "hostFromEnv", "usernameFromEnv", "address")
"""Metadata of those triggers that carries or names a credential (KEDA docs, Scalers)."""

MOST_REPLICAS = 100
KEDA = "keda"
"""KEDA's user in Redis."""

LONGEST_BLIND_SECONDS = 120
"""A failover of the queue is over within a minute, and is no reason to fall back yet."""

SOCKET_CALM_SECONDS = 1800
SOCKET_PODS_A_SECOND = 1 / 600
"""Scale plan, collaboration: half an hour of calm, then one pod in ten minutes."""


def _scalers_of(deployment: Resource, stack: StackResources) -> Iterator[Resource]:
    namespace, name = named(deployment)
    for each in stack.of_type(AUTOSCALER, SCALED_OBJECT):
        if (named(each)[0], at(each.inputs, "spec.scaleTargetRef.name")) == (namespace, name):
            yield each


def _no_replicas(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "spec.replicas") is None:
        return
    for scaler in _scalers_of(resource, stack):
        yield f"sets replicas, which {scaler.name} sets too: each deployment undoes its work"


def _one_scaler(resource: Resource, stack: StackResources) -> Iterator[str]:
    scalers = [scaler.name for scaler in _scalers_of(resource, stack)]
    if len(scalers) > 1:
        yield f"is scaled by {' and '.join(sorted(scalers))}, which pull against each other"


def _bounds(resource: Resource, stack: StackResources) -> Iterator[str]:
    low = at(resource.inputs, "spec.minReplicas") or at(resource.inputs, "spec.minReplicaCount", 0)
    high = at(resource.inputs, "spec.maxReplicas") or at(resource.inputs, "spec.maxReplicaCount", 0)
    if low < 2:
        yield f"may leave {low} pod"
    if not low <= high <= MOST_REPLICAS:
        yield f"goes from {low} to {high} pods"


def _scale_down(resource: Resource) -> Mapping[str, Any]:
    keda = "spec.advanced.horizontalPodAutoscalerConfig.behavior"
    behavior = at(resource.inputs, "spec.behavior") or at(resource.inputs, keda, {})
    return at(behavior, "scaleDown", {})


def _calm(resource: Resource, stack: StackResources) -> Iterator[str]:
    down = _scale_down(resource)
    window = at(down, "stabilizationWindowSeconds", 300)
    if window < 300:
        yield f"takes pods away {window} s after a peak; the plan says 300"
    if not listed(down, "policies"):
        yield "takes all pods away at once: Kubernetes' own policy is 100 % in 15 s"


def _sockets_move(resource: Resource, stack: StackResources) -> Iterator[str]:
    down = _scale_down(resource)
    rates = [at(e, "value", 1) / at(e, "periodSeconds", 1) for e in listed(down, "policies")]
    calm = at(down, "stabilizationWindowSeconds", 300)
    for pods in _targets(resource, stack):
        groups = groups_of(pods, stack)
        if not any(is_true(group.inputs, "stickiness.enabled") for group in groups):
            continue
        if calm < SOCKET_CALM_SECONDS:
            yield f"takes pods with sockets away {calm} s after a peak"
        if not rates or max(rates) > SOCKET_PODS_A_SECOND:
            yield "takes pods with sockets away faster than one in ten minutes"


def _login(resource: Resource, stack: StackResources) -> Iterator[str]:
    known = {named(each) for each in stack.of_type(TRIGGER_AUTHENTICATION)}
    for trigger in listed(resource.inputs, "spec.triggers"):
        kind = at(trigger, "type")
        if kind not in STORE_TRIGGERS:
            continue
        called = at(trigger, "name", kind)
        reference = at(trigger, "authenticationRef.name")
        if not reference:
            yield f"trigger {called} has no TriggerAuthentication"
        elif (named(resource)[0], reference) not in known:
            yield f"trigger {called} names {reference}, which the stack doesn't have"
        readable = [key for key in SECRET_KEYS if key in at(trigger, "metadata", {})]
        if readable:
            yield f"trigger {called} has {', '.join(readable)} in its metadata, for all to read"
        if kind.startswith("redis") and not is_true(trigger, "metadata.enableTLS"):
            yield f"trigger {called} logs in without TLS"


def _fallback(resource: Resource, stack: StackResources) -> Iterator[str]:
    fallback = at(resource.inputs, "spec.fallback", {})
    replicas, least = at(fallback, "replicas", 0), at(resource.inputs, "spec.minReplicaCount", 0)
    if replicas < max(1, least):
        yield f"falls to {replicas or 'its fewest'} pods when the queue can't be asked"
    elif at(fallback, "behavior", "static") != "currentReplicasIfHigher":
        yield f"goes to {replicas} pods when the queue can't be asked, however many are at work"
    blind = at(fallback, "failureThreshold", 0) * at(resource.inputs, "spec.pollingInterval", 30)
    if not 0 < blind <= LONGEST_BLIND_SECONDS:
        yield f"scales for {blind} s by a queue that doesn't answer"


def _sums(resource: Resource, stack: StackResources) -> Iterator[str]:
    triggers = listed(resource.inputs, "spec.triggers")
    counted = [at(e, "name", "") for e in triggers if at(e, "type") not in ("cpu", "memory")]
    formula = at(resource.inputs, "spec.advanced.scalingModifiers.formula", "")
    if len(counted) > 1 and not formula:
        yield "takes the longest queue for all of them: ten running jobs count as none"
    forgotten = set(counted) - set(re.findall(r"\w+", formula)) if formula else set[str]()
    if forgotten:
        yield f"reads {', '.join(sorted(forgotten))} and doesn't count it"


def _may_read(resource: Resource, stack: StackResources) -> Iterator[str]:
    patterns = [
        word[1:]
        for user in stack.of_type(REDIS_USER)
        if at(user.inputs, "userName") == KEDA
        for word in str(at(user.inputs, "accessString", "")).split()
        if word.startswith("~")
    ]
    for trigger in listed(resource.inputs, "spec.triggers"):
        key = at(trigger, "metadata.listName")
        if key and not any(fnmatchcase(key, pattern) for pattern in patterns):
            yield f"reads {key}, which Redis refuses KEDA's user"


def _targets(scaler: Resource, stack: StackResources) -> Iterator[Resource]:
    target = (named(scaler)[0], at(scaler.inputs, "spec.scaleTargetRef.name"))
    return (each for each in stack.of_type(DEPLOYMENT) if named(each) == target)


def _finds_pods(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not any(True for _ in _targets(resource, stack)):
        yield f"scales {at(resource.inputs, 'spec.scaleTargetRef.name')}, which isn't there"


def _budget(resource: Resource, stack: StackResources) -> Iterator[str]:
    namespace, _ = named(resource)
    labels = at(resource.inputs, "spec.template.metadata.labels", {})
    if namespace != APPLICATIONS:
        return
    for each in stack.of_type(DISRUPTION_BUDGET):
        chosen = at(each.inputs, "spec.selector.matchLabels", {})
        if named(each)[0] == namespace and chosen and chosen.items() <= labels.items():
            return
    yield "has no PodDisruptionBudget: a drained machine may take all its pods"


def _budget_gives(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "spec.maxUnavailable") in (0, "0", "0%"):
        yield "lets no pod go: no machine can ever be replaced"
    if at(resource.inputs, "spec.minAvailable") == "100%":
        yield "lets no pod go: no machine can ever be replaced"
    if named(resource)[0] != APPLICATIONS:
        return
    if at(resource.inputs, "spec.maxUnavailable") not in (0, "0", "0%", 1):
        yield "lets more than one pod go at a time, or as many as a minimum leaves"
    if at(resource.inputs, "spec.unhealthyPodEvictionPolicy") != "AlwaysAllow":
        yield "keeps a machine because of pods that are broken anyway"


RULES = (
    Rule(
        id="no-replicas-under-autoscaler",
        layer=RuleLayer.SCALING,
        demand="A Deployment with an autoscaler sets no replicas.",
        reason="Every deployment would throw the load back onto the minimum.",
        source="Kubernetes docs, Horizontal Pod Autoscaling, Migrating Deployments",
        remedy="leave `replicas` out where an autoscaler is",
        types=(DEPLOYMENT,),
        check=_no_replicas,
        whole_stack=True,
    ),
    Rule(
        id="one-autoscaler",
        layer=RuleLayer.SCALING,
        demand="A Deployment has one autoscaler at most.",
        reason="KEDA makes an HPA of its own; two of them fight.",
        source="KEDA docs, FAQ, using an HPA and a ScaledObject on one workload",
        remedy="choose one by scaling.worker",
        types=(DEPLOYMENT,),
        check=_one_scaler,
        whole_stack=True,
    ),
    Rule(
        id="autoscaler-bounded",
        layer=RuleLayer.SCALING,
        demand=f"An autoscaler keeps two pods at least and {MOST_REPLICAS} at most.",
        reason="One pod is an outage at each restart; none is a cold start.",
        source="scale plan, Resource Estimates by Scale",
        remedy="set minReplicas and maxReplicas",
        types=(AUTOSCALER, SCALED_OBJECT),
        check=_bounds,
    ),
    Rule(
        id="autoscaler-calm",
        layer=RuleLayer.SCALING,
        demand="An autoscaler waits 300 s at least before it takes pods away.",
        reason="Jobs take minutes; pods that come and go finish none.",
        source="scale plan, Horizontal Pod Autoscaler for Workers, scaleDown",
        remedy="set scaleDown.stabilizationWindowSeconds",
        types=(AUTOSCALER, SCALED_OBJECT),
        check=_calm,
    ),
    Rule(
        id="autoscaler-login",
        layer=RuleLayer.SCALING,
        demand="KEDA logs in by a TriggerAuthentication of the stack, over TLS.",
        reason="A trigger's metadata is read by everyone who may list ScaledObjects.",
        source="KEDA docs, Authentication; scale plan, KEDA Scaling, enableTLS",
        remedy="use authenticationRef, as `rendering/applications/scaling_triggers.py` does",
        types=(SCALED_OBJECT,),
        check=_login,
        whole_stack=True,
    ),
    Rule(
        id="autoscaler-fallback",
        layer=RuleLayer.SCALING,
        demand="No pod goes when a ScaledObject's source doesn't answer, and that is soon known.",
        reason="Else busy workers are killed while the backlog can't be seen.",
        source="KEDA docs, ScaledObject specification, fallback",
        remedy="set spec.fallback as `rendering/applications/scaling_triggers.py` does",
        types=(SCALED_OBJECT,),
        check=_fallback,
    ),
    Rule(
        id="disruption-budget",
        layer=RuleLayer.SCALING,
        demand="Every application has a PodDisruptionBudget.",
        reason="Karpenter drains machines all day long.",
        source="Kubernetes docs, Disruptions; Karpenter docs, Disruption",
        remedy="give it a PodDisruptionBudget of its labels",
        types=(DEPLOYMENT,),
        check=_budget,
        whole_stack=True,
    ),
    Rule(
        id="budget-lets-go",
        layer=RuleLayer.SCALING,
        demand="A PodDisruptionBudget lets one pod go at a time.",
        reason="One that lets none go stops every upgrade of the machines.",
        source="EKS best practices, Reliability; Kubernetes docs, Specifying a Disruption Budget",
        remedy="set maxUnavailable 1",
        types=(DISRUPTION_BUDGET,),
        check=_budget_gives,
    ),
    Rule(
        id="autoscaler-counts-all",
        layer=RuleLayer.SCALING,
        demand="A ScaledObject adds up all queues that it reads.",
        reason="Without a formula the largest trigger wins, and busy workers are taken away.",
        source="KEDA docs, ScaledObject specification, scalingModifiers",
        remedy="let `rendering/applications/scaling_triggers.py` write the formula",
        types=(SCALED_OBJECT,),
        check=_sums,
    ),
    Rule(
        id="autoscaler-may-read",
        layer=RuleLayer.SCALING,
        demand="KEDA's user in Redis may read every key that scales the workers.",
        reason="A refused key is a queue that never scales; the fallback hides it.",
        source="Redis docs, ACL, key permissions; KEDA docs, Redis lists",
        remedy="take both from `rendering/queue/keys.py`",
        types=(SCALED_OBJECT,),
        check=_may_read,
        whole_stack=True,
    ),
    Rule(
        id="autoscaler-finds-pods",
        layer=RuleLayer.SCALING,
        demand="An autoscaler's target is a Deployment of the stack.",
        reason="A renamed Deployment is scaled by nobody, and nothing fails.",
        source="Kubernetes docs, Horizontal Pod Autoscaling; KEDA docs, Scaling Deployments",
        remedy="let scaleTargetRef name the Deployment",
        types=(AUTOSCALER, SCALED_OBJECT),
        check=_finds_pods,
        whole_stack=True,
    ),
    Rule(
        id="sockets-leave-slowly",
        layer=RuleLayer.SCALING,
        demand="Pods that hold sockets go one in ten minutes, after half an hour of calm.",
        reason="Everybody who edits on such a pod is cut off with it.",
        source="scale plan, collaboration; Kubernetes docs, Configurable scaling behavior",
        remedy="keep the behavior of `components/applications/collaboration.py`",
        types=(AUTOSCALER,),
        check=_sockets_move,
        whole_stack=True,
    ),
)
