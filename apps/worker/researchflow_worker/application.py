"""The process: from its variables to its end, which SIGTERM asks for."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Protocol

from prometheus_client import start_http_server
from pydantic import ValidationError

from . import logs
from .bullmq_consumer import BullmqConsumer
from .database import Database
from .flags import Flags
from .probes import Probes
from .processing import Processor
from .rq_consumer import RqConsumer
from .settings import Settings, read_settings
from .slots import Slots


class Consumer(Protocol):
    """Takes jobs of one library."""

    async def run(self) -> None:
        """Returns when it has been closed."""
        ...

    async def close(self) -> None:
        """End `run`; no job is in hand any more."""
        ...


def main() -> int:
    """The exit code: 0 after SIGTERM, 2 where the variables are wrong."""
    logs.set_up()
    try:
        settings = read_settings(os.environ)
    except ValidationError as error:
        wrong = ", ".join(str(each["loc"][0]).upper() for each in error.errors())
        logs.warning("variables are missing or wrong", variables=wrong)
        return 2
    asyncio.run(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    told_to_stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, told_to_stop.set)
    metrics_server, metrics_thread = start_http_server(settings.metrics_port)
    slots = Slots(settings.worker_concurrency)
    async with Database(settings) as database, Flags(settings, database) as flags:
        processor = Processor(database, flags, settings.job_timeout_seconds)
        consumers = _consumers(settings, processor, slots)
        with Probes(settings.port) as probes:
            async with asyncio.TaskGroup() as tasks:
                for consumer in consumers:
                    tasks.create_task(consumer.run())
                probes.ready = True
                logs.info("takes jobs", concurrency=settings.worker_concurrency)
                await told_to_stop.wait()
                logs.info("takes no further job")
                await asyncio.to_thread(probes.stop_listening)
                await slots.close()
                await asyncio.gather(*(consumer.close() for consumer in consumers))
    await asyncio.to_thread(metrics_server.shutdown)
    metrics_server.server_close()
    metrics_thread.join()
    logs.info("ends")


def _consumers(settings: Settings, processor: Processor, slots: Slots) -> list[Consumer]:
    consumers: list[Consumer] = []
    if "bullmq" in settings.queue_clients:
        consumers.append(BullmqConsumer(settings, processor, slots))
    if "rq" in settings.queue_clients:
        each = (RqConsumer(settings, processor, slots) for _ in range(settings.worker_concurrency))
        consumers.extend(each)
    return consumers
