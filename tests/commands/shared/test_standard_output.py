"""What a command does where its output can't be written, and what it says of an option's value."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rf.cli import app
from rf.shared.project import PROJECT_ROOT
from rf.shared.revisions import RevisionError, checked_out

COMMANDS = (
    ("--help",),
    ("conform", "--list"),
    ("cells", "--json"),
    ("preview", "--stack", "dev", "--json"),
)


def run_into(output: int, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rf", *command],
        cwd=PROJECT_ROOT,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_ends_a_command_with_one_sentence(command: tuple[str, ...]):
    with Path("/dev/full").open("wb") as full:
        ended = run_into(full.fileno(), command)
    assert ended.returncode == 1
    (sentence,) = ended.stderr.splitlines()
    assert "No space left on device" in sentence


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_reader_that_is_gone_ends_a_command_silently(command: tuple[str, ...]):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = run_into(writing, command)
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("size", "--users", "0"), "0: allowed is a number from 1 to 100,000,000"),
        (("size", "--users", "many"), "many: allowed is a number from 1 to 100,000,000"),
        (
            ("simulate", "--stack", "dev", "--burst", "1.5"),
            "1.5: allowed is a whole number from 0 to 100,000",
        ),
        (
            ("simulate", "--stack", "dev", "--burst", "-1"),
            "-1: allowed is a whole number from 0 to 100,000",
        ),
        (
            ("check", "--stack", "dev", "--lose", "replicas"),
            "replicas: allowed is az, primary, replica, pooler; nearest: replica",
        ),
    ],
)
def test_an_options_bad_value_is_answered_with_what_is_allowed(
    arguments: tuple[str, ...], said: str
):
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 2
    words = " ".join(result.output.replace("│", " ").split())
    assert f"Invalid value for '{arguments[-2]}': {said}" in words


def test_git_says_why_it_has_no_revision(tmp_path: Path):
    with pytest.raises(RevisionError, match="not a git repository"), checked_out("main", tmp_path):
        pass
