"""The engine's own preview of a stack beside `rf preview`: CPU, wall, memory.

Run: `.venv/bin/python benchmarks/engine.py [STACK] [--runs N]`; it needs what `.ci/engine/build`
and `.ci/apiserver/build` make. Both run in turn, each in a process of its own, first once without
being counted, so that Python's bytecode is there. Of the engine counts its preview from the first
call to the last answer: the engine, the program, the cards that answer for AWS and Pulumi's
provider for Kubernetes; not what the rehearsal stands on, nor starting that. `rf preview` is
counted whole, with nothing kept. The policy pack is not asked, and nothing is judged.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

if __package__ in {None, ""}:
    # Started by its path, Python looks for modules beside this file only.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compare import MIB, RUNS, Compared, Run, RunFailedError, line, measured
from rf.rehearse.surroundings import standing_on
from rf.shared.engine.binaries import find_engine
from rf.shared.engine.rehearsal import PROGRAM_SERVER
from rf.shared.errors import InputError
from rf.shared.files import temporary_folder
from rf.shared.plan_cache import OFF
from rf.shared.plan_document import document_of
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import plan_of, project_name, references_of, stack_config

HEADER = (
    "| what | CPU s, engine | CPU s, rf | wall s, engine | wall s, rf | MiB, engine | MiB, rf"
    " | CPU ratio, median (each pair) |\n|---|---|---|---|---|---|---|---|"
)

SERVERS = ("pulumi-resource-kubernetes", PROGRAM_SERVER.name)
"""Whose command lines have these does a part of a preview's work."""

TICK = os.sysconf("SC_CLK_TCK")
"""Of these a second, in which Linux counts a process' CPU."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 done, 1 a preview did not do its work, 2 bad usage or no engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stack", nargs="?", default="prod")
    parser.add_argument("--runs", type=int, default=RUNS, help="pairs that count (%(default)s)")
    parser.add_argument("--engine-alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    try:
        if asked.engine_alone:
            print(json.dumps(vars(engine_preview(asked.stack))))
            return 0
        _compare(asked.stack, asked.runs)
    except RunFailedError as error:
        print(error, file=sys.stderr)
        return 1
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _compare(stack: str, runs: int) -> None:
    find_engine()
    plan_of(
        stack
    )  # kept, so that the engine's process finds out what it stands on without planning
    pairs = []
    for count in range(runs + 1):
        print(f"pair {count} of {runs}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
        pairs.append((_engine_preview_apart(stack), _rf_preview(stack)))
    engine, rf = zip(*pairs[1:], strict=True)
    title = f"`rf preview --stack {stack}`, cold, beside the engine's preview"
    print(f"{HEADER}\n{line(Compared(title=title, base=engine, head=rf))}")
    for what in ("cpu", "wall", "peak"):
        ratios = [getattr(ours, what) / getattr(theirs, what) for theirs, ours in pairs[1:]]
        print(
            f"{what}: {median(ratios):.3f} of the engine's ({min(ratios):.3f} to {max(ratios):.3f})"
        )


def _rf_preview(stack: str) -> Run:
    command = [sys.executable, "-m", "rf", "preview", "--stack", stack, "--json"]
    return measured(command, PROJECT_ROOT, {**os.environ, OFF: "1"}, (0,))


def _engine_preview_apart(stack: str) -> Run:
    """In a new process, which has imported nothing of the SDKs. Raises RunFailedError."""
    command = [sys.executable, "-m", "benchmarks.engine", stack, "--engine-alone"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunFailedError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return Run(**json.loads(done.stdout))


def engine_preview(stack: str) -> Run:
    """One preview of the stack before its first deployment. Raises RunFailedError."""
    config, plan, project = stack_config(stack), plan_of(stack), project_name()
    with (
        temporary_folder("the benchmark's folder", "bench-engine-") as folder,
        standing_on(project, folder, find_engine(), [document_of(plan)]) as rehearsal,
    ):
        rehearsal.know(references_of(stack, config))
        rehearsed = rehearsal.stack(stack)
        rehearsed.configure(project, config)
        rehearsal.take_program(PROJECT_ROOT)
        servers = _servers()
        before, started = _cpu_seconds(servers), time.perf_counter()
        run = rehearsed.preview(judged=False)
        wall, cpu = time.perf_counter() - started, _cpu_seconds(servers) - before
        if run.failure:
            raise RunFailedError(run.failure)
        return Run(cpu=cpu, wall=wall, peak=_peak_kib(servers) / MIB)


def _servers() -> list[Path]:
    """The folders in /proc of the provider and of the program that this process has started."""
    children = [
        folder
        for folder in Path("/proc").glob("[0-9]*")
        if int((folder / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()[1])
        == os.getpid()
    ]
    found = [
        folder
        for folder in children
        if any(part in (folder / "cmdline").read_text(encoding="utf-8") for part in SERVERS)
    ]
    if len(found) != len(SERVERS):
        raise RunFailedError(f"of {', '.join(SERVERS)} run only {len(found)}")
    return found


def _cpu_seconds(servers: Sequence[Path]) -> float:
    """So far: of this process, of those that it has waited for, and of the servers."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    ticks = 0
    for server in servers:
        fields = (server / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return sum(each.ru_utime + each.ru_stime for each in own) + ticks / TICK


def _peak_kib(servers: Sequence[Path]) -> int:
    """Of the largest of the same processes."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    peaks = [each.ru_maxrss for each in own]
    for server in servers:
        status = (server / "status").read_text(encoding="utf-8")
        peaks += [int(row.split()[1]) for row in status.splitlines() if row.startswith("VmHWM:")]
    return max(peaks)


if __name__ == "__main__":
    sys.exit(main())
