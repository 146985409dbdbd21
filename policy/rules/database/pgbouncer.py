"""Rules of the poolers before PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import CONFIG_MAP
from ..shared.values import at, ini


def _pooler(resource: Resource, stack: StackResources) -> Iterator[str]:
    text = at(resource.inputs, "data[pgbouncer.ini]")
    if text is None:
        return
    settings = ini(text)
    wanted = {
        "auth_type": ("scram-sha-256",),
        "client_tls_sslmode": ("require", "verify-ca", "verify-full"),
        "server_tls_sslmode": ("verify-full",),
        "client_tls_protocols": ("secure", "tlsv1.2,tlsv1.3", "tlsv1.3"),
        "server_tls_protocols": ("secure", "tlsv1.2,tlsv1.3", "tlsv1.3"),
    }
    for key, allowed in wanted.items():
        if settings.get(key) not in allowed:
            yield f"{key} is {settings.get(key, 'not set')}, not {allowed[0]}"
    mode = settings.get("pool_mode", "not set")
    if mode != "transaction":
        yield f"pool_mode is {mode}: sessions would hold the servers"


RULES = (
    Rule(
        id="pooler-tls-scram",
        layer=RuleLayer.DATABASE,
        demand="PgBouncer takes TLS and SCRAM from clients and verifies the server.",
        reason="Every query and every password passes through it.",
        source="PgBouncer docs, auth_type, client_tls_sslmode, server_tls_sslmode",
        remedy="keep `rendering/database/pgbouncer_ini.py` as it is",
        types=(CONFIG_MAP,),
        check=_pooler,
    ),
)
