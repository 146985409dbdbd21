"""Temporal's server on this machine, by the values that the program gives its chart.

What the chart makes of values was read in temporalio/helm-charts temporal-1.6.0,
charts/temporal/templates: server-configmap.yaml has the server's configuration, server-job.yaml and
_admintools-env.yaml have the schema. Addresses, files and the password are this machine's, and all
four roles run in one process. The namespace of workflows is the caller's to make.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rendering.database.rds_authority import RDS_CA_FILE
from rendering.workflows import temporal_names as names
from rendering.workflows.temporal_values import CA_FILE, CERTIFICATE_FILE, KEY_FILE
from rf.shared.project import CACHE
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import Process, free_port, listens, run, write_private
from rf.shared.servers.programs import built_program

ADDRESS = "127.0.0.1"

_SCHEMAS = {"defaultStore": "temporal", "visibilityStore": "visibility"}
"""What the schema of each store is called, as in `postgresql/v12/temporal`."""

_JOIN_SECONDS = 30
"""In which the roles find each other, as the chart has it."""


@dataclass(frozen=True, kw_only=True)
class TemporalBinaries:
    """The server, and the tool that makes its schema."""

    server: Path
    sql_tool: Path


@dataclass(frozen=True, kw_only=True)
class TemporalDatabase:
    """The PostgreSQL that has Temporal's role and its two databases. `authority` signed its
    certificate, which names the host."""

    host: str
    port: int
    password: str = field(repr=False)
    authority: Path


@dataclass(frozen=True, kw_only=True)
class TemporalServer:
    """A server that is ready to run: with configuration, certificates and schema."""

    binaries: TemporalBinaries
    directory: Path
    port: int
    authority: LocalAuthority
    """Who signed its certificate, and signs those of its clients: it lets in nobody else."""

    @property
    def address(self) -> str:
        """Host and port of its frontend."""
        return f"{ADDRESS}:{self.port}"

    def run(self, stack: ExitStack) -> Process:
        """Start it, again too once it was stopped; leaving `stack` stops it."""
        configuration = str(self.directory / "temporal.yaml")
        command = [str(self.binaries.server), "--config-file", configuration, "--allow-no-auth"]
        process = Process(
            [*command, "start"],
            self.directory / "temporal.log",
            signal.SIGTERM,
            as_nobody=False,
            environment={"TEMPORAL_VERSION_CHECK_DISABLED": "1"},
        )
        stack.callback(process.stop)
        process.wait_ready(lambda: listens(ADDRESS, self.port))
        return process


def find_temporal_binaries() -> TemporalBinaries:
    """Raises MissingServersError, which names what is missing and what makes it."""
    folder = Path(os.environ.get("RESEARCHFLOW_TEMPORAL") or CACHE / "temporal")
    server, sql_tool = (
        built_program(folder / name / name, ".ci/temporal")
        for name in ("temporal-server", "temporal-sql-tool")
    )
    return TemporalBinaries(server=server, sql_tool=sql_tool)


def set_up_temporal(
    binaries: TemporalBinaries,
    directory: Path,
    values: Mapping[str, Any],
    database: TemporalDatabase,
) -> TemporalServer:
    """Write its configuration and certificates, and make its schema.

    `values` are those of the chart's release, `directory` is made. Raises RuntimeError with what
    the tool said where it can't make the schema.
    """
    directory.mkdir()
    authority = LocalAuthority(directory, "temporal-ca")
    pair = authority.issue(*names.FRONTEND_NAMES, names.INTERNODE_NAME, client=True)
    here = {
        CA_FILE: str(authority.file),
        CERTIFICATE_FILE: str(write_private(directory / "temporal.crt", pair.certificate)),
        KEY_FILE: str(write_private(directory / "temporal.key", pair.key)),
        RDS_CA_FILE: str(database.authority),
    }
    config = _moved(values["server"]["config"], here)
    persistence = _persistence(config["persistence"], database)
    ports = _low_ports()
    port = next(ports)
    # JSON is YAML.
    text = json.dumps(_configuration(config, persistence, port, ports))
    write_private(directory / "temporal.yaml", text.encode())
    for store, schema in _SCHEMAS.items():
        _make_schema(binaries, persistence["datastores"][persistence[store]]["sql"], schema)
    return TemporalServer(binaries=binaries, directory=directory, port=port, authority=authority)


def _moved(value: Any, here: Mapping[str, str]) -> Any:
    """The values with the files of this machine in the place of the pods'."""
    match value:
        case Mapping():
            return {key: _moved(item, here) for key, item in value.items()}
        case list():
            return [_moved(item, here) for item in value]
        case str():
            return here.get(value, value)
    return value


