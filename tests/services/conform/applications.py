"""The applications of these tests, and the fault by which each point is broken."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from rf.conform.samples import PATIENT_IN_BYTES, Samples
from rf.conform.trial import ApplicationOnTrial
from tests.services.queue.node_clients import NodeClients

COLLABORATION_SERVER = str(Path(__file__).with_name("collaboration.py"))
WEB = str(Path(__file__).with_name("web.py"))
WORKER = str(Path(__file__).with_name("worker.cjs"))
RQ_WORKER = Path(__file__).with_name("rq_worker.py")
ORCHESTRATOR = str(Path(__file__).with_name("orchestrator.py"))

BATCHES: tuple[Mapping[str, str], ...] = (
    {
        "health-says-no-more": "talks-of-health",
        "cache-moved": "connects-plainly",
        "metrics": "one-label-more",
        "metrics-buckets": "few-buckets",
        "metrics-count": "counts-twice",
        "metrics-no-patient": "path-as-route",
        "cache-headers": "all-is-public",
        "log-json": "prints",
        "log-no-secret": "logs-the-url",
        "log-no-patient": "logs-paths",
    },
    {
        "time-to-live": "no-time-to-live",
        "redis-refuses-nothing": "asks-for-keys",
        "one-slot": "asks-two-slots",
        "cache-emptied": "trusts-the-cache",
        "reads-only-read": "writes-through-reads",
        "no-session-state": "sets",
        "live-without-stores": "live-asks-the-database",
        "migration-repeats": "migrates-again",
        "write-repeats": "counts-visits",
        "older-migration": "refuses-newer",
    },
    {
        "confined": "writes-beside-its-code",
        "cache-away": "needs-the-cache",
        "cache-clusterdown": "needs-every-slot",
        "ready-by-database": "always-ready",
        "survives-termination": "gives-up-on-57P01",
        "changed-table": "gives-up-on-0A000",
    },
    {
        "pool-maximum": "no-pool",
        "exits-with-0": "ends-with-1",
        "leaves-nothing": "leaves-a-child",
        "stops-listening": "listens-on",
        "no-request-lost": "stops-the-others",
        "database-away": "says-500",
    },
    {
        "backs-off": "comes-at-once",
        "ends-what-it-has": "ends-at-once",
        "version-before": "drops-a-table",
        "keep-alive": "closes-idle",
    },
)
"""Faults that one program can have all at once, by the point that each breaks."""


WORKER_FAULTS: Mapping[str, str] = {
    "job-concurrency": "takes-three",
    "job-in-hand": "drops-its-job",
    "job-repeats": "names-at-random",
    "queue-takeover": "ends-on-takeover",
    "job-waits": "leaves-waiting-to-attempts",
}
"""Of the worker; where no job is carried out (`fails-jobs`) no point of jobs holds."""


def worker(node: NodeClients, directory: Path, faults: Iterable[str] = ()) -> ApplicationOnTrial:
    """The small worker with these faults."""
    job = {"queue": "analysis", "name": "analyse", "data": {"id": "{patient}"}}
    return _on_node(node, directory, "worker", {"job": job}, faults)


def bull_worker(node: NodeClients, directory: Path) -> ApplicationOnTrial:
    """The small worker, with Bull."""
    data = {"id": "{patient}"}
    job = {"client": "bull", "queue": "analysis", "name": "analyse", "data": data}
    return _on_node(node, directory, "worker", {"job": job}, (), "--bull")


def rq_worker(directory: Path) -> ApplicationOnTrial:
    """The small worker of RQ."""
    directory.mkdir()
    data, function = {"id": "{patient}"}, f"{RQ_WORKER.stem}.analyse"
    job = {"client": "rq", "queue": "analysis", "name": function, "data": data}
    return ApplicationOnTrial(
        name="worker",
        command=[sys.executable, str(RQ_WORKER)],
        samples=Samples.model_validate({"job": job}),
        working_directory=directory,
        start_seconds=60,
    )


ENQUEUE_FAULTS: Mapping[str, str] = {
    "job-options": "one-attempt",
    "enqueue-takeover": "gives-up-on-READONLY",
    "queue-full": "forgets-on-OOM",
    "enqueue-repeats": "names-no-job",
}
"""Of what adds jobs."""


def adding_orchestrator(
    node: NodeClients, directory: Path, faults: Iterable[str] = ()
) -> ApplicationOnTrial:
    """What adds jobs by the real library, and does nothing else of an orchestrator."""
    enqueue = {"method": "POST", "path": "/api/analyses", "body": {"id": "{patient}"}}
    return _on_node(node, directory, "orchestrator", {"enqueue": enqueue}, faults, "--orchestrator")


COLLABORATION_FAULTS: Mapping[str, str] = {
    "sockets-close-1012": "closes-with-1001",
    "edits-reach-others": "keeps-edits",
    "documents-saved": "saves-nothing",
    "socket-ping": "pings-nobody",
}


TEXT_SOCKET: Mapping[str, object] = {
    "path": "/collab/document",
    "edit": "hello {patient}",
    "saved": "hello {patient}",
}
_BYTES = {"base64": base64.b64encode(b"\x00\xff\x18" + PATIENT_IN_BYTES).decode()}
BINARY_SOCKET: Mapping[str, object] = {
    "path": "/collab/{patient}",
    "edit": _BYTES,
    "saved": _BYTES,
}


def collaboration(
    directory: Path, faults: Iterable[str] = (), socket: Mapping[str, object] = TEXT_SOCKET
) -> ApplicationOnTrial:
    """The small collaboration server with these faults."""
    directory.mkdir()
    asked = {
        "read": {"path": "/collab"},
        "socket": socket,
        "migrate": [sys.executable, COLLABORATION_SERVER, "migrate"],
    }
    return ApplicationOnTrial(
        name="collaboration",
        command=[
            sys.executable,
            COLLABORATION_SERVER,
            "serve",
            *(part for fault in faults for part in ("--fault", fault)),
        ],
        samples=Samples.model_validate(asked),
        working_directory=directory,
        start_seconds=60,
    )


def web(directory: Path) -> ApplicationOnTrial:
    """The small web server."""
    directory.mkdir()
    return ApplicationOnTrial(
        name="web",
        command=[sys.executable, WEB],
        samples=Samples.model_validate({"read": {"path": "/patients/{patient}"}}),
        working_directory=directory,
        start_seconds=60,
    )


def _on_node(
    node: NodeClients,
    directory: Path,
    name: str,
    asked: Mapping[str, object],
    faults: Iterable[str],
    *options: str,
) -> ApplicationOnTrial:
    directory.mkdir()
    modules = f"NODE_PATH={node.modules.resolve()}"
    chosen = [part for fault in faults for part in ("--fault", fault)]
    return ApplicationOnTrial(
        name=name,
        command=["env", modules, node.node, WORKER, *options, *chosen],
        samples=Samples.model_validate(asked),
        working_directory=directory,
        start_seconds=60,
    )


def orchestrator(directory: Path, faults: Iterable[str] = ()) -> ApplicationOnTrial:
    """The small orchestrator with these faults, in a folder of its own that it may write to."""
    directory.mkdir()
    options = [part for fault in faults for part in ("--fault", fault)]
    return ApplicationOnTrial(
        name="orchestrator",
        command=[sys.executable, ORCHESTRATOR, "serve", *options],
        samples=Samples.model_validate(samples(options)),
        working_directory=directory,
        start_seconds=60,
    )


def samples(options: Iterable[str] = ()) -> dict[str, object]:
    """What can be asked of it, as it stands in a file of samples."""
    return {
        "read": {"path": "/api/patients/{patient}"},
        "write": {"method": "POST", "path": "/api/patients", "body": {"id": "{patient}"}},
        "public": {"path": "/api/public/studies"},
        "migrate": [sys.executable, ORCHESTRATOR, "migrate", *options],
        "previous": {
            "command": [sys.executable, ORCHESTRATOR, "serve", "--previous"],
            "migrate": [sys.executable, ORCHESTRATOR, "migrate", "--previous", *options],
        },
    }
