"""Which errors of the database a job waits out."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from psycopg import errors
from psycopg_pool import PoolTimeout
from researchflow_worker import retrying
from researchflow_worker.retrying import patiently


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "FIRST_WAIT_SECONDS", 0)


class Transaction:
    """Raises what is left of `raised`, one at each call; then goes well."""

    def __init__(self, *raised: Exception) -> None:
        self.raised = list(raised)

    async def __call__(self) -> str:
        if self.raised:
            raise self.raised.pop(0)
        return "done"


@pytest.mark.parametrize(
    "error",
    [
        errors.ProtocolViolation("server login has been failing"),
        errors.AdminShutdown(),
        errors.FeatureNotSupported("cached plan must not change result type"),
        psycopg.OperationalError("the connection is closed"),
        PoolTimeout(),
    ],
)
def test_what_passes_by_itself_is_waited_out(error: Exception) -> None:
    assert asyncio.run(patiently(Transaction(error, error, error))) == "done"


@pytest.mark.parametrize(
    "error", [errors.QueryCanceled(), errors.UniqueViolation(), errors.UndefinedTable()]
)
def test_what_would_go_wrong_again_is_raised_at_once(error: Exception) -> None:
    transaction = Transaction(error, error)
    with pytest.raises(type(error)):
        asyncio.run(patiently(transaction))
    assert len(transaction.raised) == 1
