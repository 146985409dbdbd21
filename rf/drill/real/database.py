"""A real PostgreSQL primary that is killed, its replica promoted, its address led there.

The pooler runs on the stack's own pgbouncer.ini with hosts, ports and files of this machine. What
is measured here is PostgreSQL's and PgBouncer's share, on this machine and with a few rows: RDS
adds the time in which it notices, decides and moves a name.
"""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg

from rf.drill.real.writers import CLIENTS, PAUSE_SECONDS, Writers, missing_rows
from rf.drill.steps import DrillStep, StepFailedError, measured, require
from rf.shared.servers.local_ini import replica_hosts
from rf.shared.servers.pooler import PgbouncerServer, start_pgbouncer
from rf.shared.servers.postgres import PRIMARY_ADDRESS, DatabaseServers, start_database_servers
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import Programs
from rf.shared.servers.relay import start_relay
from scaleplan.model import load_plan

ROWS_BEFORE = 200
"""Acknowledged before anything is lost: enough to have all clients at work, and done in seconds."""


class LocalDatabase:
    """The servers, the pooler before them, and clients that write all the while.

    `synchronous`: the replica confirms each commit, as the standby of a multi-AZ instance does.
    Read replicas, those of another region too, never do: what they lag behind is lost with the
    primary. Leaving `stack` stops everything.
    """

    def __init__(
        self, stack: ExitStack, programs: Programs, directory: Path, ini: str, *, synchronous: bool
    ) -> None:
        self._servers = start_database_servers(
            stack, programs, directory, max(1, len(replica_hosts(ini)))
        )
        self._pooler = start_pgbouncer(stack, programs, directory / "pooler", self._servers, ini)
        self.writers = Writers(self._through_pooler)
        stack.callback(self.writers.stop)
        self.synchronous = synchronous
        self._stack = stack
        self.crashed_at = 0.0
        self.lost_at = 0.0
        self.repointed_at = 0.0
        if synchronous:
            self._await_confirmations()

    @property
    def servers(self) -> DatabaseServers:
        """The primary and its replica."""
        return self._servers

    @property
    def pooler(self) -> PgbouncerServer:
        """The pooler that all clients go through."""
        return self._pooler

    def fill(self) -> None:
        """Write until every client has been answered often."""
        self.writers.start()
        wait_until(
            lambda: len(self.writers.acknowledged()) >= ROWS_BEFORE,
            f"{ROWS_BEFORE} rows are acknowledged",
        )

    def crash(self) -> None:
        """Kill the primary without a word: no shutdown, no last log record."""
        self.crashed_at = time.monotonic()
        self._servers.primary.process.signal(signal.SIGKILL)
        self._servers.primary.process.stop()
        self.lost_at = time.monotonic()

    def promote(self) -> None:
        """Make the replica the primary, as RDS does for its standby or when it is told to."""
        with self._servers.replica.connect(dbname="postgres") as superuser:
            superuser.execute("select pg_promote(true, 30)")

    def recovering(self) -> bool:
        """Whether the replica still is one."""
        with self._servers.replica.connect(dbname="postgres") as superuser:
            return superuser.execute("select pg_is_in_recovery()").fetchone() != (False,)

    def repoint(self) -> None:
        """Let the primary's address lead to the replica; the pooler is told nothing.

        So it goes with RDS, whose name moves. A pooler that reads a changed file would forget that
        its last connect failed, and let clients wait.
        """
        if self.repointed_at:
            return
        replica = self._servers.replica
        there = (replica.addresses[0], replica.port)
        start_relay(self._stack, (PRIMARY_ADDRESS, replica.port), there)
        self.repointed_at = time.monotonic()

    def resume_writing(self) -> None:
        """Wait until clients are answered again."""
        wait_until(
            lambda: self.writers.acknowledged_since(self.repointed_at) >= ROWS_BEFORE,
            "clients write again",
        )

    def lost_rows(self) -> int:
        """Acknowledged rows that the new primary does not have."""
        return missing_rows(self._servers.replica.connect, self.writers.acknowledged())

    def _through_pooler(self) -> psycopg.Connection:
        alias = load_plan().pgbouncer.database_alias
        return psycopg.connect(self._pooler.conninfo(alias, connect_timeout=5), autocommit=True)

    def _await_confirmations(self) -> None:
        with self._servers.primary.connect(dbname="postgres") as superuser:
            superuser.execute("alter system set synchronous_standby_names = '*'")
            superuser.execute("select pg_reload_conf()")
            confirmed = "select 1 from pg_stat_replication where sync_state = 'sync'"
            wait_until(
                lambda: superuser.execute(confirmed).fetchone(), "the replica confirms each commit"
            )


def database_runbook() -> tuple[DrillStep[LocalDatabase], ...]:
    """The loss of a primary, step by step, on real servers; a step's time is its measurement."""
    return (
        measured("database-fill", "clients write through PgBouncer", LocalDatabase.fill, _filled),
        measured("database-crash", "the primary is killed", LocalDatabase.crash, _crashed),
        measured("database-promote", "its replica is promoted", LocalDatabase.promote, _promoted),
        measured("database-repoint", "its address leads there", LocalDatabase.repoint, _repointed),
        measured("database-count", "rows are looked for", _stop_writers, _counted),
    )


def _stop_writers(local: LocalDatabase) -> None:
    local.writers.stop()


def _filled(local: LocalDatabase) -> list[str]:
    return [f"{len(local.writers.acknowledged())} rows acknowledged"]


def _crashed(local: LocalDatabase) -> list[str]:
    require(not local.servers.primary.accepts(), "the primary still answers")
    return ["the primary answers nobody"]


def _promoted(local: LocalDatabase) -> list[str]:
    require(not local.recovering(), "the replica is still one: it takes no writes")
    return ["it takes writes"]


def _repointed(local: LocalDatabase) -> list[str]:
    try:
        local.resume_writing()
    except TimeoutError as error:
        raise StepFailedError(f"PgBouncer does not lead to the new primary: {error}") from error
    silence = local.writers.longest_silence()
    errors = local.writers.failures_since(local.crashed_at)
    pause = PAUSE_SECONDS * 1000
    return [
        f"clients write again; the longest time without an answer was {silence:.2f} s",
        f"{CLIENTS} clients got {sum(errors.values())} errors from the crash on, and tried again"
        f" {pause:.0f} ms after each",
        *(f"{times} times: {what}" for what, times in errors.items()),
    ]


def _counted(local: LocalDatabase) -> list[str]:
    acknowledged, lost = len(local.writers.acknowledged()), local.lost_rows()
    if local.synchronous:
        require(lost == 0, f"{lost} of {acknowledged} acknowledged rows are lost")
        return [f"all {acknowledged} acknowledged rows are there"]
    lag = "what the replica lagged behind is lost: an asynchronous one confirms nothing"
    return [f"{lost} of {acknowledged} acknowledged rows are lost; {lag}"]
