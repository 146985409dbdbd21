"""Rules of machines that go: what takes them, how many at a time, and whom they wait for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import DEPLOYMENT, NODE_GROUP, NODE_POOL
from ..shared.values import at, listed

POOL_LABEL = "researchflow/pool"

EKS_WAITS_SECONDS = 900
"""What an update of a managed group gives a machine's pods before it fails (EKS user guide, Update
behavior details)."""

GRACE_SECONDS = 30
"""Of a pod that names none (Kubernetes docs, Pod Lifecycle)."""

_UNIT_SECONDS = {"h": 3600, "m": 60, "s": 1}


def _seconds(duration: str) -> int:
    parts = re.findall(r"([0-9]+)([hms])", duration)
    return sum(int(number) * _UNIT_SECONDS[unit] for number, unit in parts)


def _by_drift(resource: Resource, stack: StackResources) -> Iterator[str]:
    age = at(resource.inputs, "spec.template.spec.expireAfter", "720h")
    if age != "Never":
        yield f"takes its machines after {age}, all that were bought together at once"
    always = [
        each
        for each in listed(resource.inputs, "spec.disruption.budgets")
        if not {"schedule", "reasons"} & each.keys()
    ]
    if "1" not in [at(each, "nodes") for each in always]:
        yield "may replace more than one machine at a time, of whose pods some are then nowhere"


def _waits(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type == NODE_POOL:
        label = f"spec.template.metadata.labels[{POOL_LABEL}]"
        grace = at(resource.inputs, "spec.template.spec.terminationGracePeriod")
        if grace is None:
            yield "waits for ever for a pod that may not go, while its machine gets no patch"
            return
        seconds = _seconds(grace)
    else:
        label, seconds = f"labels[{POOL_LABEL}]", EKS_WAITS_SECONDS
    pool = at(resource.inputs, label)
    for each in stack.of_type(DEPLOYMENT):
        pod = at(each.inputs, "spec.template.spec", {})
        if at(pod, f"nodeSelector[{POOL_LABEL}]", pool) != pool:
            continue
        needed = at(pod, "terminationGracePeriodSeconds", GRACE_SECONDS)
        if needed >= seconds:
            yield f"gives its pods {seconds} s to go, and {each.name} may take {needed} s"


RULES = (
    Rule(
        id="machines-rotate-by-drift",
        layer=RuleLayer.CLUSTER,
        demand="Karpenter replaces machines one at a time, where they drift, and none by its age.",
        reason="Expiry minds no budget: machines bought together would all be drained at once.",
        source="Karpenter docs, Disruption, Expiration, and Disruption Budgets",
        remedy="keep expireAfter Never and one budget of 1 in `rendering/cluster/node_pools.py`",
        types=(NODE_POOL,),
        check=_by_drift,
    ),
    Rule(
        id="machines-wait-for-pods",
        layer=RuleLayer.CLUSTER,
        demand="A machine that goes waits longer than any of its pods may take, and not for ever.",
        reason="Waiting less kills a job; waiting for ever leaves a machine without patches.",
        source="Karpenter docs, Disruption, TerminationGracePeriod; EKS user guide, Update"
        " behavior details",
        remedy="raise TERMINATION_GRACE_HOURS in `scaleplan/cluster/rotation.py`, or shorten the"
        " job; a managed group always waits a quarter of an hour",
        types=(NODE_GROUP, NODE_POOL),
        check=_waits,
        whole_stack=True,
    ),
)
