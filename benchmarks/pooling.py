"""What PgBouncer is worth: pgbench straight at PostgreSQL against through the pool, side by side.

Run: `.venv/bin/python -m benchmarks.pooling`. It needs the servers that `.ci/services` makes. Times
depend on the machine, the ratios in the last column much less. The pool saves connections and
memory; logins it can make slower, having one thread, which TLS and SCRAM keep busy for 5 ms each.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from rf.shared.servers.local_ini import replica_hosts
from rf.shared.servers.pooler import start_pgbouncer
from rf.shared.servers.postgres import APPLICATION_USER, DatabaseServers, start_database_servers
from rf.shared.servers.processes import run
from rf.shared.servers.programs import Programs, runnable_programs
from scaleplan.model import load_plan
from tests.services.database.ini_export import exported

CLIENTS = 100
SECONDS = 5
ROUNDS = 2
"""The better of these counts. They are interleaved, so that a busy minute slows both ways alike."""

WORKLOADS = {
    "a new connection for each transaction": ["--connect"],
    "connections that stay": [],
}


@dataclass(frozen=True)
class Measured:
    """One run: its rate, and the most connections and memory that PostgreSQL's backends had."""

    transactions_per_second: float
    server_connections: int
    backend_memory_mib: float


def main() -> None:
    """Start everything, print the comparison, stop everything."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pooling-")))
        directory.chmod(0o755)
        programs = runnable_programs(directory)
        ini = exported(directory / "export")
        databases = start_database_servers(
            stack, programs, directory, len(replica_hosts(ini)), max_connections=2 * CLIENTS
        )
        pgbouncer = start_pgbouncer(stack, programs, directory / "pgbouncer", databases, ini)
        direct = databases.primary.conninfo(APPLICATION_USER)
        pooled = pgbouncer.conninfo(load_plan().pgbouncer.database_alias)
        run([str(programs.pgbench.path), "--initialize", "--quiet", direct])
        print(f"{programs}, {CLIENTS} clients, {SECONDS} s, best of {ROUNDS}")
        for workload, options in WORKLOADS.items():
            rounds = [
                [_measure(programs, databases, target, options) for target in (direct, pooled)]
                for _ in range(ROUNDS)
            ]
            _print(workload, *(max(way, key=_rate) for way in zip(*rounds, strict=True)))
        print(f"\nPgBouncer itself: {_memory_mib(pgbouncer.process.pid):.0f} MiB")


def _rate(measured: Measured) -> float:
    return measured.transactions_per_second


def _measure(
    programs: Programs, databases: DatabaseServers, target: str, options: list[str]
) -> Measured:
    command = [str(programs.pgbench.path), "--select-only", "--no-vacuum", *options]
    command += [f"--client={CLIENTS}", "--jobs=2", f"--time={SECONDS}", target]
    with databases.primary.connect() as superuser:
        # Connections of the run before may still be open.
        _end_backends(superuser)
        with _sampled(lambda: _backends(superuser)) as samples:
            said = run(command)
    rate = re.search(r"tps = ([\d.]+)", said)
    assert rate, said
    connections, memory = (max(values) for values in zip(*samples, strict=True))
    return Measured(float(rate[1]), int(connections), memory)


@contextmanager
def _sampled(sample: Callable[[], tuple[int, float]]) -> Iterator[list[tuple[int, float]]]:
    """Take a sample five times a second while the body runs."""
    samples: list[tuple[int, float]] = []
    done = threading.Event()

    def take() -> None:
        while not done.wait(0.2):
            samples.append(sample())

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


def _backends(superuser: psycopg.Connection) -> tuple[int, float]:
    """How many backends the application has, and their memory in MiB, shared pages in parts."""
    rows = superuser.execute(
        "select pid from pg_stat_activity where usename = %s", [APPLICATION_USER]
    ).fetchall()
    return len(rows), sum(_memory_mib(pid) for (pid,) in rows)


def _end_backends(superuser: psycopg.Connection) -> None:
    superuser.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = %s",
        [APPLICATION_USER],
    )


def _memory_mib(pid: int) -> float:
    """Proportional set size of a process; 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    size = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(size[1]) / 1024 if size else 0


def _print(workload: str, direct: Measured, pooled: Measured) -> None:
    print(f"\n{workload:<40}{'direct':>10}{'pooled':>10}{'pooled / direct':>18}")
    for field, shown in (
        ("transactions_per_second", "transactions a second"),
        ("server_connections", "server connections"),
        ("backend_memory_mib", "memory of the backends, MiB"),
    ):
        one, other = getattr(direct, field), getattr(pooled, field)
        print(f"  {shown:<38}{one:>10.0f}{other:>10.0f}{other / one:>16.2f} x")


if __name__ == "__main__":
    main()
