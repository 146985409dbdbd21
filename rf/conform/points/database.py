"""Points of the databases: logins, pools, failovers, and tables that change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from psycopg import sql

from rendering.applications.pods import READINESS
from rendering.database.roles import ROLES, RoleKey
from rendering.shared.endpoints import LIVE_PATH
from rf.conform.point import CONNECTED, ContractPoint, Explanation
from rf.conform.seen import NotTriedError, in_time, require
from rf.conform.trial import Trial
from rf.shared.applications.application_process import ApplicationProcess
from rf.shared.applications.http_client import WebAnswer, WebRequest
from rf.shared.servers.processes import wait_until
from scaleplan.applications.workloads import COLLABORATION, ORCHESTRATOR, WORKFLOW_WORKER

CROWD = 2
"""Requests at once for each connection that the pool may have."""

OUT_OF_TRAFFIC_SECONDS = float(READINESS.failures * READINESS.period_seconds)

BACK_SECONDS = 30.0
"""Until a process whose database is back says so: its own waits between attempts end at 5 s."""

AWAY_SECONDS = 8.0
"""How long a failover lasts here at most: who tries for a few seconds has answered by then."""

RECONNECT_SECONDS = 0.3

_OFTEN = 8
_ADDED = sql.Identifier("conform_added")

_STATEMENT = re.compile(r"^\[(\w+)\] LOG:  (?:statement|execute [^:]*): (.*)")
_REFUSED_WRITE = re.compile(r"^\[(\w+)\] ERROR:  (.*(?:read-only transaction|permission denied).*)")
_SESSION_STATE = re.compile(
    r"set\s+(?!local\b|transaction\b|constraints\b)(?:session\s+)?(\w+)|listen\b|prepare\s"
    r"|.*\bpg_(?:try_)?advisory_lock(?:_shared)?\(|.*\bwith\s+hold\b|.*\bset_config\(.*false\s*\)",
    re.IGNORECASE,
)
_FOLLOWED = {
    "client_encoding",
    "datestyle",
    "timezone",
    "standard_conforming_strings",
    "application_name",
    "intervalstyle",
    "time",
}
"""What PgBouncer sets by itself for whoever has the connection (its manual, `Supported parameters`
and `track_extra_parameters`)."""


def _live_without_stores(trial: Trial) -> None:
    process = trial.process()
    stand = trial.stand
    with stand.databases.away(), stand.cache.gate.closed(), stand.queue.gate.closed():
        for _ in range(3):
            answer = trial.send(process.ports.requests, WebRequest(path=LIVE_PATH), 5)
            require(answer.status == 200, f"{LIVE_PATH} answered {answer.status}")
            trial.readiness(process)


def _ready_by_database(trial: Trial) -> None:
    process = trial.process()

    def says(status: int) -> Callable[[], bool]:
        return lambda: (answer := trial.readiness(process)) is not None and answer.status == status

    with trial.stand.databases.away():
        seconds = OUT_OF_TRAFFIC_SECONDS
        still = f"the database is away, and it is still ready after {seconds:g} s"
        in_time(says(503), seconds, still)
    not_again = f"the database is back, and it is not ready again after {BACK_SECONDS:g} s"
    in_time(says(200), BACK_SECONDS, not_again)


def _reads_only_read(trial: Trial) -> None:
    reader = ROLES[RoleKey.READ_ONLY].name
    refused = [
        match[2]
        for line in _said_of_samples(trial)
        if (match := _REFUSED_WRITE.match(line)) and match[1] == reader
    ]
    require(not refused, f"through DATABASE_REPLICA_URL: {refused[:1]}")


def _keeps_no_session(trial: Trial) -> None:
    kept: list[str] = []
    for line in _said_of_samples(trial):
        said = _STATEMENT.match(line)
        state = _SESSION_STATE.match(said[2]) if said else None
        if said and state and (state[1] or "").lower() not in _FOLLOWED:
            kept.append(said[2][:120])
    require(not kept, f"through PgBouncer, where it would stay with the connection: {kept[:1]}")


def _said_of_samples(trial: Trial) -> Iterable[str]:
    """What the servers log while every sample is asked once."""
    databases = trial.stand.databases
    before = databases.log_sizes()
    for name in ("write", "read", "public", "enqueue"):
        if trial.samples.has(name):
            trial.ask(name)
    return databases.said_since(before)


def _pools(trial: Trial) -> None:
    told = trial.stand.variables(trial.tried.name)
    most = int(told["DATABASE_POOL_MAX"])
    seen = _crowded(trial, most * CROWD)
    name = urlsplit(told["DATABASE_URL"]).path.lstrip("/")
    require(
        seen.get(name, 0) <= most,
        f"{most * CROWD} requests at once opened {seen.get(name, 0)} connections, not {most}",
    )
    replicas = int(told["DATABASE_REPLICA_POOL_MAX"])
    reads = urlsplit(told["DATABASE_REPLICA_URL"]).path.lstrip("/")
    require(
        seen.get(reads, 0) <= replicas,
        f"{seen.get(reads, 0)} connections to DATABASE_REPLICA_URL, not {replicas}",
    )


def _crowded(trial: Trial, requests: int) -> dict[str, int]:
    """Connections at PgBouncer, by database, of a process of which so many requests are held up."""
    databases = trial.stand.databases
    # What it opens and closes meanwhile would be counted too.
    trial.rest()
    others = databases.clients()
    process = trial.start_ready()
    most: dict[str, int] = {}
    with trial.clients(process, requests) as threads:
        with databases.held() as superuser:
            asked = [threads.submit(trial.ask, "write", process) for _ in range(requests)]
            wait_until(
                lambda: databases.waiting(superuser) or all(each.done() for each in asked),
                "requests have reached a table",
            )
            # Connections come one after another: as long as there are more, somebody opens some.
            while (now := databases.clients()) != most:
                most = now
                process.wait_ended(0.3)
        for each in asked:
            each.result()
    process.stop()
    return {name: count - others.get(name, 0) for name, count in most.items()}


def _survives_termination(trial: Trial) -> None:
    process, databases = trial.process(), trial.stand.databases
    with trial.clients(process) as thread:
        with databases.held() as superuser:
            asked = thread.submit(trial.ask, "write", process)
            wait_until(
                lambda: asked.done() or databases.waiting(superuser), "the request has a table"
            )
            for pid in databases.waiting(superuser):
                superuser.execute("select pg_terminate_backend(%s, 10000)", [pid])
        answer = asked.result()
    require(
        answer.good,
        f"told 57P01 by a server that fails over, it answered {answer.status} instead of trying"
        " again",
    )


def _outlives_failover(trial: Trial) -> None:
    process, databases = trial.process(), trial.stand.databases
    with trial.clients(process) as thread:
        with databases.away():
            asked = thread.submit(trial.ask, "write", process)
            with suppress(TimeoutError):
                wait_until(asked.done, "answered", AWAY_SECONDS)
        answer = asked.result()
    _require_503_or_done(answer)


def _require_503_or_done(answer: WebAnswer) -> None:
    told = answer.status == 503 and "retry-after" in answer.headers
    require(
        answer.good or told,
        f"while the database was away it answered {answer.status}"
        + (" without Retry-After" if answer.status == 503 else ""),
    )


def _prepare(trial: Trial, process: ApplicationProcess) -> None:
    """Have statements prepared: clients do so with what they send often, psycopg after five times.

    On the connections, that is, which PgBouncer will take next: not before its pools are full.
    """
    before: set[int] = set()
    while (now := trial.stand.databases.server_connections()) != before:
        before = now
        for _ in range(_OFTEN):
            patient = trial.patient()
            trial.asked_well("write", process, patient)
            trial.asked_well("read", process, patient)


def _outlives_a_changed_table(trial: Trial) -> None:
    process, databases = trial.process(), trial.stand.databases
    _prepare(trial, process)
    patient = trial.patient()
    trial.asked_well("write", process, patient)
    with databases.superuser() as superuser, trial.clients(process, 2) as threads:
        tables = databases.tables(superuser)
        if not tables:
            raise NotTriedError("there are no tables: name the migration among the samples")
        try:
            for table in tables:
                superuser.execute(sql.SQL("alter table {} add {} int").format(table, _ADDED))
            databases.catch_up()
            asked = [
                threads.submit(trial.ask, name, process, patient) for name in ("read", "write")
            ]
            # A rollout has the poolers connect anew when the migration has ended.
            process.wait_ended(RECONNECT_SECONDS)
            databases.reconnect()
            answers = [each.result() for each in asked]
        finally:
            for table in tables:
                drop = sql.SQL("alter table {} drop column if exists {}")
                superuser.execute(drop.format(table, _ADDED))
            databases.catch_up()
            databases.reconnect()
    bad = [answer.status for answer in answers if not answer.good]
    require(not bad, f"after a migration had added a column it answered {bad[:1]}")


_RETRY = Explanation(
    text="Run each request's transaction in a function that is called again, on a new connection,"
    " for the errors that the contract lists, with growing random waits and for a few seconds in"
    " all; then answer 503 with Retry-After.",
    node="for (let wait = 100; ; wait = Math.min(wait * 2, 5000)) {\n"
    "  try { return await transaction(work) } catch (error) {\n"
    "    if (!repeatable(error) || late()) throw error\n"
    "    await sleep(wait * Math.random())\n  }\n}",
    python="wait = 0.1\nwhile True:\n    try:\n        with pool.connection() as connection:\n"
    "            return work(connection)\n    except psycopg.Error as error:\n"
    "        if not repeatable(error) or late():\n            raise\n"
    "        time.sleep(wait * random.random())\n        wait = min(wait * 2, 5)",
)

POINTS = (
    # Before a store is away: who comes back to it later would be counted.
    ContractPoint(
        id="pool-maximum",
        title="its pools stay within their maxima under load",
        applications=(ORCHESTRATOR,),
        attempt=_pools,
        needs=("write",),
        variables=("DATABASE_POOL_MAX", "DATABASE_REPLICA_POOL_MAX"),
        explanation=Explanation(
            text="The chain of connections is worked out from these maxima; one pool for each URL"
            " and process, and none for each request.",
            node="new Pool({connectionString, max: Number(process.env.DATABASE_POOL_MAX)})",
            python='ConnectionPool(url, max_size=int(os.environ["DATABASE_POOL_MAX"]))',
        ),
    ),
    ContractPoint(
        id="live-without-stores",
        title="is live while every store is away",
        applications=(*CONNECTED, WORKFLOW_WORKER),
        attempt=_live_without_stores,
        explanation=Explanation(
            text="Liveness restarts the container: a database that is away would restart every pod."
            " Ask no store in it, and let no error of one end the process.",
            node="app.get('/health/live', (req, res) => res.sendStatus(200))",
            python="async def live(request):\n    return web.Response(status=200)",
        ),
    ),
    ContractPoint(
        id="ready-by-database",
        title="is not ready while the database is away, and ready again by itself",
        applications=(ORCHESTRATOR, COLLABORATION),
        attempt=_ready_by_database,
        variables=("DATABASE_URL",),
        explanation=Explanation(
            text="Ask the database every few seconds in the background, and go on after a failure."
            " A question may hang while PgBouncer waits for the server: ready is who was answered"
            " within the last seconds.",
            node="setInterval(() => pool.query('select 1').then(() => { seen = Date.now() }, log),"
            " 2000)\nconst ready = () => Date.now() - seen < 5000",
            python="while True:\n    connection.execute('select 1')\n    state.seen ="
            " time.monotonic()\n# in another thread: ready = time.monotonic() - state.seen < 5",
        ),
    ),
    ContractPoint(
        id="reads-only-read",
        title="writes nothing through the URL of reads",
        applications=(ORCHESTRATOR,),
        attempt=_reads_only_read,
        needs=("read", "write"),
        variables=("DATABASE_REPLICA_URL",),
        explanation=Explanation(
            text="Two pools: what may write goes through DATABASE_URL, as does a read that must see"
            " what was just written.",
            node="const reads = new Pool({connectionString: process.env.DATABASE_REPLICA_URL})",
            python='reads = ConnectionPool(os.environ["DATABASE_REPLICA_URL"])',
        ),
    ),
    ContractPoint(
        id="no-session-state",
        title="leaves nothing with PgBouncer's connections",
        applications=(ORCHESTRATOR,),
        attempt=_keeps_no_session,
        needs=("read", "write"),
        explanation=Explanation(
            text="The next transaction has another server connection: SET, LISTEN, session locks"
            " and PREPARE would be another's. SET LOCAL and pg_advisory_xact_lock end with the"
            " transaction.",
            node="await client.query('set local statement_timeout = 5000')",
            python='connection.execute("set local statement_timeout = 5000")',
        ),
    ),
    ContractPoint(
        id="survives-termination",
        title="tries again when the server ends its connection",
        applications=(ORCHESTRATOR,),
        attempt=_survives_termination,
        needs=("write",),
        explanation=_RETRY,
    ),
    ContractPoint(
        id="database-away",
        title="answers 503 with Retry-After while the database is away",
        applications=(ORCHESTRATOR,),
        attempt=_outlives_failover,
        needs=("write",),
        explanation=_RETRY,
    ),
    ContractPoint(
        id="changed-table",
        title="goes on when a migration changes a table under prepared statements",
        applications=(ORCHESTRATOR,),
        attempt=_outlives_a_changed_table,
        needs=("read", "write"),
        explanation=_RETRY,
    ),
)
