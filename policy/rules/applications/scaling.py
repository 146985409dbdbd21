"""Rules of autoscalers and disruption budgets."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Level, Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    AUTOSCALER,
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    SCALED_OBJECT,
    TRIGGER_AUTHENTICATION,
)
from ..shared.values import at, is_true, listed
from .pods import APPLICATIONS

STORE_TRIGGERS = ("redis", "redis-cluster", "rabbitmq", "temporal", "postgresql")
"""KEDA's triggers that log in somewhere."""

SECRET_KEYS = ("password", "passwordFromEnv", "host", "hostFromEnv", "usernameFromEnv", "address")
"""Metadata of those triggers that carries or names a credential (KEDA docs, Scalers)."""

MOST_REPLICAS = 100


def _named(resource: Resource) -> tuple[str, str]:
    return at(resource.inputs, "metadata.namespace", ""), at(resource.inputs, "metadata.name", "")


def _scalers_of(deployment: Resource, stack: StackResources) -> Iterator[Resource]:
    namespace, name = _named(deployment)
    for each in stack.of_type(AUTOSCALER, SCALED_OBJECT):
        if (_named(each)[0], at(each.inputs, "spec.scaleTargetRef.name")) == (namespace, name):
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


def _calm(resource: Resource, stack: StackResources) -> Iterator[str]:
    keda = "spec.advanced.horizontalPodAutoscalerConfig.behavior"
    behavior = at(resource.inputs, "spec.behavior") or at(resource.inputs, keda, {})
    window = at(behavior, "scaleDown.stabilizationWindowSeconds", 300)
    if window < 300:
        yield f"takes pods away {window} s after a peak; the plan says 300"


def _login(resource: Resource, stack: StackResources) -> Iterator[str]:
    known = {_named(each) for each in stack.of_type(TRIGGER_AUTHENTICATION)}
    for trigger in listed(resource.inputs, "spec.triggers"):
        kind = at(trigger, "type")
        if kind not in STORE_TRIGGERS:
            continue
        called = at(trigger, "name", kind)
        reference = at(trigger, "authenticationRef.name")
        if not reference:
            yield f"trigger {called} has no TriggerAuthentication"
        elif (_named(resource)[0], reference) not in known:
            yield f"trigger {called} names {reference}, which the stack doesn't have"
        readable = [key for key in SECRET_KEYS if key in at(trigger, "metadata", {})]
        if readable:
            yield f"trigger {called} has {', '.join(readable)} in its metadata, for all to read"
        if kind.startswith("redis") and not is_true(trigger, "metadata.enableTLS"):
            yield f"trigger {called} logs in without TLS"


def _fallback(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "spec.fallback.replicas", 0) < 1:
        yield "falls to its minimum when the queue can't be asked"


def _budget(resource: Resource, stack: StackResources) -> Iterator[str]:
    namespace, _ = _named(resource)
    labels = at(resource.inputs, "spec.template.metadata.labels", {})
    if namespace != APPLICATIONS:
        return
    for each in stack.of_type(DISRUPTION_BUDGET):
        chosen = at(each.inputs, "spec.selector.matchLabels", {})
        if _named(each)[0] == namespace and chosen and chosen.items() <= labels.items():
            return
    yield "has no PodDisruptionBudget: a drained machine may take all its pods"


def _budget_gives(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "spec.maxUnavailable") in (0, "0", "0%"):
        yield "lets no pod go: no machine can ever be replaced"
    if at(resource.inputs, "spec.minAvailable") == "100%":
        yield "lets no pod go: no machine can ever be replaced"


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
        demand="A ScaledObject says how many pods run when its source doesn't answer.",
        reason="Else the workers shrink while the backlog can't be seen.",
        source="KEDA docs, ScaledObject specification, fallback",
        remedy="set spec.fallback",
        types=(SCALED_OBJECT,),
        level=Level.ADVISORY,
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
)
