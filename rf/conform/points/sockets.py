"""Points of WebSockets: edits that reach every process and stay, pings, and a process's end."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

import websocket

from rendering.shared.endpoints import STOP_MARGIN_SECONDS
from rf.conform.point import ContractPoint, Explanation
from rf.conform.samples import SocketExchange
from rf.conform.seen import BrokenPointError, NotTriedError, require
from rf.conform.trial import Trial
from rf.shared.applications.application_process import ADDRESS, ApplicationProcess
from scaleplan.applications.workloads import COLLABORATION

SERVICE_RESTART = 1012
"""RFC 6455's registry of close codes: whoever was connected comes back at once."""

SOCKETS = 3

OPENED_SECONDS = 10.0
LATE_SECONDS = 5.0
"""How much later than it should a ping may come: servers look at their sockets now and then."""

QUIET_SECONDS = 0.5
"""Without a message for so long, what a server sends to whoever comes has been sent."""

HEARD_SECONDS = 5.0
"""In which an edit has come round by the cache."""


def _said(trial: Trial) -> SocketExchange:
    """What is said on sockets for another patient."""
    if trial.samples.socket is None:
        raise NotTriedError("the samples name no socket")
    return trial.samples.socket.of(trial.patient())


def _open(trial: Trial, process: ApplicationProcess, said: SocketExchange) -> websocket.WebSocket:
    headers = {**trial.samples.headers, **said.headers}
    try:
        socket = websocket.create_connection(
            f"ws://{ADDRESS}:{process.ports.requests}{said.path}",
            timeout=OPENED_SECONDS,
            header=headers,
        )
    except (OSError, websocket.WebSocketException) as error:
        shown = trial.samples.socket.path if trial.samples.socket else ""
        raise BrokenPointError(f"a socket at {shown} was not opened: {error}") from error
    for message in said.ask:
        _say(socket, message)
    return socket


def _say(socket: websocket.WebSocket, message: str | bytes) -> None:
    binary = isinstance(message, bytes)
    socket.send(message, websocket.ABNF.OPCODE_BINARY if binary else websocket.ABNF.OPCODE_TEXT)


def _shut(socket: websocket.WebSocket) -> None:
    with suppress(OSError, websocket.WebSocketException):
        socket.shutdown()


@contextmanager
def _opened(
    trial: Trial, process: ApplicationProcess, said: SocketExchange
) -> Iterator[websocket.WebSocket]:
    socket = _open(trial, process, said)
    try:
        yield socket
    finally:
        _shut(socket)


def _closes_with_1012(trial: Trial) -> None:
    process, said = trial.release(), _said(trial)
    with ExitStack() as stack:
        sockets = [stack.enter_context(_opened(trial, process, said)) for _ in range(SOCKETS)]
        process.terminate()
        latest = time.monotonic() + trial.tried.drain_seconds
        codes = [_close_code(socket, latest - time.monotonic()) for socket in sockets]
        process.wait_ended(max(0.0, latest - time.monotonic()) + STOP_MARGIN_SECONDS)
    process.stop()
    wrong = [code for code in codes if code != SERVICE_RESTART]
    said = f"with {wrong[0]}" if wrong and wrong[0] else "without a word"
    require(not wrong, f"on SIGTERM {len(wrong)} of {SOCKETS} sockets were closed {said}")


def _close_code(socket: websocket.WebSocket, seconds: float) -> int:
    """The code of its close frame; 0 where the connection ended, or stayed, without one."""
    until = time.monotonic() + seconds
    with suppress(OSError, websocket.WebSocketException):
        while (left := until - time.monotonic()) > 0:
            socket.settimeout(left)
            code, data = socket.recv_data(control_frame=True)
            if code == websocket.ABNF.OPCODE_CLOSE:
                return struct.unpack("!H", data[:2])[0] if len(data) > 1 else 0
    return 0


def _edits_reach_others(trial: Trial) -> None:
    said = _said(trial)
    one, other = trial.process(), trial.start_ready()
    with _opened(trial, one, said) as writer, _opened(trial, other, said) as reader:
        while _hears(reader, QUIET_SECONDS):
            pass
        _say(writer, said.edit)
        heard = _hears(reader, HEARD_SECONDS)
    other.stop()
    require(heard, "an edit at one process did not reach a client of another")


def _hears(socket: websocket.WebSocket, seconds: float) -> bytes:
    """The next message; empty where none comes in time, whatever pings do."""
    until = time.monotonic() + seconds
    with suppress(OSError, websocket.WebSocketException):
        while (left := until - time.monotonic()) > 0:
            socket.settimeout(left)
            code, data = socket.recv_data(control_frame=True)
            if code in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
                return bytes(data)
    return b""


