"""Errors of the stores that pass by themselves: what has happened, and when repeating is safe.

Each was provoked on real servers (tests/services/database/test_retryable_errors.py); the
application contract is written from this table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RetryableError:
    """One error: its code (SQLSTATE, or Redis' first word) and what its text holds.

    `when` says what has happened, `repeat` what a client does and why that is safe.
    """

    store: str
    code: str
    text: str
    when: str
    repeat: str


POOLED = "database"
QUEUE = "queue"
CACHE = "cache"

_NOTHING_BEGAN = "nothing of the transaction has reached the server: repeat it, on a new connection"
_UNKNOWN = (
    "repeat it, on a new connection, if COMMIT was not sent; if it was, or the statement stood"
    " alone, it may have been done: look first, or repeat only what does no harm twice"
)
_NOT_DONE = "the command was not carried out: repeat it"

RETRYABLE_ERRORS = (
    RetryableError(
        store=POOLED,
        code="08P01",
        text="server login has been failing",
        when="the server is away, as in a failover: whoever asks after the first failed attempt is"
        " told so at once",
        repeat=_NOTHING_BEGAN,
    ),
    RetryableError(
        store=POOLED,
        code="08P01",
        text="query_wait_timeout",
        when="all server connections have been busy for two minutes",
        repeat=_NOTHING_BEGAN,
    ),
    RetryableError(
        store=POOLED,
        code="08P01",
        text="query timeout",
        when="the server gave no answer in time; the same for any other 08P01, and for a connection"
        " that broke",
        repeat=_UNKNOWN,
    ),
    RetryableError(
        store=POOLED,
        code="57P01",
        text="terminating connection",
        when="the server stops, restarts or fails over",
        repeat=_UNKNOWN,
    ),
    RetryableError(
        store=POOLED,
        code="57014",
        text="canceling statement due to statement timeout",
        when="the statement took longer than its role may",
        repeat="it was rolled back, and would take as long again: repeat it in smaller parts",
    ),
    RetryableError(
        store=POOLED,
        code="0A000",
        text="cached plan must not change result type",
        when="a migration changed a table under a prepared statement",
        repeat="the transaction was rolled back: repeat it; it passes when the migration has ended,"
        " after which the poolers connect anew",
    ),
    RetryableError(
        store=QUEUE,
        code="READONLY",
        text="You can't write against a read only replica",
        when="a failover made a replica of the server that the connection leads to",
        repeat=f"{_NOT_DONE}, on a new connection (ioredis: `reconnectOnError` returns 2)",
    ),
    RetryableError(
        store=QUEUE,
        code="OOM",
        text="command not allowed when used memory > 'maxmemory'",
        when="the queue is full; it evicts nothing, and somebody is being woken",
        repeat="the command was not carried out: keep the job, and repeat it after minutes",
    ),
    RetryableError(
        store=CACHE,
        code="MOVED",
        text="",
        when="another shard has the key now; a client of a cluster follows by itself",
        repeat=f"{_NOT_DONE}, at the node that is named",
    ),
    RetryableError(
        store=CACHE,
        code="CLUSTERDOWN",
        text="",
        when="a shard has no primary for the moment",
        repeat="the command was not carried out: go on without the cache",
    ),
)
