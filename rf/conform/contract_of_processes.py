"""The contract's sentences of processes: how they run, and what changes under them."""

from __future__ import annotations

from rendering.applications.pods import TEMPORARY_DIRECTORY, TEMPORARY_SPACE_MIB, USER_ID
from rendering.database.roles import ROLES, RoleKey
from rendering.shared import endpoints
from rendering.workflows.client import SERVICE_ROLE
from rf.conform.points.process import LONGEST_HEALTH_BODY
from rf.conform.sentences import (
    ACCOUNT,
    CLUSTER,
    FACT,
    ContractSection,
    part,
    tried,
    untried,
)
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.model import load_plan


def images() -> ContractSection:
    """The sentences of that name."""
    return part(
        "Images",
        (
            tried(
                f"The process runs as user and group {USER_ID}, without capabilities and with a"
                " read-only root file system.",
                "confined",
            ),
            tried(
                f"It may write to `{TEMPORARY_DIRECTORY}`, {TEMPORARY_SPACE_MIB} MiB at most, which"
                " is empty at every start.",
                "confined",
            ),
        ),
        (
            untried("It finds no token of the API server.", CLUSTER),
            untried(
                "AWS credentials of orchestrator and worker come through the SDK's default chain"
                " (EKS Pod Identity).",
                ACCOUNT,
            ),
        ),
        (
            tried(
                "Its health paths answer 200 or 503 and say no more, at most"
                f" {LONGEST_HEALTH_BODY} bytes: the orchestrator's are reachable from outside.",
                "health-says-no-more",
            ),
        ),
        (
            tried("It logs to standard output, one JSON object a line,", "log-json"),
            tried("and never a secret", "log-no-secret"),
            tried("or a patient's data.", "log-no-patient"),
        ),
        (
            tried(
                "It is process 1, or what is passes signals on.", "exits-with-0", "leaves-nothing"
            ),
            untried(
                "While the load balancer takes a pod of a served application out, the pod serves on"
                f" for {endpoints.PRE_STOP_SECONDS} s;",
                CLUSTER,
            ),
            tried("then comes **SIGTERM**: stop listening,", "stops-listening"),
            tried("end what has begun within `SHUTDOWN_DRAIN_SECONDS`,", "ends-what-it-has"),
            tried("exit with 0.", "exits-with-0"),
            untried(f"SIGKILL follows {endpoints.STOP_MARGIN_SECONDS} s later.", FACT),
            tried(
                "Two processes, of one version or of two, run side by side while one replaces the"
                " other, and neither costs the other a request.",
                "no-request-lost",
            ),
        ),
        (
            tried(
                "A worker takes jobs of `QUEUE_NAMES`,",
                "job-done",
            ),
            tried("no more than `WORKER_CONCURRENCY` at once;", "job-concurrency"),
            tried(
                "when it gets SIGTERM it takes no further job and ends the one it holds.",
                "job-in-hand",
            ),
            tried(
                "A job may be run twice all the same, when a machine is lost: jobs must be safe to"
                " repeat.",
                "job-repeats",
            ),
            tried(
                "The orchestrator adds jobs with the attempts, back-off, priority and kept counts"
                " of the `JOB_` variables.",
                "job-options",
            ),
            untried(
                "A job that runs for longer than `JOB_TIMEOUT_SECONDS` is failed by its worker.",
                "a trial would last as long",
            ),
        ),
        (
            untried(
                "Any variable or secret that changes replaces the pods; nothing needs to be read"
                " twice.",
                FACT,
            ),
        ),
    )


def probes() -> ContractSection:
    """The sentences of that name."""
    return part(
        "Probes",
        (
            tried(
                f"`{endpoints.LIVE_PATH}` answers 200 as soon as and as long as the process works"
                " at all;",
                "starts",
            ),
            tried(
                "it says nothing of stores, since a database that is away must not restart every"
                " pod.",
                "live-without-stores",
            ),
            tried(
                f"`{endpoints.READY_PATH}` of orchestrator and collaboration answers 200 while the"
                " database can be asked, else 503, and again 200 by itself when it is back;",
                "ready-by-database",
            ),
            tried("a cache that is away changes nothing in it.", "cache-away"),
        ),
        listed=False,
    )


def variables() -> ContractSection:
    """The sentences of that name."""
    return part(
        "Variables",
        (
            tried(
                "A process listens on the ports that two of them name, and takes all hosts, logins"
                " and files from the others.",
                "starts",
            ),
            tried(
                "Idle connections are kept for as long as `HTTP_KEEP_ALIVE_SECONDS` says.",
                "keep-alive",
            ),
            tried(
                "What opens a connection to a database is one pool for each URL, with the maximum"
                " that stands beside it.",
                "pool-maximum",
            ),
            tried(
                "Through `DATABASE_REPLICA_URL`, whose login may write nothing, nothing is tried to"
                " be written.",
                "reads-only-read",
            ),
            tried(
                "Every answer of the orchestrator but those of the health paths has the"
                " `Cache-Control` of its method and path.",
                "cache-headers",
            ),
        ),
        listed=False,
    )


