"""A small worker that honours the contract, with the real RQ."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import redis
from redis.backoff import FullJitterBackoff
from redis.exceptions import ReadOnlyError
from redis.retry import Retry
from rq import SimpleWorker

ENV = os.environ


def analyse(id: str) -> None:
    """The job."""
    time.sleep(0.4)
    trusted = ENV["NODE_EXTRA_CA_CERTS"]
    with redis.RedisCluster.from_url(ENV["CACHE_URL"], ssl_ca_certs=trusted) as cache:
        seconds = int(ENV["CACHE_TTL_AI_RESPONSE_SECONDS"])
        cache.set(f"{ENV['CACHE_KEY_PREFIX_AI_RESPONSE']}{id}", "{}", ex=seconds)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it would be no JSON."""


def main() -> None:
    for port in (ENV["PORT"], ENV["METRICS_PORT"]):
        server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"message": "starts"}) + "\n")
    sys.stdout.flush()
    connection = redis.Redis.from_url(
        ENV["QUEUE_URL"],
        ssl_ca_certs=ENV["NODE_EXTRA_CA_CERTS"],
        retry=Retry(FullJitterBackoff(cap=5, base=0.1), 10),
        retry_on_error=[ReadOnlyError],
    )
    # It sees to SIGTERM by itself, and comes back when its job has ended.
    SimpleWorker(ENV["QUEUE_NAMES"].split(","), connection=connection).work(logging_level="ERROR")


if __name__ == "__main__":
    main()
