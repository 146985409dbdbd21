"""A stack's config as the engine hands it to a program: every value a text."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping

from scaleplan.config.mistakes import InvalidSettings, Mistake
from scaleplan.config.parsing import parse
from scaleplan.config.section import FieldRule, rule_at
from scaleplan.config.stack_file import own_keys, plain_secret_mistake, secret_mistake
from scaleplan.observability.alerts import SECRET_KEYS
from scaleplan.settings import Settings


def encode(project: str, config: Mapping[str, object]) -> dict[str, str]:
    """Config as the engine would give it: texts as they are, everything else as JSON."""
    return texts(project, {key: value for key, value in config.items() if value is not None})


def texts(project: str, config: Mapping[str, object]) -> dict[str, str]:
    """Config as a stack file has it: a key without a namespace is the project's."""
    return {
        key if ":" in key else f"{project}:{key}": value
        if isinstance(value, str)
        else json.dumps(value, sort_keys=True)
        for key, value in config.items()
    }


def secret_keys(texts: Iterable[str]) -> list[str]:
    """Which keys hold a secret, so that the engine would keep their values encrypted."""
    return [key for key in texts if key.rsplit(":", 1)[-1] in SECRET_KEYS]


def settings_of(
    project: str, stack: str, texts: Mapping[str, object], secret_keys: Collection[str] = ()
) -> Settings:
    """Settings from the engine's texts, keys with their namespace. Raises InvalidSettings."""
    given, mistakes = own_keys(project, texts)
    plain = {
        key
        for key in SECRET_KEYS.keys() & given.keys()
        if given[key] and f"{project}:{key}" not in secret_keys
    }
    mistakes += [plain_secret_mistake(f"{project}:{key}") for key in sorted(plain)]
    secret = {key for key in given if f"{project}:{key}" in secret_keys} - SECRET_KEYS.keys()
    mistakes += [secret_mistake(f"{project}:{key}") for key in sorted(secret)]
    config = {key: _decoded(key, value) for key, value in given.items() if key not in secret}
    try:
        settings = parse(project, stack, config)
    except InvalidSettings as error:
        mistakes += [
            mistake for mistake in error.mistakes if not _of_secret(mistake, project, secret)
        ]
        raise InvalidSettings(mistakes) from error
    if mistakes:
        raise InvalidSettings(mistakes)
    return settings


def _of_secret(mistake: Mistake, project: str, secret: Collection[str]) -> bool:
    """Whether a mistake is only that a refused secret is missing."""
    return mistake.key in {f"{project}:{key}" for key in secret}


def _decoded(key: str, value: object) -> object:
    """The value of its field's type; the text itself where it is of no such type, for the check."""
    rule = rule_at(Settings, (key,))
    if rule is None or rule.is_text or not isinstance(value, str):
        return value
    return _decoded_as(rule, value)


def _decoded_as(rule: FieldRule, text: str) -> object:
    if rule.type is bool:
        return {"true": True, "false": False}.get(text, text)
    if rule.type is int:
        return int(text) if re.fullmatch(r"-?\d{1,18}", text) else text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
