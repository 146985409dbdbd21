"""Points of answers to requests: headers, connections, and one process that replaces another."""

from __future__ import annotations

import http.client
import itertools
import time
from threading import Event

from rendering.shared.endpoints import LIVE_PATH
from rf.conform.point import SERVED, ContractPoint, Explanation
from rf.conform.points.jobs import stored
from rf.conform.seen import BrokenPointError, require
from rf.conform.trial import Trial
from rf.shared.applications.application_process import ApplicationProcess
from rf.shared.applications.http_client import NoAnswerError, WebRequest, exchange
from rf.shared.servers.processes import wait_until
from scaleplan.applications.workloads import ORCHESTRATOR

ADDRESS = "127.0.0.1"

IDLE_SECONDS = 7.0
"""Longer than the defaults of Node.js (5 s), uvicorn (5 s) and gunicorn (2 s). What the variable
asks for is more than an hour, which no trial waits for."""

AFTERWARDS_SECONDS = 0.5
"""How long clients go on when the old process was told to end: what that does to others shows."""


def _cache_headers(trial: Trial) -> None:
    told = trial.stand.variables(trial.tried.name)
    wanted = {
        "write": told["CACHE_CONTROL_MUTATION"],
        "read": told["CACHE_CONTROL_AUTHENTICATED"],
        "public": told["CACHE_CONTROL_PUBLIC"],
    }
    process, patient = trial.process(), trial.patient()
    for name, header in wanted.items():
        answer = trial.asked_well(name, process, patient)
        seen = answer.headers.get("cache-control")
        request = trial.samples.request(name, "…")
        require(seen == header, f"{request} has cache-control {seen!r}, not {header!r}")


def _opens_connection(trial: Trial) -> None:
    process = trial.start()
    connection = http.client.HTTPConnection(ADDRESS, process.ports.requests, timeout=10)
    exchange(connection, WebRequest(path=LIVE_PATH))
    trial.idle = connection, time.monotonic()


def _keeps_connection(trial: Trial) -> None:
    if trial.idle is None:
        raise BrokenPointError("no connection could be opened")
    connection, since = trial.idle
    time.sleep(max(0.0, since + IDLE_SECONDS - time.monotonic()))
    try:
        # The client would open another one, without a word.
        connection.auto_open = 0
        exchange(connection, WebRequest(path=LIVE_PATH))
    except NoAnswerError as error:
        raise BrokenPointError(
            f"a connection that was idle for {IDLE_SECONDS:g} s was closed"
        ) from error
    finally:
        connection.close()


def _loses_nothing(trial: Trial) -> None:
    """Clients ask all the while; the balancer sends them to the process that is ready."""
    old = trial.release()
    patient = trial.patient()
    trial.asked_well("write", old, patient)
    trial.asked_well("read", old, patient)
    clients = _Clients(trial, old, patient)
    with trial.clients(old, _CLIENTS) as threads:
        asking = [threads.submit(clients.ask_on, number) for number in range(_CLIENTS)]
        try:
            new = trial.start_ready()
            clients.sent_to = new
            # A pod serves on until the balancer sends it nothing more; then comes SIGTERM.
            wait_until(lambda: old not in clients.asking, "the old one has no request")
            old.terminate()
            for _ in range(2):
                before = clients.answered
                wait_until(
                    lambda before=before: clients.lost or clients.answered > before + 8,
                    "requests are answered",
                )
                old.wait_ended(AFTERWARDS_SECONDS)
        finally:
            clients.ended.set()
        for each in asking:
            each.result()
    old.stop()
    new.stop()
    require(not clients.lost, f"while one process replaced another: {clients.lost[:1]}")


def _repeats(trial: Trial) -> None:
    """Whoever got no answer sends the same request again; the first may have been carried out."""
    process, patient = trial.process(), trial.patient()
    trial.asked_well("write", process, patient)
    once, _ = stored(trial)
    answer = trial.ask("write", process, patient)
    require(answer.good, f"the same write, sent again, was answered with {answer.status}")
    twice, _ = stored(trial)
    grown = [name for name, rows in twice.items() if rows > once.get(name, 0)]
    require(not grown, f"the same write, sent again, added another row to {', '.join(grown)}")


_CLIENTS = 4


