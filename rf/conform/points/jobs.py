"""Points of a worker: how it carries out jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import redis
from psycopg import sql

from rendering.queue.keys import RQ_PREFIX
from rendering.shared.endpoints import STOP_MARGIN_SECONDS
from rf.conform.job_queues import LibraryQueue, RetriedJob, job_queue
from rf.conform.point import ContractPoint, Explanation
from rf.conform.seen import NotTriedError, in_time, require
from rf.conform.trial import Trial
from scaleplan.applications.workloads import WORKER
from scaleplan.sizes import QueueClient

DONE_SECONDS = 60.0
"""In which a sample's job is to end."""

AT_ONCE = 4
"""Jobs that wait together, to see how many are taken at once."""

TAKEOVER_SECONDS = 1.0
"""How long the queue refuses writes; in ElastiCache it is longer, with the same error."""


AWAY_SECONDS = 5.0
"""How long database and cache are away: longer than the attempts of a job, with their waits."""

HEARD_SECONDS = 0.2
"""From SIGTERM on until the process has heard of it."""


def libraries_of(trial: Trial) -> list[QueueClient]:
    """Whose jobs the stack's are."""
    return [*map(QueueClient, trial.stand.variables(trial.tried.name)["QUEUE_CLIENTS"].split(","))]


@contextmanager
def queue_of(trial: Trial, name: str, library: QueueClient) -> Iterator[LibraryQueue]:
    """The library's queue of that name."""
    told = trial.stand.variables(trial.tried.name)
    prefix = told.get(f"{library.upper()}_PREFIX", RQ_PREFIX)
    with trial.stand.queue.server.connect() as client:
        yield job_queue(client, library, prefix, name)


@contextmanager
def sample_queue(trial: Trial) -> Iterator[tuple[LibraryQueue, Callable[[], str]]]:
    """The sample's queue, and what puts the job into it.

    Raises NotTriedError without a sample, or where its library is none of the stack's.
    """
    job = trial.samples.job
    if job is None:
        raise NotTriedError("the samples name no job")
    libraries = libraries_of(trial)
    library = job.client or libraries[0]
    if library not in libraries:
        raise NotTriedError(f"jobs are those of {', '.join(libraries)}, not of {library}")
    with queue_of(trial, job.queue, library) as queue:
        told = trial.stand.variables(trial.tried.name)
        retried = RetriedJob(
            attempts=int(told["JOB_ATTEMPTS"]),
            backoff_type=told["JOB_BACKOFF_TYPE"],
            backoff_milliseconds=int(told["JOB_BACKOFF_DELAY_MILLISECONDS"]),
        )
        patient = trial.patient()
        yield queue, lambda: queue.add(job.name, job.data_of(patient), retried)


def await_done(queue: LibraryQueue, identifier: str) -> None:
    """Raises BrokenPointError unless the job is carried out in time."""
    seen = f"a job had not ended after {DONE_SECONDS:g} s"
    in_time(lambda: identifier in queue.ended(), DONE_SECONDS, seen)
    require(queue.ended()[identifier] == "completed", "a job failed")


def await_taken(queue: LibraryQueue, identifier: str) -> None:
    """Raises BrokenPointError unless somebody takes the job in time."""
    in_time(
        lambda: identifier in queue.active() or identifier in queue.ended(),
        DONE_SECONDS,
        f"nobody took a job within {DONE_SECONDS:g} s",
    )


def _carries_out(trial: Trial) -> None:
    trial.process()
    with sample_queue(trial) as (queue, add):
        await_done(queue, add())


def _one_at_a_time(trial: Trial) -> None:
    trial.process()
    most = int(trial.stand.variables(trial.tried.name)["WORKER_CONCURRENCY"])
    seen = 0
    with sample_queue(trial) as (queue, add):
        jobs = [add() for _ in range(AT_ONCE)]

        def all_ended() -> bool:
            nonlocal seen
            seen = max(seen, len(queue.active()))
            return set(jobs) <= queue.ended().keys()

        in_time(all_ended, DONE_SECONDS, f"{AT_ONCE} jobs had not ended after {DONE_SECONDS:g} s")
    require(seen <= most, f"it held {seen} jobs at once, not {most}")


