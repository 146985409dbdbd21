"""How many jobs may be in hand at once, over all queues and libraries of the process."""

from __future__ import annotations

import asyncio
from contextlib import suppress

TAKING_SECONDS = 3.0
"""How long the end waits for those who are asking a queue for a job; one that is away may not
answer at all."""


class Slots:
    """Whoever asks a queue for a job takes a slot first: a job that waited for one in here would
    count as running, and no other pod could take it."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = asyncio.Semaphore(count)
        self._in_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    async def take(self) -> bool:
        """Wait for a slot. False where no further job may be taken; then there is none."""
        await self._free.acquire()
        if not self._closed:
            return True
        self._free.release()
        await self._idle.wait()
        return False

    def hold(self) -> None:
        """A job has come: the end waits for as long as it takes."""
        self._in_hand += 1
        self._idle.clear()

    def give_back(self, *, held: bool) -> None:
        """Let somebody else have the slot, in which a job was held or none had come."""
        if held:
            self._in_hand -= 1
            if not self._in_hand:
                self._idle.set()
        self._free.release()

    async def close(self) -> None:
        """Returns when no job is in hand any more; from the call on nobody asks for one."""
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(TAKING_SECONDS):
                await self._all_back()
        await self._idle.wait()

    async def _all_back(self) -> None:
        taken = 0
        try:
            while taken < self._count:
                await self._free.acquire()
                taken += 1
        finally:
            for _ in range(taken):
                self._free.release()
