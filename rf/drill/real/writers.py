"""Clients that write through the pooler while their primary is lost, and remember what was
acknowledged."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count, pairwise

import psycopg
from psycopg import sql

TABLE = sql.Identifier("drill_rows")

CLIENTS = 4

PAUSE_SECONDS = 0.01
"""Between two writes of one client, and before another attempt after an error."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What a client was told instead of an answer; `moment` is of the monotonic clock, in seconds.

    `what` begins with the SQLSTATE where libpq hands it on, which it doesn't for a refused login.
    """

    moment: float
    what: str


class Writers:
    """A few clients, each writing one row a transaction; a failed one reconnects and goes on.

    Whoever writes without trying again has each of `failures_since` for an error. A row counts as
    acknowledged when its commit was answered. One whose answer never came may be there or not, and
    is counted neither way: its client would have to ask.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection], clients: int = CLIENTS) -> None:
        self._connect = connect
        self._clients = clients
        self._ids = count(1)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._acknowledged: dict[int, float] = {}
        self._failures: list[Failure] = []

    def start(self) -> None:
        """Make the table and begin."""
        with self._connect() as connection:
            connection.execute(
                sql.SQL("create table if not exists {} (id bigint primary key)").format(TABLE)
            )
        self._threads = [
            threading.Thread(target=self._write, daemon=True) for _ in range(self._clients)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the clients; each finishes or gives up what it is at."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def acknowledged(self) -> frozenset[int]:
        """Ids of all rows whose commit was answered so far."""
        with self._lock:
            return frozenset(self._acknowledged)

    def acknowledged_since(self, moment: float) -> int:
        """How many were answered after a moment of the monotonic clock."""
        with self._lock:
            return sum(when > moment for when in self._acknowledged.values())

    def longest_silence(self) -> float:
        """Seconds of the longest time in which no client was answered."""
        with self._lock:
            moments = sorted(self._acknowledged.values())
        return max((after - before for before, after in pairwise(moments)), default=0.0)

    def failures_since(self, moment: float) -> Mapping[str, int]:
        """How often clients were told what, after a moment of the monotonic clock."""
        with self._lock:
            failures = Counter(each.what for each in self._failures if each.moment > moment)
        return dict(failures.most_common())

    def _write(self) -> None:
        insert = sql.SQL("insert into {} (id) values (%s)").format(TABLE)
        while not self._stop.is_set():
            try:
                with self._connect() as connection:
                    while not self._stop.is_set():
                        with self._lock:
                            number = next(self._ids)
                        connection.execute(insert, [number])
                        with self._lock:
                            self._acknowledged[number] = time.monotonic()
                        self._stop.wait(PAUSE_SECONDS)
            except psycopg.Error as error:
                with self._lock:
                    self._failures.append(Failure(moment=time.monotonic(), what=_message(error)))
                self._stop.wait(PAUSE_SECONDS)


def _message(error: psycopg.Error) -> str:
    """The server's own words, without libpq's about the way there."""
    words = str(error).rsplit("FATAL:", 1)[-1].strip().splitlines()[0]
    return f"{error.sqlstate} {words}" if error.sqlstate else words


def missing_rows(server: Callable[[], psycopg.Connection], acknowledged: frozenset[int]) -> int:
    """How many of the acknowledged rows a server does not have."""
    with server() as connection:
        rows = connection.execute(sql.SQL("select id from {}").format(TABLE)).fetchall()
    return len(acknowledged - {row[0] for row in rows})
