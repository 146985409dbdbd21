"""kube-state-metrics on an API server, as the chart starts and scrapes it."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from rf.shared.servers.processes import Process, free_port, listens
from tests.services.observability.built import find_built
from tests.services.observability.monitored import Monitored

ADDRESS = "127.0.0.1"
EXPORTER = "kube-state-metrics"


def start_state_metrics(
    stack: ExitStack, directory: Path, kubeconfig: Path, monitored: Monitored
) -> dict[str, Any]:
    """With the chart's own defaults, and the file that it makes of our values; leaving `stack`
    stops it. Returns how it is scraped: as the chart's monitor does, what its series say of
    themselves comes first. Raises MissingServersError."""
    values = monitored.values[EXPORTER]
    custom_resources = values.get("customResourceState", {}).get("config")
    port, own_port = free_port(ADDRESS), free_port(ADDRESS)
    command = [
        str(find_built(EXPORTER)),
        f"--kubeconfig={kubeconfig}",
        f"--host={ADDRESS}",
        f"--port={port}",
        f"--telemetry-host={ADDRESS}",
        f"--telemetry-port={own_port}",
    ]
    if custom_resources is not None:
        config = directory / "custom-resources.yaml"
        config.write_text(yaml.safe_dump(custom_resources), encoding="utf-8")
        command.append(f"--custom-resource-state-config-file={config}")
    process = Process(command, directory / "exporter.log", signal.SIGTERM, as_nobody=False)
    stack.callback(process.stop)
    process.wait_ready(lambda: listens(ADDRESS, port))
    return {
        "job_name": EXPORTER,
        "honor_labels": True,
        "static_configs": [{"targets": [f"{ADDRESS}:{port}"]}],
    }
