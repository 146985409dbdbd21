"""A stack's exporters beside their servers on this machine, and who scrapes them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.database.pgbouncer_pod import STATS_SECRET_KEY, stats_url
from components.observability.exporter import CONFIG_DIRECTORY
from components.observability.exporters import CACHE_EXPORTER
from rendering.database.pgbouncer_ini import CERTIFICATE_DIRECTORY, STATS_USER
from rendering.database.roles import ROLES, RoleKey
from rendering.observability.alerting.subject import SERVED
from rendering.observability.exporters import AUTHORITY_FILE
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.pooler import PgbouncerServer, start_pgbouncer
from rf.shared.servers.postgres import DATABASE, DatabaseServers
from rf.shared.servers.processes import free_port, write_private
from rf.shared.servers.programs import Programs
from rf.shared.servers.redis_servers import ADDRESS, RedisServer, start_redis
from tests.services.database.application import application_pod, start_application
from tests.services.database.bootstrapped import Bootstrapped
from tests.services.observability.exporters import (
    Here,
    container_of,
    start_exporter,
    start_node_exporter,
    variable,
)
from tests.services.observability.monitored import Monitored
from tests.services.observability.monitors import (
    Document,
    RunningPod,
    http_scrape_config,
    scrape_config,
)
from tests.services.observability.prometheus_server import Prometheus, start_prometheus

STORE_NAME = "localhost"
"""The one name on the certificates of the Redis servers: their nodes are asked by address."""

MAX_MEMORY_BYTES = 64 * 1024**2
"""Of each Redis: ElastiCache sets it by the node's type."""


REQUESTS_PER_SECOND = 50.0


@dataclass(kw_only=True)
class Site:
    """Everything that runs here; leaving `stack` stops it."""

    stack: ExitStack
    directory: Path
    programs: Programs
    monitored: Monitored
    stores: dict[str, RedisServer] = field(default_factory=dict)
    pods: list[RunningPod] = field(default_factory=list)

    def start_store(self, layer: str, exporter: str) -> None:
        """A Redis that takes the exporter's TLS, and the exporter on it."""
        folder = self.directory / layer
        authority = LocalAuthority(self.directory, f"{layer}-ca")
        pair = authority.issue(STORE_NAME)
        tls_port = free_port(ADDRESS)
        parameters: Mapping[str, Any] = {
            "tls_port": tls_port,
            "tls_cert_file": write_private(folder.with_suffix(".crt"), pair.certificate),
            "tls_key_file": write_private(folder.with_suffix(".key"), pair.key),
            "tls_ca_cert_file": authority.file,
            "tls_auth_clients": "no",
            # So that a node tells the port where it speaks TLS, as ElastiCache's do.
            "tls_cluster": "yes",
            "maxmemory": MAX_MEMORY_BYTES,
        }
        server = start_redis(
            self.stack, self.programs, folder, self.monitored.layers[layer], parameters
        )
        self.stores[layer] = server
        deployment = self.monitored.find("Deployment", exporter)
        host, _, port = variable(deployment, "REDIS_ADDR").removeprefix("rediss://").partition(":")
        self._start_exporter(
            deployment,
            Here(
                texts={f"{host}:{port}": f"{STORE_NAME}:{tls_port}", host: STORE_NAME},
                secrets={"REDIS_PASSWORD": server.password},
                # Go's name for the machine's list of authorities.
                environment={"SSL_CERT_FILE": str(authority.file)},
            ),
        )

    def start_database_exporters(
        self, databases: DatabaseServers, bootstrapped: Bootstrapped
    ) -> None:
        """The exporter of each RDS instance, on the primary or on an address of the replica."""
        replicas = iter(databases.replica.addresses)
        authority = databases.primary.authority.file.read_bytes()
        deployments = self.monitored.of_kind("Deployment")
        for deployment in deployments:
            if not deployment["metadata"]["name"].startswith("postgres-exporter-"):
                continue
            uri = variable(deployment, "DATA_SOURCE_URI")
            host = re.split("[:/]", uri, maxsplit=1)[0]
            is_replica = "-replica-" in host
            server = databases.replica if is_replica else databases.primary
            address = next(replicas) if is_replica else server.addresses[0]
            place = f"{uri.split('/', 1)[0]}/{DATABASE}?"
            assert place in uri
            self._start_exporter(
                deployment,
                Here(
                    texts={place: f"{address}:{server.port}/{bootstrapped.database}?"},
                    secrets={
                        "DATA_SOURCE_PASS": bootstrapped.passwords[ROLES[RoleKey.MONITOR].name]
                    },
                    files={AUTHORITY_FILE: authority},
                ),
            )

    def start_pooler(self, databases: DatabaseServers) -> PgbouncerServer:
        """PgBouncer, and the exporter in its pod."""
        password = f"/{secrets.token_urlsafe(12)}"
        pooler = start_pgbouncer(
            self.stack,
            self.programs,
            self.directory / "pgbouncer",
            databases,
            self.monitored.pgbouncer_ini,
            more_users={STATS_USER: password},
        )
        url = stats_url(password, pooler.port)
        # What the Secret holds, but for the place of the authority.
        authority = f"{CERTIFICATE_DIRECTORY}/ca.crt"
        assert authority in url
        self._start_exporter(
            self.monitored.find("Deployment", "pgbouncer"),
            Here(
                texts={},
                secrets={STATS_SECRET_KEY: url.replace(authority, str(pooler.authority.file))},
            ),
        )
        return pooler

    def start_node_exporter(self) -> None:
        """On this machine."""
        self.pods.append(start_node_exporter(self.stack, self.directory / "node-exporter"))

    def start_applications(self) -> None:
        """A pod of each application that serves, played by the stand-in."""
        for name in SERVED:
            address = start_application(self.stack, REQUESTS_PER_SECOND)
            self.pods.append(application_pod(self.monitored, name, f"{name}-0", address))

    def start_prometheus(self) -> Prometheus:
        """On the monitors of what runs here, and with all rules."""
        running = {pod.name.rpartition("-")[0]: pod for pod in self.pods}
        monitors = [
            each
            for each in self.monitored.objects
            if each["kind"] in ("PodMonitor", "ServiceMonitor")
            and each["metadata"]["name"] in running
        ]
        (port,) = self.monitored.find("Service", CACHE_EXPORTER)["spec"]["ports"]
        address = running[CACHE_EXPORTER].ports[port["targetPort"]]
        (cache,) = self.monitored.of_kind("ScrapeConfig")
        folder = self.directory / "prometheus"
        folder.mkdir()
        return start_prometheus(
            self.stack,
            folder,
            [
                *(scrape_config(monitor, self.pods) for monitor in monitors),
                scrape_config(self.monitored.node_monitor, self.pods),
                http_scrape_config(cache, {f"{CACHE_EXPORTER}:{port['port']}": address}),
            ],
            self.monitored.rule_groups,
            spec=self.monitored.prometheus,
        )

    def _start_exporter(self, deployment: Document, here: Here) -> None:
        metadata = deployment["metadata"]
        mounts = container_of(deployment).get("volumeMounts", [])
        files: Mapping[str, str] = {}
        if CONFIG_DIRECTORY in {mount["mountPath"] for mount in mounts}:
            files = self.monitored.find("ConfigMap", metadata["name"])["data"]
        folder = self.directory / f"{metadata['name']}-exporter"
        self.pods.append(start_exporter(self.stack, folder, deployment, files, here))
