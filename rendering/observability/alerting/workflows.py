"""Alerts on Temporal: its database, its servers, and tasks that nobody takes."""

from __future__ import annotations

from rendering.observability.alerting.rule import Alert, Route, Severity
from rendering.observability.alerting.subject import Subject
from rendering.workflows.temporal_names import NAMESPACE

_SERVERS = f'namespace="{NAMESPACE}"'


def workflow_alerts(subject: Subject) -> list[Alert]:
    """None where a stack has no workflows."""
    if not subject.settings.workflows.enabled:
        return []
    waited = subject.plan.observability.oldest_job_seconds
    return [
        Alert(
            name="WorkflowDatabaseFailing",
            expr=(
                f"sum(rate(persistence_errors{{{_SERVERS}}}[5m]))"
                f" / sum(rate(persistence_requests{{{_SERVERS}}}[5m])) > 0.05"
            ),
            severity=Severity.CRITICAL,
            route=Route.PAGE,
            minutes=5,
            because="A failover of the database takes two minutes, and Temporal tries again.",
            summary="{{ $value | humanizePercentage }} of Temporal's database calls fail.",
            action="Investigate: the database, its connections, and the role's password.",
        ),
        Alert(
            name="WorkflowServiceFailing",
            expr=(
                f"sum(rate(service_errors{{{_SERVERS}}}[5m]))"
                f" / sum(rate(service_requests{{{_SERVERS}}}[5m])) > 0.05"
            ),
            severity=Severity.WARNING,
            route=Route.TICKET,
            minutes=15,
            because="A rollout of the servers moves shards for a minute or two.",
            summary="{{ $value | humanizePercentage }} of the requests to Temporal fail.",
            action="Investigate: which operation and which role, by the labels of service_errors.",
        ),
        Alert(
            name="WorkflowTasksOld",
            expr=f"max(approximate_backlog_age_seconds{{{_SERVERS}}}) > {waited.critical}",
            severity=Severity.CRITICAL,
            route=Route.PAGE,
            minutes=5,
            because="KEDA reads every 15 s and a new worker polls within minutes.",
            summary="A workflow task has waited {{ $value | humanizeDuration }}.",
            action="Investigate: are workers alive and do they poll this queue? Then add workers.",
        ),
    ]
