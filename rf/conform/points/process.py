"""Points of the process itself: its start, its probes and its rights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rendering.applications.pods import LIVENESS, READINESS
from rendering.shared.endpoints import METRICS_PATH
from rf.conform.confinement import confined
from rf.conform.point import ALL, ContractPoint, Explanation
from rf.conform.seen import require
from rf.conform.trial import Trial
from rf.shared.applications.http_client import WebRequest
from rf.shared.servers.processes import wait_until

ADDRESS = "127.0.0.1"

LONGEST_HEALTH_BODY = 32
"""Bytes; the contract's."""


def _starts(trial: Trial) -> None:
    process = trial.process()
    answer = trial.send(process.ports.metrics, WebRequest(path=METRICS_PATH))
    require(answer.status == 200, f"{METRICS_PATH} on METRICS_PORT answered {answer.status}")
    for probe in (LIVENESS, READINESS):
        request = WebRequest(path=probe.path)
        answer = trial.send(process.ports.requests, request, probe.timeout_seconds)
        require(answer.status == 200, f"{probe.path} answered {answer.status}")


def _health_is_silent(trial: Trial) -> None:
    process = trial.process()
    for probe in (LIVENESS, READINESS):
        answer = trial.send(process.ports.requests, WebRequest(path=probe.path))
        require(
            len(answer.body) <= LONGEST_HEALTH_BODY,
            f"{probe.path} answered with {len(answer.body)} bytes",
        )


def _runs_confined(trial: Trial) -> None:
    command = trial.tried.command
    kept = (trial.tried.working_directory, trial.stand.authorities.parent, *_folders_of(command))
    process = trial.start(confined(command, kept))
    try:
        wait_until(
            lambda: (answer := trial.readiness(process)) and answer.status == 200, "ready", 30
        )
    except TimeoutError:
        said = " / ".join(process.errors.read_text(errors="replace").splitlines()[-3:])
        require(False, f"live, but not ready as user 10001 on a read-only root; it said: {said}")
    finally:
        process.stop()


def _folders_of(command: Sequence[str]) -> list[Path]:
    """Where the files of a command are, with what is installed beside a program; and folders and
    files that it is told by NAME=PATH or --option=PATH."""
    told = [word.partition("=")[2] for word in command]
    found = [Path(word).absolute().parent for word in (*command, *told) if Path(word).is_file()]
    folders = [Path(word).absolute() for word in told if word and Path(word).is_dir()]
    return [*(each.parent if each.name == "bin" else each for each in found), *folders]


POINTS = (
    ContractPoint(
        id="starts",
        title="is live and ready on PORT, and has metrics on METRICS_PORT, in time",
        applications=ALL,
        attempt=_starts,
        variables=("PORT", "METRICS_PORT"),
        explanation=Explanation(
            text="Listen on the ports of the two variables, on all addresses, and answer the"
            " liveness path as soon as the process works at all, before any store is asked. Both"
            " paths answer from memory: a loop in the background asks the stores.",
            node="server.listen(Number(process.env.PORT))\nmetrics.listen(Number(process.env.METRICS_PORT)"
            ")",
            python='web.run_app(app, port=int(os.environ["PORT"]))\n'
            'prometheus_client.start_http_server(int(os.environ["METRICS_PORT"]))',
        ),
    ),
    ContractPoint(
        id="health-says-no-more",
        title="its health paths say no more than a word",
        applications=ALL,
        attempt=_health_is_silent,
        explanation=Explanation(
            text="The orchestrator's health paths are reachable from outside: no versions, hosts or"
            " errors of stores in them, which belong into the log.",
            node="res.status(503).end('not ready')",
            python='return web.Response(status=503, text="not ready")',
        ),
    ),
    ContractPoint(
        id="confined",
        title="gets ready as user 10001, without capabilities, on a read-only root",
        applications=ALL,
        attempt=_runs_confined,
        explanation=Explanation(
            text="Write to /tmp alone, and make nothing at the start that the image could have had:"
            " no pid file, no compiled cache beside the code, no log file.",
            node="const scratch = await fs.mkdtemp('/tmp/export-')",
            python='scratch = tempfile.mkdtemp(dir="/tmp")  # and PYTHONDONTWRITEBYTECODE=1',
        ),
    ),
)
