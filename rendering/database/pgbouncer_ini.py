"""PgBouncer's two files, `pgbouncer.ini` and `userlist.txt`, and what they ask of the machine.

Each key is one of PgBouncer 1.26's configuration reference (pgbouncer.org/config.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from scaleplan.database.server_pools import server_connections_per_database
from scaleplan.layers import PgbouncerPlan
from scaleplan.sizes import PgbouncerSettings

CONFIG_DIRECTORY = "/etc/pgbouncer"
CERTIFICATE_DIRECTORY = "/etc/pgbouncer-tls"
INI_FILE = "pgbouncer.ini"
USERLIST_FILE = "userlist.txt"
SERVER_AUTHORITIES_FILE = "server-authorities.crt"

STATS_USER = "pgbouncer_stats"
"""May ask PgBouncer for its statistics. PostgreSQL has no such role, so it reaches no data."""

ADMIN_USER = "pgbouncer_admin"
"""May have PgBouncer reconnect, and all else that its console can do. No role of PostgreSQL either.
"""

READ_ONLY_SUFFIX = "_ro"
SYSTEM_SUFFIX = "_system"

PREPARED_STATEMENTS = 200
"""Kept per server connection: prepared statements work in transaction mode (1.25's default)."""

QUERY_WAIT_SECONDS = 120
"""How long a client waits while all server connections are busy (1.25's default). In a failover it
is for those alone who asked before the first connect failed (LOGIN_RETRY_SECONDS)."""

SERVER_LIFETIME_SECONDS = 600
"""Default 3600: an hour after a failover or a new replica, connections would still sit unevenly."""

DNS_TTL_SECONDS = 5
"""Default 15: in a failover RDS moves its name, whose TTL is 5 s, to the standby."""

LOGIN_RETRY_SECONDS = 1
"""From a failed connect to the next attempt; default 15. While the last one has failed and no
server connection is left, whoever asks is refused at once, so this is how long clients go on being
refused by a server that is back. A second costs such a server one attempt a pool, of which a pooler
has a handful. Also how long a dead host of a list delays the next one, for which the reference asks
for less than the default."""

DEAD_PEER_SECONDS = 30
"""Until a peer that has vanished without a word counts as gone. Linux alone would take two hours
to try an idle connection, and a quarter of one to give up on sent data."""

KEEPALIVE_PROBES = 3

BASE_MEMORY_MIB = 10
CLIENT_MEMORY_KIB = 31 + 4 * 4

_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Hosts that answer alike and are asked in turn, all at one port."""

    hosts: tuple[str, ...]
    port: int


@dataclass(frozen=True, kw_only=True)
class LogicalDatabase:
    """A database as clients name it, and the servers and database that stand behind the name."""

    name: str
    servers: Servers
    server_database: str

    @property
    def line(self) -> str:
        """Its line under `[databases]`. Raises ValueError without a host, or on a wrong one."""
        if not self.servers.hosts:
            raise ValueError(f"database {self.name} has no host")
        for host in self.servers.hosts:
            if not host or not set(host) <= _HOST_CHARACTERS:
                raise ValueError(f"{host!r} of database {self.name} is no host name or address")
        hosts, port = ",".join(self.servers.hosts), self.servers.port
        return f"{self.name} = host={hosts} port={port} dbname={self.server_database}"


def logical_databases(
    plan: PgbouncerPlan, *, writer: Servers, readers: Servers, system: Servers
) -> tuple[LogicalDatabase, ...]:
    """The names that clients use.

    The plan's ini calls the database `researchflow`, its URL `ros`: both are served. The system
    name stays with RDS when tenants' data, and with it the others, moves elsewhere.
    """
    alias, server_database = plan.database_alias, plan.database_name
    behind = {
        alias: writer,
        server_database: writer,
        alias + READ_ONLY_SUFFIX: readers,
        alias + SYSTEM_SUFFIX: system,
    }
    return tuple(
        LogicalDatabase(name=name, servers=servers, server_database=server_database)
        for name, servers in behind.items()
    )


def pgbouncer_ini(
    settings: PgbouncerSettings, plan: PgbouncerPlan, databases: Sequence[LogicalDatabase]
) -> str:
    """The ini file: the plan's timeouts, the size's pools, TLS and SCRAM on both sides.

    It holds no secret. Raises ValueError when a database has no usable host.
    """
    lines = ["[databases]", *(database.line for database in databases), "", "[pgbouncer]"]
    keys = {
        **_listening(plan),
        **_servers(),
        **_pools(settings, plan, databases),
        **_timeouts(plan),
    }
    lines += [f"{key} = {value}".rstrip() for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def _listening(plan: PgbouncerPlan) -> dict[str, object]:
    return {
        "listen_addr": "0.0.0.0",  # noqa: S104 - a pod listens on its own address only
        "listen_port": plan.listen_port,
        # Empty: no socket file, so that the root file system can be read-only.
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256",
        "auth_file": f"{CONFIG_DIRECTORY}/{USERLIST_FILE}",
        "admin_users": ADMIN_USER,
        "stats_users": STATS_USER,
        "client_tls_sslmode": "require",
        # Clients bring no certificate, yet without this PgBouncer loads the machine's own list of
        # authorities at start and fails where an image has none.
        "client_tls_ca_file": f"{CERTIFICATE_DIRECTORY}/ca.crt",
        "client_tls_cert_file": f"{CERTIFICATE_DIRECTORY}/tls.crt",
        "client_tls_key_file": f"{CERTIFICATE_DIRECTORY}/tls.key",
        "client_tls_protocols": "secure",
        # JDBC and the metrics exporter send it; PgBouncer refuses what it can't track.
        "ignore_startup_parameters": "extra_float_digits",
    }


def _servers() -> dict[str, object]:
    return {
        # Chain and host name: without them anyone in the way could pose as the database.
        "server_tls_sslmode": "verify-full",
        "server_tls_ca_file": f"{CONFIG_DIRECTORY}/{SERVER_AUTHORITIES_FILE}",
        "server_tls_protocols": "secure",
        # When a host dies without closing its connections, what waits on them must not wait long.
        "tcp_keepidle": DEAD_PEER_SECONDS // 2,
        "tcp_keepintvl": DEAD_PEER_SECONDS // 2 // KEEPALIVE_PROBES,
        "tcp_keepcnt": KEEPALIVE_PROBES,
        "tcp_user_timeout": DEAD_PEER_SECONDS * 1000,
    }


def _pools(
    settings: PgbouncerSettings, plan: PgbouncerPlan, databases: Sequence[LogicalDatabase]
) -> dict[str, object]:
    several_hosts = any(len(database.servers.hosts) > 1 for database in databases)
    return {
        "pool_mode": plan.pool_mode,
        "max_client_conn": settings.max_client_connections,
        "default_pool_size": settings.default_pool_size,
        "min_pool_size": settings.min_pool_size,
        "reserve_pool_size": settings.reserve_pool_size,
        "reserve_pool_timeout": plan.reserve_pool_timeout_seconds,
        # One pool's worth a name, whoever connects: pools are per user, so a second user of a name
        # would open as many again, and scaleplan/database/server_pools.py would count too few.
        "max_db_connections": server_connections_per_database(settings),
        # Last in, first out (0) would leave all load on one host of a list.
        "server_round_robin": int(several_hosts),
        "max_prepared_statements": PREPARED_STATEMENTS,
    }


def _timeouts(plan: PgbouncerPlan) -> dict[str, object]:
    return {
        "server_idle_timeout": plan.server_idle_timeout_seconds,
        "server_connect_timeout": plan.server_connect_timeout_seconds,
        "query_timeout": plan.query_timeout_seconds,
        "query_wait_timeout": QUERY_WAIT_SECONDS,
        "server_lifetime": SERVER_LIFETIME_SECONDS,
        "server_login_retry": LOGIN_RETRY_SECONDS,
        "dns_max_ttl": DNS_TTL_SECONDS,
    }


def userlist(passwords: Mapping[str, str]) -> str:
    """`userlist.txt`: each user with the plain password, which SCRAM towards servers needs.

    A hash would do for clients only (reference, "Authentication file format"). Raises ValueError
    on a line break, which can't be quoted.
    """
    lines: list[str] = []
    for user, password in sorted(passwords.items()):
        if any(character in user + password for character in "\n\r\0"):
            raise ValueError(f"user {user!r} or its password holds a line break")
        lines.append(f'"{_quoted(user)}" "{_quoted(password)}"')
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return text.replace('"', '""')


def memory_needed_mib(settings: PgbouncerSettings) -> int:
    """Memory of a pod that is full of clients, rounded up.

    Measured with this ini on PgBouncer 1.26.1, OpenSSL 3.6: 9 MiB beside the programs' files, and
    31 KiB for each TLS client of 1200; prepared statements may add four packet buffers of 4 KiB
    (reference, `max_prepared_statements`).
    """
    return BASE_MEMORY_MIB + ceil(settings.max_client_connections * CLIENT_MEMORY_KIB / 1024)
