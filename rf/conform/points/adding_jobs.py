"""Points of adding jobs: with which options, and what a queue that fails over or is full costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import redis

from rf.conform.point import ContractPoint, Explanation
from rf.conform.points.jobs import TAKEOVER_SECONDS, demoted, libraries_of, queue_of, stored
from rf.conform.seen import NotTriedError, require
from rf.conform.trial import Trial
from rf.shared.servers.processes import wait_until
from scaleplan.applications.workloads import ORCHESTRATOR
from scaleplan.sizes import QueueClient


def _options_of_jobs(trial: Trial) -> None:
    if libraries_of(trial) == [QueueClient.RQ]:
        raise NotTriedError("a job of RQ has neither kept counts nor priority")
    told = trial.stand.variables(trial.tried.name)
    process = trial.process()
    before = _jobs(trial)
    trial.asked_well("enqueue", process)
    added = [
        job for key, job in _jobs(trial).items() if key not in before and key[0] != QueueClient.RQ
    ]
    require(added, "the sample `enqueue` added no job to a queue of JOB_QUEUES")
    wanted = {
        "attempts": int(told["JOB_ATTEMPTS"]),
        "backoff type": told["JOB_BACKOFF_TYPE"],
        "backoff delay": int(told["JOB_BACKOFF_DELAY_MILLISECONDS"]),
        "removeOnComplete": int(told["JOB_KEEP_COMPLETED"]),
        "removeOnFail": int(told["JOB_KEEP_FAILED"]),
        "priority": int(told["JOB_DEFAULT_PRIORITY"]),
    }
    for job in added:
        seen = _told_of(json.loads(job["opts"]))
        wrong = [name for name, value in wanted.items() if seen.get(name) != value]
        said = ", ".join(f"{name} {seen.get(name)} instead of {wanted[name]}" for name in wrong)
        require(not wrong, f"a job was added with {said}")


def _jobs(trial: Trial) -> dict[tuple[QueueClient, str, str], dict[str, str]]:
    """All that are there, by library, queue and id."""
    found: dict[tuple[QueueClient, str, str], dict[str, str]] = {}
    for library in libraries_of(trial):
        for name in trial.stand.variables(trial.tried.name)["JOB_QUEUES"].split(","):
            with queue_of(trial, name, library) as queue:
                found |= {(library, name, each): job for each, job in queue.added().items()}
    return found


def _told_of(options: dict[str, Any]) -> dict[str, Any]:
    """A number of jobs kept may stand in `count`."""
    backoff = options.get("backoff") or {}
    kept = {name: options.get(name) for name in ("removeOnComplete", "removeOnFail")}
    return {
        **options,
        "backoff type": backoff.get("type"),
        "backoff delay": backoff.get("delay"),
        **{
            name: cast("dict[str, Any]", value).get("count") if isinstance(value, dict) else value
            for name, value in kept.items()
        },
    }


def _outlives_takeover(trial: Trial) -> None:
    process = trial.process()
    trial.asked_well("enqueue", process)
    before = _jobs(trial).keys()
    with trial.clients(process) as thread, trial.stand.queue.server.connect() as client:
        with demoted(client):
            asked = thread.submit(trial.ask, "enqueue", process)
            with suppress(TimeoutError):
                wait_until(asked.done, "answered", TAKEOVER_SECONDS)
        answer = asked.result()
    require(
        answer.good,
        f"while the queue failed over (READONLY) it answered {answer.status} instead of trying"
        " again",
    )
    require(_jobs(trial).keys() - before, "a job was lost while the queue failed over (READONLY)")


def _outlives_a_full_queue(trial: Trial) -> None:
    process = trial.process()
    trial.asked_well("enqueue", process)
    rows, _ = stored(trial)
    with trial.stand.queue.server.connect() as client, _full(client):
        answer = trial.ask("enqueue", process)
        kept = stored(trial)[0] != rows
    told = answer.status == 503 and "retry-after" in answer.headers
    require(
        answer.good or told,
        f"while the queue was full (OOM) it answered {answer.status}"
        + (" without Retry-After" if answer.status == 503 else ""),
    )
    require(
        told or kept,
        f"while the queue was full (OOM) it answered {answer.status}, and kept the job in no table",
    )
    trial.asked_well("enqueue", process)


@contextmanager
def _full(client: redis.Redis) -> Iterator[None]:
    """The server has no memory left in here, and evicts nothing."""
    before = cast("dict[str, str]", client.config_get("maxmemory"))["maxmemory"]
    client.config_set("maxmemory", 1)
    try:
        yield
    finally:
        client.config_set("maxmemory", before)


def _repeats(trial: Trial) -> None:
    process, patient = trial.process(), trial.patient()
    before = _jobs(trial).keys()
    for _ in range(2):
        trial.asked_well("enqueue", process, patient)
    added = len(_jobs(trial).keys() - before)
    require(added <= 1, f"the same request, sent again, left {added} jobs instead of one")


POINTS = (
    ContractPoint(
        id="job-options",
        title="adds jobs with attempts, back-off, kept counts and priority",
        applications=(ORCHESTRATOR,),
        attempt=_options_of_jobs,
        needs=("enqueue",),
        variables=(
            "JOB_QUEUES",
            "JOB_ATTEMPTS",
            "JOB_BACKOFF_TYPE",
            "JOB_BACKOFF_DELAY_MILLISECONDS",
            "JOB_KEEP_COMPLETED",
            "JOB_KEEP_FAILED",
            "JOB_DEFAULT_PRIORITY",
            "BULLMQ_PREFIX",
            "BULL_PREFIX",
        ),
        explanation=Explanation(
            text="Give them to the queue once, as the default of every job: what is not removed"
            " fills a Redis that evicts nothing.",
            node="new Queue(name, {connection, prefix, defaultJobOptions: {attempts, priority,\n"
            "  backoff: {type, delay}, removeOnComplete: completed, removeOnFail: failed}})",
            python="await queue.add(name, data, options)  # bullmq takes them with each job",
        ),
    ),
    ContractPoint(
        id="enqueue-takeover",
        title="adds a job while the queue fails over",
        applications=(ORCHESTRATOR,),
        attempt=_outlives_takeover,
        needs=("enqueue",),
        variables=("QUEUE_URL",),
        explanation=Explanation(
            text="READONLY comes from a server that has become a replica: nothing was done. Connect"
            " anew and send the command again, for a few seconds in all.",
            node="new Redis(url, {maxRetriesPerRequest: null,\n"
            "  reconnectOnError: (error) => error.message.startsWith('READONLY') ? 2 : false})",
            python="Redis.from_url(url, retry=Retry(ExponentialBackoff(), 10),\n"
            "    retry_on_error=[ReadOnlyError])",
        ),
    ),
    ContractPoint(
        id="queue-full",
        title="keeps a job that a full queue refuses, or says that it was refused",
        applications=(ORCHESTRATOR,),
        attempt=_outlives_a_full_queue,
        needs=("enqueue",),
        variables=("QUEUE_URL",),
        explanation=Explanation(
            text="A full queue is full for minutes. Answer 503 with Retry-After at once, or write"
            " the job into a table in the request's own transaction and add it from there.",
            node="try { await queue.add(name, data, {jobId}) } catch (error) {\n"
            "  if (!error.message.startsWith('OOM')) throw error\n"
            "  res.set('Retry-After', '120').sendStatus(503)\n}",
            python="try:\n    queue.enqueue(work, data, job_id=key)\n"
            "except redis.exceptions.OutOfMemoryError:\n"
            '    return Response(status=503, headers={"Retry-After": "120"})',
        ),
    ),
    ContractPoint(
        id="enqueue-repeats",
        title="the same request, sent again, adds no second job",
        applications=(ORCHESTRATOR,),
        attempt=_repeats,
        needs=("enqueue",),
        explanation=Explanation(
            text="Whoever got no answer sends the request again, and the job may have been added."
            " Make the job's id of what the client sends: the queue leaves alone what is there.",
            node="await queue.add('analyse', data, {jobId: `analyse-${body.id}`})",
            python="await queue.add('analyse', data, {'jobId': f'analyse-{body.id}'})  # bullmq\n"
            "with suppress(DuplicateJobError):  # rq\n"
            "    queue.enqueue(work, data, job_id=key, unique=True)",
        ),
    ),
)
