"""The rows of the plan's tables as they are read of one stack: when to scale, and what then.

"When to Scale Vertically", "When to Scale Horizontally" and "Alerting Thresholds", a row for each
part of the stack that it speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from scaleplan.advice import pod_candidates as pods
from scaleplan.advice import store_candidates as stores
from scaleplan.advice.candidates import Candidates
from scaleplan.advice.reading import Measure, MetricQuestion
from scaleplan.applications.workloads import SERVED, application
from scaleplan.database.connection_chain import connection_chain
from scaleplan.model import Plan
from scaleplan.settings import Settings
from scaleplan.tables import Threshold

PERCENT, SECONDS, JOBS = "%", "s", "jobs"

COORDINATOR = "coordinator"
"""Citus' own server, where a question is not of RDS'."""

LARGEST_DATABASE = (
    "no larger class is in the catalogue; the plan's next is sharding (docs/sharding.md)"
)
LARGEST_QUEUE = "no larger class is in the catalogue, and RQ can't run on a cluster"
FASTEST_QUEUE = (
    "the class has CPUs of its own, and RQ can't run on a cluster; the plan's next is RabbitMQ,"
    " for which the applications must speak AMQP (docs/queues.md)"
)
CITUS_CONNECTIONS = (
    "Citus' limit follows PgBouncer's pools, so whoever fills it comes past PgBouncer"
    " (docs/runbooks/postgres-connections-high.md)"
)
INVESTIGATE = "the plan's threshold says to investigate: database, pool and cache come first"


class IndicatorTable(StrEnum):
    """Where in the plan a row stands."""

    VERTICAL = "When to Scale Vertically"
    HORIZONTAL = "When to Scale Horizontally"
    THRESHOLDS = "Alerting Thresholds"


@dataclass(frozen=True, kw_only=True)
class Words:
    """A row as the plan words it: its sign and its action."""

    table: IndicatorTable
    indicator: str
    action: str
    percent: int | None = None


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One row, read of one part.

    It is due beyond `limit`, a `trend` where an hour's line leads there. Where the part is
    `autoscaled` and its autoscaler still has pods to add, the action is under way, unless
    `with_room` says what to do then. `exhausted` is said where no setting is left, `remark` always.
    """

    component: str
    words: Words
    question: MetricQuestion
    limit: float
    unit: str
    candidates: Candidates
    trend: bool = False
    autoscaled: str | None = None
    with_room: Candidates | None = None
    exhausted: str = ""
    remark: str = ""


def indicators(plan: Plan, settings: Settings) -> list[Indicator]:
    """Every row that a metric answers, in the order of the decision matrix."""
    return [
        *_database(plan, settings),
        *_poolers(plan),
        *_redis(plan, "cache"),
        *_redis(plan, "queue"),
        *(row for name in SERVED for row in _served(plan, settings, name)),
        *_workers(plan, settings),
    ]


def words_of(plan: Plan, start: str) -> Words:
    """The row of the plan's tables that begins so. Raises KeyError where none does."""
    tables = {
        IndicatorTable.VERTICAL: plan.indicators.vertical,
        IndicatorTable.HORIZONTAL: plan.indicators.horizontal,
    }
    for table, rows in tables.items():
        for row in rows:
            if row.indicator.startswith(start):
                return Words(
                    table=table,
                    indicator=row.indicator,
                    action=row.action,
                    percent=row.threshold_percent,
                )
    raise KeyError(start)


def _threshold_words(threshold: Threshold) -> Words:
    return Words(
        table=IndicatorTable.THRESHOLDS, indicator=threshold.metric, action=threshold.action
    )


def _database(plan: Plan, settings: Settings) -> Iterator[Indicator]:
    cpu, wait = words_of(plan, "Database CPU"), words_of(plan, "I/O wait")
    connections = plan.thresholds.database_connections
    yield Indicator(
        component="PostgreSQL",
        words=cpu,
        question=MetricQuestion(measure=Measure.DATABASE_CPU),
        limit=_percent(cpu),
        unit=PERCENT,
        candidates=stores.larger_database,
    )
    yield Indicator(
        component="PostgreSQL",
        words=words_of(plan, "Memory pressure"),
        question=MetricQuestion(measure=Measure.DATABASE_MEMORY),
        limit=plan.thresholds.memory_utilization.warning,
        unit=PERCENT,
        candidates=stores.more_database_memory,
        exhausted=LARGEST_DATABASE,
    )
    yield Indicator(
        component="PostgreSQL",
        words=wait,
        question=MetricQuestion(measure=Measure.DATABASE_IO_WAIT),
        limit=_percent(wait),
        unit=PERCENT,
        candidates=stores.faster_storage,
        exhausted=LARGEST_DATABASE,
    )
    yield Indicator(
        component="PostgreSQL",
        words=words_of(plan, "Connection limits"),
        question=MetricQuestion(measure=Measure.DATABASE_CONNECTIONS),
        limit=connections.warning,
        unit=PERCENT,
        # PgBouncer pools already, and `max_connections` follows the class's memory.
        candidates=stores.more_database_memory,
        exhausted=LARGEST_DATABASE,
        remark=pools_share(plan, settings),
    )
    if settings.sharding.present:
        yield Indicator(
            component="Citus coordinator",
            words=words_of(plan, "Connection limits"),
            question=MetricQuestion(measure=Measure.DATABASE_CONNECTIONS, of=COORDINATOR),
            limit=connections.warning,
            unit=PERCENT,
            candidates=lambda _: (),
            exhausted=CITUS_CONNECTIONS,
        )


