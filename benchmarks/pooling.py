"""What PgBouncer is worth: clients straight at PostgreSQL against through the pool, side by side.

Run: `.venv/bin/python -m benchmarks.pooling`. It needs the servers that `.ci/services` makes. Read
the ratios in the last column: times depend on the machine. Clients stand on the same cores as
servers, so for logins the line to read is what a core of the servers carries, which their CPU time
gives; transactions a second have the clients' part in them, and that of whatever else runs.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benchmarks.logins import Done, Load, with_keys
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.local_ini import replica_hosts
from rf.shared.servers.pooler import PgbouncerServer, start_pgbouncer
from rf.shared.servers.postgres import APPLICATION_USER, DatabaseServers, start_database_servers
from rf.shared.servers.processes import run, wait_until
from rf.shared.servers.programs import Programs, runnable_programs
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.services.database.ini_export import exported

CLIENTS = 100
LOGGING_IN = 20
"""Clients that log in at once with keys of their own: enough to keep two cores busy."""

SECONDS = 10
ROUNDS = 5
"""The median counts. Both ways take turns, so that a busy minute slows both alike."""

POOLERS = load_plan().sizes[Size.LARGE].pgbouncer.replicas
"""As many as prod has, each with its one thread; clients choose by chance, as the Service does."""

STRAIGHT = "straight"
"""The name of the application that goes past the pools."""

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Way:
    """How clients reach the database: the servers that they name, and the poolers on the way."""

    conninfos: Sequence[str]
    keyed: Sequence[str]
    """The same with the keys of the login."""

    poolers: Sequence[PgbouncerServer]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One run: its rate, the CPU of a transaction, and what PostgreSQL's backends took."""

    rate: float
    client_ms: float
    pooler_ms: float
    database_ms: float
    connections: float
    memory_mib: float

    @property
    def server_ms(self) -> float:
        """CPU of all servers for a transaction, in milliseconds."""
        return self.pooler_ms + self.database_ms

    @property
    def rate_of_a_core(self) -> float:
        """Transactions a second that a core carries which has nothing but the servers to run."""
        return 1000 / self.server_ms


Clients = Callable[[Programs, Way], Done]


