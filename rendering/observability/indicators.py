"""From which metric each measure of the plan's indicators is read: those that the rules record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rendering.observability.alerting.subject import COORDINATOR, Subject
from scaleplan.advice import indicators
from scaleplan.advice.reading import Measure, MetricQuestion


@dataclass(frozen=True, kw_only=True)
class Selector:
    """A recorded metric and what its labels must match, each as a whole."""

    metric: str
    matchers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        """As PromQL has it."""
        inside = ",".join(f'{name}=~"{pattern}"' for name, pattern in self.matchers.items())
        return f"{self.metric}{{{inside}}}" if inside else self.metric

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether Prometheus would take a series with these labels."""
        return all(
            re.fullmatch(pattern, labels.get(name, "")) for name, pattern in self.matchers.items()
        )


_BY_INSTANCE = {
    Measure.DATABASE_CPU: "postgres:cpu_used_percent",
    Measure.DATABASE_MEMORY: "postgres:memory_used_percent",
    Measure.DATABASE_IO_WAIT: "postgres:io_wait_percent",
    Measure.DATABASE_CONNECTIONS: "postgres:connections_used_percent",
}
_BY_STORE = {
    Measure.REDIS_CPU: "redis:cpu_used_percent",
    Measure.REDIS_MEMORY: "redis:memory_used_percent",
}
_BY_WORKLOAD = {
    Measure.WORKLOAD_CPU: "workload:cpu_used_percent",
    Measure.WORKLOAD_MEMORY: "workload:memory_used_percent",
    Measure.AUTOSCALER_ROOM: "workload:autoscaler_has_room",
}
_OF_ALL = {
    Measure.POOLER_CLIENTS: "pgbouncer:clients_used_percent",
    Measure.POOLER_CONNECTIONS: "pgbouncer:pool_used_percent",
    Measure.QUEUE_DEPTH: "worker:queue_depth",
}


def selector(subject: Subject, question: MetricQuestion) -> Selector:
    """The series that answer a question. RDS's are those of this stack's servers alone, so that the
    Prometheus of another stack answers nothing."""
    measure, of = question.measure, question.of
    if measure in _BY_INSTANCE:
        own = f"{subject.primary}(-replica-.+)?"
        servers = COORDINATOR if of == indicators.COORDINATOR else own
        return Selector(metric=_BY_INSTANCE[measure], matchers={"instance": servers})
    if measure in _BY_STORE:
        return Selector(metric=_BY_STORE[measure], matchers={"store": of})
    if measure in _BY_WORKLOAD:
        return Selector(metric=_BY_WORKLOAD[measure], matchers={"workload": of})
    if measure is Measure.LATENCY:
        return Selector(metric="service:latency_p99_seconds", matchers={"service": of})
    return Selector(metric=_OF_ALL[measure])
