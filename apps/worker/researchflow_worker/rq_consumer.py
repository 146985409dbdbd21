"""Jobs of RQ, for stacks whose QUEUE_CLIENTS has it: run in a thread, beside BullMQ's consumers.

Producers enqueue `researchflow_worker.rq_consumer.process` with a job's data. RQ's own loop isn't
used: it takes signals for itself, forks, and knows nothing of the slots of the process.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, get_current_job
from rq.job import Job
from rq.scheduler import RQScheduler
from rq.timeouts import TimerDeathPenalty

from . import logs
from .processing import Processor
from .redis_clients import blocking_queue_client
from .settings import Settings
from .slots import Slots

IDLE_SECONDS = 1.0
"""Between two looks at queues that were empty."""

CLOSE_SECONDS = 3.0
"""For goodbyes to the queue, when no job is in hand any more."""

T = TypeVar("T")

_processing: ContextVar[Callable[[Job, Any], dict[str, Any]]] = ContextVar("_processing")


def process(data: Any) -> dict[str, Any]:
    """What RQ calls by its name. Raises what `Processor.process` does."""
    job = get_current_job()
    if job is None:
        raise RuntimeError("it is for RQ's worker to call")
    return _processing.get()(job, data)


class _Worker(SimpleWorker):
    # RQ's other way is SIGALRM, which belongs to the main thread.
    death_penalty_class = TimerDeathPenalty


class RqConsumer:
    """Takes jobs of all queues of QUEUE_NAMES, one at a time, from `run` on until `close`."""

    def __init__(self, settings: Settings, processor: Processor, slots: Slots) -> None:
        self._processor, self._slots = processor, slots
        self._connection = blocking_queue_client(settings)
        self._queues = [Queue(name, connection=self._connection) for name in settings.queue_names]
        self._begun: tuple[_Worker, RQScheduler] | None = None
        self._closing = asyncio.Event()
        self._held = False
        # Each of its loggers has a level of its own, by which idle workers would talk.
        for part in ("worker", "job", "scheduler"):
            logging.getLogger(f"rq.{part}").setLevel(logging.WARNING)

    async def run(self) -> None:
        """Returns when it has been closed."""
        self._loop, self._running = asyncio.get_running_loop(), asyncio.current_task()
        _processing.set(self._process)
        while not self._closing.is_set():
            if not await self._take_one():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), IDLE_SECONDS)
        await _in_thread(self._say_goodbye)

    async def close(self) -> None:
        """End `run`, whose slots are closed already."""
        self._closing.set()
        if self._running:
            _, left = await asyncio.wait({self._running}, timeout=CLOSE_SECONDS)
            for task in left:
                # The queue is away.
                task.cancel()

    async def _take_one(self) -> bool:
        """Carry out the next job. Whether there was one."""
        if not await self._slots.take():
            return False
        self._held = False
        try:
            return await _in_thread(self._work_once)
        except (RedisError, OSError) as error:
            logs.warning("the queue is away, or refused something", error=type(error).__name__)
            return False
        finally:
            self._slots.give_back(held=self._held)

    def _hold(self) -> None:
        self._held = True
        self._slots.hold()

    def _work_once(self) -> bool:
        worker, scheduler = self._begun = self._begun or self._begin()
        worker.heartbeat()
        if worker.should_run_maintenance_tasks:
            worker.run_maintenance_tasks()
        if scheduler.should_reacquire_locks:
            scheduler.acquire_locks()
        scheduler.heartbeat()
        scheduler.enqueue_scheduled_jobs()
        taken = Queue.dequeue_any(self._queues, None, connection=self._connection)
        if taken is None:
            return False
        self._loop.call_soon_threadsafe(self._hold)
        job, queue = taken
        job.redis_server_version = worker.get_redis_server_version()
        worker.execute_job(job, queue)
        return True

    def _begin(self) -> tuple[_Worker, RQScheduler]:
        worker = _Worker(
            self._queues, connection=self._connection, exception_handlers=[self._failed]
        )
        scheduler = RQScheduler(
            self._queues, connection=self._connection, logging_level=logging.WARNING
        )
        worker.register_birth()
        scheduler.register_birth()
        return worker, scheduler

    def _say_goodbye(self) -> None:
        if self._begun:
            worker, scheduler = self._begun
            try:
                scheduler.stop()
                worker.register_death()
            except (RedisError, OSError) as error:
                logs.warning("the queue is away", error=type(error).__name__)
        self._connection.close()

    def _process(self, job: Job, data: Any) -> dict[str, Any]:
        async def progress(percent: int) -> None:
            job.meta["progress"] = percent
            await asyncio.to_thread(job.save_meta)

        work = self._processor.process(job.origin, data, progress)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _failed(self, job: Job, *_: object) -> bool:
        """RQ asks whether its further handlers are to be called."""
        if not job.should_retry:
            given_up = self._processor.give_up(job.origin, job.args[0] if job.args else None)
            asyncio.run_coroutine_threadsafe(given_up, self._loop).result()
        return True


async def _in_thread(work: Callable[[], T]) -> T:
    """What it returns, or raises; cancelled, it leaves the thread to itself, which ends with the
    process. The event loop's own threads would be waited for, and one may wait for the queue."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    outcome: list[T | BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            outcome.append(error)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=copy_context().run, args=(run,), daemon=True).start()
    await ended.wait()
    (found,) = outcome
    if isinstance(found, BaseException):
        raise found
    return found
