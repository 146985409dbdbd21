"""Series of the rules' metrics that make a row of the plan's tables due, fine or not known.

They are of a stack of medium size, and are written as OpenMetrics: promtool makes a Prometheus'
storage of the file, and `rf advise --metrics` reads it as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scaleplan.advice.findings import AdviceState

STACK = "staging"
DATABASE = f"researchflow-{STACK}-database"

MINUTES = 90
"""Length of a case's series, a sample a minute."""

SLOT_SECONDS = 3 * 3600
"""Between two cases in one file: none sees the other's samples."""

Course = Callable[[float], float]
"""A value by the hour: -1 is one ago, 0 now."""


@dataclass(frozen=True)
class Case:
    """Series and what the row comes to: its state, and the values that its action changes."""

    component: str
    indicator: str
    measure: str
    series: Mapping[str, Course]
    state: AdviceState
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    said: str = ""

    def __str__(self) -> str:
        return f"{self.component}, {self.measure}, {self.state} {self.said}".strip()


def flat(value: float) -> Course:
    return lambda _: value


def from_to(an_hour_ago: float, now: float) -> Course:
    return lambda hour: now - (now - an_hour_ago) * -hour


def cases() -> list[Case]:
    return [*_stores(), *_pods(), *_trends()]


Row = tuple[str, str, str]
"""Component, indicator and measure: which row a case is of."""


def _both(
    row: Row,
    series: str,
    limit: float,
    values: Mapping[str, Any],
    beside: Mapping[str, Course] | None = None,
) -> list[Case]:
    """Just beyond the limit the row is due, just short of it fine, and without it not known."""
    more = dict(beside or {})
    return [
        Case(*row, {series: flat(limit + 1), **more}, AdviceState.DUE, values),
        Case(*row, {series: flat(limit - 1), **more}, AdviceState.FINE),
        Case(*row, {"unrelated:metric": flat(1), **more}, AdviceState.NOT_KNOWN, said="no sample"),
    ]


def _stores() -> list[Case]:
    rds, cache, queue = f'instance="{DATABASE}"', 'store="cache"', 'store="queue"'
    larger = {"database.instanceClass": "db.r7g.2xlarge"}
    pressure, thread, connections = (
        "Memory pressure (swapping)",
        "Single-threaded bottleneck",
        "Connection limits hit",
    )
    found: list[Case] = []
    for indicator, measure, metric, limit in (
        ("Database CPU > 80%", "database CPU", "cpu_used_percent", 80),
        (pressure, "database memory", "memory_used_percent", 80),
        ("I/O wait > 20%", "database I/O wait", "io_wait_percent", 20),
        (connections, "database connections", "connections_used_percent", 70),
    ):
        row = ("PostgreSQL", indicator, measure)
        found += _both(row, f"postgres:{metric}{{{rds}}}", limit, larger)
    pod = 'pod="pgbouncer-1"'
    pool = f'{pod},database="researchflow",user="researchflow_app"'
    for measure, series, limit, values in (
        (
            "clients of PgBouncer",
            f"pgbouncer:clients_used_percent{{{pod}}}",
            70,
            {"pgbouncer.replicas": 3},
        ),
        (
            "server connections of PgBouncer",
            f"pgbouncer:pool_used_percent{{{pool}}}",
            80,
            # 25 with the reserve, times 81 / 80, is 26 with it.
            {"pgbouncer.defaultPoolSize": 21},
        ),
    ):
        found += _both(("PgBouncer", connections, measure), series, limit, values)
    memory, one = "memory of Redis", "CPU of Redis' one thread"
    for name, store, more, faster in (
        ("cache", cache, {"cache.nodeClass": "cache.m7g.xlarge"}, {"cache.shards": 2}),
        # Its class has CPUs of its own: then no setting is left.
        ("queue", queue, {"queue.nodeClass": "cache.m7g.xlarge"}, {}),
    ):
        part, node = f"Redis ({name})", f'{store},instance="10.0.0.1:6379"'
        used = f"redis:memory_used_percent{{{node}}}"
        found += _both((part, pressure, memory), used, 80, more)
        found += _both((part, thread, one), f"redis:cpu_used_percent{{{node}}}", 70, faster)
    return found


