"""Groups of Citus as Patroni sees them: real Patroni on real PostgreSQL, its lock in a real API.

Each member has a pod on the API server, which Patroni writes to and nothing runs, and is told what
StackGres tells it (1.18.6, `start-patroni.sh` and `PatroniConfigEndpoints`), but for Citus itself.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests
from psycopg.conninfo import make_conninfo

from rendering.citus.names import NAMESPACE, SERVER_PORT
from rf.shared.cluster.control_plane import RunningControlPlane
from rf.shared.cluster.objects import ClusterClient
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import Process, free_port, give_away, write_private
from rf.shared.servers.programs import MissingServersError, runnable_programs, services_folder

ADDRESS = "127.0.0.1"
SUPERUSER, REPLICATOR, DATABASE = "postgres", "replicator", "postgres"

TIMES = {"ttl": 20, "loop_wait": 2, "retry_timeout": 5}
"""Seconds. StackGres has 30, 10 and 10; Patroni takes no lock of fewer than 20."""

_POSTGRES = ("initdb", "pg_basebackup", "pg_controldata", "pg_ctl", "pg_isready", "pg_rewind")


@dataclass(frozen=True, kw_only=True)
class PatroniPrograms:
    """PostgreSQL's programs in one folder, with the Python that runs Patroni, and Patroni."""

    binaries: Path
    patroni: Path


def find_patroni(scratch: Path) -> PatroniPrograms:
    """Where the servers' user can run them, which may be a copy. Raises MissingServersError."""
    # PostgreSQL 16 comes without the programs that Patroni needs beside it.
    copied = runnable_programs(scratch).pg_basebackup.path.parent
    binaries = copied if (copied / "python3").exists() else services_folder() / "bin"
    found = PatroniPrograms(binaries=binaries, patroni=binaries.parent / "patroni")
    missing = [
        name for name in (*_POSTGRES, "postgres", "python3") if not (binaries / name).exists()
    ]
    if missing or not found.patroni.is_dir():
        raise MissingServersError(f"no {', '.join(missing) or found.patroni}: run .ci/services")
    return found


@dataclass(frozen=True, kw_only=True)
class Member:
    """One server of a group, which Patroni starts, promotes and demotes."""

    name: str
    pod_address: str
    """What its pod would have; nobody listens there."""

    rest_port: int
    port: int
    data: Path
    password: str
    process: Process

    def status(self, page: str = "patroni") -> requests.Response:
        """What its Patroni says of it. Raises requests.RequestException."""
        return requests.get(f"http://{ADDRESS}:{self.rest_port}/{page}", timeout=2)

    def connect(self) -> psycopg.Connection:
        """As superuser; each statement commits."""
        return psycopg.connect(conninfo([self], connect_timeout="5"), autocommit=True)

    def takes_writes(self) -> bool | None:
        """None where it lets nobody in, as while it is started anew."""
        try:
            with self.connect() as superuser:
                return superuser.execute("select not pg_is_in_recovery()").fetchone() == (True,)
        except psycopg.OperationalError:
            return None

    def stop(self) -> None:
        """Patroni ends its PostgreSQL; if it couldn't, that is killed."""
        self.process.stop()
        with suppress(OSError, ValueError, IndexError):
            os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


@dataclass(frozen=True, kw_only=True)
class PatroniGroup:
    """A primary and its copy, whichever is which."""

    name: str
    members: tuple[Member, ...]
    config: Mapping[str, Any]
    """Patroni's dynamic configuration."""

    def end(self) -> None:
        """Ask all to end, without waiting: each takes seconds, so together."""
        for member in self.members:
            member.process.signal(signal.SIGTERM)

    def primaries(self) -> list[Member]:
        """Who takes writes."""
        return [member for member in self.members if member.takes_writes()]

    def read_only(self) -> bool:
        """Whether all are there, to be read alone."""
        return all(member.takes_writes() is False for member in self.members)

    def whole(self) -> bool:
        """Whether one takes writes, which a commit waits for the other to have, and each knows whom
        to ask without the API server."""
        primaries = self.primaries()
        if len(primaries) != 1:
            return False
        with suppress(psycopg.OperationalError, requests.RequestException):
            with primaries[0].connect() as superuser:
                copies = superuser.execute(
                    "select count(*) from pg_stat_replication where sync_state = 'sync'"
                ).fetchone()
            return copies == (1,) and all(self._knows_all(member) for member in self.members)
        return False

    def _knows_all(self, member: Member) -> bool:
        if not self.config.get("failsafe_mode"):
            return True
        answer = member.status("failsafe")
        return answer.ok and set(answer.json()) == {each.name for each in self.members}


@contextmanager
def frozen(process: Process) -> Iterator[None]:
    """Frozen until the block ends, or we do, whatever ends us: frozen, it would never see the
    signal that ends servers then."""
    script = "kill -STOP $0; read -r _; kill -CONT $0"
    with subprocess.Popen(
        ["sh", "-c", script, str(process.pid)], stdin=subprocess.PIPE, start_new_session=True
    ):
        # Its end closes the keeper's input, and waits for it.
        yield


