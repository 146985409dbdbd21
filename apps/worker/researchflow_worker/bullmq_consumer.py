"""Jobs of BullMQ: one consumer for each queue, which share the slots of the process."""

from __future__ import annotations

import asyncio
from typing import Any

from bullmq import Job, UnrecoverableError, Worker
from redis.exceptions import RedisError

from . import logs
from .jobs import InvalidJobError
from .processing import Processor
from .redis_clients import queue_client
from .settings import Settings
from .slots import Slots

RETRY_SECONDS = 1.0
"""Between two attempts to reach a queue that is away."""

CLOSE_SECONDS = 3.0
"""For goodbyes to the queue, when no job is in hand any more."""

IDLE_SECONDS = 1
"""For how long an idle consumer listens at once. A busy pod may swallow the mark that wakes one:
the job then waits so long, until somebody looks without being woken."""


class BullmqConsumer:
    """Takes jobs of all queues of QUEUE_NAMES, from `run` on until `close`."""

    def __init__(self, settings: Settings, processor: Processor, slots: Slots) -> None:
        self._workers = [
            _QueueWorker(queue, settings, processor, slots) for queue in settings.queue_names
        ]

    async def run(self) -> None:
        """Returns when it has been closed."""
        async with asyncio.TaskGroup() as tasks:
            for worker in self._workers:
                tasks.create_task(_keep_running(worker))

    async def close(self) -> None:
        """End the consumers, whose slots are closed already."""
        await asyncio.gather(*(_close(worker) for worker in self._workers))


class _QueueWorker(Worker):
    """BullMQ's own, which takes a job only when a slot of the process is free."""

    def __init__(self, queue: str, settings: Settings, processor: Processor, slots: Slots) -> None:
        self._slots, self._processor = slots, processor
        # BullMQ's types know neither all of its options nor that a processor is a coroutine.
        processing: Any = self._process
        options: Any = {
            "autorun": False,
            "connection": queue_client(settings),
            "concurrency": settings.worker_concurrency,
            "drainDelay": IDLE_SECONDS,
            "prefix": settings.bullmq_prefix,
            "runRetryDelay": RETRY_SECONDS * 1000,
        }
        super().__init__(queue, processing, options)
        self.on("error", _tell)

    async def moveToActive(self, token: str) -> Job | None:  # noqa: N802 - BullMQ's name
        """The next job, with a slot; neither where there is none."""
        if not await self._slots.take():
            return None
        job = None
        try:
            job = await super().moveToActive(token)
        finally:
            if job is None:
                self._slots.give_back(held=False)
            else:
                self._slots.hold()
        return job

    async def processJob(self, job: Job, token: str) -> None:  # noqa: N802 - BullMQ's name
        """Carry it out, or have it tried again later, and give its slot back."""
        try:
            await super().processJob(job, token)
            # Set here where it has failed for good, be it because its machines were lost.
            if job.finishedOn:
                await self._processor.give_up(self.name, job.data)
        finally:
            self._slots.give_back(held=True)

    async def _process(self, job: Job, _token: str) -> dict[str, Any]:
        async def progress(percent: int) -> None:
            try:
                await job.updateProgress(percent)
            except RedisError as error:
                logs.warning("the queue is away", error=type(error).__name__)

        try:
            return await self._processor.process(self.name, job.data, progress)
        except InvalidJobError as error:
            raise UnrecoverableError(str(error)) from error


async def _keep_running(worker: _QueueWorker) -> None:
    while not worker.closing:
        try:
            await worker.run()
        except (RedisError, OSError) as error:
            # It ends so where the queue is away when it begins.
            _tell(error)
            await asyncio.sleep(RETRY_SECONDS)


async def _close(worker: _QueueWorker) -> None:
    # It waits for a queue that is away, and no time-out can cancel it.
    closing = asyncio.create_task(worker.close())
    _, left = await asyncio.wait({closing}, timeout=CLOSE_SECONDS)
    if left:
        await worker.close(force=True)
        await closing


def _tell(error: Exception, *_: object) -> None:
    logs.warning("the queue is away, or refused something", error=type(error).__name__)
