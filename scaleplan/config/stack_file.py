"""Reads a stack's config from its `Pulumi.<stack>.yaml` and `--set`, as the Pulumi CLI would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from scaleplan.config.mistakes import (
    InvalidSettings,
    Mistake,
    nearest,
    shown,
    unknown_choice,
    unknown_key,
)
from scaleplan.config.section import keys_of, rule_at
from scaleplan.config.strict_yaml import StrictLoader
from scaleplan.observability.alerts import SECRET_KEYS
from scaleplan.settings import Settings

FILE_KEYS = ("config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider")
"""Outermost keys of a stack file that the CLI knows."""

ENGINE_NAMESPACE = "pulumi"
"""Its keys, such as `pulumi:disable-default-providers`, are the engine's, not the program's."""


def stack_names(root: Path) -> list[str]:
    """Names of the stacks that have a file in `root`, sorted."""
    return sorted(path.name.split(".", 2)[1] for path in root.glob("Pulumi.*.yaml"))


def read_stack(
    root: Path, project: str, stack: str, overrides: Sequence[str] = ()
) -> dict[str, object]:
    """A stack's config as `scaleplan.config.parsing.parse` takes it, `--set` values applied.

    Each override is `key=value`: the key a dotted path such as `worker.maxReplicas`, the value
    YAML, or plain text where the key holds a text. Raises InvalidSettings for an unknown stack, a
    file that is no YAML, keys of other namespaces, secrets, and overrides that say nothing.
    """
    names = stack_names(root)
    if stack not in names:
        raise InvalidSettings([unknown_choice("stack", stack, names)])
    path = root / f"Pulumi.{stack}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidSettings([_unreadable(path.name, str(error))]) from error
    return with_overrides(config_of(text, project, path.name), project, overrides)


def config_of(text: str, project: str, file_name: str) -> dict[str, object]:
    """The project's config in a stack file's text, its keys without the project's prefix.

    Raises InvalidSettings with everything that is wrong; `file_name` says where.
    """
    document = _yaml_object(text, file_name)
    mistakes = [
        unknown_key(f"{file_name}:{key}", value, FILE_KEYS)
        for key, value in document.items()
        if key not in FILE_KEYS
    ]
    config = document.get("config")
    if config is None:
        config = {}
    if not isinstance(config, Mapping):
        allowed = f"an object of {project}:key: value lines"
        mistakes.append(Mistake(key=f"{file_name}:config", value=shown(config), allowed=allowed))
        config = {}
    own, foreign = own_keys(project, config)
    mistakes += foreign
    for key, value in own.items():
        mistakes += _unusable(f"{project}:{key}", value)
    for key in SECRET_KEYS.keys() & own.keys():
        if isinstance(own[key], Mapping):
            # Only the stack's key decrypts it, and offline nothing is sent to anybody.
            own[key] = SECRET_KEYS[key]
        elif own[key] != "":
            mistakes.append(plain_secret_mistake(f"{project}:{key}"))
    if mistakes:
        raise InvalidSettings(mistakes)
    return own


def own_keys(project: str, config: Mapping[Any, object]) -> tuple[dict[str, object], list[Mistake]]:
    """The project's keys without their prefix, and a mistake for each key of another namespace.

    A key without a namespace is the project's, as for the CLI; the engine's own are left alone.
    """
    own: dict[str, object] = {}
    mistakes: list[Mistake] = []
    for full_key, value in config.items():
        namespace, separator, key = str(full_key).partition(":")
        if not separator:
            namespace, key = project, namespace
        if namespace == project:
            own[key] = value
        elif namespace != ENGINE_NAMESPACE:
            mistakes.append(_foreign(project, str(full_key), key))
    return own, mistakes


def with_overrides(
    config: Mapping[str, object], project: str, overrides: Sequence[str]
) -> dict[str, object]:
    """The config with each `key=value` laid over it. Raises InvalidSettings where that fails."""
    merged = dict(config)
    mistakes: list[Mistake] = []
    for override in overrides:
        path, separator, text = override.partition("=")
        keys = path.removeprefix(f"{project}:").split(".")
        if not separator or not all(keys):
            allowed = "key=value, as worker.maxReplicas=8"
            mistakes.append(Mistake(key="--set", value=shown(override), allowed=allowed))
            continue
        try:
            value = _value_of(keys, text)
        except yaml.YAMLError as error:
            mistakes.append(_unreadable(f"--set {path}", _reason(error), value=shown(text)))
            continue
        mistakes += _unusable(f"{project}:{'.'.join(keys)}", value)
        merged = _laid(merged, keys, value)
    if mistakes:
        raise InvalidSettings(mistakes)
    return merged


def _value_of(keys: Sequence[str], text: str) -> object:
    """The value as YAML; as it stands where the key holds a text that YAML takes for a number."""
    value = yaml.load(text, StrictLoader) if text else ""  # noqa: S506 - a SafeLoader
    rule = rule_at(Settings, keys)
    return text if rule is not None and rule.is_text and not isinstance(value, str) else value


def _laid(config: Mapping[str, object], keys: Sequence[str], value: object) -> dict[str, object]:
    first, *rest = keys
    if not rest:
        return {**config, first: value}
    below = config.get(first)
    return {**config, first: _laid(below if isinstance(below, Mapping) else {}, rest, value)}


def _yaml_object(text: str, file_name: str) -> Mapping[Any, object]:
    try:
        document = yaml.load(text, StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise InvalidSettings([_unreadable(file_name, _reason(error))]) from error
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        mistake = Mistake(key=file_name, value=shown(document), allowed="an object with config:")
        raise InvalidSettings([mistake])
    return document


def _unreadable(key: str, reason: str, value: str = "(unreadable)") -> Mistake:
    return Mistake(key=key, value=value, allowed=f"valid YAML in UTF-8; {reason}")


def _reason(error: yaml.YAMLError) -> str:
    """Where and why reading stopped, in one line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return " ".join(str(error).split())


