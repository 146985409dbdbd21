"""Points of WebSockets: edits that reach every process, and the end of a process that has some."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import websocket

from rendering.shared.endpoints import STOP_MARGIN_SECONDS
from rf.conform.application_process import ADDRESS, ApplicationProcess
from rf.conform.point import ContractPoint, Explanation
from rf.conform.seen import BrokenPointError, NotTriedError, require
from rf.conform.trial import Trial
from scaleplan.applications.workloads import COLLABORATION

SERVICE_RESTART = 1012
"""RFC 6455's registry of close codes: whoever was connected comes back at once."""

SOCKETS = 3

OPENED_SECONDS = 10.0
QUIET_SECONDS = 0.5
"""Without a message for so long, what a server sends to whoever comes has been sent."""

HEARD_SECONDS = 10.0
"""In which an edit has come round by the cache."""


@contextmanager
def _opened(trial: Trial, process: ApplicationProcess) -> Iterator[websocket.WebSocket]:
    sample = trial.samples.socket
    if sample is None:
        raise NotTriedError("the samples name no socket")
    headers = {**trial.samples.headers, **sample.headers}
    try:
        socket = websocket.create_connection(
            f"ws://{ADDRESS}:{process.ports.requests}{sample.path}",
            timeout=OPENED_SECONDS,
            header=headers,
        )
    except (OSError, websocket.WebSocketException) as error:
        raise BrokenPointError(f"a socket at {sample.path} was not opened: {error}") from error
    try:
        yield socket
    finally:
        with suppress(OSError, websocket.WebSocketException):
            socket.shutdown()


def _closes_with_1012(trial: Trial) -> None:
    process = trial.release()
    with ExitStack() as stack:
        sockets = [stack.enter_context(_opened(trial, process)) for _ in range(SOCKETS)]
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
    sample = trial.samples.socket
    one, other = trial.process(), trial.start_ready()
    with _opened(trial, one) as writer, _opened(trial, other) as reader:
        while _hears(reader, QUIET_SECONDS):
            pass
        writer.send(sample.edit if sample else "")
        heard = _hears(reader, HEARD_SECONDS)
    other.stop()
    require(heard, "an edit at one process did not reach a client of another")


def _hears(socket: websocket.WebSocket, seconds: float) -> bool:
    socket.settimeout(seconds)
    try:
        return bool(socket.recv())
    except (OSError, websocket.WebSocketException):
        return False


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
)
