"""What jobs read and write, through PgBouncer, by two pools. A transaction outlives a failover."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from .jobs import AnalysisJob
from .retrying import patiently
from .settings import Settings

CONNECT_SECONDS = 5
"""For a connection, at most, before the next attempt."""

MOST_PATIENTS = 50_000
"""Of an organization's, for statistics: what fits a pod's memory."""

_BEGIN = """
insert into analyses (organization_id, id, queue, patient_id, state)
values (%(organization)s, %(analysis)s, %(queue)s, %(patient)s, 'running')
on conflict (organization_id, id) do update set state = 'running', updated_at = now()
where analyses.state <> 'completed'
"""
# The first result stays: whoever saw it must not find another one later.
_COMPLETE = """
update analyses set state = 'completed', result = %(result)s, updated_at = now()
where organization_id = %(organization)s and id = %(analysis)s and state <> 'completed'
"""
_FAIL = """
update analyses set state = 'failed', updated_at = now()
where organization_id = %(organization)s and id = %(analysis)s and state <> 'completed'
"""
_PATIENT = """
select name, birth_date::text from patients
where organization_id = %(organization)s and id = %(patient)s
"""
_COHORT = """
select birth_date::text from patients
where organization_id = %(organization)s and birth_date is not null order by id limit %(most)s
"""
_FLAG = "select enabled from feature_flags where name = %s"

T = TypeVar("T")


class Database:
    """Opened with `async with`; no connection is made before it is needed."""

    def __init__(self, settings: Settings) -> None:
        self._writes = _pool(settings.database_url, settings.database_pool_max)
        self._reads = _pool(settings.database_replica_url, settings.database_replica_pool_max)
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Database:
        for pool in (self._writes, self._reads):
            await self._opened.enter_async_context(pool)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opened.aclose()

    async def begin(self, job: AnalysisJob) -> None:
        """The analysis runs. It is added where the producer's own row is not there."""
        await self._execute(_BEGIN, _keys(job))

    async def complete(self, job: AnalysisJob, result: dict[str, Any]) -> None:
        """The analysis has its result, unless it had one already."""
        await self._execute(_COMPLETE, {**_keys(job), "result": Jsonb(result)})

    async def fail(self, job: AnalysisJob) -> None:
        """The analysis has used up its attempts."""
        await self._execute(_FAIL, _keys(job))

    async def patient(self, job: AnalysisJob) -> dict[str, str | None] | None:
        """From the primary: it may have been added a moment ago, and a replica lags behind."""

        async def read(connection: AsyncConnection) -> tuple[str | None, str | None] | None:
            cursor = await connection.execute(_PATIENT, _keys(job))
            return await cursor.fetchone()

        row = await _in_transaction(self._writes, read)
        return {"name": row[0], "birth_date": row[1]} if row else None

    async def birth_dates(self, job: AnalysisJob) -> list[str]:
        """Of the organization's patients, from a replica: statistics bear it that it lags."""

        async def read(connection: AsyncConnection) -> list[str]:
            asked = {**_keys(job), "most": MOST_PATIENTS}
            cursor = await connection.execute(_COHORT, asked)
            return [date for (date,) in await cursor.fetchall()]

        return await _in_transaction(self._reads, read)

    async def flag(self, name: str) -> bool:
        """Whether a feature is switched on."""

        async def read(connection: AsyncConnection) -> tuple[bool] | None:
            cursor = await connection.execute(_FLAG, [name])
            return await cursor.fetchone()

        return await _in_transaction(self._reads, read) == (True,)

    async def _execute(self, statement: str, values: dict[str, Any]) -> None:
        async def write(connection: AsyncConnection) -> None:
            await connection.execute(statement.encode(), values)

        await _in_transaction(self._writes, write)


async def _in_transaction(
    pool: AsyncConnectionPool, work: Callable[[AsyncConnection], Awaitable[T]]
) -> T:
    async def once() -> T:
        async with pool.connection() as connection:
            return await work(connection)

    return await patiently(once)


def _pool(url: str, most: int) -> AsyncConnectionPool:
    return AsyncConnectionPool(
        url,
        min_size=0,
        max_size=most,
        timeout=CONNECT_SECONDS,
        # A failover breaks all that lie in the pool: none is given out unasked.
        check=AsyncConnectionPool.check_connection,
        # A few short statements gain little by being prepared, and so no migration changes a
        # table under one.
        kwargs={"prepare_threshold": None, "connect_timeout": CONNECT_SECONDS},
        open=False,
    )


def _keys(job: AnalysisJob) -> dict[str, Any]:
    return {
        "organization": job.organization_id,
        "analysis": job.analysis_id,
        "queue": job.queue,
        "patient": job.patient_id,
    }
