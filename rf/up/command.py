"""`python -m rf up`: the program's AWS resources created on this machine, read back, verified."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from rf.export.writer import check_directory, write_export
from rf.shared.files import temporary_folder
from rf.shared.offline.lookups import ACCOUNT_ID
from rf.shared.offline.record import record
from rf.shared.offline.violations import OfflineError
from rf.shared.plan import RecordedPlan, References
from rf.shared.sandbox.api import Api
from rf.shared.sandbox.deployment import Deployment, deployed, region_of, services_of
from rf.shared.sandbox.emulator import Emulator, EmulatorError
from rf.shared.sandbox.neighbours import make_primaries, with_zones
from rf.shared.sandbox.registry import CreationError, World
from rf.shared.sandbox.verify import verify
from rf.up.outcome import Exported, Kept, Outcome
from rf.up.view import Progress, print_outcome


def run_up(
    program: Path,
    project: str,
    stack: str,
    *,
    size: str | None = None,
    config: Mapping[str, object] | None = None,
    references: References | None = None,
    plan_of: Callable[[], RecordedPlan] | None = None,
    keep: bool = False,
    as_json: bool = False,
    out: Path | None = None,
) -> int:
    """The command. Returns 0 when the world is as planned, else 1.

    `program`, `project`, `stack`, `size`, `config` and `references` are those of
    `rf.shared.offline.record.record`; `plan_of` gives what it would record, for whoever may
    have that. InvalidSettings and pulumi.RunError come through. With `keep` the server outlives the
    command. `out` is the folder for the files of `rf export`; a new temporary one by default.
    """
    errors = Console(stderr=True)
    try:
        with Progress() as progress:
            outcome = bring_up(
                program,
                project,
                stack,
                size=size,
                config=config,
                references=references,
                plan_of=plan_of,
                keep=keep,
                out=out,
                progress=progress,
            )
    except (CreationError, EmulatorError, OfflineError) as error:
        errors.print(f"[red]{escape(str(error))}[/]", soft_wrap=True, highlight=False)
        return 1
    if as_json:
        sys.stdout.write(json.dumps(outcome.to_json(), indent=1, sort_keys=True) + "\n")
    else:
        print_outcome(Console(), outcome)
    return 1 if outcome.differing else 0


def bring_up(
    program: Path,
    project: str,
    stack: str,
    *,
    size: str | None = None,
    config: Mapping[str, object] | None = None,
    references: References | None = None,
    plan_of: Callable[[], RecordedPlan] | None = None,
    keep: bool = False,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Start the emulator, run the program against it, read the world back, stop.

    Raises OfflineError for a program that can't be planned, before anything starts; CreationError
    for the first resource that can't be created; EmulatorError when the server doesn't start;
    ExportError for an `out` that holds anything but an earlier export.
    """
    if out is not None:
        check_directory(out)
    progress = progress or Progress()
    began = time.monotonic()
    progress.says("planning")
    planned = (
        plan_of()
        if plan_of is not None
        else record(program, project, stack, size, config, references=references)
    )
    region = region_of(planned)
    progress.says("starting the emulator")
    with Emulator(ACCOUNT_ID, services_of(planned)) as emulator, ExitStack() as on_failure:
        api = Api(emulator, region)
        world = World(api, ACCOUNT_ID)
        deployment = Deployment(world, progress.created)
        make_primaries(api, references or {})
        choices = {"size": size, "config": config, "references": with_zones(api, references or {})}
        plan = deployed(deployment, program, project, stack, **choices)
        progress.says("reading the world back")
        checks = verify(api, plan, world.not_emulated)
        folder = out
        if folder is None:
            made = temporary_folder("the folder of the Kubernetes objects", f"{project}-{stack}-")
            folder = on_failure.enter_context(made)
        exported = Exported(folder, tuple(write_export(plan, folder)))
        kept = Kept(emulator.endpoint, region, emulator.pid) if keep else None
        if keep:
            emulator.detach()
        on_failure.pop_all()
    return Outcome(
        plan=plan,
        created=world.created,
        missing=api.missing,
        checks=tuple(checks),
        exported=exported,
        simplified=tuple(sorted(api.simplified)),
        requests=api.requests,
        seconds=time.monotonic() - began,
        kept=kept,
    )
