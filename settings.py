"""The stack's configuration from Pulumi: the only reader of config and of the stack's name."""

from __future__ import annotations

import pulumi
from pulumi.runtime import config as runtime_config

from scaleplan.config.engine_config import settings_of
from scaleplan.config.mistakes import InvalidSettings
from scaleplan.observability.alerts import SECRET_KEYS
from scaleplan.settings import Settings


def secrets() -> dict[str, pulumi.Output[str]]:
    """The secret keys that the stack sets, by key: for Alertmanager, and secret all the way."""
    config = pulumi.Config()
    texts = runtime_config.CONFIG.get() or runtime_config.get_config_env()
    secrets_by_key: dict[str, pulumi.Output[str]] = {}
    for key in SECRET_KEYS:
        value = config.get_secret(key) if texts.get(f"{config.name}:{key}") else None
        if value is not None:
            secrets_by_key[key] = value
    return secrets_by_key


def load() -> Settings:
    """The running stack's settings.

    Raises pulumi.RunError, which `pulumi up` prints without a traceback, with every mistake in the
    config. Called before the first resource, so that nothing is created then.
    """
    texts = runtime_config.CONFIG.get() or runtime_config.get_config_env()
    secret_keys = [
        *(key for key in texts if runtime_config.is_config_secret(key)),
        *runtime_config.get_config_secret_keys_env(),
    ]
    try:
        return settings_of(pulumi.get_project(), pulumi.get_stack(), texts, secret_keys)
    except InvalidSettings as error:
        raise pulumi.RunError(str(error)) from error
