"""Every environment variable of the applications: who reads it, from where it comes, what it means.

An application gets the variables that name it here and no others; `docs/application-contract.md` is
written from the same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scaleplan.applications.workloads import COLLABORATION, ORCHESTRATOR, WEB, WORKER

MIGRATION = "database-migration"
"""The orchestrator's image once more, run before a rollout."""


class Source(StrEnum):
    """Where a pod's variable comes from."""

    POD = "the pod"
    CONFIG = "ConfigMap `application-config`"
    SECRET = "a Secret"  # noqa: S105 - says where one comes from


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One variable; its name ends in the unit where it has one."""

    name: str
    source: Source
    readers: tuple[str, ...]
    meaning: str


_CONNECTED = (ORCHESTRATOR, WORKER, COLLABORATION)
_JOBS = (ORCHESTRATOR, WORKER)


def _pod(name: str, readers: tuple[str, ...], meaning: str) -> Variable:
    return Variable(name=name, source=Source.POD, readers=readers, meaning=meaning)


def _config(name: str, readers: tuple[str, ...], meaning: str) -> Variable:
    return Variable(name=name, source=Source.CONFIG, readers=readers, meaning=meaning)


def _secret(name: str, readers: tuple[str, ...], meaning: str) -> Variable:
    return Variable(name=name, source=Source.SECRET, readers=readers, meaning=meaning)


_OF_THE_POD = (
    _pod("PORT", (*_CONNECTED, WEB), "port of requests and probes"),
    _pod("METRICS_PORT", (*_CONNECTED, WEB), "port of the metrics"),
    _pod("SHUTDOWN_DRAIN_SECONDS", (*_CONNECTED, WEB), "time from SIGTERM to end what has begun"),
    _pod(
        "HTTP_KEEP_ALIVE_SECONDS",
        (ORCHESTRATOR, COLLABORATION, WEB),
        "how long the server keeps an idle connection (Node.js: `server.keepAliveTimeout`, whose 5 "
        "seconds would cost 502s)",
    ),
    _pod("QUEUE_NAMES", (WORKER,), "queues to take jobs from, separated by commas"),
    _pod("WORKER_CONCURRENCY", (WORKER,), "jobs that a pod runs at once"),
    _pod("HOME", (MIGRATION,), "a writable home, which package managers want"),
)

_CONNECTIONS = (
    _secret(
        "DATABASE_URL",
        (*_CONNECTED, MIGRATION),
        "tenants' data for writes: through PgBouncer in transaction mode, so no LISTEN, session "
        "lock or SET; for migrations the server itself",
    ),
    _secret(
        "DATABASE_REPLICA_URL",
        _CONNECTED,
        "tenants' data for reads, through PgBouncer; may lag behind what was just written",
    ),
    _secret(
        "SYSTEM_DATABASE_URL",
        (*_CONNECTED, MIGRATION),
        "the system database; equals DATABASE_URL unless Citus serves tenants' data",
    ),
    _secret(
        "CACHE_URL",
        _CONNECTED,
        "the cache: a Redis Cluster, also with a single shard, so `new Redis.Cluster([CACHE_URL])` "
        "and Python's `RedisCluster.from_url`; may lose any entry at any time",
    ),
    _secret("QUEUE_URL", _JOBS, "the queue: Redis without cluster mode, or AMQP by QUEUE_ENGINE"),
    _secret("REDIS_URL", _JOBS, "QUEUE_URL under the plan's name, where QUEUE_ENGINE is redis"),
    _secret(
        "SESSION_STORE_URL",
        (ORCHESTRATOR, COLLABORATION),
        "sessions: Redis without cluster mode, which evicts nothing; collaboration only reads",
    ),
    _config("NODE_EXTRA_CA_CERTS", _CONNECTED, "authorities of TLS in the cluster, for Node.js"),
    _config("PGSSLROOTCERT", _CONNECTED, "the same, for libpq and what follows its rules"),
    _config("DATABASE_POOL_MAX", _CONNECTED, "connections of one pod to DATABASE_URL at most"),
    _config("DATABASE_REPLICA_POOL_MAX", _CONNECTED, "connections to DATABASE_REPLICA_URL at most"),
    _config(
        "SYSTEM_DATABASE_POOL_MAX",
        _CONNECTED,
        "connections to SYSTEM_DATABASE_URL at most; not set while it equals DATABASE_URL, whose "
        "pool it then shares",
    ),
    _config("ARTIFACTS_BUCKET", _JOBS, "the bucket of what analyses read and write"),
    _config("AWS_REGION", _JOBS, "region of the SDK; credentials come by EKS Pod Identity"),
)

_CACHE = (
    _config("CACHE_TTL_SESSION_SECONDS", (ORCHESTRATOR,), "a session, in SESSION_STORE_URL"),
    _config("CACHE_TTL_API_RESPONSE_SECONDS", (ORCHESTRATOR,), "an API response"),
    _config("CACHE_TTL_FEATURE_FLAG_SECONDS", _CONNECTED, "a feature flag"),
    _config("CACHE_TTL_LITERATURE_SEARCH_SECONDS", _JOBS, "a literature search"),
    _config("CACHE_TTL_AI_RESPONSE_SECONDS", _JOBS, "an AI response"),
    _config("CACHE_KEY_PREFIX_API_RESPONSE", (ORCHESTRATOR,), "how keys of API responses begin"),
    _config("CACHE_KEY_PREFIX_FEATURE_FLAG", _CONNECTED, "how keys of feature flags begin"),
    _config("CACHE_KEY_PREFIX_LITERATURE_SEARCH", _JOBS, "how keys of searches begin"),
    _config("CACHE_KEY_PREFIX_AI_RESPONSE", _JOBS, "how keys of AI responses begin"),
    _config("SESSION_KEY_PREFIX", (ORCHESTRATOR, COLLABORATION), "how keys of sessions begin"),
    _config("CACHE_MAX_RETRIES_PER_REQUEST", _CONNECTED, "ioredis: maxRetriesPerRequest"),
    _config("CACHE_ENABLE_READY_CHECK", _CONNECTED, "ioredis: enableReadyCheck"),
    _config("CACHE_LAZY_CONNECT", _CONNECTED, "ioredis: lazyConnect"),
)

_RESPONSES = (
    _config("CACHE_CONTROL_MUTATION", (ORCHESTRATOR,), "header of all but GET and HEAD"),
    _config(
        "CACHE_CONTROL_PUBLIC_PATH_PREFIX", (ORCHESTRATOR,), "how paths of the public API begin"
    ),
    _config("CACHE_CONTROL_PUBLIC", (ORCHESTRATOR,), "header of GET and HEAD below that prefix"),
    _config("CACHE_CONTROL_AUTHENTICATED", (ORCHESTRATOR,), "header of every other GET and HEAD"),
)

_COLLABORATION = (
    _config("COLLABORATION_KEY_PREFIX", (COLLABORATION,), "how keys in the cache begin"),
    _config(
        "COLLABORATION_CHANNEL_PREFIX",
        (COLLABORATION,),
        "how channels begin (PUBLISH at CACHE_URL): each edit goes to all pods by one, so that two "
        "editors of a document need not meet on one pod; no other application may listen",
    ),
    _config(
        "COLLABORATION_PING_SECONDS",
        (COLLABORATION,),
        "send a WebSocket ping after so much silence: CloudFront closes a socket after ten minutes "
        "without a byte",
    ),
)

_QUEUE = (
    _config("QUEUE_ENGINE", _JOBS, "redis or rabbitmq"),
    _config("QUEUE_CLIENTS", _JOBS, "libraries whose jobs scale the workers; only with redis"),
    _config("BULLMQ_PREFIX", _JOBS, "BullMQ's `prefix`, where it is among them"),
    _config("BULL_PREFIX", _JOBS, "Bull's `prefix`, where it is among them"),
    _config("JOB_QUEUES", _JOBS, "all queues, separated by commas"),
    _config("JOB_ATTEMPTS", _JOBS, "attempts of a job"),
    _config("JOB_BACKOFF_TYPE", _JOBS, "how the wait between attempts grows"),
    _config("JOB_BACKOFF_DELAY_MILLISECONDS", _JOBS, "first wait between attempts"),
    _config("JOB_TIMEOUT_SECONDS", _JOBS, "a job that runs longer is to be failed by its worker"),
    _config("JOB_KEEP_COMPLETED", _JOBS, "completed jobs kept"),
    _config("JOB_KEEP_FAILED", _JOBS, "failed jobs kept"),
    _config("JOB_DEFAULT_PRIORITY", _JOBS, "priority of a job that names none"),
)

_WORKFLOWS = (
    _pod("TEMPORAL_ADDRESS", (ORCHESTRATOR,), "Temporal's frontend; not set without workflows"),
    _pod("TEMPORAL_NAMESPACE", (ORCHESTRATOR,), "Temporal's namespace of these workflows"),
    _pod("TEMPORAL_TLS", (ORCHESTRATOR,), "true: Temporal's SDKs read all of these by themselves"),
    _pod("TEMPORAL_TLS_SERVER_NAME", (ORCHESTRATOR,), "name in the server's certificate"),
    _pod("TEMPORAL_TLS_SERVER_CA_CERT_PATH", (ORCHESTRATOR,), "authority of that certificate"),
    _pod("TEMPORAL_TASK_QUEUE", (ORCHESTRATOR,), "task queue of workflows and activities"),
    _pod(
        "WORKFLOW_ACTIVITY_TIMEOUT_SECONDS",
        (ORCHESTRATOR,),
        "`startToCloseTimeout` of every activity",
    ),
    _pod(
        "WORKFLOW_ACTIVITY_MAXIMUM_ATTEMPTS",
        (ORCHESTRATOR,),
        "`retry.maximumAttempts` of every activity",
    ),
    _secret("TEMPORAL_TLS_CLIENT_CERT_DATA", (ORCHESTRATOR,), "certificate that Temporal asks for"),
    _secret("TEMPORAL_TLS_CLIENT_KEY_DATA", (ORCHESTRATOR,), "its private key"),
)

VARIABLES = (
    *_OF_THE_POD,
    *_CONNECTIONS,
    *_CACHE,
    *_RESPONSES,
    *_COLLABORATION,
    *_QUEUE,
    *_WORKFLOWS,
)


def variables_of(application: str, source: Source) -> list[str]:
    """Names of the variables that the application has from there, where a stack sets them."""
    return [
        variable.name
        for variable in VARIABLES
        if application in variable.readers and variable.source is source
    ]
