"""The stack's Prometheus rules, group by group, as a PrometheusRule or a rule file has them."""

from __future__ import annotations

from typing import Any

from rendering.observability.alerting.jobs import queue_alerts
from rendering.observability.alerting.objectives import objective_alerts
from rendering.observability.alerting.platform import platform_alerts
from rendering.observability.alerting.recordings import (
    objective_recordings,
    plan_recordings,
    store_recordings,
    workload_recordings,
)
from rendering.observability.alerting.rule import RUNBOOKS, Alert, Recording
from rendering.observability.alerting.stores import database_alerts, pooler_alerts, redis_alerts
from rendering.observability.alerting.subject import Subject
from rendering.observability.alerting.workflows import workflow_alerts
from rendering.observability.alerting.workloads import workload_alerts

PLAN_GROUP = "scale-metrics"
"""The plan's own name for its rules."""


def recordings(subject: Subject) -> dict[str, list[Recording]]:
    """Recorded metrics by group."""
    return {
        PLAN_GROUP: plan_recordings(subject),
        "workloads": workload_recordings(),
        "stores": store_recordings(subject),
        "objectives": objective_recordings(subject),
    }


def alerts(subject: Subject) -> dict[str, list[Alert]]:
    """Alerts by group."""
    return {
        "workload-alerts": workload_alerts(subject),
        "database-alerts": database_alerts(subject),
        "pgbouncer-alerts": pooler_alerts(subject),
        "redis-alerts": redis_alerts(subject),
        "queue-alerts": queue_alerts(subject),
        "platform-alerts": platform_alerts(subject),
        "objective-alerts": objective_alerts(subject),
        **({"workflow-alerts": tasks} if (tasks := workflow_alerts(subject)) else {}),
    }


def rule_groups(subject: Subject) -> list[dict[str, Any]]:
    """`groups` of the rule file: recordings first, on which the alerts stand."""
    runbooks = subject.settings.alerts.runbooks_url or RUNBOOKS
    return [
        *(
            {"name": name, "rules": [rule.as_rule() for rule in rules]}
            for name, rules in recordings(subject).items()
        ),
        *(
            {"name": name, "rules": [rule.as_rule(runbooks) for rule in rules]}
            for name, rules in alerts(subject).items()
        ),
    ]