class _Clients:
    """Clients that ask one after another; one that gets no good answer ends them all."""

    def __init__(self, trial: Trial, process: ApplicationProcess, patient: str) -> None:
        self.sent_to = process
        self.asking: list[ApplicationProcess | None] = [None] * _CLIENTS
        self.answered = 0
        self.lost: list[str] = []
        self.ended = Event()
        self._trial = trial
        self._requests = [trial.samples.request(name, patient) for name in ("write", "read")]

    def ask_on(self, number: int) -> None:
        for request in itertools.cycle(self._requests):
            if self.ended.is_set() or self.lost:
                break
            self.asking[number] = process = self.sent_to
            try:
                answer = self._trial.send(process.ports.requests, request)
            except BrokenPointError as error:
                self.lost.append(str(error))
            else:
                self.answered += 1
                if not answer.good:
                    self.lost.append(f"{request.method} was answered with {answer.status}")
        self.asking[number] = None


POINTS = (
    ContractPoint(
        id="cache-headers",
        title="Cache-Control by path and method",
        applications=(ORCHESTRATOR,),
        attempt=_cache_headers,
        needs=("read", "write", "public"),
        variables=(
            "CACHE_CONTROL_MUTATION",
            "CACHE_CONTROL_PUBLIC_PATH_PREFIX",
            "CACHE_CONTROL_PUBLIC",
            "CACHE_CONTROL_AUTHENTICATED",
        ),
        explanation=Explanation(
            text="The edge caches what the header allows: a patient's data marked public would be"
            " served to the next who asks.",
            node="const safe = ['GET', 'HEAD'].includes(req.method)\n"
            "const open = req.path.startsWith(env.CACHE_CONTROL_PUBLIC_PATH_PREFIX)\n"
            "res.set('Cache-Control', !safe ? env.CACHE_CONTROL_MUTATION\n"
            "  : open ? env.CACHE_CONTROL_PUBLIC : env.CACHE_CONTROL_AUTHENTICATED)",
            python='safe = request.method in ("GET", "HEAD")\n'
            'kind = "PUBLIC" if is_public(request) else "AUTHENTICATED"\n'
            'kind = kind if safe else "MUTATION"\n'
            'response.headers["Cache-Control"] = os.environ[f"CACHE_CONTROL_{kind}"]',
        ),
    ),
    ContractPoint(
        id="write-repeats",
        title="the same write, sent again, leaves what one does",
        applications=(ORCHESTRATOR,),
        attempt=_repeats,
        needs=("write",),
        explanation=Explanation(
            text="Whoever got no answer sends the request again, and it may have been carried out."
            " Let the client choose the row's key, and answer the second time as the first. Tables"
            " that take a row for each request whatever it asks stand in the samples as"
            " `journals`.",
            node="await db.query('insert into patients (id, …) values ($1, …) on conflict do"
            " nothing', [body.id])",
            python='db.execute("insert into patients … on conflict do nothing", [body.id])',
        ),
    ),
    ContractPoint(
        id="keep-alive",
        title="keeps idle connections",
        applications=SERVED,
        attempt=_keeps_connection,
        early=_opens_connection,
        variables=("HTTP_KEEP_ALIVE_SECONDS",),
        explanation=Explanation(
            text="The load balancer keeps connections for longer than servers do by default, and"
            " answers 502 when it sends a request on one that is just being closed.",
            node="server.keepAliveTimeout = Number(process.env.HTTP_KEEP_ALIVE_SECONDS) * 1000\n"
            "server.headersTimeout = server.keepAliveTimeout + 1000",
            python='seconds = int(os.environ["HTTP_KEEP_ALIVE_SECONDS"])\n'
            "uvicorn.run(app, timeout_keep_alive=seconds)",
        ),
    ),
    ContractPoint(
        id="no-request-lost",
        title="no request is lost when one process replaces another",
        applications=(ORCHESTRATOR,),
        attempt=_loses_nothing,
        needs=("read", "write"),
        explanation=Explanation(
            text="Two processes run side by side for a while, of one version or two: neither may"
            " take a lock, a row or a key for itself alone, nor clear at its start what the other"
            " uses.",
            node="// no `await redis.flushdb()`, no `DELETE FROM locks` at the start",
            python="# no `redis.flushdb()`, no `DELETE FROM locks` at the start",
        ),
    ),
)
