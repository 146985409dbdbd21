"""What the metrics adapter serves to the autoscalers from Prometheus."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

from rendering.observability.alerting.subject import APPLICATION_NAMESPACE, Subject

REQUESTS_METRIC = "http_requests_per_second"
"""Of one pod; the autoscaler averages over its pods."""

WINDOW = "2m"
"""Four scrapes: shorter than the rules' five minutes, since pods are to follow a rise."""

HEADROOM = Fraction(7, 10)
"""Share of what a pod of the plan carries at which another one is asked for: the plan's own for
CPU."""


def requests_per_pod(subject: Subject) -> int:
    """Requests a second at which a pod calls for another one.

    The plan gives 200 a second for 1000 users in twelve months, and five orchestrators from 1000
    users on ("Load Projections", "Application Horizontal Scaling Path"): so a pod carries 40, and
    at seven tenths of that, 28, there is still time to start one.
    """
    users = subject.plan.projections.concurrent_users.twelve_months
    rate = subject.plan.projections.requests_per_second.twelve_months
    pods = max(
        step.orchestrators
        for step in subject.plan.horizontal_path.steps
        if step.from_concurrent_users <= users
    )
    return ceil(Fraction(rate, pods) * HEADROOM)


def adapter_rules(subject: Subject) -> dict[str, Any]:
    """The chart's `rules`. External metrics are served only where KEDA doesn't: a cluster has one
    provider of them."""
    external = [] if subject.uses_keda else [_queue_length(subject)]
    return {"default": False, "custom": [_requests()], "external": external}


def _requests() -> dict[str, Any]:
    return {
        "seriesQuery": (
            f'http_requests_total{{namespace="{APPLICATION_NAMESPACE}",service="orchestrator",'
            'pod!=""}'
        ),
        "resources": {
            "overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}
        },
        "name": {"matches": "^http_requests_total$", "as": REQUESTS_METRIC},
        "metricsQuery": (
            f"sum(rate(<<.Series>>{{<<.LabelMatchers>>}}[{WINDOW}])) by (<<.GroupBy>>)"
        ),
    }


def _queue_length(subject: Subject) -> dict[str, Any]:
    metric = subject.plan.autoscaling.worker_hpa.queue_metric
    return {
        "seriesQuery": 'worker:queue_depth{queue!=""}',
        # The recorded metric is the stack's, not one of a namespace.
        "resources": {"namespaced": False},
        "name": {"as": metric},
        "metricsQuery": "max(<<.Series>>{<<.LabelMatchers>>}) by (queue)",
    }
