"""The metrics that rules, dashboards and alerts expect of the applications themselves."""

from __future__ import annotations

from dataclasses import dataclass

from rendering.redis.access import COLLABORATION, ORCHESTRATOR
from rendering.shared.endpoints import WEB


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric as it stands in the exposition; Prometheus adds namespace, pod and service."""

    name: str
    kind: str
    labels: tuple[str, ...]
    readers: tuple[str, ...]
    meaning: str


def application_metrics(latency_bounds_seconds: tuple[int, ...]) -> tuple[Metric, ...]:
    """What must be there. The bounds are the plan's thresholds of latency: a histogram without them
    could not say how many requests were slower."""
    bounds = " and ".join(str(bound) for bound in latency_bounds_seconds)
    served = (ORCHESTRATOR, COLLABORATION, WEB.application)
    return (
        Metric(
            name="http_requests_total",
            kind="counter",
            labels=("method", "route", "status"),
            readers=served,
            meaning="requests answered; `status` is the number, as 200, and `route` the pattern, "
            "as /api/patients/:id, never the path itself: identifiers of patients stay out of "
            "metrics",
        ),
        Metric(
            name="http_request_duration_seconds",
            kind="histogram",
            labels=("method", "route", "status"),
            readers=served,
            meaning=f"time to answer, with {bounds} among the bounds of its buckets; WebSockets "
            "count until they are open",
        ),
    )
