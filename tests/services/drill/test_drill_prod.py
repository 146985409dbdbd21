"""The whole drill of the loss of production's region: both sites, the failover, the targets."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from rf.shared.project import PROJECT_ROOT

pytestmark = pytest.mark.services


def test_productions_site_takes_over_the_lost_region_within_its_targets():
    command = [sys.executable, "-m", "rf", "drill", "--stack", "prod", "--lose", "region"]
    result = subprocess.run(
        [*command, "--no-real", "--json"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr
    came = json.loads(result.stdout)
    assert came["stoppedAt"] is None
    assert all(step["done"] for step in came["steps"])
    assert came["stepsByPeople"] == 6
    assert came["rto"]["estimatedSeconds"] <= came["rto"]["targetSeconds"]
    assert [need for need in came["lostRegion"] if not need["allowed"]] == []
