"""Builds a stack's `Settings` from its config: its own choices laid over the row of its size."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import ValidationError

from scaleplan.catalog import Architecture
from scaleplan.cluster.fitting import node_mistakes
from scaleplan.config.mistakes import (
    NOT_SET,
    InvalidSettings,
    Mistake,
    mistakes_of,
    nearest,
    unknown_key,
)
from scaleplan.config.overlay import classes_of_other_architecture, on_architecture, overlay
from scaleplan.config.section import NOT_CONFIGURED, fields_of, keys_of, rule_of
from scaleplan.load import default_settings
from scaleplan.model import load_plan
from scaleplan.observability.alerts import SECRET_KEYS
from scaleplan.recovery.disaster_recovery import standby_of, waits
from scaleplan.settings import Settings
from scaleplan.sizes import Size
from scaleplan.versions.fitting import version_mistakes


def parse(project: str, stack: str, config: Mapping[str, object]) -> Settings:
    """Settings of a stack from its config, keys in camelCase and without the project's prefix.

    `config` is laid over the row of its size in `plan.yaml`, leaf by leaf. An empty text of an
    optional key means that it is not set: the engine demands a default of every key that a stack
    file may leave out, and knows no null.
    Raises InvalidSettings, which lists all mistakes at once.
    """
    secrets = {key for key in SECRET_KEYS if config.get(key)}
    values = {
        key: value
        for key, value in config.items()
        if key not in SECRET_KEYS and not (value == "" and key in _OPTIONAL)
    }
    mistakes = [
        unknown_key(f"{project}:{key}", values.pop(key), keys_of(Settings))
        for key in sorted(NOT_CONFIGURED)
        if key in values
    ]
    architecture = _architecture_of(values)
    plan = load_plan()
    row = plan.sizes[_size_of(values)].model_dump(mode="json", by_alias=True)
    base = on_architecture(row, architecture) | {"load": default_settings(plan)}
    merged = overlay(base, values)
    if waits(values.get("disasterRecovery")):
        small = plan.sizes[Size.SMALL].model_dump(mode="json", by_alias=True)
        merged = overlay(merged, standby_of(on_architecture(small, architecture)))
    merged |= {"project": project, "stack": stack}
    try:
        settings = Settings.model_validate_json(json.dumps(merged, default=str))
    except ValidationError as error:
        mistakes += mistakes_of(error, Settings, project)
        settings = None
    mistakes += classes_of_other_architecture(f"{project}:", values, architecture)
    needed = settings.alerts.secrets_needed() if settings is not None else {}
    mistakes += [
        Mistake(
            key=f"{project}:{key}",
            value=NOT_SET,
            allowed=f"a secret, which {asked_by} needs: pulumi config set --secret {key}",
        )
        for key, asked_by in needed.items()
        if key not in secrets
    ]
    if settings is not None:
        mistakes += version_mistakes(settings, project)
        if not mistakes:
            mistakes += node_mistakes(settings, project)
    if mistakes or settings is None:
        raise InvalidSettings(mistakes)
    return settings


_OPTIONAL = frozenset(
    key
    for key, field in fields_of(Settings).items()
    if rule_of(field.annotation, field.metadata).optional
)


def _size_of(config: Mapping[str, object]) -> Size:
    """The size named, or the one nearest to a wrong name, so that the rest can be checked too."""
    name = str(config.get("size", Size.SMALL))
    return Size(nearest(name, list(Size)) or Size.SMALL)


def _architecture_of(config: Mapping[str, object]) -> Architecture:
    name = str(config.get("architecture", Architecture.ARM64))
    return Architecture(nearest(name, list(Architecture)) or Architecture.ARM64)
