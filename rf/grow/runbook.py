"""The order in which a stack grows: what first, with which values, what needs a window, what to
look at before going on, and what can't be undone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rf.aws.rds.instance import INSTANCE
from rf.grow.chart_parts import chart_parts
from rf.grow.citus_versions import upgrade_parts
from rf.grow.classify import GrowthStep, Judged, Kind, ResourceChange
from rf.grow.phases import (
    FIRST_OF_DATABASE,
    LAST_OF_DATABASE,
    LAYERS,
    PHASES,
    REST,
    Phase,
    layer_to_grow,
)
from rf.shared.cards.changes import Effect
from rf.shared.cards.diff import ruling_of
from rf.shared.cards.property_changes import PropertyChange
from scaleplan.model import load_plan
from scaleplan.sizes import Size


@dataclass(frozen=True, kw_only=True)
class RunbookStep:
    """One thing to do: commands that set values, what they change, windows, what to look at."""

    title: str
    commands: tuple[str, ...]
    changes: tuple[ResourceChange, ...]
    windows: tuple[str, ...]
    verify: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Runbook:
    """The whole way, and what of it has no way back."""

    before: tuple[str, ...]
    steps: tuple[RunbookStep, ...]
    irreversible: tuple[str, ...]


def runbook_of(step: GrowthStep, stack: str, sizes: tuple[Size, Size] | None = None) -> Runbook:
    """The order for a step; with commands where it is one from size to size.

    Every value of a size can be set by itself, so that a large step becomes small ones, each with a
    `pulumi up` of its own; the last one sets the size and takes the single values back.
    """
    values = _values_that_differ(*sizes) if sizes else {}
    steps = [
        runbook_step
        for phase in (*PHASES, REST)
        for runbook_step in _steps_of(phase, step, values, stack)
    ]
    # Before all else, one deployment each: what is left then is one more.
    steps = [*_upgrades(step, stack), *steps]
    if sizes:
        steps.append(_last(sizes[1], values, stack))
    return Runbook(
        before=tuple(_before(step, stack, sizes)),
        steps=tuple(steps),
        irreversible=tuple(irreversible(step)),
    )


def irreversible(step: GrowthStep) -> Iterator[str]:
    """Changes whose way back is refused, replaces something, or endangers it."""
    for change in step.changes:
        for each in change.properties if change.stateful else ():
            back = PropertyChange(path=each.change.path, old=each.change.new, new=each.change.old)
            ruling = ruling_of(change.type, back)
            if ruling.effect in (Effect.REFUSED, Effect.REPLACE, Effect.DANGEROUS):
                because = f": {ruling.why}" if ruling.why else ""
                yield f"{change.name} {each.change.path} {_arrow(each)}{because}"


def _upgrades(step: GrowthStep, stack: str) -> Iterator[RunbookStep]:
    """CRDs before their controllers; then Citus' operator, its servers and their minor version."""
    parts = (*chart_parts(step.charts, stack), *upgrade_parts(step.changes, stack))
    for part in parts:
        yield RunbookStep(
            title=part.title,
            commands=part.commands,
            changes=(),
            windows=part.windows,
            verify=part.verify,
        )


def _steps_of(
    phase: Phase, step: GrowthStep, values: Mapping[str, Mapping[str, Any]], stack: str
) -> Iterator[RunbookStep]:
    changes = tuple(
        change
        for change in step.changes
        for layer in [layer_to_grow(change.layer, change.name)]
        if (layer in phase.layers if phase.layers else layer not in LAYERS)
    )
    leaves = {
        f"{key}.{path}": value for key in phase.keys for path, value in values.get(key, {}).items()
    }
    if not changes and not leaves:
        return
    groups = list(_ordered(phase, leaves))
    for position, (title, group) in enumerate(groups):
        last = position == len(groups) - 1
        affected = changes if last else ()
        set_here = group if len(groups) > 1 else None
        yield RunbookStep(
            title=title,
            commands=(*_actions(affected), *_commands(group, stack)),
            changes=affected,
            windows=tuple(_windows(changes, set_here)),
            verify=(*phase.verify, *_waits(changes, set_here)),
        )