def migrations() -> ContractSection:
    """The sentences of that name."""
    command, login = " ".join(MigrationsSettings().command), ROLES[RoleKey.MIGRATOR].name
    return part(
        "Migrations",
        (
            untried(
                "Before a rollout, the orchestrator's image runs as a Job with the command of"
                f" `migrations.command` (`{command}` unless set; an empty list where there are"
                " none). Its name changes with image and command, so that each version runs once;"
                " pods of the new version start when it has ended with 0 and every pooler has"
                " opened new connections (`pooler-reconnect-…`). When it fails, the deployment"
                " fails and the old pods run on; the next one makes the Job anew, with the same"
                " image too.",
                CLUSTER,
            ),
        ),
        (
            tried(
                "Until then pods of the old version may be told `0A000 cached plan must not change"
                " result type` for a prepared statement on a table that the migration has changed,"
                " new clients included: PgBouncer hands its own prepared statement to whoever sends"
                " the same text. They repeat the transaction (above). `SELECT` with named columns"
                " instead of `*` meets it on changed columns alone.",
                "changed-table",
            ),
        ),
        (
            untried(
                "`DATABASE_URL` and `SYSTEM_DATABASE_URL` are there direct: the server itself, not"
                f" PgBouncer, and the login is `{login}`, which owns the tables. Where Citus"
                " serves, the former is its coordinator.",
                FACT,
            ),
        ),
        (
            tried(
                "Pods of the old version run while the new tables are already there: change in two"
                " steps, first add, and a release later remove.",
                "version-before",
            ),
        ),
        (
            tried(
                "The command may run again: what has been applied is left alone,",
                "migration-repeats",
            ),
            tried(
                "and after a rollback the older image's runs on newer tables: versions that it"
                " doesn't know are no error.",
                "older-migration",
            ),
        ),
        (
            untried(
                "Citus distributes a new table within ten minutes after a migration made it, but"
                " between 02:00 and 04:00 UTC, when it is backed up; see [sharding](sharding.md)"
                " for what tables must look like.",
                "Citus does not run on the stand",
            ),
        ),
    )


def workflows() -> ContractSection:
    """The sentences of that name."""
    drain = load_plan().workflows.start_to_close_timeout_seconds
    return part(
        "Workflows",
        (
            tried(
                "The orchestrator's image runs once more as `workflow-worker`, with the"
                " orchestrator's variables but `HTTP_KEEP_ALIVE_SECONDS`, those of Temporal, and"
                f" `SERVICE_ROLE={SERVICE_ROLE['SERVICE_ROLE']}`: then it answers probes and"
                " metrics alone,",
                "probes-alone",
            ),
            tried("and takes workflow and activity tasks of `TEMPORAL_TASK_QUEUE`.", "takes-tasks"),
        ),
        (
            tried(
                "The orchestrator starts workflows on that task queue. Temporal's SDKs read"
                " `TEMPORAL_*` by themselves (environment configuration). The server refuses"
                " whoever shows no certificate.",
                "starts-workflows",
                "takes-tasks",
            ),
        ),
        (
            tried(
                "Both stay live while Temporal is away, and go on by themselves when it is back.",
                "starts-workflows-again",
                "takes-tasks-again",
            ),
        ),
        (
            tried(
                "Every activity is given the time-out and the attempts of the two `WORKFLOW_`"
                " variables.",
                "activity-limits",
            ),
            tried("It may run twice, so it must do no harm the second time.", "activity-repeats"),
        ),
        (
            tried(
                f"On SIGTERM the worker polls no more and has {drain} s for the activities it"
                " holds;",
                "activity-in-hand",
            ),
            tried(
                "what is cut off Temporal hands to another pod after the time-out.", "worker-lost"
            ),
        ),
    )


def metrics() -> ContractSection:
    """The sentences of that name."""
    return part(
        "Metrics",
        (
            tried(
                f"At `{endpoints.METRICS_PATH}` on `METRICS_PORT`, in Prometheus' text format,",
                "starts",
                "metrics",
            ),
            tried("with these names, kinds and labels,", "metrics"),
            tried("these bounds among the buckets,", "metrics-buckets"),
            tried("every request once,", "metrics-count"),
            tried("and no identifier of a patient in any of it.", "metrics-no-patient"),
        ),
        listed=False,
    )
