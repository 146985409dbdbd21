"""Redis users and access strings: which keys, channels and commands each application may use.

Order and words are those that ElastiCache returns, or every preview would show a change: state,
keys, channels, `-@all`, then what is allowed and what is taken back (Redis, "ACL").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rendering.queue.age import script_key_patterns
from rendering.queue.keys import BULL_PATTERN_EVENTS, backlog_keys, prefix_of, queue_keys
from rendering.shared.connection_urls import KEY_PREFIX_SESSION
from scaleplan.applications.workloads import COLLABORATION, ORCHESTRATOR, WORKER
from scaleplan.sizes import QueueClient, QueueEngine, QueueSettings

API_RESPONSE_PREFIX = "api:"
FEATURE_FLAG_PREFIX = "flag:"
LITERATURE_SEARCH_PREFIX = "literature:"
AI_RESPONSE_PREFIX = "ai:"

COLLABORATION_PREFIX = "collaboration:"
"""Of the keys and of the channels by which collaboration servers tell each other of edits."""

SCALER = "keda"
EXPORTER = "exporter"
"""The metrics exporter's login."""

DISABLED_ACCESS = "off ~* -@all"
"""Of the user `default`, which a group must contain (API error DefaultUserRequired): no login."""

_EVERYDAY = "+@read +@write +@connection +@transaction +@scripting"
_TAKEN_BACK = "-@admin -@dangerous"
"""CONFIG, FLUSHALL, SHUTDOWN, ACL and the like; KEYS too, which stops a server while it walks."""

_READY_CHECK = "+info"
"""What ioredis asks before it sends anything."""

_SHARDS = "+cluster|info +cluster|nodes +cluster|shards +cluster|slots +cluster|keyslot"
"""How a client of a cluster finds its shards."""

_STATISTICS = "+info"
"""What redis_exporter asks each server for (exporter/exporter.go, `scrapeRedisHost`). Not the slow
log, nor the clients' list: both show what others send."""

_NO_KEY = "exporter:none"
"""A user who reads statistics alone: nobody writes this key."""

_NO_LISTING = "-scan -randomkey"
"""Key patterns don't limit what these show, and a session's key is the session."""


@dataclass(frozen=True, kw_only=True)
class RedisUser:
    """One login. `code` ends its id, which ElastiCache limits to 40 characters with the group's."""

    name: str
    code: str
    access: str


def cache_users() -> tuple[RedisUser, ...]:
    """The applications on the cache: each with the kinds of entries that it has to do with.

    Only the orchestrator invalidates by pattern, with SCAN. Collaboration servers tell each other
    of edits on channels that nobody else hears.
    """
    shared = (FEATURE_FLAG_PREFIX, LITERATURE_SEARCH_PREFIX, AI_RESPONSE_PREFIX)
    common = f"-@all {_EVERYDAY} {_TAKEN_BACK} {_READY_CHECK} {_SHARDS}"
    fan_out = f"-@all {_EVERYDAY} +@pubsub {_TAKEN_BACK} {_READY_CHECK} {_SHARDS}"
    edits = _keys(COLLABORATION_PREFIX, FEATURE_FLAG_PREFIX)
    return (
        _user(ORCHESTRATOR, f"on {_keys(API_RESPONSE_PREFIX, *shared)} {common}"),
        _user(WORKER, f"on {_keys(*shared)} {common} {_NO_LISTING}"),
        _user(COLLABORATION, f"on {edits} &{COLLABORATION_PREFIX}* {fan_out} {_NO_LISTING}"),
        _user(
            EXPORTER,
            f"on ~{_NO_KEY} -@all {_STATISTICS} +cluster|info +cluster|nodes +cluster|slots",
        ),
    )


def queue_users(
    queues: Sequence[str], jobs: QueueSettings, *, scaled_by_keda: bool
) -> tuple[RedisUser, ...]:
    """The applications on the queue, and KEDA where it reads it.

    Orchestrator and worker have the jobs, orchestrator and collaboration the sessions; the latter
    only reads them. KEDA has the length of the very keys that it watches.
    """
    prefixes = dict.fromkeys(prefix_of(client, jobs) for client in jobs.clients)
    redis_jobs = jobs.engine is QueueEngine.REDIS
    job_keys = [f"{prefix}:" for prefix in prefixes] if redis_jobs else []
    channels = "".join(f"&{channel} " for channel in _channels(queues, jobs) if redis_jobs)
    commands = (
        f"{channels}-@all {_EVERYDAY} +@blocking +@pubsub {_TAKEN_BACK}"
        # Bull, BullMQ and RQ ask for version and policy, list their workers, and read the clock.
        f" {_READY_CHECK} +client|list +time {_NO_LISTING}"
    )
    sessions = f"on ~{KEY_PREFIX_SESSION}* -@all +@read +@connection {_TAKEN_BACK} {_READY_CHECK}"
    users = [
        _user(ORCHESTRATOR, f"on {_keys(*job_keys, KEY_PREFIX_SESSION)} {commands}"),
        _user(COLLABORATION, f"{sessions} {_NO_LISTING}"),
    ]
    if redis_jobs:
        users.append(_user(WORKER, f"on {_keys(*job_keys)} {commands}"))
        if scaled_by_keda:
            users.append(_user(SCALER, _scaler_access(queues, jobs)))
    users.append(_user(EXPORTER, _exporter_access(queues, jobs)))
    return tuple(users)


def _channels(queues: Sequence[str], jobs: QueueSettings) -> Iterable[str]:
    """Bull and RQ announce on channels under their own prefix; BullMQ on streams, which are keys.

    A pattern that a client listens to must be one of the user's to the letter (Redis, `acl.c`,
    ACLCheckChannelAgainstList), so Bull's are named one by one.
    """
    for client in jobs.clients:
        if client is QueueClient.BULLMQ:
            continue
        prefix = prefix_of(client, jobs)
        yield f"{prefix}:*"
        if client is QueueClient.BULL:
            for queue in queues:
                yield from (f"{prefix}:{queue}:{event}*" for event in BULL_PATTERN_EVENTS)


def _exporter_access(queues: Sequence[str], jobs: QueueSettings) -> str:
    """Lengths of the queues' keys and, by a script that can't write, the jobs' own times."""
    if jobs.engine is not QueueEngine.REDIS:
        return f"on ~{_NO_KEY} -@all {_STATISTICS}"
    lengths = [key.key for key in queue_keys(queues, jobs)]
    read = " ".join(f"~{key}" for key in [*lengths, *script_key_patterns(queues, jobs)])
    return (
        f"on {read} -@all {_STATISTICS} +eval_ro +hget +llen +lrange"
        " +memory|usage +scard +select +time +type +zcard +zrange"
    )


def _scaler_access(queues: Sequence[str], jobs: QueueSettings) -> str:
    """KEDA's script asks for a key's type and then for its length (pkg/scalers/redis_scaler.go)."""
    keys = " ".join(f"~{key.key}" for key in backlog_keys(queues, jobs))
    return f"on {keys} -@all +eval +hlen +llen +ping +scard +type +zcard"


def _keys(*prefixes: str) -> str:
    return " ".join(f"~{prefix}*" for prefix in prefixes)


_CODES = {
    EXPORTER: "metrics",
    ORCHESTRATOR: "orch",
    WORKER: "worker",
    COLLABORATION: "collab",
    SCALER: "keda",
}


def _user(name: str, access: str) -> RedisUser:
    return RedisUser(name=name, code=_CODES[name], access=access)
