"""The runs of a rehearsal, one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise

from policy.rules.shared.exceptions import FILE, read_exceptions
from rf.grow.classify import GrowthStep, Kind, step_between
from rf.rehearse.beside import beside
from rf.rehearse.result import RehearsalResult, RehearsedRun
from rf.rehearse.surroundings import standing_on
from rf.rehearse.targets import RehearsalTarget, targets_of
from rf.shared.cluster.binaries import find_binaries, find_cluster_binaries
from rf.shared.cluster.snapshot import look, settle
from rf.shared.engine.binaries import find_engine
from rf.shared.engine.rehearsal import Rehearsal, RehearsedStack
from rf.shared.errors import InputError
from rf.shared.files import temporary_folder
from rf.shared.plan import no_such
from rf.shared.stacks import project_name
from rf.shared.termination import advising

Tell = Callable[[str], None]

GO_ON = "nothing of the rehearsal is left: the same command begins anew"


class UnusablePatternError(InputError):
    """What --fail names is no regular expression, or no resource's URN has it."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to rehearse. `targets` name sizes and revisions to deploy one over the other; without
    any, the stack as it is, or of another size."""

    stack: str
    targets: tuple[str, ...] = ()
    size: str | None = None
    overrides: tuple[str, ...] = ()
    fails: str = ""
    refresh: bool = False
    destroy: bool = False
    on_cluster: bool = False


Show = Callable[[RehearsalResult, Rehearsal], None]


def rehearse(
    wanted: Wanted, tell: Tell = lambda _: None, show: Show = lambda _result, _rehearsal: None
) -> RehearsalResult:
    """Preview, update and a second preview that must be empty, for each target in turn.

    With `fails` the last target's first update fails where the pattern matches, and the next one
    has to mend it. As `pulumi up` does, it ends where a preview fails. `show` is called while all
    still stands. Raises MissingEngineError and MissingServersError where a part was not built,
    InvalidSettings for wrong settings, UnknownTargetError and UnplannableError for a revision,
    ExceptionInputError for wrong exceptions of the policy pack,
    UnusablePatternError where nothing would fail: before anything starts.
    """
    binaries = find_engine()
    find_binaries()  # said at once where there is none, not after the plans
    if wanted.on_cluster:
        find_cluster_binaries()
    read_exceptions(FILE.read_text(encoding="utf-8"), datetime.now(UTC).date())
    pattern = _compiled(wanted.fails)
    tell("planning")
    what = "the rehearsal's folder"
    with (
        advising(GO_ON),
        targets_of(
            wanted.stack, wanted.targets, size=wanted.size, overrides=wanted.overrides
        ) as targets,
    ):
        steps = [
            step_between(before.plan, after.plan, names=(before.name, after.name))
            for before, after in pairwise(targets)
        ]
        if wanted.fails:
            _check_that_something_fails(pattern, targets[-1], steps[-1] if steps else None)
        with temporary_folder(what, f"rf-rehearse-{wanted.stack}-") as folder:
            tell("starting what it stands on")
            plans = [target.plan for target in targets]
            with standing_on(
                project_name(), folder, binaries, plans, on_cluster=wanted.on_cluster
            ) as rehearsal:
                runs = tuple(_runs(wanted, targets, steps, rehearsal, tell))
                result = RehearsalResult(
                    stack=wanted.stack,
                    engine=binaries.version,
                    runs=runs,
                    on_cluster=wanted.on_cluster,
                )
                show(result, rehearsal)
    return result


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UnusablePatternError(f"--fail {pattern}: not a regular expression, {error}") from None


def _check_that_something_fails(
    pattern: re.Pattern[str], target: RehearsalTarget, step: GrowthStep | None
) -> None:
    """Only what a provider creates or changes can fail: no component, and no provider itself."""
    gone = (Kind.DELETE, Kind.MOVE)
    changed = {each.urn for each in step.changes if each.kind not in gone} if step else None
    tried = {
        urn: each.name
        for urn, each in target.plan.resources.items()
        if each.custom
        and not each.type.startswith("pulumi:")
        and (changed is None or urn in changed)
    }
    if any(pattern.search(urn) for urn in tried):
        return
    does = "creates" if step is None else "creates or changes"
    text = f"--fail {pattern.pattern}: nothing that {target.plan.stack} {does} has this in its URN"
    urns, names = list(tried), list(tried.values())
    raise UnusablePatternError(
        no_such(text, pattern.pattern, urns if "::" in pattern.pattern else names)
    )


def _runs(
    wanted: Wanted,
    targets: Sequence[RehearsalTarget],
    steps: Sequence[GrowthStep],
    rehearsal: Rehearsal,
    tell: Tell,
) -> Iterator[RehearsedRun]:
    stack = rehearsal.stack(wanted.stack)
    for target, step in zip(targets, (None, *steps), strict=True):
        rehearsal.know(target.references)
        rehearsal.take_program(target.directory)
        stack.configure(rehearsal.project, target.config)
        if rehearsal.played is not None:
            tell(f"{target.name}: machines")
            rehearsal.played.take(target.settings, target.addons)
        tell(f"{target.name}: preview")
        preview = stack.preview()
        changes = beside(preview, step) if step else ()
        yield RehearsedRun(title=target.name, run=preview, beside=changes)
        if preview.failure:
            return
        rehearsal.fail(wanted.fails if target is targets[-1] else "")
        yield from _updated(stack, rehearsal, target.name, tell)
    if wanted.refresh:
        tell("refreshing")
        yield RehearsedRun(title="refresh", run=stack.refresh(), must_be_empty=True)
    if wanted.destroy:
        tell("destroying")
        yield RehearsedRun(title="destroy", run=stack.destroy())


def _updated(
    stack: RehearsedStack, rehearsal: Rehearsal, title: str, tell: Tell
) -> Iterator[RehearsedRun]:
    if rehearsal.fails:
        tell(f"{title}: an update that fails")
        yield _seen(RehearsedRun(title=title, run=stack.up(), must_fail=True), rehearsal)
        rehearsal.fail("")
    tell(f"{title}: update")
    yield _seen(RehearsedRun(title=title, run=stack.up()), rehearsal)
    tell(f"{title}: second preview")
    # What it would judge, the update has judged with every value known.
    yield RehearsedRun(title=title, run=stack.preview(judged=False), must_be_empty=True)


def _seen(rehearsed: RehearsedRun, rehearsal: Rehearsal) -> RehearsedRun:
    """With the pods that stand after it, where pods are played: settled where it ended well."""
    if rehearsal.played is None:
        return rehearsed
    if rehearsed.run.failure:
        return replace(rehearsed, pods=look(rehearsal.cluster))
    try:
        return replace(rehearsed, pods=settle(rehearsal.cluster))
    except TimeoutError:  # a rollout that goes on, a quota that refuses pods
        return replace(rehearsed, pods=look(rehearsal.cluster), settled=False)
