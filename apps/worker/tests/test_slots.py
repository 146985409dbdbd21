"""Jobs in hand at once, and the end of them."""

from __future__ import annotations

import asyncio

import pytest
from researchflow_worker.slots import Slots


async def turns(count: int = 5) -> None:
    """Whatever can go on, does."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_no_more_slots_than_told() -> None:
    async def play() -> None:
        slots = Slots(2)
        takers = [asyncio.create_task(slots.take()) for _ in range(3)]
        await turns()
        assert [taker.done() for taker in takers] == [True, True, False]
        slots.give_back(held=False)
        await turns()
        assert takers[2].done()

    asyncio.run(play())


def test_closing_waits_for_what_is_in_hand_and_lets_nobody_begin() -> None:
    async def play() -> None:
        slots = Slots(1)
        assert await slots.take()
        slots.hold()
        waiting = asyncio.create_task(slots.take())
        closing = asyncio.create_task(slots.close())
        await turns()
        assert not closing.done()
        assert not waiting.done()
        slots.give_back(held=True)
        await closing
        assert await waiting is False

    asyncio.run(play())


def test_closing_does_not_wait_long_for_a_queue_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("researchflow_worker.slots.TAKING_SECONDS", 0)

    async def play() -> None:
        slots = Slots(2)
        assert await slots.take()
        assert await slots.take()
        slots.hold()
        closing = asyncio.create_task(slots.close())
        await turns()
        assert not closing.done()
        slots.give_back(held=True)
        await closing

    asyncio.run(play())
