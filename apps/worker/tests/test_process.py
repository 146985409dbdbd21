"""What the process says of itself: its log, its probes, its variables."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest
from researchflow_worker import logs, probes
from researchflow_worker.probes import Probes

MAIN = Path(__file__).parents[1] / "main.py"


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def ask(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_variables_that_are_missing_are_named_and_no_secret_is_told() -> None:
    url = "postgresql://user:secret@localhost/db"
    environment = {**os.environ, "DATABASE_URL": url, "QUEUE_ENGINE": "rabbitmq"}
    ended = subprocess.run(
        [sys.executable, MAIN], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    said = json.loads(ended.stdout)
    assert {"PORT", "QUEUE_URL", "QUEUE_ENGINE"} <= set(said["variables"].split(", "))
    assert "secret" not in ended.stdout + ended.stderr


def test_the_log_is_json_and_tells_nothing_that_libraries_know_of_jobs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logs.set_up()
    logs.info("a job ended", queue="analysis", seconds=1.5)
    try:
        int("patient-secret")
    except ValueError:
        logging.getLogger("library").exception("job %s failed", "patient-secret")
    ours, library = map(json.loads, capsys.readouterr().out.splitlines())
    assert (ours["message"], ours["queue"], ours["seconds"]) == ("a job ended", "analysis", 1.5)
    assert (library["level"], library["error"]) == ("error", "ValueError")
    assert "secret" not in json.dumps(library)


def test_probes_say_whether_it_lives_and_whether_it_takes_jobs(port: int) -> None:
    async def play() -> None:
        with Probes(port) as served:
            assert await asyncio.to_thread(ask, port, "/health/live") == (200, b"")
            assert await asyncio.to_thread(ask, port, "/health/ready") == (503, b"")
            served.ready = True
            assert await asyncio.to_thread(ask, port, "/health/ready") == (200, b"")
            assert await asyncio.to_thread(ask, port, "/else") == (404, b"")
            await asyncio.to_thread(served.stop_listening)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.to_thread(ask, port, "/health/live")

    asyncio.run(play())


def test_a_loop_that_hangs_is_not_live(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "ANSWER_SECONDS", 0.2)

    async def play() -> None:
        with Probes(port):
            # Asked from here, where the loop can't turn meanwhile.
            assert ask(port, "/health/live") == (503, b"")

    asyncio.run(play())
