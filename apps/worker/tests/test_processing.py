"""A job's course, with the real process of an analysis and without a database."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY
from researchflow_worker.database import Database
from researchflow_worker.flags import Flags
from researchflow_worker.jobs import AnalysisJob, InvalidJobError
from researchflow_worker.processing import INTERVAL_FLAG, Processor

DATA: dict[str, Any] = {
    "organizationId": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "analysisId": "0e4fd2c0-6d0b-4a4a-9b57-2f4f4f3c5c11",
    "patientId": "patient-1",
}


class Rows:
    """The database's rows of one organization, and what is written."""

    def __init__(self) -> None:
        self.written: list[Any] = []

    async def begin(self, _job: AnalysisJob) -> None:
        self.written.append("running")

    async def complete(self, _job: AnalysisJob, result: dict[str, Any]) -> None:
        self.written.append(result)

    async def fail(self, _job: AnalysisJob) -> None:
        self.written.append("failed")

    async def patient(self, _job: AnalysisJob) -> dict[str, str | None] | None:
        return {"name": "A", "birth_date": "1986-06-30"}

    async def birth_dates(self, _job: AnalysisJob) -> list[str]:
        return ["1966-06-30", "1986-06-30"]

    async def flag(self, name: str) -> bool:
        return name == INTERVAL_FLAG

    enabled = flag


class Course:
    """One processor on such rows."""

    def __init__(self, timeout_seconds: float = 60) -> None:
        self.rows = Rows()
        self.told: list[int] = []
        database, flags = cast("Database", self.rows), cast("Flags", self.rows)
        self.processor = Processor(database, flags, timeout_seconds)

    def process(self, data: Any) -> dict[str, Any]:
        async def progress(percent: int) -> None:
            self.told.append(percent)

        return asyncio.run(self.processor.process("analysis", data, progress))


def jobs(outcome: str) -> float:
    labels = {"queue": "analysis", "outcome": outcome}
    return REGISTRY.get_sample_value("worker_jobs_total", labels) or 0


def test_a_job_runs_and_its_result_is_written() -> None:
    course, before = Course(), jobs("completed")
    result = course.process(DATA)
    assert result["patients"] == 2
    assert "meanAgeInterval" in result
    assert course.rows.written == ["running", result]
    assert course.told == [10, 100]
    assert jobs("completed") == before + 1


def test_a_job_that_takes_too_long_fails_and_leaves_no_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def noted(*command: Any, **options: Any) -> asyncio.subprocess.Process:
        started.append(await start(*command, **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    course, before = Course(timeout_seconds=0.3), jobs("failed")
    with pytest.raises(TimeoutError, match="longer than"):
        course.process({**DATA, "seconds": 200})
    assert course.rows.written == ["running"]
    assert [process.returncode for process in started] == [-9]
    assert jobs("failed") == before + 1


def test_wrong_data_touch_nothing() -> None:
    course = Course()
    with pytest.raises(InvalidJobError):
        course.process({**DATA, "analysisId": "no uuid"})
    asyncio.run(course.processor.give_up("analysis", {**DATA, "analysisId": "no uuid"}))
    assert course.rows.written == []


def test_a_job_that_is_given_up_is_marked() -> None:
    course = Course()
    asyncio.run(course.processor.give_up("analysis", DATA))
    assert course.rows.written == ["failed"]
