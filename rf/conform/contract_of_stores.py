"""The contract's sentences of databases, queue and cache."""

from __future__ import annotations

from rendering.database.pgbouncer_ini import (
    DEAD_PEER_SECONDS,
    DNS_TTL_SECONDS,
    LOGIN_RETRY_SECONDS,
)
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import RoleKey
from rendering.shared import endpoints
from rf.conform.sentences import (
    FACT,
    ContractSection,
    part,
    tried,
    untried,
)
from rf.drill.takeovers import RDS_SECONDS
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan


def errors() -> ContractSection:
    """The sentences of that name."""
    return part(
        "Errors to try again",
        (
            tried(
                "Each of these passes by itself, and costs a request time instead of its answer.",
                "survives-termination",
                "database-away",
                "changed-table",
            ),
            tried("A worker goes on when the queue has failed over;", "queue-takeover"),
            tried("a request that adds a job tries again too,", "enqueue-takeover"),
            tried(
                "and where the queue is full it keeps the job in a table, or answers 503 with"
                " `Retry-After`.",
                "queue-full",
            ),
            tried("While a shard has no primary, the cache is done without.", "cache-clusterdown"),
        ),
        listed=False,
    )


def retries() -> ContractSection:
    """The sentences of that name."""
    plan = load_plan()
    job, pooler = plan.queue.job, DEAD_PEER_SECONDS + DNS_TTL_SECONDS + LOGIN_RETRY_SECONDS
    taken, replaced = plan.assumed.redis_takeover_seconds, plan.assumed.redis_replaced_seconds
    statement = statement_timeouts(plan, MigrationsSettings())[RoleKey.APPLICATION]
    return part(
        "Errors to try again",
        (
            tried(
                "**A request** tries again for a few seconds at most, within the"
                f" {endpoints.LONGEST_REQUEST_SECONDS} s that the edge waits, then answers 503 with"
                " `Retry-After`.",
                "database-away",
            ),
            tried(
                f"**A job** or a background task goes on for at least {RDS_SECONDS + pooler} s: so"
                f" long a failover of the database may take ({RDS_SECONDS} s at RDS, {pooler} s"
                f" until each PgBouncer has the new server); of Redis {taken:g} s, {replaced:g} s"
                " where the stack has one node.",
                "job-waits",
            ),
            tried(
                f"The attempts that a job has by default (`JOB_ATTEMPTS`, {job.attempts}, the first"
                f" after {job.backoff_delay_milliseconds} ms) end within seconds, so the waiting is"
                " done inside the job, within `JOB_TIMEOUT_SECONDS`.",
                "job-waits",
            ),
        ),
        (
            tried(
                "Wait between attempts, from 100 ms on and twice as long each time up to 5 s, each"
                " time with a random part: all clients were refused at one moment.",
                "backs-off",
            ),
        ),
        (
            tried(
                "Repeat the whole transaction, on a connection that is new: PgBouncer closes one"
                " with every 08P01.",
                "survives-termination",
            ),
        ),
        (
            tried(
                "A write whose answer never came may have been done. Give a row a key that the"
                " client chooses (`INSERT … ON CONFLICT DO NOTHING`)",
                "write-repeats",
            ),
            tried(
                "and a job an id (BullMQ: `jobId`): then it may be repeated without looking.",
                "enqueue-repeats",
            ),
        ),
        (
            untried(f"A statement ends after {statement} s.", FACT),
            tried(
                "No `SET` through the pool: it would stay with the server connection and meet"
                " whoever gets that next; `SET LOCAL` ends with the transaction.",
                "no-session-state",
            ),
        ),
    )


def redis() -> ContractSection:
    """The sentences of that name."""
    return part(
        "Redis",
        (
            untried("**Cache and queue are two servers with two URLs.**", FACT),
            tried(
                "`CACHE_URL` evicts what it likes; jobs and sessions belong into `QUEUE_URL` and"
                " `SESSION_STORE_URL`, which evict nothing.",
                "redis-refuses-nothing",
            ),
        ),
        (
            tried(
                "**The cache is a cluster, whatever its size**: the client must follow slots"
                " (ioredis: `new Redis.Cluster([CACHE_URL], {redisOptions: {tls: {}},"
                " dnsLookup})`; redis-py: `RedisCluster`).",
                "one-slot",
                "cache-moved",
            ),
            untried("The queue is none: BullMQ and RQ connect plainly.", FACT),
        ),
        (
            tried(
                "**No `KEYS`**, which every login is refused: it stops a server while it walks all"
                " keys, and sees one shard of a cluster. To invalidate by pattern, `SCAN` each"
                " shard with `MATCH`, on the prefix of the kind of entry; only the orchestrator's"
                " login may.",
                "redis-refuses-nothing",
            ),
        ),
        (
            tried(
                "**No command with several keys** (`DEL a b`, `MGET`, `MSET`, transactions and"
                " scripts over more than one key) unless all keys share a hash tag `{...}`: keys"
                " of different slots are refused with CROSSSLOT. Delete one by one with `UNLINK`,"
                " pipelined.",
                "one-slot",
            ),
        ),
        (
            tried(
                "Every key begins with its prefix, and every entry has its time to live, both from"
                " the variables above.",
                "time-to-live",
            ),
            tried(
                "Each login is limited to its own prefixes, channels and commands:"
                " [queues](queues.md) lists them.",
                "redis-refuses-nothing",
            ),
        ),
        (
            tried("An entry may be missing at any time,", "cache-emptied"),
            tried("and a cache that is away must cost time, not answers.", "cache-away"),
        ),
    )


def collaboration() -> ContractSection:
    """The sentences of that name."""
    drain, ping = endpoints.COLLABORATION.drain_seconds, endpoints.COLLABORATION_PING_SECONDS
    return part(
        "Collaboration",
        (
            tried(
                "Every pod may get any user and any document. A cookie of the load balancer brings"
                " a user back to the same pod while it lives, which saves work, but correctness"
                " must not need it: each edit is published on a channel under"
                " `COLLABORATION_CHANNEL_PREFIX` at `CACHE_URL`, and every pod applies what it"
                " hears there.",
                "edits-reach-others",
            ),
            untried("A cluster passes a plain `PUBLISH` to all its nodes.", FACT),
            tried(
                "Listen by a document's channel, or by the one pattern"
                " `COLLABORATION_CHANNEL_PREFIX*`: any other pattern is refused.",
                "redis-refuses-nothing",
            ),
        ),
        (
            tried(
                "What a channel loses is gone: documents are saved in `DATABASE_URL`, and a pod"
                " that opens one reads it from there.",
                "documents-saved",
            ),
        ),
        (tried(f"A ping goes out after {ping} s of silence.", "socket-ping"),),
        (
            tried(
                "On SIGTERM the server closes its sockets with 1012 (service restart), spread over"
                f" the {drain} s of its drain; clients come back at once, with a random delay of"
                " some seconds.",
                "sockets-close-1012",
            ),
        ),
        (
            tried(
                "The sessions in `SESSION_STORE_URL` say who a user is; the server only reads"
                " them.",
                "redis-refuses-nothing",
            ),
        ),
    )
