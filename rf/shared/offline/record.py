"""Runs a Pulumi program in this process against the recorder: no engine, plugin or account."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import runpy
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import pulumi
from pulumi.runtime import config as runtime_config
from pulumi.runtime import settings as runtime_settings
from pulumi.runtime.mocks import MockSettings
from pulumi.runtime.stack import run_in_stack

from rf.shared.offline import sdk_modules
from rf.shared.offline.invention import LookupRefusedError
from rf.shared.offline.monitor import Deploy, RecordingEngine, RecordingMonitor, urn_of
from rf.shared.offline.rules import check
from rf.shared.offline.surroundings import (
    as_the_engine_runs_it,
    without_collections,
    without_shell_defaults,
    without_stack_traces,
)
from rf.shared.offline.violations import OfflineError, OfflineRule, OfflineViolation
from rf.shared.plan import RecordedPlan, RecordedResource, References
from rf.shared.project import PROJECT_ROOT
from rf.shared.termination import Stopped
from scaleplan.config import engine_config
from scaleplan.config.mistakes import InvalidSettings


def record(
    program: Path,
    project: str,
    stack: str,
    size: str | None = None,
    config: Mapping[str, object] | None = None,
    *,
    unknowns: bool = False,
    deploy: Deploy | None = None,
    references: References | None = None,
) -> RecordedPlan:
    """Run the program at `program` and return what it registered.

    `config` has the keys of a stack file (`researchflow:size`; a key without a namespace belongs to
    the project) and text, or values that become JSON text as in the engine. `size` overrides the
    stack's own. With `unknowns`, computed outputs are unknown, as in a first real preview.
    With `deploy`, each custom resource is handed to it as soon as its inputs are known, and the ids
    and outputs that it returns take the place of the invented ones in what follows.
    `references` answers a StackReference; one to a stack that isn't in it is refused.

    Raises OfflineError with every refusal of the run; InvalidSettings and pulumi.RunError come
    through as the program raised them.
    """
    given = engine_config.texts(project, config or {})
    if size is not None:
        given[f"{project}:size"] = size

    def run() -> None:
        with as_the_engine_runs_it(program):
            runpy.run_path(str(program), run_name="__main__")

    return record_function(
        run,
        project=project,
        stack=stack,
        size=given.get(f"{project}:size", ""),
        config=given,
        unknowns=unknowns,
        deploy=deploy,
        references=references,
        source=str(program),
    )


def record_function(
    construct: Callable[[], Any],
    *,
    project: str,
    stack: str,
    size: str = "",
    config: Mapping[str, str] | None = None,
    unknowns: bool = False,
    deploy: Deploy | None = None,
    references: References | None = None,
    source: str = "the program",
) -> RecordedPlan:
    """As `record`, for a function that constructs resources; its return value is ignored."""
    monitor = RecordingMonitor(
        project, stack, unknowns=unknowns, deploy=deploy, references=references
    )
    engine = RecordingEngine()
    # Everything the SDK keeps between calls lives in context variables: a copy forgets it again.
    context = contextvars.copy_context()
    sdk_modules.install()
    with without_shell_defaults(), without_collections(), without_stack_traces():
        failure = context.run(_run, construct, monitor, engine, config or {})
    if isinstance(failure, InvalidSettings | pulumi.RunError):
        raise failure
    violations = [*monitor.violations, *check(list(monitor.recorded.values()))]
    violations += [
        OfflineViolation(source, OfflineRule.PROGRAM_FAILED, text) for text in engine.errors
    ]
    if failure is not None and not _is_refused_lookup(failure):
        violations.append(_failed(failure, monitor, source))
    if violations:
        raise OfflineError(violations) from failure
    return RecordedPlan(
        project=project,
        stack=stack,
        size=size,
        resources=_in_order(monitor.recorded),
        outputs=monitor.outputs,
    )


class _InlineExecutor(ThreadPoolExecutor):
    """Answers each registration on the spot, in the one order that the program itself decides."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - carried to whoever awaits the answer
            future.set_exception(error)
        return future


