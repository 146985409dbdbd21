"""The pgbouncer.ini of production as `rf export` writes it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.local_ini import parsed

STACK = "prod"
BEFORE_CITUS = ("sharding.stage=off", "allowCapacityRisk=[database-memory]")
"""Then the readers are a list, of which each test may lose one. Where Citus serves, only hosts and
ports differ. Temporal's connections, which go past the pooler, are more than RDS' memory is for."""


def exported(out: Path) -> str:
    """The pgbouncer.ini of production, exported to `out` as anyone gets it."""
    command = [sys.executable, "-m", "rf", "export", "--stack", STACK, "--out", str(out)]
    chosen = [part for each in BEFORE_CITUS for part in ("--set", each)]
    result = subprocess.run(
        [*command, *chosen], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return (out / "pgbouncer.ini").read_text(encoding="utf-8")


def with_number(ini: str, key: str, value: int) -> str:
    """The ini with one number changed: a test that needs this says why."""
    assert key in parsed(ini)["pgbouncer"]
    return re.sub(rf"(?m)^{key}\s*=.*$", f"{key} = {value}", ini)
