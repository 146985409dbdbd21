"""A small orchestrator that starts workflows, and runs them as `workflow-worker`; with `--fault
NAME` it breaks one point of the contract.

Temporal's SDK and psycopg, as an application team might use them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from concurrent.futures import Future
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import prometheus_client
import psycopg
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, TLSConfig
from temporalio.worker import Worker

ENV = os.environ
QUEUE = ENV["TEMPORAL_TASK_QUEUE"]
TIMEOUT = timedelta(seconds=int(ENV["WORKFLOW_ACTIVITY_TIMEOUT_SECONDS"]))
ATTEMPTS = int(ENV["WORKFLOW_ACTIVITY_MAXIMUM_ATTEMPTS"])
IS_WORKER = ENV.get("SERVICE_ROLE") == "workflow-worker"
FAULTS: set[str] = set()


def log(message: str) -> None:
    sys.stdout.write(json.dumps({"message": message}) + "\n")
    sys.stdout.flush()


class Forwarded(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log(record.getMessage())


def save(identifier: str) -> None:
    with psycopg.connect(ENV["DATABASE_URL"]) as connection:
        connection.execute(
            "insert into patients (id) values (%s) on conflict do nothing", [identifier]
        )


@activity.defn
async def analyse(patient: str) -> None:
    info = activity.info()
    if "fails-again" in FAULTS and info.attempt > 1:
        raise ApplicationError("it was begun before", non_retryable=True)
    name = str(uuid4()) if "names-at-random" in FAULTS else f"{info.workflow_id}:{patient}"
    await asyncio.to_thread(save, name)
    await asyncio.sleep(2)


@workflow.defn(sandboxed=False)
class Analysis:
    @workflow.run
    async def run(self, patient: str) -> None:
        attempts = ATTEMPTS + 1 if "tries-on" in FAULTS else ATTEMPTS
        await workflow.execute_activity(
            analyse,
            patient,
            start_to_close_timeout=TIMEOUT,
            retry_policy=RetryPolicy(
                maximum_attempts=attempts, initial_interval=timedelta(milliseconds=200)
            ),
        )


class Handler(BaseHTTPRequestHandler):
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        served = not IS_WORKER or "serves-too" in FAULTS
        there = self.path.startswith("/health/") or (served and self.path.startswith("/api/"))
        self._answer(200 if there else 404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if IS_WORKER:
            self._answer(404)
            return
        try:
            self.server.start_workflow()
        except (RPCError, RuntimeError):
            self._answer(503)
        else:
            self._answer(202)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it would be no JSON."""


class Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(("127.0.0.1", int(ENV["PORT"])), Handler)
        self._client, self._loop = client, loop

    def start_workflow(self) -> None:
        queue = "elsewhere" if "starts-elsewhere" in FAULTS else QUEUE
        name = str(uuid4())
        started = self._client.start_workflow(Analysis.run, name, id=name, task_queue=queue)
        call: Future[Any] = asyncio.run_coroutine_threadsafe(started, self._loop)
        call.result()


async def connected() -> Client:
    config = ClientConfig.load_client_connect_config()
    if "shows-no-certificate" in FAULTS:
        tls = TLSConfig(
            server_root_ca_cert=Path(ENV["TEMPORAL_TLS_SERVER_CA_CERT_PATH"]).read_bytes(),
            domain=ENV["TEMPORAL_TLS_SERVER_NAME"],
        )
        return await Client.connect(**{**config, "tls": tls}, lazy=True)
    return await Client.connect(**config)


async def end_without(client: Client) -> None:
    """The fault: nothing is waited for."""
    while "ends-without-temporal" in FAULTS:
        try:
            await client.service_client.check_health(timeout=timedelta(seconds=1))
        except RPCError:
            os._exit(1)
        await asyncio.sleep(0.2)


def forward_logs() -> None:
    logger = logging.getLogger("temporalio")
    logger.addHandler(Forwarded())
    logger.propagate = False
    forwarding = LogForwardingConfig(logger=logger)
    logs = LoggingConfig(LoggingConfig.default.filter, forwarding=forwarding)
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=logs)))


async def stop_listening(server: Server) -> None:
    await asyncio.to_thread(server.shutdown)
    server.server_close()


async def main() -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    forward_logs()
    client = await connected()
    watching = asyncio.create_task(end_without(client))
    prometheus_client.start_http_server(int(ENV["METRICS_PORT"]), "127.0.0.1")
    server = Server(client, loop)
    serving = threading.Thread(target=server.serve_forever, args=[0.02])
    serving.start()
    log("starts")
    if IS_WORKER:
        drain = 0 if "cancels-what-it-has" in FAULTS else int(ENV["SHUTDOWN_DRAIN_SECONDS"])
        worker = Worker(
            client,
            task_queue="elsewhere" if "takes-elsewhere" in FAULTS else QUEUE,
            workflows=[Analysis],
            activities=[analyse],
            graceful_shutdown_timeout=timedelta(seconds=drain),
        )
        running = asyncio.create_task(worker.run())
        await stopped.wait()
        await asyncio.sleep(3 if "takes-on" in FAULTS else 0)
        ending = asyncio.create_task(worker.shutdown())
        await stop_listening(server)
        await asyncio.gather(running, ending)
    else:
        await stopped.wait()
        await stop_listening(server)
    serving.join()
    watching.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--fault", action="append", default=[])
    FAULTS.update(parser.parse_args().fault)
    asyncio.run(main())
