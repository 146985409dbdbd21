"""`rf drill` refuses what it can't play in words, before it brings anything up."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rf.cli import app
from rf.drill import drill as drills
from rf.drill import server
from rf.drill.progress import Progress
from rf.drill.steps import Lost
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.sandbox.emulator import Emulator
from tests.conftest import Planned


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(drills, "FOLDER", tmp_path)
    monkeypatch.setattr(drills, "bring_up", lambda *_, **__: pytest.fail("it was brought up"))
    return tmp_path


def drill(*options: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["drill", *options])
    return result.exit_code, result.stderr


def test_something_else_can_not_be_lost():
    code, said = drill("--stack", "dev", "--lose", "everything")
    assert code == 2
    assert "region" in said


def test_a_stack_without_copies_has_no_region_to_fail_over_to():
    code, said = drill("--stack", "dev", "--lose", "region")
    assert code == 2
    assert "disasterRecovery.region" in said


def test_a_step_that_the_runbook_lacks_is_named_with_the_nearest(
    planned: Planned, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(drills, "plan_of", lambda *_, **__: planned("dev"))
    code, said = drill("--stack", "dev", "--lose", "primary", "--fail-at", "restor")
    assert code == 2
    assert "restore" in said


def test_nothing_is_resumed_where_nothing_stopped():
    code, said = drill("--stack", "dev", "--lose", "primary", "--resume")
    assert code == 2
    assert "start without --resume" in said


def test_a_sandbox_that_has_ended_can_not_be_gone_on_with(folder: Path):
    progress = Progress(
        stack="dev", lost=Lost.PRIMARY, chosen=[], steps=[], endpoint="http://127.0.0.1:9", log="/x"
    )
    progress.save(folder / "dev-primary" / server.PROGRESS_FILE)
    code, said = drill("--stack", "dev", "--lose", "primary", "--resume")
    assert code == 2
    assert "no longer runs" in said


def test_the_sandbox_of_an_earlier_drill_ends_and_no_process_that_took_its_number(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[tuple[int, int]] = []
    progress = Progress(stack="dev", lost=Lost.PRIMARY, chosen=[], steps=[])
    with Emulator(ACCOUNT_ID) as emulator, monkeypatch.context() as patch:
        patch.setattr(server.os, "kill", lambda *given: asked.append(given))
        progress.endpoint, progress.log = emulator.endpoint, str(emulator.log)
        for progress.pid in (os.getpid(), emulator.pid):
            progress.save(folder / "dev-primary" / server.PROGRESS_FILE)
            emulator.await_answer()
            server.forget(folder / "dev-primary")
    assert asked == [(emulator.pid, signal.SIGTERM)]
