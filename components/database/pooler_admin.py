"""Who may have PgBouncer reconnect: a login of its console, which the Jobs around tables know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.database.database import PASSWORD_LENGTH
from components.shared.computed_text import computed_text
from rendering.database.pooler_reconnect import PASSWORD_VARIABLE

SECRET_NAME = "pooler-admin"  # noqa: S105 - the name of a Secret


@dataclass(frozen=True, kw_only=True)
class PoolerAdminArgs:
    """Where the login is known."""

    namespace: Input[str]
    """The namespace of the Job that follows a migration."""


class PoolerAdmin(ComponentResource):
    """A user of PgBouncer's console and of nothing else: PostgreSQL has no role of that name.

    PgBouncer parts its console in reading and all the rest, so this is the least right that
    includes RECONNECT. No pod of an application has the password.
    """

    password: Output[str]
    secret_name: Output[str]

    def __init__(
        self, name: str, args: PoolerAdminArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("researchflow:data:PoolerAdmin", name, {}, opts)
        generated = random.RandomPassword(
            f"{name}-password",
            length=PASSWORD_LENGTH,
            special=False,
            opts=ResourceOptions(parent=self),
        )
        self.password = Output.secret(computed_text(generated.result))
        secret = k8s.core.v1.Secret(
            f"{name}-secret",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=SECRET_NAME, namespace=args.namespace),
            string_data={PASSWORD_VARIABLE: self.password},
            opts=ResourceOptions(parent=self),
        )
        self.secret_name = secret.id.apply(lambda _: SECRET_NAME)
        self.register_outputs({"secretName": self.secret_name})


def console_environment(
    variables: Mapping[str, str], secret_name: Input[str]
) -> list[k8s.core.v1.EnvVarArgs]:
    """The script's environment; the password is a reference."""
    return [
        *(k8s.core.v1.EnvVarArgs(name=name, value=value) for name, value in variables.items()),
        k8s.core.v1.EnvVarArgs(
            name=PASSWORD_VARIABLE,
            value_from=k8s.core.v1.EnvVarSourceArgs(
                secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(
                    name=secret_name, key=PASSWORD_VARIABLE
                )
            ),
        ),
    ]