def room(workload: str, pods: int) -> dict[str, Course]:
    return {f'workload:autoscaler_has_room{{workload="{workload}"}}': flat(pods)}


def _pods() -> list[Case]:
    found: list[Case] = []
    # 71 % of CPU on 5, 4, 3 and 10 pods; memory up to the next 128 MiB.
    for name, most, memory in (
        ("orchestrator", 6, 1152),
        ("collaboration", 5, 640),
        ("web", 4, 128),
        ("worker", 11, 2176),
    ):
        own = f'workload="{name}"'
        cpu = f"workload:cpu_used_percent{{{own}}}"
        row = (name, "CPU utilization", "CPU of pods")
        values = {f"{name}.maxReplicas": most}
        found += _both(row, cpu, 70, values, room(name, 0))
        found += [
            Case(
                *row,
                {cpu: flat(99), **room(name, 1)},
                AdviceState.FINE,
                said="still has pods to add",
            ),
            Case(*row, {cpu: flat(99)}, AdviceState.DUE, said="is not known"),
        ]
        used = f"workload:memory_used_percent{{{own}}}"
        full = (name, "Memory utilization", "memory of the fullest pod")
        found += _both(full, used, 80, {f"{name}.memoryMib": memory})
    return found


def _trends() -> list[Case]:
    found: list[Case] = []
    for name, most, fewest in (("orchestrator", 6, 5), ("collaboration", 5, 3), ("web", 4, 3)):
        series = f'service:latency_p99_seconds{{service="{name}"}}'
        row = (name, "Request latency increasing", "latency p99")
        full = room(name, 0)
        found += [
            # 1.4 s now, and 2.1 s in an hour if it goes on.
            Case(
                *row,
                {series: from_to(0.7, 1.4), **full},
                AdviceState.DUE,
                {f"{name}.maxReplicas": most},
            ),
            Case(
                *row,
                {series: from_to(0.7, 1.4), **room(name, 1)},
                AdviceState.DUE,
                {f"{name}.minReplicas": fewest},
                said="sees no reason to",
            ),
            Case(*row, {series: flat(1.9), **full}, AdviceState.FINE),
            # Beyond the plan's 2 s still, and on its way back.
            Case(*row, {series: from_to(4, 2.5), **full}, AdviceState.FINE),
            Case(*row, full | {"unrelated:metric": flat(1)}, AdviceState.NOT_KNOWN),
        ]
    series = 'worker:queue_depth{queue="analysis"}'
    calm = {'worker:queue_depth{queue="extraction"}': flat(0)}
    row, full = ("worker", "Queue depth growing", "waiting jobs"), room("worker", 0)
    more = {"worker.maxReplicas": 14}
    return [
        *found,
        Case(*row, {series: from_to(20, 80), **calm, **full}, AdviceState.DUE, more),
        Case(*row, {series: flat(101), **calm, **full}, AdviceState.DUE, more),
        Case(*row, {series: flat(99), **calm, **full}, AdviceState.FINE),
        Case(*row, {series: from_to(400, 200), **calm, **full}, AdviceState.FINE),
        Case(
            *row,
            {series: from_to(20, 80), **calm, **room("worker", 1)},
            AdviceState.FINE,
            said="still has pods to add",
        ),
        Case(*row, full | {"unrelated:metric": flat(1)}, AdviceState.NOT_KNOWN),
    ]


def openmetrics(placed: Iterable[tuple[Case, float]]) -> str:
    """The cases' series, each ending at its moment, seconds since 1970, metric by metric."""
    samples: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for case, end in placed:
        for series, course in case.series.items():
            points = samples.setdefault(series.partition("{")[0], {}).setdefault(series, [])
            points += [(end + 60 * minute, course(minute / 60)) for minute in range(-MINUTES, 1)]
    lines = [
        f"{series} {value!r} {moment!r}"
        for metric in sorted(samples)
        for series, points in samples[metric].items()
        for moment, value in sorted(points)
    ]
    return "\n".join([*lines, "# EOF\n"])
