"""Alerts on PostgreSQL, PgBouncer and Redis."""

from __future__ import annotations

from rendering.observability.alerting.rule import Alert, Route, Severity, graded
from rendering.observability.alerting.subject import Subject
from rendering.observability.cloudwatch_metrics import backup_count

_CLOUDWATCH_LATE = "CloudWatch is up to three minutes late, and a peak of minutes is work."
BACKUP_RULE_SUFFIX = "-database-backups"
"""Ends the name of the EventBridge rule that counts the database's backups."""


def database_alerts(subject: Subject) -> list[Alert]:
    """RDS and Citus' coordinator."""
    plan = subject.plan
    cpu, memory = plan.thresholds.cpu_utilization, plan.thresholds.memory_utilization
    own = plan.observability
    return [
        *graded(
            "PostgresCpuHigh",
            "postgres:cpu_used_percent",
            cpu,
            minutes=(15, 10),
            because=_CLOUDWATCH_LATE,
            summary="{{ $labels.instance }} uses {{ $value | humanize }} % of its CPU.",
            # The plan's decision matrix: PostgreSQL goes up before it goes out.
            action=f"{cpu.action}: for PostgreSQL a larger database.instanceClass, then replicas.",
        ),
        *graded(
            "PostgresMemoryHigh",
            "postgres:memory_used_percent",
            memory,
            minutes=(15, 10),
            because=_CLOUDWATCH_LATE,
            summary="{{ $labels.instance }} uses {{ $value | humanize }} % of its memory.",
            action=f"{memory.action}: a database.instanceClass with more memory.",
        ),
        _io_wait(subject),
        *graded(
            "PostgresConnectionsHigh",
            "postgres:connections_used_percent",
            plan.thresholds.database_connections,
            minutes=(5, 2),
            because="A rollout opens the new pods' connections before it closes the old ones'.",
            summary="{{ $labels.instance }} uses {{ $value | humanize }} % of its connections.",
            action=(
                f"{plan.thresholds.database_connections.action}: smaller"
                " pgbouncer.defaultPoolSize, or find who comes past PgBouncer."
            ),
        ),
        *_replica_lag(subject),
        *graded(
            "PostgresStorageLow",
            "postgres:storage_free_percent",
            own.storage_free_percent,
            minutes=(30, 10),
            because="RDS waits five minutes before it enlarges the storage, and then some more.",
            summary="{{ $labels.instance }}: storage is short, and RDS has not enlarged it.",
            action="Scale up: raise database.maxStorageGib.",
            below=True,
        ),
        *_backups(subject),
        *_patroni(subject),
    ]


def _patroni(subject: Subject) -> tuple[Alert, ...]:
    """Who takes Citus' writes; Prometheus goes on asking the servers that it knows when the API
    server is away."""
    if not subject.has_coordinator:
        return ()
    groups = 1 + subject.settings.citus.shard_clusters
    return (
        Alert(
            name="PatroniFailsafe",
            expr="count(patroni_failsafe_mode_is_active == 1) > 0",
            severity=Severity.CRITICAL,
            route=Route.PAGE,
            minutes=1,
            because="An API server that is replaced is away for seconds, its lock's time for 30.",
            summary="{{ $value }} servers of Citus go on without the API server.",
            action="Touch no server of Citus: a group that misses one stops taking writes.",
        ),
        Alert(
            name="CitusPrimaryMissing",
            expr=f"sum(patroni_primary) < {groups}",
            severity=Severity.CRITICAL,
            route=Route.PAGE,
            minutes=2,
            because="A failover takes 40 seconds, and the servers are asked in turn.",
            summary=f"{{{{ $value }}}} of {groups} groups of Citus have a primary.",
            action="Restore the group's servers, or the API server that they wait for.",
        ),
    )


def _io_wait(subject: Subject) -> Alert:
    indicator = next(
        each for each in subject.plan.indicators.vertical if each.indicator.startswith("I/O wait")
    )
    return Alert(
        name="PostgresIoWaitHigh",
        expr=f"postgres:io_wait_percent > {indicator.threshold_percent}",
        severity=Severity.WARNING,
        route=Route.TICKET,
        minutes=15,
        because="A checkpoint or a vacuum waits for the disk for minutes; that is no shortage.",
        summary="{{ $labels.instance }} waits for its disk {{ $value | humanize }} % of the time.",
        action=(
            f"{indicator.action}: gp3 has 12,000 IOPS from 400 GiB on; below that raise"
            " database.allocatedStorageGib."
        ),
    )


def _replica_lag(subject: Subject) -> tuple[Alert, ...]:
    if not subject.replicas:
        return ()
    return graded(
        "PostgresReplicaLag",
        "postgres:replica_lag_seconds",
        subject.plan.observability.replica_lag_seconds,
        minutes=(5, 5),
        because="A large transaction takes the replica as long as it took the primary.",
        summary="{{ $labels.instance }} is {{ $value | humanizeDuration }} behind the primary.",
        action="Investigate: long queries on the replica, or a class smaller than the primary's.",
    )


