"""Alerts on the job queues."""

from __future__ import annotations

from rendering.observability.alerting.rule import Alert, Route, Severity, graded
from rendering.observability.alerting.subject import Subject


def queue_alerts(subject: Subject) -> list[Alert]:
    """Depth at the plan's thresholds, and how long the oldest job has waited."""
    depth = subject.plan.thresholds.queue_depth
    alerts = [
        *graded(
            "QueueDepthHigh",
            "worker:queue_depth",
            depth,
            minutes=(5, 5),
            because="KEDA reads every 15 s and adds four pods a minute: by then it must shrink.",
            summary="{{ $value }} jobs wait in the queue {{ $labels.queue }}.",
            action=f"{depth.action}: raise worker.maxReplicas if all are at work.",
        )
    ]
    if not subject.uses_rabbitmq:
        alerts += graded(
            "QueueOldestJobOld",
            "worker:oldest_job_seconds",
            subject.plan.observability.oldest_job_seconds,
            minutes=(5, 5),
            because="A worker that was just started takes its first job within minutes.",
            summary="A job in {{ $labels.queue }} has waited {{ $value | humanizeDuration }}.",
            action="Investigate: are workers alive, and do they read this queue? Then add workers.",
        )
        alerts.append(
            Alert(
                name="QueuePaused",
                expr="worker:paused_jobs > 0",
                severity=Severity.WARNING,
                route=Route.TICKET,
                minutes=15,
                because="A queue is paused for a rollout or a repair, which takes some minutes.",
                summary="{{ $value }} jobs stand in the paused queue {{ $labels.queue }}.",
                action="Resume it, unless it is to stand; more workers take none of its jobs.",
            )
        )
    return alerts
