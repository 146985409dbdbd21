"""Changes of database, pooler and Redis."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from scaleplan.advice.candidates import (
    AdviceDirection,
    Candidate,
    Situation,
    by_matrix,
    decision_of,
    outwards,
    upwards,
)
from scaleplan.advice.guidance import NOW_MADE
from scaleplan.capacity.database_servers import RDS_STRIPED_FROM_GIB
from scaleplan.catalog import InstanceClass, load_catalog

_DATABASE_CLASS = "database.instanceClass"
_STORAGE, _MOST_STORAGE = "database.allocatedStorageGib", "database.maxStorageGib"


def larger_database(situation: Situation) -> list[Candidate]:
    """The next classes of the plan's vertical path; from its end on, as it says, read replicas."""
    replicas = situation.settings.database.read_replicas
    # The plan's two to begin with, then one by one.
    more = replicas + 1 if replicas else situation.plan.replication.replicas
    return by_matrix(
        decision_of(situation.plan, "PostgreSQL"),
        up=upwards(_DATABASE_CLASS, *_path_beyond(situation)),
        out=outwards("database.readReplicas", more),
    )


def more_database_memory(situation: Situation) -> list[Candidate]:
    """A larger class, on the path or beyond its end: a replica adds nothing to the primary's."""
    present = _class(situation.settings.database.instance_class)
    larger = [entry.name for entry in _kin(present) if entry.memory_gib > present.memory_gib]
    return upwards(_DATABASE_CLASS, *dict.fromkeys([*_path_beyond(situation), *larger]))


def faster_storage(situation: Situation) -> list[Candidate]:
    """gp3 is SSD already: first its striped form, then a machine with a wider link to it."""
    database, catalog = situation.settings.database, load_catalog()
    larger: list[Candidate] = []
    if database.allocated_storage_gib < RDS_STRIPED_FROM_GIB:
        ceiling = max(database.max_storage_gib, RDS_STRIPED_FROM_GIB)
        values = {_MOST_STORAGE: ceiling, _STORAGE: RDS_STRIPED_FROM_GIB}
        if ceiling == database.max_storage_gib:
            values.pop(_MOST_STORAGE)
        larger.append(Candidate(direction=AdviceDirection.VERTICAL, values=values))
    present = _class(database.instance_class)
    iops = catalog.ebs_link(present.name).iops
    wider = [
        entry.name
        for entry in _kin(present)
        if entry.memory_gib >= present.memory_gib and catalog.ebs_link(entry.name).iops > iops
    ]
    return larger + upwards(_DATABASE_CLASS, *wider)


def more_pooler_clients(situation: Situation) -> list[Candidate]:
    """One PgBouncer more, or more clients of each."""
    pool = situation.settings.pgbouncer
    clients = ceil(pool.max_client_connections * situation.excess)
    return [
        *outwards("pgbouncer.replicas", pool.replicas + 1),
        *outwards("pgbouncer.maxClientConnections", clients),
    ]


def larger_pools(situation: Situation) -> list[Candidate]:
    """Pools as much larger as they are too full, one connection at least."""
    pool = situation.settings.pgbouncer
    needed = ceil((pool.default_pool_size + pool.reserve_pool_size) * situation.excess)
    size = max(needed - pool.reserve_pool_size, pool.default_pool_size + 1)
    return outwards("pgbouncer.defaultPoolSize", size)


def more_cache_memory(situation: Situation) -> list[Candidate]:
    """A larger class up to the matrix's 64 GB, then one shard more."""
    cache = situation.settings.cache
    decision = decision_of(situation.plan, "Redis")
    return by_matrix(
        decision,
        up=upwards("cache.nodeClass", *_larger(cache.node_class, decision.vertical_limit_gb)),
        out=outwards("cache.shards", cache.shards + 1),
    )


def more_queue_memory(situation: Situation) -> list[Candidate]:
    """A larger class alone: RQ can't run on a cluster, so the queue has no second shard."""
    limit = decision_of(situation.plan, "Redis").vertical_limit_gb
    return upwards("queue.nodeClass", *_larger(situation.settings.queue.node_class, limit))


def faster_cache(situation: Situation) -> list[Candidate]:
    """A class with a CPU of its own; where it has one, another shard is another thread."""
    cache = situation.settings.cache
    return by_matrix(
        decision_of(situation.plan, "Redis"),
        up=upwards("cache.nodeClass", *_with_own_cpu(cache.node_class)),
        out=outwards("cache.shards", cache.shards + 1),
    )


def faster_queue(situation: Situation) -> list[Candidate]:
    """A class with a CPU of its own; nothing where it has one."""
    return upwards("queue.nodeClass", *_with_own_cpu(situation.settings.queue.node_class))


def _path_beyond(situation: Situation) -> Iterator[str]:
    """Classes of the path with more memory than the present one, as this stack runs them."""
    settings, catalog = situation.settings, load_catalog()
    present = _class(settings.database.instance_class)
    for step in situation.plan.vertical_path.steps:
        name = catalog.for_architecture(NOW_MADE[step.instance_class], settings.architecture)
        if catalog.instance_class(name).memory_gib > present.memory_gib:
            yield name


def _class(name: str) -> InstanceClass:
    return load_catalog().instance_class(name)


def _kin(entry: InstanceClass) -> list[InstanceClass]:
    """Classes of the same kind and processor family, smallest first."""
    catalog = load_catalog()
    names = catalog.class_names(entry.kind, entry.architecture)
    return sorted(map(_class, names), key=lambda each: (each.memory_gib, each.vcpus, each.name))


def _larger(name: str, limit_gb: int | None) -> list[str]:
    present = _class(name)
    return [
        entry.name
        for entry in _kin(present)
        if present.memory_gib < entry.memory_gib <= (limit_gb or entry.memory_gib)
    ]


def _with_own_cpu(name: str) -> list[str]:
    """Classes that don't live on CPU credits, where the present one does; no smaller ones."""
    present = _class(name)
    if not present.burstable:
        return []
    return [
        entry.name
        for entry in _kin(present)
        if entry.memory_gib >= present.memory_gib and not entry.burstable
    ]
