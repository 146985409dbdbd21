"""Exporters on this machine: by the flags, variables and files of their exported containers."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.observability.exporter import CONFIG_DIRECTORY
from rf.shared.servers.processes import Process, free_port, listens, write_private
from tests.services.observability.built import find_built
from tests.services.observability.monitors import Document, RunningPod

ADDRESS = "127.0.0.1"

PROGRAMS = {
    "oliver006/redis_exporter": "redis_exporter",
    "quay.io/prometheuscommunity/postgres-exporter": "postgres_exporter",
    "prometheuscommunity/pgbouncer-exporter": "pgbouncer_exporter",
}
"""The program in each image, as `.ci/exporters` builds it."""


@dataclass(frozen=True, kw_only=True)
class Here:
    """What is different on this machine.

    `texts` takes the place of parts of flags and variables, `files` of files of the ConfigMap;
    `secrets` is what the exporter's Secret holds, and `environment` what its machine would.
    """

    texts: Mapping[str, str]
    secrets: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def container_of(deployment: Document, name: str = "exporter") -> Mapping[str, Any]:
    """A container of a Deployment."""
    containers = deployment["spec"]["template"]["spec"]["containers"]
    (found,) = [each for each in containers if each["name"] == name]
    return found


def variable(deployment: Document, name: str) -> str:
    """A variable that the exporter's container is given in plain."""
    (found,) = [each for each in container_of(deployment)["env"] if each["name"] == name]
    return found["value"]


def start_exporter(
    stack: ExitStack, directory: Path, deployment: Document, files: Mapping[str, str], here: Here
) -> RunningPod:
    """Start the Deployment's exporter; leaving `stack` stops it. `files` are its ConfigMap's."""
    container = container_of(deployment)
    directory.mkdir(parents=True)
    directory.chmod(0o755)
    for name, text in files.items():
        write_private(directory / name, here.files.get(name, text.encode()))
    texts = {**here.texts, CONFIG_DIRECTORY: str(directory)}
    environment = {
        each["name"]: _replaced(each["value"], texts)
        if "value" in each
        else here.secrets[each["valueFrom"]["secretKeyRef"]["key"]]
        for each in container.get("env", [])
    }
    image, _, _ = container["image"].rpartition(":")
    flags = [_replaced(flag, texts) for flag in container.get("args", [])]
    address = _run(
        stack, PROGRAMS[image], directory, flags, environment={**environment, **here.environment}
    )
    metadata, template = deployment["metadata"], deployment["spec"]["template"]
    (port,) = container["ports"]
    return RunningPod(
        namespace=metadata["namespace"],
        name=f"{metadata['name']}-0",
        container=container["name"],
        labels=template["metadata"]["labels"],
        ports={port["name"]: address},
    )


def start_node_exporter(stack: ExitStack, directory: Path) -> RunningPod:
    """The chart's exporter of machines, on this machine, with its own defaults."""
    directory.mkdir()
    address = _run(stack, "node_exporter", directory, [])
    labels = {"app.kubernetes.io/name": "prometheus-node-exporter"}
    return RunningPod(
        namespace="monitoring-nodes",
        name="node-exporter-0",
        container="node-exporter",
        labels=labels,
        ports={"http-metrics": address},
    )


def _run(
    stack: ExitStack,
    program: str,
    directory: Path,
    flags: list[str],
    *,
    environment: Mapping[str, str] | None = None,
) -> str:
    port = free_port(ADDRESS)
    address = f"{ADDRESS}:{port}"
    process = Process(
        [str(find_built(program)), *flags, f"--web.listen-address={address}"],
        directory / f"{program}.log",
        signal.SIGTERM,
        # The program's folder may be one that other users can't enter.
        as_nobody=False,
        environment=environment or {},
    )
    stack.callback(process.stop)
    process.wait_ready(lambda: listens(ADDRESS, port))
    return address


def _replaced(text: str, texts: Mapping[str, str]) -> str:
    for old, new in texts.items():
        text = text.replace(old, new)
    return text
