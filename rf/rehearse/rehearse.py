"""The runs of a rehearsal, one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rf.rehearse.result import RehearsalResult, RehearsedRun
from rf.rehearse.surroundings import standing_on
from rf.shared.cluster.binaries import find_binaries
from rf.shared.engine.binaries import find_engine
from rf.shared.engine.rehearsal import Rehearsal, RehearsedStack
from rf.shared.errors import InputError
from rf.shared.files import temporary_folder
from rf.shared.plan import RecordedPlan, no_such
from rf.shared.stacks import plan_of, project_name, references_of, stack_config
from rf.shared.termination import advising

Tell = Callable[[str], None]

GO_ON = "nothing of the rehearsal is left: the same command begins anew"


class UnusablePatternError(InputError):
    """What --fail names is no regular expression, or no resource's URN has it."""


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
    for wrong settings, UnusablePatternError where nothing would fail: before anything starts.
    """
    binaries = find_engine()
    find_binaries()  # said at once where there is none, not after the plans
    pattern = _compiled(wanted.fails)
    sizes: Sequence[str | None] = wanted.sizes or (None,)
    overrides = wanted.overrides
    configs = [stack_config(wanted.stack, size=size, overrides=overrides) for size in sizes]
    tell("planning")
    # Of each, so that a wrong size is said before the plan of a right one was made.
    references, *_ = [references_of(wanted.stack, config) for config in configs]
    plans = [plan_of(wanted.stack, size=size, overrides=overrides) for size in sizes]
    if wanted.fails:
        _check_that_something_fails(pattern, plans[0])
    runs: list[RehearsedRun] = []
    what = "the rehearsal's folder"
    with advising(GO_ON), temporary_folder(what, f"rf-rehearse-{wanted.stack}-") as folder:
        tell("starting what it stands on")
        project = project_name()
        with standing_on(project, folder, binaries, plans) as rehearsal:
            rehearsal.fail(wanted.fails)
            rehearsal.know(references)
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


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UnusablePatternError(f"--fail {pattern}: not a regular expression, {error}") from None


def _check_that_something_fails(pattern: re.Pattern[str], plan: RecordedPlan) -> None:
    """Only what a provider creates can fail: no component, and no provider itself."""
    created = {
        each.urn: each.name
        for each in plan.resources
        if each.custom and not each.type.startswith("pulumi:")
    }
    if any(pattern.search(urn) for urn in created):
        return
    text = f"--fail {pattern.pattern}: nothing that {plan.stack} creates has this in its URN"
    urns, names = list(created), list(created.values())
    raise UnusablePatternError(
        no_such(text, pattern.pattern, urns if "::" in pattern.pattern else names)
    )


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
