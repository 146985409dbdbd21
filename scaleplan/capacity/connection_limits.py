"""The chain of connections, from an application's pool to what a server lets in."""

from __future__ import annotations

from math import ceil

from scaleplan.applications.pods import ROLLOUT_SURGE_PODS
from scaleplan.applications.workloads import APPLICATIONS
from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss, number
from scaleplan.capacity.survivors import beside, left_of_poolers
from scaleplan.citus import data_nodes
from scaleplan.database.connection_chain import (
    RESERVED_CONNECTIONS,
    STATS_CLIENTS,
    SYSTEM_POOL_MAX,
    ConnectionChain,
    connection_chain,
)
from scaleplan.database.server_pools import server_connections_per_database
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings


def check_connections(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """Every link of the chain, all applications at their maxima and full, in the worse rollout.

    What is lost leaves its clients to the poolers that stand; the servers' sums already count each
    pooler twice, and one replica as if it were the last.
    """
    chain = connection_chain(settings, load_plan().pools, serving=settings.sharding.serving)
    terms = (
        *_clients(settings, chain, loss),
        *_servers(settings, chain),
        _busy(settings, load, loss),
    )
    return CheckResult(
        name=CheckName.CONNECTIONS,
        terms=terms,
        assumptions=("peakFactor", "requestDatabaseMilliseconds", "readShare"),
    )


def _clients(
    settings: Settings, chain: ConnectionChain, loss: Loss | None
) -> tuple[CapacityTerm, ...]:
    pooled = [each.settings_of(settings) for each in APPLICATIONS if each.pooled]
    pods = " + ".join(f"({each.max_replicas} + {ROLLOUT_SURGE_PODS})" for each in pooled)
    pools = f"{chain.pools.primary_max} + {chain.pools.replica_max}"
    number_of = chain.poolers.replicas
    left = left_of_poolers(number_of, loss)
    if left == number_of:
        name, value = "clients of the fullest pooler", float(chain.clients_of_fullest_pooler)
        working = (
            f"larger of 2 × {chain.clients:,} / {number_of}, all pods replaced at once, and the"
            f" last pooler of a rollout; + {STATS_CLIENTS}"
        )
    else:
        name = "clients of a pooler that is left"
        value = ceil(chain.clients / left) + STATS_CLIENTS if left else float("inf")
        working = f"{chain.clients:,} / {beside(number_of, left, 'poolers')} + {STATS_CLIENTS}"
    return (
        CapacityTerm(
            name="pods with the surge of a rollout", working=pods, value=chain.pods, unit="pods"
        ),
        CapacityTerm(
            name="connections of one pod",
            working=f"{pools} + {SYSTEM_POOL_MAX}" if chain.serving else pools,
            value=chain.connections_per_pod,
            unit="connections",
        ),
        CapacityTerm(
            name="clients of PgBouncer",
            working=f"{chain.pods} × {chain.connections_per_pod}{_of_workflows(chain)}",
            value=chain.clients,
            unit="clients",
        ),
        CapacityTerm(
            name=name,
            working=working,
            value=value,
            unit="clients",
            limit=chain.poolers.max_client_connections,
            limit_working="pgbouncer.maxClientConnections",
        ),
    )


def _of_workflows(chain: ConnectionChain) -> str:
    if not chain.workflow_pods:
        return ""
    return f" + {chain.workflow_pods} × {chain.connections_per_workflow_pod}"


def _servers(settings: Settings, chain: ConnectionChain) -> list[CapacityTerm]:
    poolers = chain.poolers
    pool = f"({poolers.default_pool_size} + {poolers.reserve_pool_size})"
    reserved = sum(RESERVED_CONNECTIONS.values())
    instance_class = settings.database.instance_class
    usable = f"{chain.max_connections:,} of {instance_class} less {reserved}"
    terms = [
        CapacityTerm(
            name="kept for others than PgBouncer",
            working=" + ".join(f"{count} {who}" for who, count in RESERVED_CONNECTIONS.items()),
            value=reserved,
            unit="connections",
        )
    ]
    servers = [("primary", chain.connections_to_primary)]
    if chain.connections_to_replica:
        servers.append(("replica", chain.connections_to_replica))
    of_temporal = {"primary": chain.workflow_connections}
    for server, count in servers:
        more = of_temporal.get(server, 0)
        names = count // (2 * poolers.replicas * server_connections_per_database(poolers))
        terms.append(
            CapacityTerm(
                name=f"connections to the {server}",
                working=f"{names} names × 2 × {poolers.replicas} poolers × {pool}"
                + (f" + {more} of Temporal" if more else ""),
                value=count + more,
                unit="connections",
                limit=chain.usable_connections,
                limit_working=usable,
            )
        )
    if chain.serving:
        terms.append(
            CapacityTerm(
                name="connections to a coordinator",
                working=f"3 names × 2 × {poolers.replicas} poolers × {pool}",
                value=chain.connections_to_coordinator,
                unit="connections",
                limit=chain.usable_coordinator_connections,
                limit_working=(
                    f"{chain.coordinator_clients:,} clients let in less"
                    f" {data_nodes.ADMINISTRATION_CONNECTIONS}"
                ),
                follows=True,
            )
        )
    return terms


def _busy(settings: Settings, load: Load, loss: Loss | None) -> CapacityTerm:
    """Little's law: server connections that hold a transaction at the peak, on the busier name."""
    assumed = load.assumptions
    share = max(assumed.read_share, 1 - assumed.read_share)
    seconds = assumed.request_database_milliseconds / 1000
    poolers = settings.pgbouncer
    left = left_of_poolers(poolers.replicas, loss)
    return CapacityTerm(
        name="server connections at work for the busier name",
        working=(
            f"{number(load.peak_requests_per_second)}/s × {number(share)} × {number(seconds)} s"
        ),
        value=load.peak_requests_per_second * share * seconds,
        unit="connections",
        limit=poolers.default_pool_size * left,
        limit_working=(
            f"pool of {poolers.default_pool_size} × {beside(poolers.replicas, left, 'poolers')}"
        ),
    )
