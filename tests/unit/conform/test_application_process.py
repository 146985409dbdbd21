"""Commands that don't start, hang, fork or stay: one sentence, and nothing of them runs on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rf.shared.applications.application_process import (
    ApplicationProcess,
    CommandInputError,
    NotLiveError,
    check_command,
    new_ports,
)
from rf.shared.servers.processes import listens, wait_until

LISTENS = """
import os, sys, http.server
class Live(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Live)
"""
SERVES = f"{LISTENS}\nserver.serve_forever()"
HOLDS_THE_PORT = f"""{LISTENS}
if os.fork():
    os._exit(0)
os.setsid()
server.serve_forever()
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[object]:
    with ExitStack() as stack:

        def start(*command: str) -> ApplicationProcess:
            ports = new_ports()
            environment = {"PATH": os.environ["PATH"], **ports.variables()}
            process = ApplicationProcess(command, environment, tmp_path / "said", ports, tmp_path)
            stack.callback(process.stop)
            return process

        yield start


def test_a_program_that_is_not_there_is_refused_before_anything_starts():
    with pytest.raises(CommandInputError, match="no-such-program: no such program"):
        check_command(["no-such-program"])
    with pytest.raises(CommandInputError, match="no command"):
        check_command([])


def test_one_that_answers_is_live_and_gone_when_stopped(run):
    process = run(sys.executable, "-c", SERVES)
    process.wait_live(60)
    assert process.exit_code is None
    process.stop()
    assert not listens("127.0.0.1", process.ports.requests)


def test_one_that_ends_says_its_last_words(run):
    process = run("sh", "-c", "echo no licence >&2; exit 3")
    with pytest.raises(NotLiveError, match="ended with 3 before it was live; it said: no licence"):
        process.wait_live(60)


def test_one_that_hangs_is_given_up(run):
    process = run("sleep", "1000")
    with pytest.raises(NotLiveError, match=r"did not answer 200 within 0\.1 s; it said nothing"):
        process.wait_live(0.1)
    process.stop()
    assert process.exit_code == -9


def test_what_it_leaves_behind_in_another_session_is_found_and_ended(run):
    process = run("sh", "-c", "setsid sleep 1000 & sleep 1000 &")
    assert process.wait_ended(60) == 0
    wait_until(lambda: len(process.left()) == 2, "both run")
    process.stop()
    assert process.left() == []


def test_one_that_holds_the_port_after_its_end_loses_it(run):
    process = run(sys.executable, "-c", HOLDS_THE_PORT)
    assert process.wait_ended(60) == 0
    wait_until(lambda: listens("127.0.0.1", process.ports.requests), "it listens")
    process.stop()
    assert not listens("127.0.0.1", process.ports.requests)
