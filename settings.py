"""The stack's configuration from Pulumi: the only reader of config and of the stack's name."""

from __future__ import annotations

import pulumi
from pulumi.runtime import config as runtime_config

from scaleplan.engine_config import settings_of
from scaleplan.mistakes import InvalidSettings
from scaleplan.settings import Settings


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
