"""PgBouncer for one run, on the program's ini and before the run's PostgreSQL servers."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from rendering.database.pgbouncer_ini import INI_FILE, USERLIST_FILE, userlist
from rendering.database.pooler_reconnect import POOLERS_HOST
from rendering.shared.connection_urls import postgres_url
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.local_ini import Here, replica_hosts, substituted
from rf.shared.servers.postgres import APPLICATION_USER, PRIMARY_ADDRESS, DatabaseServers
from rf.shared.servers.processes import Process, free_port, listens, write_private
from rf.shared.servers.programs import Programs
from scaleplan.model import load_plan

PGBOUNCER_NAMES = (
    *(
        f"pgbouncer{domain}"
        for domain in (".researchflow.svc", "", ".researchflow", ".researchflow.svc.cluster.local")
    ),
    POOLERS_HOST,
)
"""The names on the certificate that the program issues; applications use the first."""


@dataclass(frozen=True, kw_only=True)
class PgbouncerServer:
    """A running PgBouncer on the program's ini."""

    process: Process
    port: int
    ini: Path
    authority: LocalAuthority
    passwords: Mapping[str, str]
    readers: tuple[str, ...]

    def conninfo(self, database: str, **options: Any) -> str:
        """The URL of the applications' secret, with what is different here put over it.

        The host's name is not: it is verified, though the address is this machine's.
        """
        user, port = APPLICATION_USER, load_plan().pgbouncer.service_port
        url = postgres_url(user, self.passwords[user], PGBOUNCER_NAMES[0], port, database)
        here = {
            "hostaddr": PRIMARY_ADDRESS,
            "port": self.port,
            "sslrootcert": str(self.authority.file),
            "connect_timeout": 20,
        }
        return make_conninfo(url, **(here | options))


def start_pgbouncer(
    stack: ExitStack,
    programs: Programs,
    directory: Path,
    databases: DatabaseServers,
    ini: str,
    *,
    more_users: Mapping[str, str] | None = None,
    authority: LocalAuthority | None = None,
) -> PgbouncerServer:
    """Start it before the servers; leaving `stack` stops it. `ini` is as exported.

    `more_users` are passwords of users beside the application's. `authority` signs its certificate,
    one of its own unless given.
    """
    directory.mkdir()
    directory.chmod(0o755)
    authority = authority or LocalAuthority(directory, "ca")
    # By its address where clients can't be told of a name that leads here.
    pair = authority.issue(*PGBOUNCER_NAMES, PRIMARY_ADDRESS)
    passwords = databases.primary.passwords
    users = userlist({APPLICATION_USER: passwords[APPLICATION_USER], **(more_users or {})})
    here = Here(
        primary=PRIMARY_ADDRESS,
        replicas=databases.replica.addresses[: len(replica_hosts(ini))],
        database_port=databases.primary.port,
        listen_address=PRIMARY_ADDRESS,
        listen_port=free_port(PRIMARY_ADDRESS),
        files={
            "auth_file": write_private(directory / USERLIST_FILE, users.encode()),
            "client_tls_ca_file": authority.file,
            "client_tls_cert_file": write_private(directory / "tls.crt", pair.certificate),
            "client_tls_key_file": write_private(directory / "tls.key", pair.key),
            "server_tls_ca_file": databases.primary.authority.file,
        },
    )
    ini_file = write_private(directory / INI_FILE, substituted(ini, here).encode())
    # SIGQUIT ends it at once; on SIGTERM it would wait for its clients.
    process = Process(
        [str(programs.pgbouncer.path), str(ini_file)],
        directory / "pgbouncer.log",
        signal.SIGQUIT,
    )
    stack.callback(process.stop)
    process.wait_ready(lambda: listens(here.listen_address, here.listen_port))
    return PgbouncerServer(
        process=process,
        port=here.listen_port,
        ini=ini_file,
        authority=authority,
        passwords=passwords,
        readers=here.replicas,
    )
