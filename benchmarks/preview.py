"""How long a preview takes at each size, as a multiple of a program of one resource.

Run: `.venv/bin/python benchmarks/preview.py`. Times depend on the machine, ratios hardly do.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
SIZES = ("small", "medium", "large")

ROUNDS = 3
"""The fastest of these counts: what is slower was disturbed by something else."""

_ONE = """
import pulumi, pulumi_aws as aws
provider = aws.Provider("aws", region="us-east-1")
aws.kms.Key("one", opts=pulumi.ResourceOptions(provider=provider))
"""
_RECORD_ONE = (
    "import sys, pathlib; from rf.shared.offline.record import record;"
    " print(record(pathlib.Path(sys.argv[1]), 'researchflow', 'dev').to_json())"
)


def main() -> None:
    """Print one line a program: seconds and ratio."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "__main__.py"
        program.write_text(_ONE, encoding="utf-8")
        commands = {"one resource": ["-c", _RECORD_ONE, str(program)]}
        for size in SIZES:
            arguments = ["-m", "rf", "preview", "--stack", "prod", "--size", size, "--json"]
            commands[size] = arguments
        # Rounds are interleaved, so that a busy minute slows every program alike.
        times = [
            {name: _seconds(arguments) for name, arguments in commands.items()}
            for _ in range(ROUNDS)
        ]
    best = {name: min(each[name] for each in times) for name in commands}
    for name, seconds in best.items():
        print(f"{name:<14}{seconds:6.2f} s {seconds / best['one resource']:6.2f} x")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest memory {peak:.0f} MiB")


def _seconds(arguments: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=PROJECT_ROOT, capture_output=True, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
