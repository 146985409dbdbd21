"""Requests that one orchestrator pod answers at the peak."""

from __future__ import annotations

from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss, number
from scaleplan.capacity.survivors import beside, left_of_pods
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings

ONE_EVENT_LOOP_MILLICORES = 1000
"""A Node.js process runs JavaScript on one thread, so a pod's second CPU serves garbage collection
and TLS, not more requests (Node.js, "Don't Block the Event Loop")."""


def check_requests(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """CPU and requests in flight of one pod, with the autoscaler at its maximum.

    CPU must stay below the plan's warning; requests in flight below the pod's pooled connections,
    beyond which they would wait for one another.
    """
    plan, assumed = load_plan(), load.assumptions
    pods = settings.orchestrator.max_replicas
    left = left_of_pods(pods, loss)
    peak = load.peak_requests_per_second
    each = peak / left if left else float("inf")
    usable = min(settings.orchestrator.cpu_millicores, ONE_EVENT_LOOP_MILLICORES)
    warning = plan.thresholds.cpu_utilization.warning
    pool = plan.pools.primary_max + plan.pools.replica_max
    terms = (
        CapacityTerm(
            name="requests at the peak",
            working=f"{number(load.requests_per_second)} × {number(assumed.peak_factor)}",
            value=peak,
            unit="1/s",
        ),
        CapacityTerm(
            name="requests of one pod",
            working=f"{number(peak)} / {beside(pods, left, 'pods')}",
            value=each,
            unit="1/s",
        ),
        CapacityTerm(
            name="CPU of one pod",
            working=f"{number(each)} × {number(assumed.request_cpu_milliseconds)} ms",
            value=each * assumed.request_cpu_milliseconds,
            unit="m",
            limit=usable * warning / 100,
            limit_working=f"{warning} % of {usable} m, one event loop",
        ),
        CapacityTerm(
            name="requests in flight in one pod",
            working=f"{number(each)} × {number(assumed.request_seconds)} s",
            value=each * assumed.request_seconds,
            unit="requests",
            limit=pool,
            limit_working=(
                f"{plan.pools.primary_max} + {plan.pools.replica_max} pooled connections"
            ),
        ),
    )
    return CheckResult(
        name=CheckName.REQUESTS,
        terms=terms,
        assumptions=("peakFactor", "requestCpuMilliseconds", "requestSeconds"),
    )
