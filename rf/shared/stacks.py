"""Plans of the project's stacks, wherever the command was started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import yaml

from rf.shared.plan import RecordedPlan, References
from rf.shared.plan_cache import PlanCache, PlanQuestion
from rf.shared.project import PROGRAM, PROJECT_ROOT
from scaleplan.capacity.result import CheckName
from scaleplan.config import engine_config
from scaleplan.config.mistakes import InvalidSettings, Mistake, nearest
from scaleplan.config.parsing import parse
from scaleplan.config.stack_file import read_stack, stack_names
from scaleplan.recovery.disaster_recovery import SitePhase
from scaleplan.settings import Settings

ANY_CAPACITY = f"allowCapacityRisk=[{', '.join(CheckName)}]"
"""An override for plans that are compared: the size may not carry the stack's load."""


@cache
def project_name() -> str:
    """The name in `Pulumi.yaml`."""
    text = (PROJECT_ROOT / "Pulumi.yaml").read_text(encoding="utf-8")
    return str(yaml.safe_load(text)["name"])


def stack_config(
    stack: str, *, size: str | None = None, overrides: Sequence[str] = ()
) -> dict[str, object]:
    """The config of a stack with another size and `key=value` overrides laid over it.

    Raises InvalidSettings for an unknown stack, a broken file or an override that says nothing.
    """
    chosen = [f"size={size}"] if size is not None else []
    return read_stack(PROJECT_ROOT, project_name(), stack, [*overrides, *chosen])


def settings_of(stack: str, *, size: str | None = None, overrides: Sequence[str] = ()) -> Settings:
    """The settings of a stack. Raises InvalidSettings as `stack_config` and `parse` do."""
    return parse(project_name(), stack, stack_config(stack, size=size, overrides=overrides))


def serving_overrides(
    stack: str, *, size: str | None = None, overrides: Sequence[str] = ()
) -> tuple[str, ...]:
    """These overrides, and those by which a recovery site that waits serves: its phase.

    Raises InvalidSettings as `settings_of` does.
    """
    waits = settings_of(stack, size=size, overrides=overrides).disaster_recovery.standby
    active = (f"disasterRecovery.phase={SitePhase.ACTIVE}",) if waits else ()
    return (*overrides, *active)


def all_settings() -> dict[str, Settings]:
    """Settings of every stack that has a file. Raises InvalidSettings of the first wrong one."""
    return {name: settings_of(name) for name in stack_names(PROJECT_ROOT)}


def plan_of(
    stack: str,
    *,
    size: str | None = None,
    overrides: Sequence[str] = (),
    unknowns: bool = False,
) -> RecordedPlan:
    """The recorded plan of a stack.

    Raises InvalidSettings or pulumi.RunError for wrong settings, OfflineError for a program that
    can't be planned.
    """
    question = _question(stack, stack_config(stack, size=size, overrides=overrides), unknowns)
    return _planned(question)


def references_of(stack: str, config: Mapping[str, object]) -> References:
    """Outputs of the stacks that this one's program reads: its home cell, or the stack that it is
    the recovery site of, as its file says.

    Raises InvalidSettings for a home that has no stack file, or that has a home itself, for a stack
    that has no file, or whose own file prepares no such site, and for what the program would refuse
    in the config: before anything is planned.
    """
    _check_settings(_question(stack, config, unknowns=False))
    return outputs_read_by(stack, config)


def outputs_read_by(stack: str, config: Mapping[str, object]) -> References:
    """As `references_of`, of a config that another revision's program has to judge."""
    return _references(_question(stack, config, unknowns=False))


def _question(stack: str, config: Mapping[str, object], unknowns: bool) -> PlanQuestion:
    """Raises InvalidSettings as `references_of` does."""
    other = _stack_read_by(stack, config)
    return PlanQuestion(
        project=project_name(),
        stack=stack,
        config=config,
        unknowns=unknowns,
        read=_question(other, stack_config(other), unknowns=False) if other else None,
    )


def _check_settings(question: PlanQuestion) -> None:
    """Raises InvalidSettings for what the program would refuse, before the SDKs are loaded."""
    texts = engine_config.texts(question.project, question.config)
    secret_keys = engine_config.secret_keys(texts)
    engine_config.settings_of(question.project, question.stack, texts, secret_keys)


def _planned(question: PlanQuestion) -> RecordedPlan:
    plan = plans_kept().get(question)
    if plan is None:
        _check_settings(question)
        references = _references(question)
        from rf.shared.offline.record import record  # noqa: PLC0415 - loads the SDKs

        plan = record(
            PROGRAM,
            question.project,
            question.stack,
            None,
            question.config,
            unknowns=question.unknowns,
            references=references,
        )
        plans_kept().put(question, plan)
    return plan


def _references(question: PlanQuestion) -> References:
    read = question.read
    if read is None:
        return {}
    if read.stack not in _EXPORTED:
        _EXPORTED[read.stack] = _planned(read).outputs
    return {read.stack: _EXPORTED[read.stack]}


_EXPORTED: dict[str, Mapping[str, Any]] = {}
"""Outputs of the stacks that others read, as their files say; one process asks for them often."""


@cache
def plans_kept() -> PlanCache:
    """The plans kept in this project's folder."""
    return PlanCache()


def _stack_read_by(stack: str, config: Mapping[str, object]) -> str | None:
    primary = _recovery_of(config).get("siteOf")
    if isinstance(primary, str) and primary and primary != stack:
        _check_primary(primary, config)
        return primary
    home = _home_of(config)
    if not home or home == stack:  # its own name is refused with all other mistakes
        return None
    names = stack_names(PROJECT_ROOT)
    if home not in names or _home_of(stack_config(home)):
        homes = [name for name in names if name != stack and _could_be_home(stack_config(name))]
        raise InvalidSettings(
            [
                Mistake(
                    key=f"{project_name()}:cell.home",
                    value=home,
                    allowed=f"a stack that has no home itself: {', '.join(homes)}",
                    nearest=nearest(home, homes),
                )
            ]
        )
    return home


def _check_primary(primary: str, config: Mapping[str, object]) -> None:
    """Both files must agree on where the site stands and on what it finds there."""
    names = stack_names(PROJECT_ROOT)
    prepared = {name: _recovery_of(stack_config(name)) for name in names}
    mode = _recovery_of(config).get("mode", "backup")
    agreeing = [
        name
        for name, recovery in prepared.items()
        if (recovery.get("region"), recovery.get("mode", "backup")) == (config.get("region"), mode)
    ]
    if primary not in agreeing:
        raise InvalidSettings(
            [
                Mistake(
                    key=f"{project_name()}:disasterRecovery.siteOf",
                    value=primary,
                    allowed="a stack whose own disasterRecovery has this one's region and mode: "
                    + (", ".join(agreeing) or "none has"),
                    nearest=nearest(primary, agreeing),
                )
            ]
        )


def _recovery_of(config: Mapping[str, object]) -> Mapping[str, object]:
    recovery = config.get("disasterRecovery")
    return recovery if isinstance(recovery, Mapping) else {}


def _could_be_home(config: Mapping[str, object]) -> bool:
    """A recovery site has no zone of its own, so no cell's names."""
    return not _home_of(config) and not _recovery_of(config).get("siteOf")


def _home_of(config: Mapping[str, object]) -> str:
    cell = config.get("cell")
    home = cell.get("home") if isinstance(cell, Mapping) else None
    return home if isinstance(home, str) else ""
