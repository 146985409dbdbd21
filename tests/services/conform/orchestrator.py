"""A small orchestrator that honours the contract; with `--fault NAME` it breaks one point of it.

Python's own HTTP server, psycopg and redis-py, as an application team might use them.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RD
from typing import Any

import prometheus_client
import psycopg
import redis
from psycopg import sql
from psycopg.rows import DictRow, dict_row
from redis.exceptions import ClusterDownError, RedisClusterException

RETRIED_SECONDS = 3.0
SEEN_SECONDS = 1.0
REPEATABLE = {"08P01", "57P01", "0A000"}
ENV = os.environ
Faults = frozenset[str]
CACHE_ERRORS = (redis.RedisError, RedisClusterException, OSError)


class AwayError(Exception):
    """The database is away."""


class Pool:
    """Connections that are kept, no more than the maximum."""

    def __init__(self, url: str, most: int, faults: Faults) -> None:
        self._url, self._faults = url, faults
        self._room: queue.LifoQueue[psycopg.Connection[Any] | None] = queue.LifoQueue()
        for _ in range(most):
            self._room.put(None)

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        kept = None if "no-pool" in self._faults else self._room.get()
        try:
            if kept is None or kept.closed:
                kept = psycopg.Connection[DictRow].connect(
                    self._url, row_factory=dict_row, connect_timeout=3
                )
            with kept.transaction():
                yield kept
        except psycopg.Error:
            if kept is not None:
                kept.close()
            kept = None
            raise
        finally:
            if "no-pool" in self._faults and kept is not None:
                kept.close()
            else:
                self._room.put(kept)


class Application:
    def __init__(self, faults: Faults, *, previous: bool = False) -> None:
        self.faults, self.previous = faults, previous
        most = {name: int(ENV[name]) for name in ("DATABASE_POOL_MAX", "DATABASE_REPLICA_POOL_MAX")}
        self.writes = Pool(ENV["DATABASE_URL"], most["DATABASE_POOL_MAX"], faults)
        self.reads = Pool(ENV["DATABASE_REPLICA_URL"], most["DATABASE_REPLICA_POOL_MAX"], faults)
        self._cache: redis.RedisCluster | redis.Redis | None = None
        self.database_seen = 0.0
        self.cached: set[str] = set()
        self.stopping = threading.Event()
        self.in_hand: set[int] = set()
        labels = ["method", "route", "status", *(["pod"] if "one-label-more" in faults else [])]
        self.registry = prometheus_client.CollectorRegistry()
        self.requests = prometheus_client.Counter(
            "http_requests_total", "Requests.", labels, registry=self.registry
        )
        buckets = (0.1, 1, 10) if "few-buckets" in faults else (0.1, 0.5, 1, 2, 5)
        self.seconds = prometheus_client.Histogram(
            "http_request_duration_seconds",
            "Time.",
            labels,
            buckets=buckets,
            registry=self.registry,
        )

    def log(self, message: str, **facts: object) -> None:
        sys.stdout.write(json.dumps({"message": message, **facts}) + "\n")
        sys.stdout.flush()

    @property
    def cache(self) -> redis.RedisCluster | redis.Redis:
        if self._cache is None:
            kind = redis.Redis if "connects-plainly" in self.faults else redis.RedisCluster
            self._cache = kind.from_url(
                ENV["CACHE_URL"],
                ssl_ca_certs=ENV["NODE_EXTRA_CA_CERTS"],
                socket_timeout=1,
                socket_connect_timeout=1,
            )
        return self._cache

    def watch_database(self) -> None:
        wait = 0.2
        while not self.stopping.wait(wait):
            try:
                with self.writes.connection() as connection:
                    connection.execute("select 1")
                self.database_seen, wait = time.monotonic(), 0.2
            except psycopg.Error:
                wait = min(wait * (1 + random.random()), 1)

    @property
    def database_there(self) -> bool:
        """A question may hang while PgBouncer waits for the server: its answers' age tells."""
        return time.monotonic() - self.database_seen < SEEN_SECONDS

    def transaction(self, pool: Pool, work: Callable[[Any], Any]) -> Any:
        late, wait = time.monotonic() + RETRIED_SECONDS, 0.1
        while True:
            try:
                with pool.connection() as connection:
                    return work(connection)
            except psycopg.Error as error:
                if f"gives-up-on-{error.sqlstate}" in self.faults:
                    raise
                if error.sqlstate is not None and error.sqlstate not in REPEATABLE:
                    raise
                if time.monotonic() > late:
                    raise AwayError from error
            if "comes-at-once" not in self.faults:
                time.sleep(wait * random.random())
            wait = min(wait * 2, 5)

    def write(self, patient: str) -> dict[str, object]:
        def insert(connection: Any) -> None:
            if "sets" in self.faults:
                connection.execute("set work_mem = '5MB'")
            connection.execute(
                "insert into patients (id) values (%s) on conflict do nothing", [patient]
            )
            if self.previous or "counts-visits" in self.faults:
                connection.execute("insert into visits (patient) values (%s)", [patient])

        if "writes-through-reads" in self.faults:
            try:
                with self.reads.connection() as connection:
                    insert(connection)
            except psycopg.Error:
                pass
        self.transaction(self.writes, insert)
        return {"id": patient}

    def read(self, patient: str) -> dict[str, object] | None:
        key = f"{ENV['CACHE_KEY_PREFIX_API_RESPONSE']}patient:{patient}"
        if (kept := self._cached(key)) is not None:
            return json.loads(kept)
        if "trusts-the-cache" in self.faults and key in self.cached:
            raise KeyError(key)
        select = "select * from patients where id = %s"
        found = self.transaction(
            self.reads, lambda connection: connection.execute(select, [patient]).fetchone()
        )
        if found is not None:
            self._keep(key, json.dumps(found))
            self.ask_amiss(key)
        return found

    def _cached(self, key: str) -> Any:
        try:
            kept = self.cache.get(key)
            if kept is None and key in self.cached and "trusts-the-cache" in self.faults:
                raise KeyError(key)
        except CACHE_ERRORS as error:
            self._cache = None
            reached = isinstance(error, ClusterDownError) or "slots" in str(error)
            if ("needs-every-slot" if reached else "needs-the-cache") in self.faults:
                raise
            self.cached.discard(key)
            return None
        return kept

    def _keep(self, key: str, value: str) -> None:
        seconds = int(ENV["CACHE_TTL_API_RESPONSE_SECONDS"])
        try:
            self.cache.set(key, value, ex=None if "no-time-to-live" in self.faults else seconds)
            self.cached.add(key)
        except CACHE_ERRORS:
            self._cache = None

    def ask_amiss(self, key: str) -> None:
        if "asks-for-keys" in self.faults:
            with suppress(*CACHE_ERRORS):
                self.cache.execute_command("KEYS", f"{key}*", target_nodes="random")
        if "asks-two-slots" in self.faults:
            trusted = ENV["NODE_EXTRA_CA_CERTS"]
            with (
                redis.Redis.from_url(ENV["CACHE_URL"], ssl_ca_certs=trusted) as plain,
                suppress(*CACHE_ERRORS),
            ):
                plain.mget(key, f"{key}:notes")

    def maintained(self, *, begin: bool = False, end: bool = False) -> bool:
        """A mark of the fault `stops-the-others`, which every process looks at."""
        if "stops-the-others" not in self.faults:
            return False
        key = f"{ENV['CACHE_KEY_PREFIX_FEATURE_FLAG']}maintenance"
        try:
            if begin:
                self.cache.set(key, "on", ex=int(ENV["CACHE_TTL_FEATURE_FLAG_SECONDS"]))
            if end:
                self.cache.unlink(key)
            return self.cache.get(key) is not None
        except CACHE_ERRORS:
            self._cache = None
            return False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def setup(self) -> None:
        super().setup()
        if "closes-idle" in self.server.application.faults:
            self.connection.settimeout(2)

    def handle_one_request(self) -> None:
        self.server.idle.add(self.connection)
        try:
            super().handle_one_request()
        finally:
            self.server.idle.discard(self.connection)
            if self.server.application.stopping.is_set():
                self.close_connection = True

    def parse_request(self) -> bool:
        self.server.idle.discard(self.connection)
        return super().parse_request()

    def do_GET(self) -> None:
        application = self.server.application
        there = application.database_there
        if self.path == "/health/live":
            away = "live-asks-the-database" in application.faults and not self._asks()
            self._answer(503 if away else 200, "ok")
        elif self.path == "/health/ready":
            self._answer(200 if there or "always-ready" in application.faults else 503, "ok")
        elif self.path == ENV["CACHE_CONTROL_PUBLIC_PATH_PREFIX"] + "studies":
            self._counted("/api/public/studies", lambda: {"studies": []}, public=True)
        elif self.path.startswith("/api/patients/"):
            patient = self.path.removeprefix("/api/patients/")
            self._counted("/api/patients/:id", lambda: application.read(patient))
        else:
            self._counted("none", lambda: None)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._counted("/api/patients", lambda: self.server.application.write(body["id"]))

    def _asks(self) -> bool:
        try:
            with self.server.application.writes.connection() as connection:
                connection.execute("select 1")
        except psycopg.Error:
            return False
        return True

    def _counted(self, route: str, work: Callable[[], Any], *, public: bool = False) -> None:
        application, begun = self.server.application, time.monotonic()
        application.in_hand.add(threading.get_ident())
        headers = {"Cache-Control": self._cache_control(public)}
        try:
            found = None if application.maintained() else work()
            status = 200 if found is not None else 503 if application.maintained() else 404
        except AwayError:
            found, status = None, 500 if "says-500" in application.faults else 503
            headers["Retry-After"] = "5"
        except (psycopg.Error, KeyError, *CACHE_ERRORS) as error:
            application.log("request failed", error=type(error).__name__)
            found, status = None, 500
        labels = [self.command, self.path if "path-as-route" in application.faults else route]
        labels += [str(status), *(["a"] if "one-label-more" in application.faults else [])]
        application.requests.labels(*labels).inc(2 if "counts-twice" in application.faults else 1)
        application.seconds.labels(*labels).observe(time.monotonic() - begun)
        logged = self.path if "logs-paths" in application.faults else route
        application.log("answered", method=self.command, route=logged, status=status)
        self._answer(status, json.dumps(found), headers)
        application.in_hand.discard(threading.get_ident())

    def _cache_control(self, public: bool) -> str:
        if self.command != "GET":
            return ENV["CACHE_CONTROL_MUTATION"]
        all_is = "all-is-public" in self.server.application.faults
        kind = "PUBLIC" if public or all_is else "AUTHENTICATED"
        return ENV[f"CACHE_CONTROL_{kind}"]

    def _answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        if "talks-of-health" in self.server.application.faults and self.path.startswith("/health"):
            text = json.dumps({"status": text, "version": "1.0.0", "database": "pgbouncer:6432"})
        body = text.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.server.application.stopping.is_set():
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the log is the application's."""


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, application: Application, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.application = application
        self.idle: set[Any] = set()

    def close_idle(self) -> None:
        for connection in tuple(self.idle):
            connection.shutdown(SHUT_RD)


