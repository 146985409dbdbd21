"""Does for RQ what `consumers.cjs` does for Bull and BullMQ, and says the same of it on stdout.

Each consumer is RQ's own SimpleWorker, in a thread: processes would cost the CPU that is measured
with.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import redis
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.timeouts import TimerDeathPenalty

LOOK_SECONDS = 0.2

IDLE_SECONDS = 2
"""After so long without a job a consumer looks whether it should go."""


def say(said: dict[str, Any]) -> None:
    """One line, whole."""
    sys.stdout.write(f"{json.dumps(said)}\n")
    sys.stdout.flush()


class Consumer(SimpleWorker):
    """A worker that isn't its process' only one: no signals, and told to go by `going`."""

    # The default one acts by a signal, which only the main thread gets.
    death_penalty_class = TimerDeathPenalty
    going = False

    def _install_signal_handlers(self) -> None:
        pass

    def procline(self, message: str) -> None:
        """The process has one title for all."""

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> Any:
        """RQ's own, for a while each time. A signal would break it off at once."""
        del timeout, max_idle_time
        while not self.going:
            found = super().dequeue_job_and_maintain_ttl(IDLE_SECONDS, IDLE_SECONDS)
            if found is not None:
                return found
        raise StopRequested

    def perform_job(self, job: Any, queue: Any, execution: Any) -> bool:
        """RQ's own, told of."""
        began = {"consumer": self.name, "number": int(job.id), "started": time.time()}
        say(began)
        done = super().perform_job(job, queue, execution)
        added = job.enqueued_at.timestamp()
        say({**began, "seconds": job.args[0], "added": added, "ended": job.ended_at.timestamp()})
        return done


def main() -> None:
    """Follow the file until somebody ends the process."""
    setup = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    running: dict[str, Consumer] = {}
    added = False
    while True:
        wanted = json.loads(Path(setup["wanted"]).read_text("utf-8"))
        for name in [each for each in wanted["consumers"] if each not in running]:
            running[name] = _begin(name, setup)
        for name in [each for each in running if each not in wanted["consumers"]]:
            running.pop(name).going = True
        if wanted["seconds"] and not added:
            added = True
            _add(wanted["seconds"], setup)
        time.sleep(LOOK_SECONDS)


def _begin(name: str, setup: dict[str, Any]) -> Consumer:
    consumer = Consumer(
        [setup["queue"]],
        name=name,
        connection=_connect(setup, "workerUrl"),
        log_job_description=False,
    )

    options = {"logging_level": "ERROR"}
    threading.Thread(target=consumer.work, kwargs=options, daemon=True).start()
    return consumer


def _add(seconds: list[float], setup: dict[str, Any]) -> None:
    queue = Queue(setup["queue"], connection=_connect(setup, "producerUrl"))
    jobs = [
        Queue.prepare_data(time.sleep, (each,), job_id=str(number))
        for number, each in enumerate(seconds)
    ]
    queue.enqueue_many(jobs)


def _connect(setup: dict[str, Any], url: str) -> redis.Redis:
    return redis.Redis.from_url(setup[url], ssl_ca_certs=setup["authority"])


if __name__ == "__main__":
    main()