_OF_THE_CHART = ("createDatabase", "manageSchema", "existingSecret", "secretKey")
"""What the chart takes out of a store's values."""


def _persistence(values: Mapping[str, Any], database: TemporalDatabase) -> dict[str, Any]:
    stores: dict[str, Any] = {}
    for name, store in values["datastores"].items():
        sql = {key: value for key, value in store["sql"].items() if key not in _OF_THE_CHART}
        sql["connectAddr"] = f"{database.host}:{database.port}"
        sql["password"] = database.password
        stores[name] = {"sql": sql}
    return {**values, "datastores": stores}


_LOW_PORTS = range(10_000, 32_768)
"""Temporal's schema for PostgreSQL keeps its roles' ports as `smallint`, which ends where the ports
begin that Linux chooses (schema/postgresql/v12/temporal/schema.sql, cluster_membership)."""


def _low_ports() -> Iterator[int]:
    """Ports that nobody listens on here, each another, in no order that two runs would share."""
    for port in secrets.SystemRandom().sample(_LOW_PORTS, len(_LOW_PORTS)):
        if not listens(ADDRESS, port):
            yield port


def _configuration(
    config: Mapping[str, Any],
    persistence: Mapping[str, Any],
    frontend: int,
    ports: Iterator[int],
) -> dict[str, Any]:
    rpc: dict[str, dict[str, Any]] = {}
    for role in names.MEMBERSHIP_PORTS:
        rpc[role] = {"membershipPort": next(ports), "bindOnIP": ADDRESS}
        if role in names.GRPC_PORTS:
            rpc[role]["grpcPort"] = frontend if role == "frontend" else next(ports)
    listen = {"listenAddress": f"{ADDRESS}:{free_port(ADDRESS)}"}
    cluster = {
        "enabled": True,
        "initialFailoverVersion": 1,
        "rpcName": names.FRONTEND,
        "rpcAddress": f"{ADDRESS}:{frontend}",
    }
    return {
        "log": {"stdout": True, "level": config["logLevel"], "format": config["logFormat"]},
        "persistence": persistence,
        "global": {
            "membership": {"maxJoinDuration": f"{_JOIN_SECONDS}s", "broadcastAddress": ADDRESS},
            "metrics": {"prometheus": config["metrics"]["prometheus"] | listen},
            "tls": config["tls"],
        },
        "services": {role: {"rpc": each} for role, each in rpc.items()},
        "clusterMetadata": {
            "enableGlobalNamespace": False,
            "failoverVersionIncrement": 10,
            "masterClusterName": "active",
            "currentClusterName": "active",
            "clusterInformation": {"active": cluster},
        },
        "dcRedirectionPolicy": {"policy": "noop"},
        "archival": {"status": "disabled"},
        "publicClient": {"hostPort": f"{ADDRESS}:{frontend}"},
    }


def _make_schema(binaries: TemporalBinaries, sql: Mapping[str, Any], schema: str) -> None:
    """As the chart's Job does, but with the schemas that the tool has in itself."""
    host, _, port = sql["connectAddr"].partition(":")
    environment = {
        "SQL_PLUGIN": sql["pluginName"],
        "SQL_HOST": host,
        "SQL_PORT": port,
        "SQL_DATABASE": sql["databaseName"],
        "SQL_USER": sql["user"],
        "SQL_PASSWORD": sql["password"],
        "SQL_TLS": str(sql["tls"]["enabled"]).lower(),
        "SQL_TLS_CA_FILE": sql["tls"]["caFile"],
        "SQL_TLS_DISABLE_HOST_VERIFICATION": str(not sql["tls"]["enableHostVerification"]).lower(),
    }
    tool = str(binaries.sql_tool)
    run([tool, "setup-schema", "--version", "0.0"], environment, as_nobody=False)
    named = f"postgresql/v12/{schema}"
    run([tool, "update-schema", "--schema-name", named], environment, as_nobody=False)