def _backups(subject: Subject) -> list[Alert]:
    age = subject.plan.observability.backup_age_hours
    rule = f'dimension_RuleName="{subject.settings.prefix}{BACKUP_RULE_SUFFIX}"'
    count = f"{backup_count(age.warning).series}{{{rule}}}"
    more = age.critical - age.warning
    summary = "No backup of the database has ended for {hours} hours."
    because = "The count is of the last hours as a whole: it does not come back by itself."
    action = "Take a snapshot by hand, then find out why RDS did not."
    alerts = [
        Alert(
            name="PostgresBackupOld",
            expr=f"max({count}) == 0",
            severity=Severity.WARNING,
            route=Route.TICKET,
            minutes=30,
            because=because,
            summary=summary.format(hours=age.warning),
            action=action,
        ),
        Alert(
            name="PostgresBackupOld",
            expr=f"max(max_over_time({count}[{more}h])) == 0",
            severity=Severity.CRITICAL,
            route=Route.PAGE,
            minutes=30,
            because=because,
            summary=summary.format(hours=age.critical),
            action=action,
        ),
    ]
    if subject.has_coordinator:
        alerts += graded(
            "CitusBackupOld",
            "(time() - max by (cluster) (stackgres_backup_end_timestamp_seconds)) / 3600",
            age,
            minutes=(30, 30),
            because="The age grows by the hour: half an hour changes nothing.",
            summary="The last backup of {{ $labels.cluster }} is {{ $value | humanize }} h old.",
            action="Look at the newest SGBackup, and start one by hand.",
        )
    return alerts


def pooler_alerts(subject: Subject) -> list[Alert]:
    """PgBouncer: how full its pools are, and who waits for a connection."""
    own = subject.plan.observability
    connections = subject.plan.thresholds.database_connections
    return [
        *graded(
            "PgbouncerClientsWaiting",
            "max by (pod, database, user) (pgbouncer_pools_client_maxwait_seconds)",
            own.client_wait_seconds,
            minutes=(5, 2),
            because="A deployment or a failover holds clients for seconds, by design.",
            summary="Clients of {{ $labels.database }} wait {{ $value | humanize }} s.",
            action="Add pooling: raise pgbouncer.defaultPoolSize where PostgreSQL has room.",
        ),
        *graded(
            "PgbouncerPoolSaturated",
            "pgbouncer:pool_used_percent",
            own.pool_used_percent,
            minutes=(10, 5),
            because="A full pool for a moment is what a pool is for.",
            summary=(
                "{{ $value | humanize }} % of the"
                f" {subject.pool_connections} connections"
                " of {{ $labels.database }} are at work in {{ $labels.pod }}."
            ),
            action="Add pooling: raise pgbouncer.defaultPoolSize, or shorten transactions.",
        ),
        *graded(
            "PgbouncerClientsHigh",
            "pgbouncer:clients_used_percent",
            connections,
            minutes=(10, 5),
            because="While one pod is replaced, the others carry its clients.",
            summary=(
                "{{ $labels.pod }} holds {{ $value | humanize }} % of its"
                f" {subject.settings.pgbouncer.max_client_connections} clients."
            ),
            action=f"{connections.action}: raise pgbouncer.replicas or maxClientConnections.",
        ),
    ]


def redis_alerts(subject: Subject) -> list[Alert]:
    """Cache and queue. A full cache evicts, a full queue refuses jobs: only the latter pages."""
    thresholds = subject.plan.thresholds
    memory, cpu = thresholds.memory_utilization, thresholds.cpu_utilization
    alerts: list[Alert] = []
    for store, routes in (
        ("cache", (Route.TICKET, Route.TICKET)),
        ("queue", (Route.TICKET, Route.PAGE)),
    ):
        alerts += graded(
            "RedisMemoryHigh",
            f'redis:memory_used_percent{{store="{store}"}}',
            memory,
            minutes=(15, 5),
            because="Keys that have run out are freed within minutes.",
            summary=f"The {store}'s Redis uses {{{{ $value | humanize }}}} % of its memory.",
            action=f"{memory.action}: a larger {store}.nodeClass{_then_shards(store)}.",
            routes=routes,
            labels={"store": store},
        )
    return [
        *alerts,
        *graded(
            "RedisCpuHigh",
            "redis:cpu_used_percent",
            cpu,
            minutes=(15, 10),
            because=_CLOUDWATCH_LATE,
            summary=(
                "{{ $labels.instance }} of the {{ $labels.store }} uses"
                " {{ $value | humanize }} % of the one CPU that Redis works on."
            ),
            action=f"{cpu.action}: cache.shards; for the queue a faster queue.nodeClass.",
        ),
        Alert(
            name="QueueEvictions",
            expr='sum by (store) (increase(redis_evicted_keys_total{store="queue"}[15m])) > 0',
            severity=Severity.CRITICAL,
            route=Route.PAGE,
            minutes=0,
            because="At once: each evicted key may be a lost job.",
            summary="The queue's Redis has evicted keys, which may be jobs or sessions.",
            action="Restore maxmemory-policy noeviction, then raise queue.nodeClass.",
        ),
    ]


def _then_shards(store: str) -> str:
    return ", beyond 64 GB cache.shards" if store == "cache" else ""
