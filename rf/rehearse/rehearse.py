"""The runs of a rehearsal, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rf.rehearse.result import RehearsalResult, RehearsedRun
from rf.rehearse.surroundings import standing_on
from rf.shared.engine.binaries import find_engine
from rf.shared.engine.rehearsal import Rehearsal, RehearsedStack
from rf.shared.files import temporary_folder
from rf.shared.stacks import plan_of, project_name, references_of, stack_config

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to rehearse. `sizes` are deployed one over the other; without any, the stack's own."""

    stack: str
    sizes: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    fails: str = ""
    refresh: bool = False
    destroy: bool = False


def rehearse(wanted: Wanted, tell: Tell = lambda _: None) -> RehearsalResult:
    """Preview, update and a second preview that must be empty, for each size in turn.

    With `fails` the first update fails where the pattern matches, and the next one has to mend it.
    Raises MissingEngineError and MissingServersError where a part was not built, InvalidSettings
    for wrong settings.
    """
    binaries = find_engine()
    sizes: Sequence[str | None] = wanted.sizes or (None,)
    overrides = wanted.overrides
    configs = [stack_config(wanted.stack, size=size, overrides=overrides) for size in sizes]
    tell("planning")
    plans = [plan_of(wanted.stack, size=size, overrides=overrides) for size in sizes]
    runs: list[RehearsedRun] = []
    with temporary_folder("the rehearsal's folder", f"rf-rehearse-{wanted.stack}-") as folder:
        tell("starting what it stands on")
        project = project_name()
        with standing_on(project, folder, binaries, plans) as rehearsal:
            rehearsal.fail(wanted.fails)
            rehearsal.know(references_of(wanted.stack, configs[0]))
            stack = rehearsal.stack(wanted.stack)
            for size, config in zip(sizes, configs, strict=True):
                stack.configure(project, config)
                runs += _deployed(stack, rehearsal, size or wanted.stack, tell)
            if wanted.refresh:
                tell("refreshing")
                runs.append(RehearsedRun(title="refresh", run=stack.refresh(), must_be_empty=True))
            if wanted.destroy:
                tell("destroying")
                runs.append(RehearsedRun(title="destroy", run=stack.destroy()))
    return RehearsalResult(stack=wanted.stack, engine=binaries.version, runs=tuple(runs))


def _deployed(
    stack: RehearsedStack, rehearsal: Rehearsal, title: str, tell: Tell
) -> Iterator[RehearsedRun]:
    tell(f"{title}: preview")
    yield RehearsedRun(title=title, run=stack.preview())
    if rehearsal.fails:
        tell(f"{title}: an update that fails")
        yield RehearsedRun(title=title, run=stack.up(), must_fail=True)
        rehearsal.fail("")
    tell(f"{title}: update")
    yield RehearsedRun(title=title, run=stack.up())
    tell(f"{title}: second preview")
    yield RehearsedRun(title=title, run=stack.preview(), must_be_empty=True)
