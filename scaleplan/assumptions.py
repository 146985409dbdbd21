"""What the arithmetic of capacity, cost and recovery takes for granted: limits and a meaning each.

The values stand in `plan.yaml` with unit and source; a stack's `load.assumptions` or a load file
may put others in their place. No check has a number of this kind of its own.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from pydantic.alias_generators import to_camel

from scaleplan.sizes import Section


def _number(lowest: float, highest: float, description: str) -> Any:
    return Field(ge=lowest, le=highest, description=description)


class Assumptions(Section):
    """One number each; `plan.yaml` says where it comes from."""

    # Jobs
    job_seconds: Annotated[float, _number(0.1, 86_400, "mean duration of a job, s")]
    job_bytes: Annotated[
        float, _number(100, 10_000_000, "what one job takes in the queue's Redis, bytes")
    ]
    stalled_hours: Annotated[
        float, _number(0, 168, "how long jobs pile up while no worker takes any, h")
    ]
    drain_hours: Annotated[
        float, _number(0.1, 168, "time in which a backlog of the critical depth must be gone, h")
    ]
    node_seconds: Annotated[
        float, _number(0, 86_400, "from a pod that waits until its new node takes it, s")
    ]
    pod_seconds: Annotated[float, _number(0, 86_400, "from a worker's node until it takes jobs, s")]
    nat_bytes_per_job: Annotated[
        float, _number(0, 1_000_000_000_000, "what a job exchanges with the internet, bytes")
    ]
    bucket_writes_per_job: Annotated[
        float, _number(0, 1_000_000, "requests of a job that write to the artifacts' bucket")
    ]
    bucket_reads_per_job: Annotated[
        float, _number(0, 1_000_000, "requests of a job that read from the artifacts' bucket")
    ]
    busy_percent: Annotated[
        float, _number(0, 1_000, "CPU of a running job in percent of its pod's request")
    ]
    # Requests
    peak_factor: Annotated[
        float, _number(1, 100, "requests of the busiest five minutes over the mean")
    ]
    request_seconds: Annotated[float, _number(0.001, 300, "mean time to answer a request, s")]
    request_cpu_milliseconds: Annotated[
        float, _number(0.01, 60_000, "CPU of the orchestrator for a request, ms")
    ]
    request_database_milliseconds: Annotated[
        float, _number(0.01, 60_000, "time for which a request holds a server connection, ms")
    ]
    read_share: Annotated[float, _number(0, 1, "share of requests that only read")]
    response_bytes: Annotated[float, _number(1, 100_000_000, "mean response of the API, bytes")]
    response_moves: Annotated[
        float, _number(0, 100, "times that a response's bytes move inside the VPC")
    ]
    log_bytes_per_request: Annotated[
        float, _number(0, 10_000_000, "flow, database and engine logs of one request, bytes")
    ]
    # Users
    sockets_per_user: Annotated[
        float, _number(0, 1_000, "open WebSockets of a concurrent user: tabs and devices")
    ]
    socket_kib: Annotated[
        float, _number(1, 1_048_576, "memory of a socket with its part of a document, KiB")
    ]
    collaboration_server_mib: Annotated[
        float, _number(0, 262_144, "memory of a collaboration server without any client, MiB")
    ]
    users_per_address: Annotated[
        float, _number(1, 1_000_000, "users behind one public address at most")
    ]
    daily_users: Annotated[
        float, _number(1, 1_000, "users who log in within a session's life, per concurrent one")
    ]
    session_bytes: Annotated[float, _number(1, 10_000_000, "a session in Redis, bytes")]
    page_loads_per_user_hour: Annotated[
        float, _number(0, 10_000, "loads of the frontend by a concurrent user in an hour")
    ]
    page_bytes: Annotated[float, _number(1, 1_000_000_000, "static files of one load, bytes")]
    files_per_page_load: Annotated[
        float, _number(0, 10_000, "files of the frontend that one load asks for")
    ]
    # Cache
    key_overhead_bytes: Annotated[
        float, _number(0, 10_000, "what a key takes beside its value in Redis, bytes")
    ]
    cache_shard_skew: Annotated[
        float, _number(1, 90, "fullest of several shards of the cache over their mean")
    ]
    cached_read_share: Annotated[
        float, _number(0, 1, "share of reads that leave a cache entry of their own")
    ]
    api_response_bytes: Annotated[float, _number(1, 100_000_000, "a cached API response, bytes")]
    feature_flag_sets: Annotated[
        float, _number(0, 10_000_000, "cached sets of feature flags: one an organization")
    ]
    feature_flag_bytes: Annotated[float, _number(1, 10_000_000, "one set of flags, bytes")]
    searches_per_user_hour: Annotated[
        float, _number(0, 10_000, "literature searches of a concurrent user in an hour")
    ]
    search_bytes: Annotated[float, _number(1, 100_000_000, "a cached search result, bytes")]
    prompts_per_user_hour: Annotated[
        float, _number(0, 10_000, "AI prompts of a concurrent user in an hour")
    ]
    prompt_bytes: Annotated[float, _number(1, 100_000_000, "a cached AI response, bytes")]
    # Database
    storage_factor: Annotated[
        float, _number(1, 20, "storage over data: indexes, dead rows, WAL and sorts")
    ]
    shard_skew: Annotated[
        float, _number(1, 30, "fullest shard of Citus over the mean: tenants differ in size")
    ]
    hot_share: Annotated[
        float, _number(0, 1, "share of the data that a working day reads again and again")
    ]
    reads_per_request: Annotated[
        float, _number(0, 100_000, "storage reads of a reading request: pages not in memory")
    ]
    writes_per_request: Annotated[
        float, _number(0, 100_000, "storage writes of a writing request: pages, indexes, WAL")
    ]
    io_kib: Annotated[float, _number(1, 1_024, "mean size of a storage operation, KiB")]
    connection_mib: Annotated[
        float, _number(0.1, 1_024, "memory of a server process with its catalogue caches, MiB")
    ]
    daily_change_share: Annotated[
        float, _number(0, 1, "of the data, what a day's backup adds to the one before")
    ]
    # What is stored and logged in a month
    artifacts_per_data: Annotated[
        float, _number(0, 1_000, "artifacts over the database's data, both in GB")
    ]
    queue_snapshot_share: Annotated[
        float, _number(0, 1, "of the queue's memory, what a nightly snapshot finds in use")
    ]
    images_gb: Annotated[float, _number(0, 100_000, "images in the registry, GB")]
    control_plane_logs_gb: Annotated[
        float, _number(0, 100_000, "logs of EKS' control plane in a month, GB")
    ]
    monitoring_gb_per_instance: Annotated[
        float, _number(0, 10_000, "Enhanced Monitoring of an RDS instance in a month, GB")
    ]
    endpoint_gb_per_node: Annotated[
        float, _number(0, 100_000, "calls of a node and its pods to AWS in a month, GB")
    ]
    kept_logs_factor: Annotated[float, _number(0, 1_000, "stored logs over those of a month")]
    key_requests_share: Annotated[
        float, _number(0, 1, "of a bucket's requests, those that ask for a data key")
    ]
    # A failover, and what it loses
    copied_log_seconds: Annotated[
        float, _number(0, 86_400, "until an archived log is in the recovery region, s")
    ]
    replicated_secret_seconds: Annotated[
        float, _number(0, 86_400, "until a changed secret is in the recovery region, s")
    ]
    redis_takeover_seconds: Annotated[
        float, _number(0, 86_400, "until ElastiCache has promoted a replica, s")
    ]
    redis_replaced_seconds: Annotated[
        float, _number(0, 86_400, "until ElastiCache has replaced a lone node, s")
    ]
    promote_seconds: Annotated[
        float, _number(0, 604_800, "until a cross-region replica takes writes, s")
    ]
    restore_seconds: Annotated[
        float, _number(0, 604_800, "a restore of the database to a point in time, s")
    ]
    rename_seconds: Annotated[
        float, _number(0, 604_800, "until the restored database has the lost one's name, s")
    ]
    grow_seconds: Annotated[
        float, _number(0, 604_800, "until a site that waits has its full size, s")
    ]
    build_seconds: Annotated[float, _number(0, 604_800, "a whole site out of nothing, s")]
    verify_seconds: Annotated[float, _number(0, 604_800, "until a person has verified the site, s")]


class StatedAssumption(Section):
    """An assumption as `plan.yaml` states it: the number, its unit, and the ground for it."""

    value: float
    unit: str
    source: str


ASSUMPTION_KEYS = tuple(to_camel(name) for name in Assumptions.model_fields)
"""Config keys of all assumptions, in the order of the class."""