def _pgbench(*options: str) -> Clients:
    def clients(programs: Programs, way: Way) -> Done:
        command = [str(programs.pgbench.path), "--select-only", "--no-vacuum", *options]
        command += [f"--client={CLIENTS}", "--jobs=2", f"--time={SECONDS}", _any_of(way.conninfos)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = run(command)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        transactions = re.search(r"actually processed: (\d+)", said)
        rate = re.search(r"tps = ([\d.]+)", said)
        assert transactions, said
        assert rate, said
        return Done(
            transactions=int(transactions[1]),
            seconds=int(transactions[1]) / float(rate[1]),
            cpu_seconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        )

    return clients


def _any_of(conninfos: Sequence[str]) -> str:
    """One conninfo that leads to each of them by chance; they differ in their ports alone."""
    given = [conninfo_to_dict(each) for each in conninfos]
    listed = {
        key: ",".join(str(each[key]) for each in given)
        for key in ("host", "hostaddr", "port")
        if key in given[0]
    }
    return make_conninfo(conninfos[0], **listed, load_balance_hosts="random")


def _with_keys(_programs: Programs, way: Way) -> Done:
    load = Load(conninfos=way.keyed, clients=LOGGING_IN, seconds=SECONDS)
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.logins"],
        input=json.dumps(asdict(load)),
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Done(**json.loads(result.stdout))


WORKLOADS: dict[str, Clients] = {
    "a new connection each, keys kept": _with_keys,
    "a new connection each, keys derived": _pgbench("--connect"),
    "connections that stay": _pgbench(),
}


def main() -> None:
    """Start everything, print the comparison, stop everything."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pooling-")))
        directory.chmod(0o755)
        programs = runnable_programs(directory)
        ini = exported(directory / "export")
        databases = start_database_servers(
            stack, programs, directory, len(replica_hosts(ini)), max_connections=3 * CLIENTS
        )
        authority = LocalAuthority(directory, "poolers-ca")
        poolers = [
            start_pgbouncer(
                stack,
                programs,
                directory / f"pgbouncer-{each}",
                databases,
                ini,
                authority=authority,
            )
            for each in range(POOLERS)
        ]
        alias = load_plan().pgbouncer.database_alias
        straight = databases.primary.conninfo(APPLICATION_USER, application_name=STRAIGHT)
        direct = _way([straight])
        pooled = _way([each.conninfo(alias) for each in poolers], poolers)
        run([str(programs.pgbench.path), "--initialize", "--quiet", straight])
        print(f"{programs}, {POOLERS} poolers, {SECONDS} s, median of {ROUNDS}")
        for workload, clients in WORKLOADS.items():
            # Pools fill once, not in what is measured.
            clients(programs, pooled)
            rounds = [
                [_measure(programs, databases, way, clients) for way in (direct, pooled)]
                for _ in range(ROUNDS)
            ]
            _print(workload, *(list(way) for way in zip(*rounds, strict=True)))
        memory = median(_memory_mib(each.process.pid) for each in poolers)
        print(f"\nOne PgBouncer itself: {memory:.0f} MiB")


def _way(conninfos: Sequence[str], poolers: Sequence[PgbouncerServer] = ()) -> Way:
    keyed = [with_keys(each, str(conninfo_to_dict(each)["password"])) for each in conninfos]
    return Way(conninfos=conninfos, keyed=keyed, poolers=poolers)


def _measure(
    programs: Programs, databases: DatabaseServers, way: Way, clients: Clients
) -> Measured:
    pids = [each.process.pid for each in way.poolers]

    def cpu() -> tuple[float, float]:
        database = _cpu_seconds(databases.primary.process.pid)
        # Without that of the connection which looks on.
        database -= _cpu_seconds(superuser.info.backend_pid)
        return sum(map(_cpu_seconds, pids)), database

    with databases.primary.connect() as superuser:
        before = cpu()
        with _sampled(lambda: _backends(superuser, way)) as samples:
            done = clients(programs, way)
        if not way.poolers:
            wait_until(lambda: not _backends(superuser, way)[0], "the clients' backends are gone")
        spent = [1000 * (now - then) for now, then in zip(cpu(), before, strict=True)]
    connections, memory = (max(values) for values in zip(*samples, strict=True))
    pooler, database = (each / done.transactions for each in spent)
    return Measured(
        rate=done.transactions / done.seconds,
        client_ms=1000 * done.cpu_seconds / done.transactions,
        pooler_ms=pooler,
        database_ms=database,
        connections=connections,
        memory_mib=memory,
    )


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


def _backends(superuser: psycopg.Connection, way: Way) -> tuple[int, float]:
    """How many backends the clients have, and their memory in MiB, shared pages in parts.

    Pools stay open while others connect past them, so these are told by the name that they give.
    """
    rows = superuser.execute(
        """select pid from pg_stat_activity
        where usename = %s and (application_name = %s) = %s""",
        [APPLICATION_USER, STRAIGHT, not way.poolers],
    ).fetchall()
    return len(rows), sum(_memory_mib(pid) for (pid,) in rows)


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process and of its children, those that have ended included; 0 if it has."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    own = sum(map(int, fields[11:15])) / _TICKS
    return own + sum(_cpu_seconds(int(child)) for child in children)


def _memory_mib(pid: int) -> float:
    """Proportional set size of a process; 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    size = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(size[1]) / 1024 if size else 0


def _print(workload: str, direct: list[Measured], pooled: list[Measured]) -> None:
    print(f"\n{workload:<46}{'direct':>10}{'pooled':>10}{'pooled / direct':>18}")
    for field, shown in (
        ("rate", "transactions a second"),
        ("rate_of_a_core", "the same, carried by a core of the servers"),
        ("server_ms", "CPU of the servers, ms a transaction"),
        ("pooler_ms", "of that PgBouncer's"),
        ("client_ms", "CPU of the clients, ms a transaction"),
        ("connections", "server connections"),
        ("memory_mib", "memory of the backends, MiB"),
    ):
        one, other = (median(getattr(each, field) for each in way) for way in (direct, pooled))
        ratio = f"{other / one:>16.2f} x" if one else ""
        print(f"  {shown:<44}{one:>10.2f}{other:>10.2f}{ratio}")


if __name__ == "__main__":
    main()
