"""A stand-in for an application's metrics: what docs/application-contract.md asks, and no more.

It counts by the clock, as if requests came at one steady rate.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rendering.applications.metrics import application_metrics
from rendering.observability.scrape_targets import METRICS_PORT_NAME
from scaleplan.model import load_plan
from tests.services.observability.monitored import Monitored
from tests.services.observability.monitors import RunningPod

ADDRESS = "127.0.0.1"

ERRORS_IN_A_HUNDRED = 1
LATENCY_SECONDS = 0.2

_LABELS: Mapping[str, str] = {"method": "GET", "route": "/api/papers/:id"}


def start_application(stack: ExitStack, requests_per_second: float) -> str:
    """Start it; leaving `stack` stops it. Returns the address of its metrics."""
    begin = time.monotonic()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = exposition(requests_per_second * (time.monotonic() - begin)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a scrape is no news."""

    server = ThreadingHTTPServer((ADDRESS, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    return f"{ADDRESS}:{server.server_address[1]}"


def application_pod(monitored: Monitored, application: str, pod: str, address: str) -> RunningPod:
    """A pod of an application's Deployment, with the Services that lead to it."""
    deployment = monitored.find("Deployment", application)
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    return RunningPod(
        namespace=deployment["metadata"]["namespace"],
        name=pod,
        container=application,
        labels=labels,
        ports={METRICS_PORT_NAME: address},
        services=[
            service
            for service in monitored.of_kind("Service")
            if service["spec"]["selector"].items() <= labels.items()
        ],
    )


def exposition(requests: float) -> str:
    """Prometheus' text format after so many requests, all of which took `LATENCY_SECONDS`."""
    latency = load_plan().thresholds.response_latency
    bounds = (int(latency.warning), int(latency.critical))
    lines: list[str] = []
    for metric in application_metrics(bounds):
        lines.append(f"# TYPE {metric.name} {metric.kind}")
        for status, share in (
            ("200", 100 - ERRORS_IN_A_HUNDRED),
            ("500", ERRORS_IN_A_HUNDRED),
        ):
            labels = {**_LABELS, "status": status}
            assert labels.keys() == set(metric.labels)
            count = requests * share / 100
            if metric.kind == "counter":
                lines.append(_sample(metric.name, labels, count))
                continue
            for bound in (LATENCY_SECONDS / 2, *bounds, "+Inf"):
                slower = bound != "+Inf" and float(bound) < LATENCY_SECONDS
                bucket = {**labels, "le": str(bound)}
                lines.append(_sample(f"{metric.name}_bucket", bucket, 0 if slower else count))
            lines.append(_sample(f"{metric.name}_sum", labels, count * LATENCY_SECONDS))
            lines.append(_sample(f"{metric.name}_count", labels, count))
    return "\n".join(lines) + "\n"


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{text}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value}"