def _foreign(project: str, full_key: str, key: str) -> Mistake:
    known = keys_of(Settings)
    near = nearest(key, known)
    return Mistake(
        key=full_key,
        value="(not shown)",
        allowed=f"a key of {project}: or {ENGINE_NAMESPACE}:, as no other namespace is read",
        nearest=f"{project}:{near}" if near else None,
    )


def _unusable(key: str, value: object) -> list[Mistake]:
    """Mistakes of values that no setting can have: secrets, dates, infinite numbers."""
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            return [] if key.split(":", 1)[-1] in SECRET_KEYS else [secret_mistake(key)]
        return [mistake for name in value for mistake in _unusable(f"{key}.{name}", value[name])]
    if isinstance(value, list):
        return [
            mistake
            for position, item in enumerate(value)
            for mistake in _unusable(f"{key}[{position}]", item)
        ]
    if isinstance(value, float) and not isfinite(value):
        return [Mistake(key=key, value=str(value), allowed="a finite number")]
    if value is None or isinstance(value, (str, bool, int, float)):
        return []
    allowed = f"a text in quotes; without them YAML reads a {type(value).__name__}"
    return [Mistake(key=key, value=shown(value), allowed=allowed)]


def plain_secret_mistake(key: str) -> Mistake:
    """The mistake of a secret that stands in a stack file for all to read; never shows it."""
    name = key.split(":", 1)[-1]
    allowed = f"an encrypted value, as pulumi config set --secret {name} writes it"
    return Mistake(key=key, value="[in plain text]", allowed=allowed)


def secret_mistake(key: str) -> Mistake:
    """The mistake of a key set with `pulumi config set --secret`; never shows the value."""
    allowed = f"a plain value: the only secret keys are {', '.join(SECRET_KEYS)}"
    return Mistake(key=key, value="[secret]", allowed=allowed)
