"""`rf conform` as it is typed: its verdicts, its report, and nothing that outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import Programs
from tests.services.conform.applications import ORCHESTRATOR, samples

pytestmark = pytest.mark.services


def command(folder: Path, *options: str) -> list[str]:
    file = folder / "samples.yaml"
    file.write_text(yaml.safe_dump(samples()), encoding="utf-8")
    return [sys.executable, "-m", "rf", "conform", "orchestrator", "--samples", str(file), *options]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(PROJECT_ROOT)}


def of_ours(folder: Path) -> list[str]:
    """Commands of processes that were started with this temporary folder."""
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        try:
            if f"TMPDIR={folder}".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.fixture
def folder(run_directory: Path, programs: Programs) -> Path:
    del programs  # where they are missing, this skips
    folder = run_directory / "typed"
    folder.mkdir(mode=0o755, exist_ok=True)
    return folder


def test_a_broken_point_is_exit_code_1_and_in_the_report(folder: Path, tmp_path: Path):
    report = tmp_path / "report.xml"
    options = ["--only", "starts", "--only", "log-json", "--json", "--junit", str(report)]
    program = [sys.executable, ORCHESTRATOR, "serve", "--fault", "prints"]
    ran = subprocess.run(
        command(tmp_path, *options, "--", *program),
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    document = json.loads(ran.stdout)
    assert document["firstBroken"] == "log-json"
    assert {each["id"]: each["outcome"] for each in document["points"]} == {
        "starts": "passed",
        "log-json": "failed",
    }
    assert ElementTree.parse(report).getroot().get("failures") == "1"
    assert of_ours(folder) == []
    assert list(folder.iterdir()) == []


def test_one_that_is_stopped_ends_servers_and_application(folder: Path, tmp_path: Path):
    with subprocess.Popen(
        command(tmp_path, "--", sys.executable, "-c", "import signal; signal.pause()"),
        cwd=folder,
        env=environment(folder),
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        wait_until(
            lambda: running.poll() is not None or list(folder.glob("*/application/process-*")),
            "the application was started",
        )
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate()
    assert running.returncode == 143, said
    assert "the application" in said
    assert of_ours(folder) == []
    assert list(folder.iterdir()) == []
