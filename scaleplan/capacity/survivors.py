"""How many of several copies are left when something fails. Copies are spread over three zones."""

from __future__ import annotations

from scaleplan.assumptions import Assumptions
from scaleplan.capacity.result import Loss

ZONES = 3
"""Every stack has three, and every workload is spread over them."""


NODE_SILENT_SECONDS = 50
"""Until a node that says nothing counts as lost: `--node-monitor-grace-period` of the
kube-controller-manager, which EKS leaves at its default; 40 s before Kubernetes 1.32
(kubernetes/kubernetes, pkg/controller/nodelifecycle/config/v1alpha1/defaults.go; issue 127352 tells
of the 50 s)."""

TOLERATION_SECONDS = 300
"""For which every pod is borne on such a node (Kubernetes, "Taints and Tolerations")."""


def moved_seconds(assumed: Assumptions) -> float:
    """Until the pods of a lost zone run on new nodes elsewhere."""
    return NODE_SILENT_SECONDS + TOLERATION_SECONDS + assumed.node_seconds + assumed.pod_seconds


def lost_with_zone(count: int) -> int:
    """Most of `count` spread pods or nodes that stand in one zone."""
    return -(-count // ZONES)


def left_of_pods(count: int, loss: Loss | None) -> int:
    """Pods of an application left at once; only a zone takes any of them."""
    return count - lost_with_zone(count) if loss is Loss.AZ else count


def left_of_poolers(count: int, loss: Loss | None) -> int:
    """PgBouncer pods left at once."""
    if loss is Loss.POOLER:
        return count - 1
    return left_of_pods(count, loss)


def left_of_replicas(count: int, loss: Loss | None) -> int:
    """Read replicas left at once; a zone takes one of them at most, while there are three zones."""
    if loss is Loss.REPLICA:
        return max(0, count - 1)
    return left_of_pods(count, loss)


def beside(count: int, left: int, what: str) -> str:
    """`5 workers`, or `3 of 5 workers left`."""
    return f"{count} {what}" if left == count else f"{left} of {count} {what} left"