def conninfo(members: list[Member] | tuple[Member, ...], **options: str) -> str:
    """How a client reaches whichever of them `options` ask for."""
    return make_conninfo(
        "",
        host=",".join([ADDRESS] * len(members)),
        port=",".join(str(member.port) for member in members),
        user=SUPERUSER,
        password=members[0].password,
        dbname=DATABASE,
        sslmode="require",
        **options,
    )


def prepare_namespace(cluster: ClusterClient) -> None:
    """What pods need to be taken where no controller runs."""
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    account = {"name": "default", "namespace": NAMESPACE}
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})


def start_group(
    stack: ExitStack,
    plane: RunningControlPlane,
    programs: PatroniPrograms,
    directory: Path,
    cluster: ClusterClient,
    *,
    number: int,
    config: Mapping[str, Any],
) -> PatroniGroup:
    """Two members at once, not waited for; leaving `stack` stops them. `config` goes over what
    the operator sets."""
    name = f"group{number}"
    folder = directory / name
    folder.mkdir()
    pair = LocalAuthority(folder, "servers").issue(ADDRESS)
    tls = {
        "ssl": "on",
        "ssl_cert_file": str(write_private(folder / "server.crt", pair.certificate)),
        "ssl_key_file": str(write_private(folder / "server.key", pair.key)),
    }
    whole_config = _operators_config(config, tls)
    password = secrets.token_hex(16)
    members = []
    for index in range(2):
        pod = {
            "name": f"{name}-{index}",
            "namespace": NAMESPACE,
            "labels": {"app": "StackGresCluster", "stackgres.io/cluster-name": name},
        }
        container = {"name": "patroni", "image": "patroni"}
        cluster.apply(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": pod,
                "spec": {"automountServiceAccountToken": False, "containers": [container]},
            }
        )
        settings = {
            "name": pod["name"],
            "group": name,
            "pod_address": f"10.0.{number}.{10 + index}",
            "rest_port": free_port(ADDRESS),
            "port": free_port(ADDRESS),
            "data": folder / pod["name"],
            "password": password,
        }
        members.append(_start_member(stack, plane, programs, settings, whole_config))
    return PatroniGroup(name=name, members=tuple(members), config=whole_config)


def _operators_config(config: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """`PatroniConfigEndpoints`: the rules of `config` stand before the operator's own."""
    rules = config["postgresql"]["pg_hba"]
    return {
        **TIMES,
        "check_timeline": True,
        "synchronous_mode": True,
        "synchronous_mode_strict": False,
        "synchronous_node_count": 1,
        **config,
        "postgresql": {
            "use_pg_rewind": True,
            "use_slots": True,
            "pg_hba": [
                *rules,
                "host all all 0.0.0.0/0 md5",
                f"host replication {REPLICATOR} 0.0.0.0/0 md5",
            ],
            # Thrown away with its folder, and 100 connections of two groups are for no one.
            "parameters": {"fsync": "off", "max_connections": "20", **parameters},
        },
    }


def _start_member(
    stack: ExitStack,
    plane: RunningControlPlane,
    programs: PatroniPrograms,
    settings: Mapping[str, Any],
    dynamic: Mapping[str, Any],
) -> Member:
    data: Path = settings["data"]
    data.mkdir(mode=0o700)
    give_away(data, data.parent)
    rest, postgres = (f"{ADDRESS}:{settings[port]}" for port in ("rest_port", "port"))
    logins = {SUPERUSER: "superuser", REPLICATOR: "replication"}
    document = {
        "scope": settings["group"],
        "name": settings["name"],
        "restapi": {"listen": rest, "connect_address": rest},
        "kubernetes": {
            "context": "tests",
            "namespace": NAMESPACE,
            "labels": {"app": "StackGresCluster"},
            "scope_label": "stackgres.io/cluster-name",
            "use_endpoints": True,
            "pod_ip": settings["pod_address"],
            "ports": [{"name": "pgport", "port": SERVER_PORT}],
        },
        "bootstrap": {
            "dcs": dynamic,
            "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"],
        },
        "postgresql": {
            "listen": postgres,
            "connect_address": postgres,
            "data_dir": str(data),
            "bin_dir": str(programs.binaries),
            "pgpass": str(data.with_suffix(".pgpass")),
            "authentication": {
                role: {"username": user, "password": settings["password"]}
                for user, role in logins.items()
            },
            "parameters": {"unix_socket_directories": ""},
            "basebackup": [{"checkpoint": "fast"}],
        },
        "watchdog": {"mode": "off"},
    }
    file = write_private(data.with_suffix(".yml"), json.dumps(document).encode())
    process = Process(
        [str(programs.binaries / "python3"), "-m", "patroni", str(file)],
        data.with_suffix(".log"),
        signal.SIGTERM,
        environment={
            "KUBECONFIG": str(plane.kubeconfig),
            "PYTHONPATH": str(programs.patroni),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    known = {key: value for key, value in settings.items() if key != "group"}
    member = Member(process=process, **known)
    stack.callback(member.stop)
    return member