def _saves(trial: Trial) -> None:
    said = _said(trial)
    if not said.saved:
        raise NotTriedError("the sample `socket` says not what is `saved`")
    process = trial.release()
    with _opened(trial, process, said) as writer:
        _say(writer, said.edit)
        while _hears(writer, QUIET_SECONDS):
            pass
    process.terminate()
    process.wait_ended(trial.tried.drain_seconds + STOP_MARGIN_SECONDS)
    process.stop()
    with trial.stand.cache.server.connect() as tester:
        tester.flushall()
    with _opened(trial, trial.process(), said) as reader:
        until = time.monotonic() + HEARD_SECONDS
        found = False
        while not found and (left := until - time.monotonic()) > 0:
            found = said.saved in _hears(reader, left)
    require(found, "another process that opened the document did not have an edit made before")


@dataclass(frozen=True, kw_only=True)
class _SilentSocket:
    """One on which the client says nothing, since when (monotonic seconds)."""

    socket: websocket.WebSocket
    since: float


def _stay_silent(trial: Trial) -> None:
    """Opened early, and on a process of its own: others are ended meanwhile."""
    with suppress(BrokenPointError):
        _silent(trial)


def _silent(trial: Trial) -> _SilentSocket:
    def see() -> _SilentSocket:
        socket = _open(trial, trial.start(), _said(trial))
        return _SilentSocket(socket=socket, since=time.monotonic())

    return trial.once("a silent socket", see)


def _pings(trial: Trial) -> None:
    pause = int(trial.stand.variables(trial.tried.name)["COLLABORATION_PING_SECONDS"])
    silent = _silent(trial)
    pinged = False
    try:
        while not pinged:
            silent.socket.settimeout(
                max(0.1, silent.since + pause + LATE_SECONDS - time.monotonic())
            )
            code, _ = silent.socket.recv_data(control_frame=True)
            pinged = code == websocket.ABNF.OPCODE_PING
            if not pinged and code != websocket.ABNF.OPCODE_CLOSE:
                silent = replace(silent, since=time.monotonic())
    except (OSError, websocket.WebSocketException) as error:
        raise BrokenPointError(
            f"no ping came within {pause + LATE_SECONDS:g} s of silence: {error}"
        ) from error
    finally:
        _shut(silent.socket)


POINTS = (
    ContractPoint(
        id="sockets-close-1012",
        title="closes its sockets with 1012 on SIGTERM",
        applications=(COLLABORATION,),
        attempt=_closes_with_1012,
        needs=("socket",),
        variables=("SHUTDOWN_DRAIN_SECONDS",),
        explanation=Explanation(
            text="Clients take 1012 as a restart and come back; spread the closing over the drain,"
            " so that they don't all come at once.",
            node="for (const socket of server.clients) {\n"
            "  setTimeout(() => socket.close(1012), Math.random() * drain * 900)\n}",
            python="await asyncio.sleep(random.random() * drain * 0.9)\nawait socket.close(1012)",
        ),
    ),
    ContractPoint(
        id="edits-reach-others",
        title="an edit reaches clients of every process",
        applications=(COLLABORATION,),
        attempt=_edits_reach_others,
        needs=("socket",),
        variables=("CACHE_URL", "COLLABORATION_CHANNEL_PREFIX"),
        explanation=Explanation(
            text="Publish each edit on the document's channel, and apply what you hear there: two"
            " editors of a document need not meet on one process.",
            node="await cache.publish(env.COLLABORATION_CHANNEL_PREFIX + document, edit)\n"
            "await subscriber.psubscribe(`${env.COLLABORATION_CHANNEL_PREFIX}*`)",
            python='listener.psubscribe(f"{prefix}*")\ncache.publish(prefix + document, edit)',
        ),
    ),
    ContractPoint(
        id="documents-saved",
        title="a process that opens a document has what was edited before",
        applications=(COLLABORATION,),
        attempt=_saves,
        needs=("socket",),
        variables=("DATABASE_URL",),
        explanation=Explanation(
            text="A channel tells whoever listens at the moment, and the cache may lose all it has."
            " Save to the database, at the latest at SIGTERM, and read from there on opening.",
            node="await db.query('insert into documents (id, content) values ($1, $2) on conflict"
            " (id)\n  do update set content = excluded.content', [document, content])",
            python='db.execute("insert into documents (id, content) values (%s, %s) on conflict'
            ' (id)\n    do update set content = excluded.content", [document, content])',
        ),
    ),
    ContractPoint(
        id="socket-ping",
        title="pings a socket on which nothing is said",
        applications=(COLLABORATION,),
        attempt=_pings,
        early=_stay_silent,
        needs=("socket",),
        variables=("COLLABORATION_PING_SECONDS",),
        explanation=Explanation(
            text="CloudFront closes a socket after ten minutes without a byte. A browser sends no"
            " pings: the server does.",
            node="setInterval(() => server.clients.forEach((socket) => socket.ping()),\n"
            "  Number(env.COLLABORATION_PING_SECONDS) * 1000)",
            python="websockets.serve(handler, port=port,\n"
            '    ping_interval=int(os.environ["COLLABORATION_PING_SECONDS"]))',
        ),
    ),
)
