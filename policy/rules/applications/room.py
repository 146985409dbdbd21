"""Rules of how many pods there may be, and that there is room for all of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction

from ..shared.objects import containers_of, is_application, named, replicas_at_most
from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import DEPLOYMENT, JOB, RESOURCE_QUOTA
from ..shared.values import at

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]*)")
_SCALE: Mapping[str, Fraction] = {
    "": Fraction(1),
    "m": Fraction(1, 1000),
    **{unit: Fraction(1000**power) for power, unit in enumerate("kMGT", start=1)},
    **{f"{unit}i": Fraction(1024**power) for power, unit in enumerate("KMGT", start=1)},
}


def quantity(text: object) -> Fraction:
    """A quantity of Kubernetes in its own unit: cores, or bytes. 0 for what is none."""
    found = _QUANTITY.fullmatch(str(text))
    return Fraction(found[1]) * _SCALE.get(found[2], Fraction(0)) if found else Fraction(0)


def _most(deployment: Resource, stack: StackResources) -> int:
    """Most pods in a rollout: new ones with the surge, and every old one still draining."""
    surge = at(deployment.inputs, "spec.strategy.rollingUpdate.maxSurge", 0)
    return 2 * replicas_at_most(deployment, stack) + (surge if isinstance(surge, int) else 0)


def _needed(stack: StackResources, namespace: str) -> dict[str, Fraction]:
    needed: dict[str, Fraction] = defaultdict(Fraction)
    for each in stack.of_type(DEPLOYMENT, JOB):
        if named(each)[0] != namespace:
            continue
        count = 1 if each.type == JOB else _most(each, stack)
        needed["pods"] += count
        for container in at(each.inputs, "spec.template.spec.containers", []):
            for kind in ("requests", "limits"):
                for resource, amount in at(container, f"resources.{kind}", {}).items():
                    needed[f"{kind}.{resource}"] += count * quantity(amount)
    return needed


def _holds_all(resource: Resource, stack: StackResources) -> Iterator[str]:
    needed = _needed(stack, named(resource)[0])
    for key, limit in at(resource.inputs, "spec.hard", {}).items():
        if quantity(limit) < needed.get(key, 0):
            yield f"allows {limit} of {key}, less than a rollout at the maxima takes"


def _survives(resource: Resource, stack: StackResources) -> Iterator[str]:
    replicas = at(resource.inputs, "spec.replicas")
    if is_application(resource) and replicas is not None and replicas < 2:
        yield f"has {replicas} pod{'s' if replicas != 1 else ''}"


def _asks(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in containers_of(resource):
        for kind in ("cpu", "memory"):
            asked = quantity(at(each, f"resources.requests.{kind}", 0))
            most = quantity(at(each, f"resources.limits.{kind}", 0))
            if most and asked > most:
                yield f"{at(each, 'name')} requests more {kind} than it may use"


RULES = (
    Rule(
        id="quota-holds-rollout",
        layer=RuleLayer.SCALING,
        demand="The namespace's quota holds a rollout of all pods at their maxima.",
        reason="A pod above the quota is refused in silence: autoscaler and rollout just stop.",
        source="Kubernetes docs, Resource Quotas",
        remedy="let `scaleplan/applications/quota.py` add it up",
        types=(RESOURCE_QUOTA,),
        check=_holds_all,
        whole_stack=True,
    ),
    Rule(
        id="applications-survive-machine",
        layer=RuleLayer.SCALING,
        demand="A Deployment of the applications has two pods at least.",
        reason="The one pod's machine is drained for every upgrade.",
        source="EKS best practices, Reliability, Run multiple replicas",
        remedy="raise minReplicas of the application, or pgbouncer.replicas",
        types=(DEPLOYMENT,),
        check=_survives,
    ),
    Rule(
        id="requests-within-limits",
        layer=RuleLayer.WORKLOADS,
        demand="No container requests more than its limit.",
        reason="The API server refuses the pod, after the old one's rollout has begun.",
        source="Kubernetes docs, Resource Management for Pods and Containers",
        remedy="raise the limit, or lower the request",
        types=(DEPLOYMENT, JOB),
        check=_asks,
    ),
)