def _ends_its_job(trial: Trial) -> None:
    process = trial.release()
    with sample_queue(trial) as (queue, add):
        held = add()
        await_taken(queue, held)
        process.terminate()
        process.wait_ended(HEARD_SECONDS)
        later = add()
        if held in queue.ended():
            process.stop()
            raise NotTriedError("the job had ended before SIGTERM: name one that takes a second")
        code = process.wait_ended(trial.tried.drain_seconds + STOP_MARGIN_SECONDS)
        process.stop()
        require(code is not None, "it did not end after SIGTERM with a job in hand")
        state = queue.ended().get(held)
        require(state == "completed", f"the job in hand at SIGTERM {state or 'was let go'}")
        require(later in queue.waiting(), "it took another job after SIGTERM")


def _repeats(trial: Trial) -> None:
    trial.process()
    with sample_queue(trial) as (queue, add):
        await_done(queue, add())
        rows, keys = stored(trial)
        await_done(queue, add())
    rows_of_two, keys_of_two = stored(trial)
    # An entry of the cache may have run out meanwhile.
    more = rows_of_two != rows or not keys_of_two <= keys
    require(not more, "a job that ran twice left more than once")


def stored(trial: Trial) -> tuple[dict[str, int], set[bytes]]:
    """Rows by table but for journals, and keys of the cache."""
    databases, rows = trial.stand.databases, dict[str, int]()
    journals = {f'"{each}"'.replace(".", '"."') for each in trial.samples.journals}
    with databases.superuser() as superuser:
        for table in databases.tables(superuser):
            name = table.as_string(superuser)
            if journals.isdisjoint((name, name.partition(".")[2])):
                count = sql.SQL("select count(*) from {}").format(table)
                counted = superuser.execute(count).fetchone()
                rows[name] = counted[0] if counted else 0
    with trial.stand.cache.server.connect() as tester:
        return rows, set(cast("Iterator[bytes]", tester.scan_iter(count=1000)))


def _outlives_takeover(trial: Trial) -> None:
    process = trial.process()
    with sample_queue(trial) as (queue, add):
        await_done(queue, add())
        with demoted(queue.client):
            process.wait_ended(TAKEOVER_SECONDS)
        identifier = add()
        require(process.exit_code is None, "a takeover of the queue (READONLY) ended it")
        await_done(queue, identifier)


def _waits_out_a_failover(trial: Trial) -> None:
    process, stand = trial.process(), trial.stand
    with sample_queue(trial) as (queue, add):
        with stand.databases.away(), stand.cache.gate.closed():
            identifier = add()
            process.wait_ended(AWAY_SECONDS)
        require(process.exit_code is None, "a failover of database and cache ended it")
        failed = queue.ended().get(identifier) == "failed"
        require(
            not failed, f"a job failed while database and cache were away for {AWAY_SECONDS:g} s"
        )
        await_done(queue, identifier)


@contextmanager
def demoted(client: redis.Redis) -> Iterator[None]:
    """The server is a replica in here, as the one that a connection still leads to."""
    client.replicaof("127.0.0.1", 1)
    try:
        yield
    finally:
        client.replicaof("NO", "ONE")


_WORKER = (
    "new Worker(queue, work, {connection, prefix, concurrency: Number(env.WORKER_CONCURRENCY)})"
)

