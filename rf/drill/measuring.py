"""The parts of a recovery that this machine can do itself, done and timed with real servers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rf.drill.progress import DoneStep, Progress, play
from rf.drill.real.database import LocalDatabase, database_runbook
from rf.drill.real.queue import LocalQueue, queue_runbook
from rf.drill.steps import DrillStep, Lost, Tell
from rf.shared.files import temporary_folder
from rf.shared.plan import RecordedPlan
from rf.shared.servers.local_ini import ini_of
from rf.shared.servers.programs import runnable_programs
from rf.shared.servers.redis_servers import layer_of
from scaleplan.settings import Settings
from scaleplan.sizes import QueueEngine, QueueSettings

Measured = list[tuple[DrillStep[Any], DoneStep]]


def measure(
    plan: RecordedPlan, settings: Settings, lost: Lost, tell: Tell
) -> tuple[Measured, str, str | None]:
    """Each step with its measurement, the servers' versions, and why it stopped, if it did.

    Within a region the database's copy confirms each commit; the one of another region does not,
    and the queue has none there. A stack without a copy has nothing to measure.
    Raises MissingServersError where this machine lacks the servers.
    """
    measured: Measured = []
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder("the real servers' folder", "rf-drill-"))
        folder.chmod(0o755)
        programs = runnable_programs(folder)
        used = ", ".join(
            each.release for each in (programs.postgres, programs.pgbouncer, programs.redis_server)
        )
        failed = None
        if lost is Lost.REGION or settings.database.multi_az:
            synchronous = lost is not Lost.REGION
            database = LocalDatabase(stack, programs, folder, ini_of(plan), synchronous=synchronous)
            failed = _played(database_runbook(), database, folder, tell, measured)
        if failed is None and lost is not Lost.REGION and _has_replica(settings.queue):
            resources = json.loads(plan.to_json())["resources"]
            place = folder / "queue"
            place.mkdir(mode=0o755)
            queue = LocalQueue(stack, programs, place, layer_of("queue", resources))
            failed = _played(queue_runbook(), queue, folder, tell, measured)
    return measured, used, failed


def _has_replica(queue: QueueSettings) -> bool:
    return queue.engine is QueueEngine.REDIS and queue.nodes > 1


def _played(
    runbook: Sequence[DrillStep[Any]], world: Any, folder: Path, tell: Tell, measured: Measured
) -> str | None:
    progress = Progress(stack="", lost="", chosen=[], steps=[step.name for step in runbook])
    play(runbook, world, progress, folder / "progress.json", tell=tell)
    done = {step.name: step for step in progress.done}
    measured += [(step, done[step.name]) for step in runbook if step.name in done]
    return f"{progress.failed}: {progress.reason}" if progress.failed else None
