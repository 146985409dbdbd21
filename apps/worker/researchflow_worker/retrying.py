"""Waiting out a failover: which errors pass by themselves, and how long to wait in between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
from psycopg import errors

from . import logs, metrics

FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 5.0
"""The contract's: from the first on twice as long each time, each with a random part."""

_PASSING = (
    psycopg.OperationalError,  # connections that broke or were refused, PgBouncer's 08P01, 57P01
    psycopg.InterfaceError,  # a connection that had broken before it was used
    errors.FeatureNotSupported,  # 0A000: a migration changed a table under a prepared statement
)
_LASTING = (errors.QueryCanceled,)
"""A statement that took longer than its role may would take as long again."""

T = TypeVar("T")


def passes_by_itself(error: Exception) -> bool:
    """Whether the same transaction, on a new connection, may go well later."""
    return isinstance(error, _PASSING) and not isinstance(error, _LASTING)


async def patiently(transaction: Callable[[], Awaitable[T]]) -> T:
    """Repeat a whole transaction, which must do no harm twice, until it goes well.

    It ends with an error that doesn't pass, or when the job's own time is over.
    """
    wait = FIRST_WAIT_SECONDS
    while True:
        try:
            return await transaction()
        except psycopg.Error as error:
            if not passes_by_itself(error):
                raise
            metrics.RETRIES.labels(error=type(error).__name__).inc()
            logs.warning("the database is away", error=type(error).__name__)
        await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - not for cryptography
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)
