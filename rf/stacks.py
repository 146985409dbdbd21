"""Plans of the project's stacks, wherever the command was started."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import yaml

from rf.offline.record import PROGRAM, PROJECT_ROOT, record
from rf.plan import RecordedPlan
from scaleplan.settings import Settings, parse
from scaleplan.stack_file import read_stack


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
    """The stack's settings, without running the program. Raises InvalidSettings."""
    config = stack_config(stack, size=size, overrides=overrides)
    return parse(project_name(), stack, config)


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
    config = stack_config(stack, size=size, overrides=overrides)
    return record(PROGRAM, project_name(), stack, None, config, unknowns=unknowns)
