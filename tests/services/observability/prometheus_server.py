"""A Prometheus of a test: on a configuration of its own, asked over its HTTP API."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rendering.observability.prometheus_stack import NAMESPACE
from rf.shared.servers.processes import DEADLINE_SECONDS, Process, free_port
from tests.services.observability.built import find_built

ADDRESS = "127.0.0.1"

DATA = "data"

INTERVAL_SECONDS = 2
"""Of scrapes and rules: a rate needs two scrapes, and the stacks' thirty seconds are long to wait.
"""


@dataclass(frozen=True, kw_only=True)
class Prometheus:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}"

    def values(self, expression: str) -> list[tuple[Mapping[str, str], float]]:
        """Labels and value of each series that an expression gives now, without those of no number.

        Raises ValueError with Prometheus' own words on an expression that it refuses.
        """
        found = self._get("query", query=expression)["result"]
        series = [(each["metric"], float(each["value"][1])) for each in found]
        return [(labels, value) for labels, value in series if not math.isnan(value)]

    def names(self) -> frozenset[str]:
        """Every metric's name that it knows."""
        return frozenset(self._get("label/__name__/values"))

    def targets(self) -> list[Mapping[str, Any]]:
        """What it scrapes, with its health and last error."""
        return self._get("targets")["activeTargets"]

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5):
                return True
        except OSError:
            return False

    def _get(self, path: str, **parameters: str) -> Any:
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(
                f"{self.url}/api/v1/{path}?{query}", timeout=DEADLINE_SECONDS
            ) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error)["error"]) from None


def find_promtool() -> Path:
    """Prometheus' own checker of rules. Raises MissingServersError."""
    return find_built("promtool")


def backfill(directory: Path, openmetrics: str) -> None:
    """Give a Prometheus that is started in this folder a past: samples with times of their own."""
    text = directory / "samples.txt"
    text.write_text(openmetrics, encoding="utf-8")
    promtool = find_promtool()
    command = [promtool, "tsdb", "create-blocks-from", "openmetrics", text, directory / DATA]
    subprocess.run(command, capture_output=True, check=True)


def start_prometheus(
    stack: ExitStack,
    directory: Path,
    scrape_configs: Sequence[Mapping[str, Any]],
    rule_groups: Sequence[Mapping[str, Any]] = (),
    *,
    spec: Mapping[str, Any] | None = None,
) -> Prometheus:
    """Start it; leaving `stack` stops it. Raises MissingServersError.

    With `spec`, the chart's `prometheusSpec`, it keeps what that says and scrapes itself, as the
    chart's own monitor has it do.
    """
    program = find_built("prometheus")
    rules = directory / "rules.yaml"
    rules.write_text(yaml.safe_dump({"groups": list(rule_groups)}), encoding="utf-8")
    interval = f"{INTERVAL_SECONDS}s"
    config = directory / "prometheus.yaml"
    server = Prometheus(port=free_port(ADDRESS))
    itself = {
        "job_name": "itself",
        "static_configs": [
            {"targets": [f"{ADDRESS}:{server.port}"], "labels": {"namespace": NAMESPACE}}
        ],
    }
    document = {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [str(rules)],
        "scrape_configs": [*scrape_configs, *([itself] if spec else [])],
    }
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    command = [
        str(program),
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / DATA}",
        f"--web.listen-address={ADDRESS}:{server.port}",
        *([f"--storage.tsdb.retention.size={spec['retentionSize']}"] if spec else []),
    ]
    process = Process(command, directory / "prometheus.log", signal.SIGTERM, as_nobody=False)
    stack.callback(process.stop)
    process.wait_ready(server.ready)
    return server
