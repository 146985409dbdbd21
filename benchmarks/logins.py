"""Clients that open a connection for each transaction, having derived their SCRAM keys before.

A client hashes its password 4096 times for a login (RFC 7677); a server that knows the result
hashes a few times. Where both share their cores, that hides what a login costs the servers. RFC
5802 lets a client keep what it has derived, and libpq 18 takes it (`scram_client_key`): what goes
over the wire stays the same, and so does what the server verifies.

Run as a process of its own, `python -m benchmarks.logins`, it reads a `Load` as JSON from its input
and writes a `Done` to its output.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import select
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from psycopg import pq
from psycopg.conninfo import make_conninfo
from psycopg.pq.abc import PGconn

TRANSACTION = b"select abalance from pgbench_accounts where aid = 1"
"""One row by its key, as pgbench's `--select-only` reads."""

PASSWORD_ALONE: Mapping[str, str] = {"gssencmode": "disable", "sslcertmode": "disable"}
"""Without these libpq looks for a Kerberos ticket and a user's certificate before each login."""

_CHALLENGE = re.compile(r"s=([^,]+),i=(\d+)")
_LOGIN_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Load:
    """So many clients, each of which takes the servers in turn for so long."""

    conninfos: Sequence[str]
    clients: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of a load, and the CPU that its clients took."""

    transactions: int
    seconds: float
    cpu_seconds: float


def with_keys(conninfo: str, password: str) -> str:
    """The conninfo with the keys that the server's own salt and iterations make of the password.

    Raises ConnectionError where that server lets nobody in.
    """
    salt, iterations = _challenge(conninfo)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    keys = {
        f"scram_{name}_key": base64.b64encode(hmac.digest(salted, word, "sha256")).decode()
        for name, word in (("client", b"Client Key"), ("server", b"Server Key"))
    }
    return make_conninfo(conninfo, **PASSWORD_ALONE, **keys)


def _challenge(conninfo: str) -> tuple[bytes, int]:
    """Salt and iterations, read in libpq's trace of a login."""
    connection = pq.PGconn.connect_start(conninfo.encode())
    with tempfile.TemporaryFile() as trace:
        connection.trace(trace.fileno())
        _log_in(connection)
        connection.untrace()
        connection.finish()
        trace.seek(0)
        match = _CHALLENGE.search(trace.read().decode())
    assert match
    return base64.b64decode(match[1]), int(match[2])


def _log_in(connection: PGconn) -> None:
    while (state := connection.connect_poll()) != pq.PollingStatus.OK:
        if state == pq.PollingStatus.FAILED:
            raise ConnectionError(connection.get_error_message())
        socket = [connection.socket]
        reads = state == pq.PollingStatus.READING
        select.select(socket if reads else [], [] if reads else socket, [], _LOGIN_SECONDS)


def carry(load: Load) -> Done:
    """Put the load on. Raises ConnectionError when a login or a transaction fails."""
    begin, used = time.monotonic(), time.process_time()
    counts = [0] * load.clients
    failures: list[Exception] = []

    def client(number: int) -> None:
        try:
            while time.monotonic() - begin < load.seconds and not failures:
                _transact(load.conninfos[(number + counts[number]) % len(load.conninfos)])
                counts[number] += 1
        except ConnectionError as error:
            failures.append(error)

    threads = [threading.Thread(target=client, args=[number]) for number in range(load.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return Done(
        transactions=sum(counts),
        seconds=time.monotonic() - begin,
        cpu_seconds=time.process_time() - used,
    )


def _transact(conninfo: str) -> None:
    """Log in, ask, leave: all of it in libpq, which holds no lock of Python's meanwhile."""
    connection = pq.PGconn.connect(conninfo.encode())
    try:
        if connection.status != pq.ConnStatus.OK:
            raise ConnectionError(connection.get_error_message())
        result = connection.exec_(TRANSACTION)
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise ConnectionError(result.get_error_message())
    finally:
        connection.finish()


if __name__ == "__main__":
    print(json.dumps(asdict(carry(Load(**json.load(sys.stdin))))))
