"""Points of a process's end: what it does with SIGTERM, seen once for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from rendering.shared.endpoints import STOP_MARGIN_SECONDS
from rf.conform.point import ALL, ContractPoint, Explanation
from rf.conform.seen import BrokenPointError, require
from rf.conform.trial import Trial
from rf.shared.applications.application_process import ApplicationProcess
from rf.shared.servers.processes import listens, wait_until
from scaleplan.applications.workloads import ORCHESTRATOR

ADDRESS = "127.0.0.1"

CLOSED_SECONDS = 3.0
"""From SIGTERM until nobody listens any more."""

HELD_SECONDS = 0.5
"""What the request in hand is held on after that: a program that ends at once has ended by then."""


@dataclass(frozen=True, kw_only=True)
class SeenEnding:
    """What was seen from SIGTERM on.

    `exit_code` is None where it ran on for longer than it may; `lost` is what became of the request
    in hand, empty where it was answered; `closed` whether the port was closed meanwhile.
    """

    exit_code: int | None
    closed: bool
    lost: str
    left: int
    ports_taken: bool


def _ending(trial: Trial) -> SeenEnding:
    return trial.once("ending", lambda: _see(trial))


def _see(trial: Trial) -> SeenEnding:
    process = trial.release()
    asks = trial.tried.name == ORCHESTRATOR and trial.samples.has("write")
    closed, lost = _with_a_request(trial, process) if asks else (_closes(process), "")
    code = process.wait_ended(trial.tried.drain_seconds + STOP_MARGIN_SECONDS)
    left = len(process.left())
    taken = any(listens(ADDRESS, int(port)) for port in process.ports.variables().values())
    process.stop()
    return SeenEnding(exit_code=code, closed=closed, lost=lost, left=left, ports_taken=taken)


def _closes(process: ApplicationProcess) -> bool:
    process.terminate()
    try:
        wait_until(lambda: not listens(ADDRESS, process.ports.requests), "closed", CLOSED_SECONDS)
    except TimeoutError:
        return False
    return True


def _with_a_request(trial: Trial, process: ApplicationProcess) -> tuple[bool, str]:
    """Whether the port was closed while a request was in hand, and what the request lacked."""
    with trial.clients(process) as thread:
        with trial.stand.databases.held() as superuser:
            asked = thread.submit(trial.asked_well, "write", process)
            wait_until(
                lambda: asked.done() or trial.stand.databases.waiting(superuser),
                "the request has reached its table",
            )
            closed = _closes(process)
            process.wait_ended(HELD_SECONDS)
        try:
            asked.result()
        except BrokenPointError as error:
            return closed, str(error)
    return closed, ""


def _ends_what_it_has(trial: Trial) -> None:
    lost = _ending(trial).lost
    require(not lost, f"a request that was in hand at SIGTERM: {lost}")


def _stops_listening(trial: Trial) -> None:
    require(
        _ending(trial).closed,
        f"{CLOSED_SECONDS:g} s after SIGTERM it still takes connections on PORT",
    )


def _exits_with_0(trial: Trial) -> None:
    code = _ending(trial).exit_code
    within = trial.tried.drain_seconds + STOP_MARGIN_SECONDS
    require(code is not None, f"it ran on for {within} s after SIGTERM")
    require(code == 0, f"SIGTERM ended it with {code}")


def _leaves_nothing(trial: Trial) -> None:
    seen = _ending(trial)
    require(not seen.left, f"{seen.left} of its processes ran on when it had ended")
    require(not seen.ports_taken, "somebody still listened on its ports when it had ended")


_DRAIN = Explanation(
    text="On SIGTERM close the listener first, then wait for the requests in hand, then close pools"
    " and end. A server's own `close` does that, as long as the handler doesn't end the process.",
    node="process.on('SIGTERM', () => {\n"
    "  server.close(() => pool.end().then(() => process.exit(0)))\n"
    "  server.closeIdleConnections()\n})",
    python="# aiohttp, uvicorn and gunicorn do it by themselves, given the time:\n"
    'web.run_app(app, shutdown_timeout=int(os.environ["SHUTDOWN_DRAIN_SECONDS"]))',
)

POINTS = (
    ContractPoint(
        id="exits-with-0",
        title="ends with 0 on SIGTERM, within its drain",
        applications=ALL,
        attempt=_exits_with_0,
        variables=("SHUTDOWN_DRAIN_SECONDS",),
        explanation=Explanation(
            text="Handle SIGTERM in the process that the image starts. A shell, npm or a supervisor"
            " before it passes no signal on: start the program itself (`exec`).",
            node="process.on('SIGTERM', () => server.close(() => process.exit(0)))",
            python="signal.signal(signal.SIGTERM, stop)  # and return from main with 0",
        ),
    ),
    ContractPoint(
        id="leaves-nothing",
        title="leaves no process behind",
        applications=ALL,
        attempt=_leaves_nothing,
        explanation=Explanation(
            text="End what you have started before you end, and wait for it: the container ends"
            " with process 1, and whatever else runs is killed without a word.",
            node="child.kill('SIGTERM'); await once(child, 'exit')",
            python="child.terminate(); child.wait()",
        ),
    ),
    ContractPoint(
        id="ends-what-it-has",
        title="answers what is in hand at SIGTERM",
        applications=(ORCHESTRATOR,),
        attempt=_ends_what_it_has,
        needs=("write",),
        variables=("SHUTDOWN_DRAIN_SECONDS",),
        explanation=_DRAIN,
    ),
    ContractPoint(
        id="stops-listening",
        title="takes no connection after SIGTERM",
        applications=ALL,
        attempt=_stops_listening,
        explanation=_DRAIN,
    ),
)
