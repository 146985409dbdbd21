"""The point of waits between attempts: how often an application comes to stores that are away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from rf.conform.point import CONNECTED, ContractPoint, Explanation
from rf.conform.points.jobs import await_done, await_taken, sample_queue
from rf.conform.seen import require
from rf.conform.trial import Trial
from rf.shared.applications.application_process import ApplicationProcess
from rf.shared.servers.processes import wait_until

WATCHED_SECONDS = 3.0
"""How long stores are away."""

ATTEMPTS = 15
"""In that time, of each connection that was there or is wanted. Waits of 100 ms that double make
six, and ten where chance makes them short; waits that stay at 100 ms make thirty, none makes
hundreds. A slow machine makes it fewer, never more."""

LONGEST_WAIT_SECONDS = 5.0
"""Between two attempts, by the contract."""


def _backs_off(trial: Trial) -> None:
    process = trial.process()
    asked = [name for name in ("write", "read") if trial.samples.has(name)]
    for name in asked:
        trial.ask(name, process)
    with _job_in_hand(trial):
        had = _connections(trial)
        came = _came_back(trial, process, asked)
        # BullMQ's consumer ends never if it is closed while it waits to connect.
        with suppress(TimeoutError):
            wait_until(
                lambda: _connections(trial)["the queue"] >= had["the queue"],
                "connected again",
                LONGEST_WAIT_SECONDS,
            )
    for store, times in came.items():
        # What it has in hand may want a connection more.
        most = ATTEMPTS * max(had[store] + len(asked), 1)
        require(
            times <= most,
            f"in the {WATCHED_SECONDS:g} s in which {store} was away it came {times} times with"
            f" {had[store]} connections, not {most} at most",
        )


@contextmanager
def _job_in_hand(trial: Trial) -> Iterator[None]:
    """A worker holds a job in here, where the samples name one; it is carried out afterwards."""
    if trial.samples.job is None:
        yield
        return
    with sample_queue(trial) as (queue, add):
        job = add()
        await_taken(queue, job)
        yield
        await_done(queue, job)


def _connections(trial: Trial) -> dict[str, int]:
    """How many there are, by store, whichever of its processes has them."""
    stand, name = trial.stand, trial.tried.name
    databases = stand.databases.clients()
    return {
        "the database": sum(databases[each] for each in stand.databases.names if each in databases),
        "the cache": stand.cache.clients(name),
        "the queue": stand.queue.clients(name),
    }


def _came_back(trial: Trial, process: ApplicationProcess, asked: Sequence[str]) -> dict[str, int]:
    """How often it came to each store while all of them were away, with these samples in hand."""
    stand, databases = trial.stand, trial.stand.databases
    port = process.ports.requests
    requests = [trial.samples.request(name, trial.patient()) for name in asked]
    with trial.clients(process, len(requests) + 1) as threads, databases.away():
        before = databases.told_away()
        with stand.cache.gate.turning_away() as cache, stand.queue.gate.turning_away() as queue:
            for request in requests:
                threads.submit(trial.send, port, request)
            process.wait_ended(WATCHED_SECONDS)
            return {
                "the database": databases.told_away() - before,
                "the cache": sum(each.came for each in cache),
                "the queue": sum(each.came for each in queue),
            }


POINTS = (
    ContractPoint(
        id="backs-off",
        title="waits between attempts, longer each time",
        applications=CONNECTED,
        attempt=_backs_off,
        variables=("DATABASE_URL", "CACHE_URL", "QUEUE_URL"),
        explanation=Explanation(
            text="All clients were refused at one moment, and come back at one moment unless chance"
            " parts them. That holds for what connects by itself too: ioredis' Cluster, unless"
            " told, waits 100 ms and 2 ms more each time.",
            node="const wait = (times) => Math.random() * Math.min(100 * 2 ** times, 5000)\n"
            "new Redis(url, {retryStrategy: wait, maxRetriesPerRequest: null})\n"
            "new Redis.Cluster([url], {clusterRetryStrategy: wait, redisOptions: {tls: {}}})",
            python="retry = Retry(FullJitterBackoff(cap=5, base=0.1), 10)\n"
            "redis.Redis.from_url(url, retry=retry)\n"
            "# in a loop of one's own\n"
            "time.sleep(wait * random.random())\nwait = min(wait * 2, 5)",
        ),
    ),
)
