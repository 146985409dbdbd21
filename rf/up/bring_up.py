"""The program's AWS resources created on this machine, read back, and compared with the plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from rf.export.writer import check_directory, write_export
from rf.shared.files import temporary_folder
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.offline.record import record
from rf.shared.plan import RecordedPlan, References
from rf.shared.sandbox.api import Api
from rf.shared.sandbox.deployment import Deployment, deployed, region_of, services_of
from rf.shared.sandbox.emulator import Emulator
from rf.shared.sandbox.neighbours import make_primaries, with_zones
from rf.shared.sandbox.registry import SandboxRegistry
from rf.shared.sandbox.verify import verify
from rf.up.result import Exported, KeptServer, SandboxResult


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
    progress: Callable[[str], None] = lambda _: None,
) -> SandboxResult:
    """The result of the program run against an emulator that is started for it.

    `program`, `project`, `stack`, `size`, `config` and `references` are those of
    `rf.shared.offline.record.record`; `plan_of` gives what it would record, for whoever may
    have that. With `keep` the server outlives the command. `out` is the folder for the files of
    `rf export`; a new temporary one by default.
    Raises OfflineError for a program that can't be planned, before anything starts; CreationError
    for the first resource that can't be created; EmulatorError when the server doesn't start;
    ExportError for an `out` that holds anything but an earlier export.
    """
    if out is not None:
        check_directory(out)
    began = time.monotonic()
    progress("planning")
    planned = (
        plan_of()
        if plan_of is not None
        else record(program, project, stack, size, config, references=references)
    )
    region, services = region_of(planned.resources), services_of(planned.resources)
    progress("starting the emulator")
    with (
        Emulator(ACCOUNT_ID, services) as emulator,
        ExitStack() as on_failure,
    ):
        api = Api(emulator, region)
        world = SandboxRegistry(api, ACCOUNT_ID)
        deployment = Deployment(
            world, lambda name: progress(f"{len(world.created)} created: {name}")
        )
        make_primaries(api, references or {})
        choices = {"size": size, "config": config, "references": with_zones(api, references or {})}
        plan = deployed(deployment, program, project, stack, **choices)
        progress("reading the world back")
        checks = verify(api, plan, world.not_emulated)
        folder = out
        if folder is None:
            temporary = temporary_folder(
                "the folder of the Kubernetes objects", f"{project}-{stack}-"
            )
            folder = on_failure.enter_context(temporary)
        exported = Exported(folder, tuple(write_export(plan, folder)))
        running = KeptServer(emulator.endpoint, region, emulator.pid) if keep else None
        if keep:
            emulator.detach()
        on_failure.pop_all()
    return SandboxResult(
        plan=plan,
        created=world.created,
        missing=api.missing,
        checks=tuple(checks),
        exported=exported,
        simplified=tuple(sorted(api.simplified)),
        requests=api.requests,
        seconds=time.monotonic() - began,
        kept=running,
    )