POINTS = (
    ContractPoint(
        id="job-done",
        title="carries out a job of its queues",
        applications=(WORKER,),
        attempt=_carries_out,
        needs=("job",),
        variables=("QUEUE_URL", "QUEUE_NAMES", "QUEUE_CLIENTS", "BULLMQ_PREFIX", "BULL_PREFIX"),
        explanation=Explanation(
            text="One consumer for each queue of QUEUE_NAMES, under the prefix of the variable.",
            node="for (const queue of env.QUEUE_NAMES.split(',')) " + _WORKER,
            python='for queue in os.environ["QUEUE_NAMES"].split(","):\n'
            "    Worker(queue, work, options)  # bullmq\n"
            'Worker(os.environ["QUEUE_NAMES"].split(","), connection=redis).work()  # rq',
        ),
    ),
    ContractPoint(
        id="job-concurrency",
        title="holds no more jobs at once than it may",
        applications=(WORKER,),
        attempt=_one_at_a_time,
        needs=("job",),
        variables=("WORKER_CONCURRENCY",),
        explanation=Explanation(
            text="Memory of a pod and the number of pods are worked out from it: what is to run at"
            " once runs on more pods. The number is for all queues of the process together.",
            node="// one Worker after another, or a semaphore around `work` of all of them\n"
            + _WORKER,
            python="async with asyncio.Semaphore(concurrency): ...",
        ),
    ),
    ContractPoint(
        id="job-in-hand",
        title="ends the job in hand at SIGTERM, and takes no other",
        applications=(WORKER,),
        attempt=_ends_its_job,
        needs=("job",),
        variables=("SHUTDOWN_DRAIN_SECONDS",),
        explanation=Explanation(
            text="Closing a consumer waits for its job; end the process after that.",
            node="process.on('SIGTERM', () => worker.close().then(() => process.exit(0)))",
            python="await worker.close()  # bullmq; RQ's worker does it on SIGTERM by itself",
        ),
    ),
    ContractPoint(
        id="job-repeats",
        title="a job that runs twice leaves what one does",
        applications=(WORKER,),
        attempt=_repeats,
        needs=("job",),
        explanation=Explanation(
            text="Name what a job writes by the job's data, never by the time or at random, and"
            " write with ON CONFLICT.",
            node="await db.query('insert into results (id, …) values ($1, …) on conflict do"
            " nothing', [id])",
            python='db.execute("insert into results … on conflict do nothing", [id])',
        ),
    ),
    ContractPoint(
        id="job-waits",
        title="a job waits out a failover of database and cache",
        applications=(WORKER,),
        attempt=_waits_out_a_failover,
        needs=("job",),
        variables=(
            "DATABASE_URL",
            "CACHE_URL",
            "JOB_ATTEMPTS",
            "JOB_BACKOFF_TYPE",
            "JOB_BACKOFF_DELAY_MILLISECONDS",
        ),
        explanation=Explanation(
            text="The attempts of a job end within seconds, a failover of the database may take"
            " minutes: try again inside the job, with growing random waits, for as long as the"
            " contract says.",
            node="for (let wait = 100; ; wait = Math.min(wait * 2, 5000)) {\n"
            "  try { return await transaction(work) } catch (error) {\n"
            "    if (!repeatable(error) || Date.now() > last) throw error\n"
            "    await sleep(wait * Math.random())\n  }\n}",
            python="while True:\n    try:\n        return transaction(work)\n"
            "    except psycopg.Error as error:\n"
            "        if not repeatable(error) or time.monotonic() > last:\n            raise\n"
            "    time.sleep(wait * random.random())\n    wait = min(wait * 2, 5)",
        ),
    ),
    ContractPoint(
        id="queue-takeover",
        title="goes on when the queue fails over",
        applications=(WORKER,),
        attempt=_outlives_takeover,
        needs=("job",),
        variables=("QUEUE_URL",),
        explanation=Explanation(
            text="READONLY comes from a server that has become a replica: connect anew, and let no"
            " error of the connection end the process.",
            node="new Redis(url, {maxRetriesPerRequest: null,\n"
            "  reconnectOnError: (error) => error.message.startsWith('READONLY') ? 2 : false})\n"
            "worker.on('error', (error) => log.warn({error}, 'queue'))",
            python="Redis.from_url(url, retry=Retry(ExponentialBackoff(), 10),\n"
            "    retry_on_error=[ReadOnlyError])",
        ),
    ),
)