def _ordered(phase: Phase, leaves: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A phase's values in one go, or the database's in three."""
    if "database" not in phase.keys or not leaves:
        yield phase.title, leaves
        return
    named = {path.split(".", 1)[1]: (path, value) for path, value in leaves.items()}
    first = {path: value for leaf, (path, value) in named.items() if leaf in FIRST_OF_DATABASE}
    last = {path: value for leaf, (path, value) in named.items() if leaf in LAST_OF_DATABASE}
    middle = {path: value for path, value in leaves.items() if path not in {**first, **last}}
    parts = (
        ("Database: a standby", first),
        ("Database: class, storage and backups", middle),
        ("Database: replicas", last),
    )
    yield from ((title, part) for title, part in parts if part)


def _actions(changes: Iterable[ResourceChange]) -> Iterator[str]:
    """What is done by hand, before the values that call for it are set."""
    for change in changes:
        yield from change.actions


def _waits(changes: Iterable[ResourceChange], leaves: Mapping[str, Any] | None) -> Iterator[str]:
    """What can't change once more before a while has passed."""
    for change, judged in _set_by(changes, leaves):
        for each in judged:
            if each.ruling.again:
                yield f"{change.name} {each.change.path}: {each.ruling.again}"


def _set_by(
    changes: Iterable[ResourceChange], leaves: Mapping[str, Any] | None
) -> Iterator[tuple[ResourceChange, Sequence[Judged]]]:
    """Each change with its properties; only those that `leaves` set, where given."""
    set_here = None if leaves is None else {path.rsplit(".", 1)[-1] for path in leaves}
    for change in changes:
        yield (
            change,
            [
                each
                for each in change.properties
                if set_here is None or _leaf_of(each.change.path) in set_here
            ],
        )


def _windows(changes: Iterable[ResourceChange], leaves: Mapping[str, Any] | None) -> Iterator[str]:
    """What interrupts, how long, and when AWS does it; only what `leaves` set, where given."""
    for change, properties in _set_by(changes, leaves):
        judged = [each for each in properties if each.ruling.outage]
        if judged and change.kind in (Kind.RESTART, Kind.ACTION, Kind.REPLACE):
            outage = "; ".join(dict.fromkeys(each.ruling.outage for each in judged))
            when = f", in its window {change.window} UTC" if change.window else ""
            yield f"{change.name}{when}: {outage}"


def _leaf_of(path: str) -> str:
    """The config's name of a provider's property, where they differ."""
    return {"nodeType": "nodeClass"}.get(path, path)


def _commands(leaves: Mapping[str, Any], stack: str) -> Iterator[str]:
    for path, value in leaves.items():
        text = value if isinstance(value, str) else json.dumps(value)
        yield f"pulumi config set --stack {stack} --path 'researchflow:{path}' '{text}'"
    if leaves:
        yield f"pulumi up --stack {stack}"


def _last(size: Size, values: Mapping[str, Mapping[str, Any]], stack: str) -> RunbookStep:
    commands = [f"pulumi config set --stack {stack} researchflow:size {size}"]
    commands += [
        f"pulumi config rm --stack {stack} --path 'researchflow:{key}.{path}'"
        for key, leaves in values.items()
        for path in leaves
    ]
    return RunbookStep(
        title=f"The size itself: {size}",
        commands=(*commands, f"pulumi preview --stack {stack} --expect-no-changes"),
        changes=(),
        windows=(),
        verify=("the preview shows no change: each value was set before",),
    )


def _before(step: GrowthStep, stack: str, sizes: tuple[Size, Size] | None) -> Iterator[str]:
    size = f" --size {sizes[1]}" if sizes else ""
    yield f"python -m rf check --stack {stack}{size}: the new configuration carries the load"
    yield f"python -m rf cost --stack {stack}{size}: what it will cost"
    for change in step.changes:
        if change.type == INSTANCE and change.kind is Kind.RESTART:
            yield (
                "aws rds create-db-snapshot --db-instance-identifier"
                f" {change.physical_name} --db-snapshot-identifier {change.physical_name}-before:"
                " a way back for the data, if not for the class"
            )


def _values_that_differ(before: Size, after: Size) -> dict[str, dict[str, Any]]:
    """By section, the leaves of the later size that the earlier one has otherwise."""
    sizes = load_plan().sizes
    old, new = (
        sizes[size].model_dump(mode="json", by_alias=True, exclude_unset=True)
        for size in (before, after)
    )
    differences = {
        key: dict(_leaves_that_differ("", old.get(key, {}), section))
        for key, section in new.items()
    }
    return {key: leaves for key, leaves in differences.items() if leaves}


def _leaves_that_differ(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(new, Mapping):
        for key, value in new.items():
            deeper = f"{path}.{key}" if path else key
            known = old.get(key) if isinstance(old, Mapping) else None
            yield from _leaves_that_differ(deeper, known, value)
    elif old != new:
        yield path, new


def _arrow(judged: Judged) -> str:
    return f"{_short(judged.change.old)} -> {_short(judged.change.new)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
