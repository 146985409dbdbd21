"""What applications read from the ConfigMap `application-config`: typed numbers, never a secret."""

from __future__ import annotations

from dataclasses import dataclass

from rendering.connection_urls import CA_FILE, KEY_PREFIX_SESSION
from scaleplan.layers import CachePatternPlan, ConnectionPools, QueuePlan


@dataclass(frozen=True, kw_only=True)
class ApplicationPlan:
    """The plan's numbers that applications themselves must keep.

    `system_pool_max` is None where the system database is the one that they write to anyway.
    """

    pools: ConnectionPools
    system_pool_max: int | None
    cache_patterns: CachePatternPlan
    queue: QueuePlan


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
        **_job_defaults(plan.queue),
    }


def _cache_times(patterns: CachePatternPlan) -> dict[str, str]:
    return {
        "CACHE_TTL_SESSION_SECONDS": str(patterns.user_session.ttl_seconds),
        "CACHE_TTL_API_RESPONSE_SECONDS": str(patterns.api_responses.ttl_seconds),
        "CACHE_TTL_FEATURE_FLAG_SECONDS": str(patterns.feature_flags.ttl_seconds),
        "CACHE_TTL_LITERATURE_SEARCH_SECONDS": str(patterns.literature_search.ttl_seconds),
        "CACHE_TTL_AI_RESPONSE_SECONDS": str(patterns.ai_responses.ttl_seconds),
        "SESSION_KEY_PREFIX": KEY_PREFIX_SESSION,
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