def serve(faults: Faults, *, previous: bool) -> int:
    if "writes-beside-its-code" in faults:
        Path("application.pid").write_text(str(os.getpid()))
    if "never-live" in faults:
        signal.pause()
    if "leaves-a-child" in faults:
        subprocess.Popen(["sleep", "1000"], start_new_session=True)
    application = Application(faults, previous=previous)
    application.log("starts")
    if "prints" in faults:
        sys.stdout.write("listening\n")
    if "logs-the-url" in faults:
        application.log("connects", url=ENV["DATABASE_URL"])
    application.maintained(end=True)
    watching = threading.Thread(target=application.watch_database)
    watching.start()
    prometheus_client.start_http_server(
        int(ENV["METRICS_PORT"]), "127.0.0.1", registry=application.registry
    )
    server = Server(application, int(ENV["PORT"]))
    signal.signal(signal.SIGTERM, lambda *_: on_signal(server))
    server.serve_forever(poll_interval=0.02)
    server.close_idle()
    server.server_close()
    watching.join()
    return 1 if "ends-with-1" in faults else 0


def on_signal(server: Server) -> None:
    if "ends-at-once" in server.application.faults:
        os._exit(0)
    threading.Thread(target=stop, args=[server]).start()


def stop(server: Server) -> None:
    application = server.application
    application.maintained(begin=True)
    application.stopping.set()
    if "listens-on" in application.faults:
        while application.in_hand:
            time.sleep(0.05)
    server.shutdown()


def migrate(faults: Faults, *, previous: bool) -> int:
    with psycopg.connect(ENV["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("create table if not exists patients (id text primary key)")
        if "drops-a-table" in faults and not previous:
            connection.execute("drop table if exists visits")
        elif not previous:
            connection.execute("create table if not exists visits (patient text)")
        connection.execute("create table if not exists migrations (version int primary key)")
        newest = connection.execute("select max(version) from migrations").fetchone()
        own = 1 if previous else 2
        if "refuses-newer" in faults and newest and (newest[0] or 0) > own:
            return 1
        connection.execute("insert into migrations values (%s) on conflict do nothing", [own])
        if "migrates-again" in faults and not previous:
            added = sql.Identifier(f"note_{time.monotonic_ns()}")
            connection.execute(sql.SQL("alter table patients add {} text").format(added))
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("serve", "migrate"))
    parser.add_argument("--previous", action="store_true", help="the version before")
    parser.add_argument("--fault", action="append", default=[])
    asked = parser.parse_args()
    run = migrate if asked.role == "migrate" else serve
    sys.exit(run(frozenset(asked.fault), previous=asked.previous))
