"""What applications read from the ConfigMap `application-config`: typed numbers, never a secret."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from rendering.queue.keys import prefix_of
from rendering.redis.access import (
    AI_RESPONSE_PREFIX,
    API_RESPONSE_PREFIX,
    COLLABORATION_PREFIX,
    FEATURE_FLAG_PREFIX,
    LITERATURE_SEARCH_PREFIX,
)
from rendering.shared.connection_urls import CA_FILE, KEY_PREFIX_SESSION
from rendering.shared.endpoints import COLLABORATION_PING_SECONDS
from scaleplan.layers import (
    CacheClientPlan,
    CachePatternPlan,
    ConnectionPools,
    EdgePlan,
    QueuePlan,
)
from scaleplan.sizes import QueueClient, QueueEngine, QueueSettings

_SHOWN_DIGITS = 16


def keyed_hash(key: str, values: Mapping[str, str]) -> str:
    """HMAC-SHA-256 of the values under a random key, 16 hex digits of it.

    A plain hash of a secret lets whoever reads it test guesses, and shows where two places share
    one. Without the key neither is possible (RFC 2104), so the result is no secret itself.
    """
    message = json.dumps(values, sort_keys=True).encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()[:_SHOWN_DIGITS]


@dataclass(frozen=True, kw_only=True)
class ApplicationPlan:
    """The plan's numbers that applications themselves must keep.

    `system_pool_max` is None where the system database is the one that they write to anyway.
    """

    pools: ConnectionPools
    system_pool_max: int | None
    cache_patterns: CachePatternPlan
    cache_client: CacheClientPlan
    queue: QueuePlan
    jobs: QueueSettings
    edge: EdgePlan


def application_config(plan: ApplicationPlan) -> dict[str, str]:
    """Environment variables by name. A name ends in its unit; all values are text, as Kubernetes
    demands.
    """
    system_pool = plan.system_pool_max
    return {
        # Node's own list of authorities and libpq's, for what takes no certificate from its URL.
        "NODE_EXTRA_CA_CERTS": CA_FILE,
        "PGSSLROOTCERT": CA_FILE,
        "DATABASE_POOL_MAX": str(plan.pools.primary_max),
        "DATABASE_REPLICA_POOL_MAX": str(plan.pools.replica_max),
        **({"SYSTEM_DATABASE_POOL_MAX": str(system_pool)} if system_pool is not None else {}),
        **_cache_times(plan.cache_patterns),
        **_cache_client(plan.cache_client),
        **_queue_clients(plan.jobs),
        **_job_defaults(plan.queue),
        **_cache_control(plan.edge),
        **_collaboration(),
    }


def _cache_times(patterns: CachePatternPlan) -> dict[str, str]:
    return {
        "CACHE_TTL_SESSION_SECONDS": str(patterns.user_session.ttl_seconds),
        "CACHE_TTL_API_RESPONSE_SECONDS": str(patterns.api_responses.ttl_seconds),
        "CACHE_TTL_FEATURE_FLAG_SECONDS": str(patterns.feature_flags.ttl_seconds),
        "CACHE_TTL_LITERATURE_SEARCH_SECONDS": str(patterns.literature_search.ttl_seconds),
        "CACHE_TTL_AI_RESPONSE_SECONDS": str(patterns.ai_responses.ttl_seconds),
        "CACHE_KEY_PREFIX_API_RESPONSE": API_RESPONSE_PREFIX,
        "CACHE_KEY_PREFIX_FEATURE_FLAG": FEATURE_FLAG_PREFIX,
        "CACHE_KEY_PREFIX_LITERATURE_SEARCH": LITERATURE_SEARCH_PREFIX,
        "CACHE_KEY_PREFIX_AI_RESPONSE": AI_RESPONSE_PREFIX,
        "SESSION_KEY_PREFIX": KEY_PREFIX_SESSION,
    }


def _cache_client(client: CacheClientPlan) -> dict[str, str]:
    return {
        "CACHE_MAX_RETRIES_PER_REQUEST": str(client.max_retries_per_request),
        "CACHE_ENABLE_READY_CHECK": str(client.enable_ready_check).lower(),
        "CACHE_LAZY_CONNECT": str(client.lazy_connect).lower(),
    }


def _queue_clients(jobs: QueueSettings) -> dict[str, str]:
    """What to speak to the queue, and for Bull and BullMQ how their keys must begin."""
    if jobs.engine is QueueEngine.RABBITMQ:
        return {"QUEUE_ENGINE": str(jobs.engine)}
    bulls = [client for client in jobs.clients if client is not QueueClient.RQ]
    return {
        "QUEUE_ENGINE": str(jobs.engine),
        "QUEUE_CLIENTS": ",".join(jobs.clients),
        **{f"{client.upper()}_PREFIX": prefix_of(client, jobs) for client in bulls},
    }


def _job_defaults(queue: QueuePlan) -> dict[str, str]:
    job = queue.job
    return {
        "JOB_QUEUES": ",".join(queue.names),
        "JOB_ATTEMPTS": str(job.attempts),
        "JOB_BACKOFF_TYPE": job.backoff_type,
        "JOB_BACKOFF_DELAY_MILLISECONDS": str(job.backoff_delay_milliseconds),
        "JOB_TIMEOUT_SECONDS": str(job.timeout_seconds),
        "JOB_KEEP_COMPLETED": str(job.keep_completed),
        "JOB_KEEP_FAILED": str(job.keep_failed),
        "JOB_DEFAULT_PRIORITY": str(job.default_priority),
    }


def _cache_control(edge: EdgePlan) -> dict[str, str]:
    """The plan's rules, whose path the edge's own cache behaviour has as well."""
    return {
        "CACHE_CONTROL_MUTATION": edge.cache_control.mutation,
        "CACHE_CONTROL_PUBLIC_PATH_PREFIX": edge.public_api.path_prefix,
        "CACHE_CONTROL_PUBLIC": edge.public_api.cache_control,
        "CACHE_CONTROL_AUTHENTICATED": edge.cache_control.authenticated,
    }


def _collaboration() -> dict[str, str]:
    return {
        "COLLABORATION_KEY_PREFIX": COLLABORATION_PREFIX,
        "COLLABORATION_CHANNEL_PREFIX": COLLABORATION_PREFIX,
        "COLLABORATION_PING_SECONDS": str(COLLABORATION_PING_SECONDS),
    }
