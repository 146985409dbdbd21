"""Sockets that one collaboration pod holds."""

from __future__ import annotations

from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss, number
from scaleplan.capacity.survivors import beside, left_of_pods
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings


def check_sockets(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """Sockets of a pod against the memory that the plan's warning leaves them.

    At the autoscaler's maximum, for it follows memory; a socket lost with its pod is opened again
    on those left.
    """
    plan, assumed = load_plan(), load.assumptions
    pods = settings.collaboration.max_replicas
    left = left_of_pods(pods, loss)
    sockets = load.concurrent_users * assumed.sockets_per_user
    warning = plan.thresholds.memory_utilization.warning
    terms = (
        CapacityTerm(
            name="sockets",
            working=f"{number(load.concurrent_users)} × {number(assumed.sockets_per_user)}",
            value=sockets,
            unit="sockets",
        ),
        CapacityTerm(
            name="sockets of one pod",
            working=f"{number(sockets)} / {beside(pods, left, 'pods')}",
            value=sockets / left if left else float("inf"),
            unit="sockets",
            limit=sockets_held(settings, load),
            limit_working=(
                f"({warning} % of {settings.collaboration.memory_mib}"
                f" − {number(assumed.collaboration_server_mib)} MiB)"
                f" / {number(assumed.socket_kib)} KiB"
            ),
        ),
    )
    return CheckResult(
        name=CheckName.SOCKETS,
        terms=terms,
        assumptions=("socketsPerUser", "socketKib", "collaborationServerMib"),
    )


def sockets_held(settings: Settings, load: Load) -> float:
    """Sockets for which one pod has memory, up to the plan's warning of it."""
    assumed = load.assumptions
    warning = load_plan().thresholds.memory_utilization.warning
    free_mib = settings.collaboration.memory_mib * warning / 100 - assumed.collaboration_server_mib
    return max(0.0, free_mib * 1024 / assumed.socket_kib)
