"""metrics.k8s.io of a test: what pods use is what the test says, in percent of what they request.

In metrics-server's place, which asks kubelets; the API's paths and fields are those of
k8s.io/metrics, pkg/apis/metrics/v1beta1.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kubernetes.utils.quantity import parse_quantity

from rf.shared.cluster.aggregation import THIS_MACHINE, aggregated
from rf.shared.cluster.control_plane import ADDRESS
from rf.shared.cluster.objects import ClusterClient, Document
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import write_private
from rf.shared.termination import begin

GROUP = "metrics.k8s.io"
_ROOT = f"/apis/{GROUP}/v1beta1"


@dataclass
class ResourceMetrics:
    """`cpu_percent` is of every running pod of an application, which it is 0 of unless named;
    `cpu_of`, where given, tells it of each pod instead.

    `looks` counts how often somebody asked for an application's pods: an autoscaler does once
    whenever it looks at its metrics.
    """

    cluster: ClusterClient
    port: int = 0
    cpu_percent: dict[str, float] = field(default_factory=dict)
    cpu_of: Callable[[Document], float] | None = None
    looks: Counter[str] = field(default_factory=Counter)

    def registrations(self) -> list[Document]:
        """By which the API server asks it, as the chart of metrics-server has them."""
        return aggregated("metrics-server", "kube-system", self.port, GROUP)

    def answer(self, url: str) -> Document | None:
        """To a GET of the API server's."""
        parts = urlsplit(url)
        if parts.path == _ROOT:
            pods = {"name": "pods", "namespaced": True, "kind": "PodMetrics", "verbs": ["list"]}
            return {
                "apiVersion": "v1",
                "kind": "APIResourceList",
                "groupVersion": f"{GROUP}/v1beta1",
                "resources": [pods],
            }
        match parts.path.removeprefix(f"{_ROOT}/").split("/"):
            case ["namespaces", namespace, "pods"]:
                (selector,) = parse_qs(parts.query)["labelSelector"]
                return self._pods(namespace, selector)
        return None

    def _pods(self, namespace: str, selector: str) -> Document:
        found = self.cluster.read(f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector)
        running = [pod for pod in found["items"] if pod["status"].get("phase") == "Running"]
        self.looks.update({pod["metadata"]["labels"]["app"] for pod in found["items"]})
        return {
            "apiVersion": f"{GROUP}/v1beta1",
            "kind": "PodMetricsList",
            "metadata": {},
            "items": [self._usage(pod) for pod in running],
        }

    def _usage(self, pod: Document) -> Document:
        metadata = pod["metadata"]
        of_all = self.cpu_percent.get(metadata["labels"]["app"], 0)
        percent = self.cpu_of(pod) if self.cpu_of else of_all
        return {
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "window": "1s",
            "containers": [
                {
                    "name": each["name"],
                    "usage": {"cpu": _share(each["resources"]["requests"]["cpu"], percent)},
                }
                for each in pod["spec"]["containers"]
            ],
        }


def start_resource_metrics(
    stack: ExitStack, directory: Path, cluster: ClusterClient
) -> ResourceMetrics:
    """Listen; leaving `stack` stops it."""
    authority = LocalAuthority(directory, "metrics-ca")
    pair = authority.issue(THIS_MACHINE)
    certificate = write_private(directory / "metrics.crt", pair.certificate)
    key = write_private(directory / "metrics.key", pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    metrics = ResourceMetrics(cluster=cluster)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = metrics.answer(self.path)
            body = json.dumps(found or {}).encode()
            # Whoever asked on a busy machine may have given up.
            with contextlib.suppress(OSError):
                self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    def start() -> ThreadingHTTPServer:
        server = ThreadingHTTPServer((ADDRESS, 0), Handler)
        server.daemon_threads = True
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def stop(server: ThreadingHTTPServer) -> None:
        server.shutdown()
        server.server_close()

    server = stack.enter_context(begin("a server, metrics.k8s.io", start, stop))
    metrics.port = server.server_address[1]
    return metrics


def _share(request: str, percent: float) -> str:
    return f"{round(parse_quantity(request) * 1_000_000_000 * int(percent * 10) / 1000)}n"
