"""A small web server that honours the contract: one page, its probes and its metrics."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import prometheus_client

LABELS = ["method", "route", "status"]
REQUESTS = prometheus_client.Counter("http_requests_total", "Requests.", LABELS)
SECONDS = prometheus_client.Histogram(
    "http_request_duration_seconds", "Time.", LABELS, buckets=(1, 2, 5)
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self.path.startswith("/health/"):
            REQUESTS.labels("GET", "page", "200").inc()
            SECONDS.labels("GET", "page", "200").observe(0.001)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it would be no JSON."""


class Server(ThreadingHTTPServer):
    daemon_threads = True


if __name__ == "__main__":
    prometheus_client.start_http_server(int(os.environ["METRICS_PORT"]), "127.0.0.1")
    server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    sys.stdout.write(json.dumps({"message": "starts"}) + "\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.02)