def _run(
    construct: Callable[[], Any],
    monitor: RecordingMonitor,
    engine: RecordingEngine,
    config: Mapping[str, str],
) -> BaseException | None:
    """Run `construct` in a stack of its own; return what it raised."""
    runtime_settings.configure(
        MockSettings(
            monitor=monitor,
            engine=engine,
            project=monitor.project,
            stack=monitor.stack,
            organization="organization",
            dry_run=monitor.unknowns,
            root_directory=str(PROJECT_ROOT),
            outputs=set(),
            package_refs={},
            base_providers_by_ref={},
            callbacks=None,
            legacy_apply_enabled=False,
        )
    )
    runtime_settings.ROOT.set(None)
    runtime_config.set_all_config(dict(config), engine_config.secret_keys(config))
    loop = asyncio.new_event_loop()
    executor = _InlineExecutor()
    loop.set_default_executor(executor)
    # The first failure is reported with its resource; those that follow from it say nothing new.
    loop.set_exception_handler(lambda _loop, _context: None)

    def program() -> None:
        construct()

    try:
        loop.run_until_complete(run_in_stack(program))
    except Stopped:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - becomes one OfflineError
        return error
    finally:
        _close(loop)
    return None


def _close(loop: asyncio.AbstractEventLoop) -> None:
    waiting = asyncio.all_tasks(loop)
    for task in waiting:
        task.cancel()
    if waiting:
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
    loop.close()


def _is_refused_lookup(error: BaseException | None) -> bool:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # a chain of errors may run in a circle
        if isinstance(error, LookupRefusedError):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def _failed(error: BaseException, monitor: RecordingMonitor, source: str) -> OfflineViolation:
    """One sentence for what the program raised: at its resource if one was being registered."""
    where = _registering(error.__traceback__, monitor) or source
    text = f"{type(error).__name__}: {error}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in frame.filename
        and frame.filename != __file__
        and "<frozen" not in frame.filename
    ]
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return OfflineViolation(where, OfflineRule.PROGRAM_FAILED, f"{text}{place}")


def _registering(trace: TracebackType | None, monitor: RecordingMonitor) -> str | None:
    """URN of the resource whose registration raised, read from the SDK's own frame."""
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_name == "do_register":
            here = frame.f_locals
            resolver = here.get("resolver")
            parent = getattr(resolver, "parent_urn", None) or ""
            return urn_of(monitor.stack, monitor.project, parent, here["ty"], here["name"])
        trace = trace.tb_next
    return None


def _in_order(recorded: Mapping[str, RecordedResource]) -> tuple[RecordedResource, ...]:
    """Dependencies before dependents, and else by URN: the same order on every run."""
    before = {urn: _needs(resource) & recorded.keys() for urn, resource in recorded.items()}
    waiting = {urn: len(needs) for urn, needs in before.items()}
    dependents: dict[str, list[str]] = {urn: [] for urn in recorded}
    for urn, needs in before.items():
        for need in needs:
            dependents[need].append(urn)
    ready = sorted(urn for urn, count in waiting.items() if count == 0)
    ordered: list[RecordedResource] = []
    while ready:
        urn = heapq.heappop(ready)
        ordered.append(recorded[urn])
        for dependent in dependents[urn]:
            waiting[dependent] -= 1
            if waiting[dependent] == 0:
                heapq.heappush(ready, dependent)
    if len(ordered) != len(recorded):
        circle = sorted(recorded.keys() - {resource.urn for resource in ordered})
        raise OfflineError(
            [
                OfflineViolation(urn, OfflineRule.PROGRAM_FAILED, "depends on itself in a circle")
                for urn in circle
            ]
        )
    return tuple(ordered)


def _needs(resource: RecordedResource) -> set[str]:
    provider = resource.provider.rsplit("::", 1)[0]
    return {*resource.dependencies, resource.parent, provider} - {resource.urn}
