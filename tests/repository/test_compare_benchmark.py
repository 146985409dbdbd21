"""`make bench`: what it measures, what it refuses, and how it puts runs side by side."""

import os
import subprocess
import sys

import pytest

from benchmarks.compare import (
    ROWS,
    Compared,
    Run,
    RunFailedError,
    Tree,
    line,
    main,
    measured,
    run_row,
    trees,
)
from rf.shared.project import PROJECT_ROOT

# One process allocates, and another of its own works on.
WORKING = r"""
import subprocess, sys
block = bytearray(200 * 2**20)
subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.2: pass"])
"""


def test_a_run_counts_the_processes_that_the_command_started(tmp_path):
    run = measured([sys.executable, "-c", WORKING], tmp_path, os.environ, (0,))
    assert run.cpu >= 0.2
    assert run.wall > 0
    assert run.peak >= 200


def test_a_command_that_did_not_do_its_work_is_not_measured(tmp_path):
    command = [sys.executable, "-c", "print('no such stack'); raise SystemExit(2)"]
    with pytest.raises(RunFailedError, match="exit code 2\nno such stack"):
        measured(command, tmp_path, os.environ, (0, 1))


def test_a_line_has_median_minimum_maximum_and_the_ratio_of_each_pair():
    base = [Run(cpu=cpu, wall=2 * cpu, peak=100) for cpu in (4, 8, 2)]
    head = [Run(cpu=cpu, wall=cpu, peak=50) for cpu in (1, 1, 1)]
    cells = line(Compared(title="rf", base=base, head=head)).split(" | ")
    assert cells[0] == "| rf"
    assert cells[1:3] == ["4.00 (2.00 to 8.00)", "1.00 (1.00 to 1.00)"]
    assert cells[7] == "0.25 (0.25 0.12 0.50) |"


def test_a_floor_has_no_base():
    cells = line(Compared(title="floor", head=[Run(cpu=1, wall=1, peak=1)])).split(" | ")
    assert [cells[1], cells[3], cells[7]] == ["", "", " |"]


def test_the_files_as_they_are_now_stand_beside_the_revision():
    listed = ["git", "ls-files", "--others", "--cached", "--exclude-standard"]
    now = subprocess.run(listed, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    with trees("HEAD") as (base, head):
        for name in now.stdout.splitlines():
            there = PROJECT_ROOT / name
            if there.is_file():
                assert (head.directory / name).read_bytes() == there.read_bytes()
        assert not (base.directory / ".cache").exists()
        assert base.base == head.base


def test_a_row_is_a_command_that_works():
    tree = Tree(name="head", directory=PROJECT_ROOT, python=sys.executable)
    assert run_row(ROWS["help"], tree).cpu > 0


def test_an_unknown_revision_and_an_unknown_row_are_bad_usage(capsys):
    assert main(["--base", "no-such-revision"]) == 2
    assert "BASE = no-such-revision" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["--rows", "hepl"])
    assert ended.value.code == 2
    assert "set-up" in capsys.readouterr().err
