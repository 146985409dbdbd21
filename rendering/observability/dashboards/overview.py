"""The one page to look at first: the plan's key metrics, a row a layer, thresholds drawn."""

from __future__ import annotations

from rendering.observability.alerting.subject import Subject
from rendering.observability.dashboards.panel import Board, Graph


def overview(subject: Subject) -> Board:
    """The plan's four recorded metrics and its five measures with thresholds."""
    plan = subject.plan.thresholds
    return Board(
        name="overview",
        title="ResearchFlow / Overview",
        rows=(
            (
                "API",
                (
                    Graph(
                        title="Requests",
                        queries=(("orchestrator:requests_per_second", "orchestrator"),),
                        unit="reqps",
                    ),
                    Graph(
                        title="Latency p99",
                        queries=(("service:latency_p99_seconds", "{{service}}"),),
                        unit="s",
                        thresholds=plan.response_latency,
                    ),
                    Graph(
                        title="Share of errors",
                        queries=(("orchestrator:errors:ratio_rate5m", "orchestrator"),),
                        unit="percentunit",
                    ),
                ),
            ),
            (
                "Work",
                (
                    Graph(
                        title="Waiting jobs",
                        queries=(("worker:queue_depth", "{{queue}}"),),
                        thresholds=plan.queue_depth,
                    ),
                    Graph(
                        title="CPU of pods",
                        queries=(("workload:cpu_used_percent", "{{workload}}"),),
                        unit="percent",
                        thresholds=plan.cpu_utilization,
                    ),
                    Graph(
                        title="Memory of pods",
                        queries=(("workload:memory_used_percent", "{{workload}}"),),
                        unit="percent",
                        thresholds=plan.memory_utilization,
                    ),
                ),
            ),
            (
                "Stores",
                (
                    Graph(
                        title="Connections of PostgreSQL",
                        queries=(("postgres:connections_used_percent", "{{instance}}"),),
                        unit="percent",
                        thresholds=plan.database_connections,
                    ),
                    Graph(
                        title="CPU of PostgreSQL",
                        queries=(("postgres:cpu_used_percent", "{{instance}}"),),
                        unit="percent",
                        thresholds=plan.cpu_utilization,
                    ),
                    Graph(
                        title="Memory of Redis",
                        queries=(("redis:memory_used_percent", "{{store}} {{instance}}"),),
                        unit="percent",
                        thresholds=plan.memory_utilization,
                    ),
                ),
            ),
        ),
    )