def pools_share(plan: Plan, settings: Settings) -> str:
    """What PgBouncer itself can take of the primary's connections: whether the rest is others'."""
    chain = connection_chain(settings, plan.pools, serving=settings.sharding.serving)
    most, own = chain.max_connections, chain.connections_to_primary
    return (
        f"PgBouncer opens {own:,} of the primary's {most:,} at most ({own / most:.0%}): whoever has"
        " the others must go through it first (docs/runbooks/postgres-connections-high.md)"
    )


def _poolers(plan: Plan) -> Iterator[Indicator]:
    words = words_of(plan, "Connection limits")
    for measure, limit, candidates in (
        (
            Measure.POOLER_CLIENTS,
            plan.thresholds.database_connections.warning,
            stores.more_pooler_clients,
        ),
        (
            Measure.POOLER_CONNECTIONS,
            plan.observability.pool_used_percent.warning,
            stores.larger_pools,
        ),
    ):
        yield Indicator(
            component="PgBouncer",
            words=words,
            question=MetricQuestion(measure=measure),
            limit=limit,
            unit=PERCENT,
            candidates=candidates,
        )


def _redis(plan: Plan, store: str) -> Iterator[Indicator]:
    cache = store == "cache"
    yield Indicator(
        component=f"Redis ({store})",
        words=words_of(plan, "Memory pressure"),
        question=MetricQuestion(measure=Measure.REDIS_MEMORY, of=store),
        limit=plan.thresholds.memory_utilization.warning,
        unit=PERCENT,
        candidates=stores.more_cache_memory if cache else stores.more_queue_memory,
        exhausted="" if cache else LARGEST_QUEUE,
    )
    yield Indicator(
        component=f"Redis ({store})",
        words=words_of(plan, "Single-threaded bottleneck"),
        question=MetricQuestion(measure=Measure.REDIS_CPU, of=store),
        limit=plan.thresholds.cpu_utilization.warning,
        unit=PERCENT,
        candidates=stores.faster_cache if cache else stores.faster_queue,
        exhausted="" if cache else FASTEST_QUEUE,
    )


def _served(plan: Plan, settings: Settings, name: str) -> Iterator[Indicator]:
    yield Indicator(
        component=name,
        words=words_of(plan, "Request latency"),
        question=MetricQuestion(measure=Measure.LATENCY, of=name),
        limit=plan.thresholds.response_latency.warning,
        unit=SECONDS,
        candidates=pods.next_pods(name),
        trend=True,
        autoscaled=_autoscaled(settings, name),
        with_room=pods.next_pods_always(name),
        remark=INVESTIGATE,
    )
    yield from _pods(plan, settings, name)


def _workers(plan: Plan, settings: Settings) -> Iterator[Indicator]:
    yield Indicator(
        component="worker",
        words=words_of(plan, "Queue depth"),
        question=MetricQuestion(measure=Measure.QUEUE_DEPTH),
        limit=plan.thresholds.queue_depth.warning,
        unit=JOBS,
        candidates=pods.next_pods("worker"),
        trend=True,
        autoscaled=_autoscaled(settings, "worker"),
    )
    yield from _pods(plan, settings, "worker")


def _pods(plan: Plan, settings: Settings, name: str) -> Iterator[Indicator]:
    """The thresholds on CPU and memory, of an application's pods."""
    yield Indicator(
        component=name,
        words=_threshold_words(plan.thresholds.cpu_utilization),
        question=MetricQuestion(measure=Measure.WORKLOAD_CPU, of=name),
        limit=plan.thresholds.cpu_utilization.warning,
        unit=PERCENT,
        candidates=pods.pods_in_proportion(name),
        autoscaled=_autoscaled(settings, name),
    )
    yield Indicator(
        component=name,
        words=_threshold_words(plan.thresholds.memory_utilization),
        question=MetricQuestion(measure=Measure.WORKLOAD_MEMORY, of=name),
        limit=plan.thresholds.memory_utilization.warning,
        unit=PERCENT,
        candidates=pods.larger_pods(name),
    )


def _autoscaled(settings: Settings, name: str) -> str | None:
    return name if application(name).autoscaled(settings) else None


def _percent(words: Words) -> float:
    """Raises ValueError where the plan's row has no number."""
    if words.percent is None:
        raise ValueError(f"{words.indicator}: no percentage")
    return words.percent
