"""What BullMQ's own consumer leaves to its user."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, cast

import pytest
import redis
from researchflow_worker import bullmq_consumer
from researchflow_worker.bullmq_consumer import _close, _keep_running


class Consumer:
    """One whose queue is away when it begins, twice; then it runs until it is closed."""

    closing = False
    begun = 0

    async def run(self) -> None:
        self.begun += 1
        if self.begun < 3:
            raise redis.ConnectionError
        self.closing = True


def test_a_consumer_whose_queue_was_away_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bullmq_consumer, "RETRY_SECONDS", 0)
    consumer = Consumer()
    asyncio.run(_keep_running(cast("Any", consumer)))
    assert consumer.begun == 3


class Stubborn:
    """One that waits for a queue that is away, until it is forced, as BullMQ's."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def close(self, force: bool = False) -> None:
        if force:
            self.ended.set()
        while not self.ended.is_set():
            with suppress(asyncio.CancelledError):
                await self.ended.wait()


def test_a_consumer_that_waits_for_its_queue_is_closed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bullmq_consumer, "CLOSE_SECONDS", 0)
    consumer = Stubborn()

    async def play() -> None:
        await _close(cast("Any", consumer))

    asyncio.run(play())
    assert consumer.ended.is_set()
