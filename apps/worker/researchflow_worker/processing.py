"""From a job to its result, whichever library brought it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import analysis, logs, metrics
from .database import Database
from .flags import Flags
from .jobs import AnalysisJob, InvalidJobError, read_job

INTERVAL_FLAG = "confidence-interval"
"""The feature flag of the costlier figures."""

Progress = Callable[[int], Awaitable[None]]
"""Told how many hundredths of a job are done."""


class AnalysisError(Exception):
    """The process of an analysis ended without a result."""


class Processor:
    """Carries jobs out, one call each. Whatever waits in here ends with the job's time."""

    def __init__(self, database: Database, flags: Flags, timeout_seconds: float) -> None:
        self._database, self._flags = database, flags
        self._timeout_seconds = timeout_seconds

    async def process(self, queue: str, data: Any, progress: Progress) -> dict[str, Any]:
        """The result, which stands in the database then. A job may come again: it does no harm.

        Raises InvalidJobError, AnalysisError, TimeoutError, psycopg.Error.
        """
        began, outcome, error = time.monotonic(), "failed", ""
        try:
            with metrics.RUNNING.labels(queue=queue).track_inprogress():
                result = await self._in_time(read_job(queue, data), progress)
        except Exception as failure:
            error = type(failure).__name__
            raise
        else:
            outcome = "completed"
            return result
        finally:
            seconds = time.monotonic() - began
            metrics.JOBS.labels(queue=queue, outcome=outcome).inc()
            metrics.DURATION.labels(queue=queue).observe(seconds)
            ended = {"queue": queue, "outcome": outcome, "seconds": round(seconds, 3)}
            logs.info("a job ended", **ended, error=error)

    async def give_up(self, queue: str, data: Any) -> None:
        """The library tries the job no more: whoever asks for it is told so."""
        try:
            job = read_job(queue, data)
            async with asyncio.timeout(self._timeout_seconds):
                await self._database.fail(job)
        except InvalidJobError:
            # It names no analysis that could be marked.
            return
        except TimeoutError:
            logs.warning("a failed job could not be marked", queue=queue)

    async def _in_time(self, job: AnalysisJob, progress: Progress) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._carry_out(job, progress)
        except TimeoutError as error:
            raise TimeoutError(f"the job took longer than {self._timeout_seconds} s") from error

    async def _carry_out(self, job: AnalysisJob, progress: Progress) -> dict[str, Any]:
        await self._database.begin(job)
        await progress(10)
        result = await run_analysis(await self._question(job))
        await self._database.complete(job, result)
        await progress(100)
        return result

    async def _question(self, job: AnalysisJob) -> dict[str, Any]:
        cohort = job.queue == "analysis"
        return {
            "queue": job.queue,
            "patient": await self._database.patient(job),
            "birth_dates": await self._database.birth_dates(job) if cohort else [],
            "interval": cohort and await self._flags.enabled(INTERVAL_FLAG),
            "seed": str(job.analysis_id),
            "seconds": job.seconds,
            "today": datetime.now(UTC).date().isoformat(),
        }


async def run_analysis(asked: dict[str, Any]) -> dict[str, Any]:
    """What `analysis.py` makes of it, in a process that ends with this call, come what may.

    Raises AnalysisError.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        Path(analysis.__file__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # A traceback may hold a patient's data.
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        said, _ = await process.communicate(json.dumps(asked).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise AnalysisError(f"the analysis ended with {process.returncode}")
    return json.loads(said)
