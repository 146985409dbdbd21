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


LONGEST_NAME_SECONDS = 30
"""How long RDS lets clients keep the address of an instance (RDS user guide, Best practices)."""

DEAD_PEER_MILLISECONDS = 60_000


def _follows(resource: Resource, stack: StackResources) -> Iterator[str]:
    text = at(resource.inputs, "data[pgbouncer.ini]")
    if text is None:
        return
    settings = ini(text)
    kept = int(settings.get("dns_max_ttl", 15))
    if kept > LONGEST_NAME_SECONDS:
        yield f"keeps addresses for {kept} s: after a failover it goes on asking the old primary"
    retry = int(settings.get("server_login_retry", 15))
    if retry > kept:
        yield f"refuses clients for {retry} s after a failed login to a server that is back"
    peer = int(settings.get("tcp_user_timeout", 0))
    if not 0 < peer <= DEAD_PEER_MILLISECONDS:
        yield "waits a quarter of an hour for a server that vanished"


def _bounded(resource: Resource, stack: StackResources) -> Iterator[str]:
    text = at(resource.inputs, "data[pgbouncer.ini]")
    if text is None:
        return
    settings = ini(text)
    pool = sum(int(settings.get(key, 0)) for key in ("default_pool_size", "reserve_pool_size"))
    most = int(settings.get("max_db_connections", 0))
    if not 0 < most <= pool:
        yield f"max_db_connections is {most or 'not set'}: more than the {pool} that are counted"
    if int(settings.get("max_prepared_statements", 200)) < 1:
        yield "forgets prepared statements, which drivers rely on"


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
    Rule(
        id="pooler-follows-failover",
        layer=RuleLayer.DATABASE,
        demand="PgBouncer finds a failed-over server within half a minute, and drops a dead one.",
        reason="RDS fails over in one or two minutes; the pooler must not add its own.",
        source="RDS user guide, Best practices, DNS TTL; PgBouncer docs, dns_max_ttl",
        remedy="keep the timeouts of `rendering/database/pgbouncer_ini.py`",
        types=(CONFIG_MAP,),
        check=_follows,
    ),
    Rule(
        id="pooler-bounded",
        layer=RuleLayer.DATABASE,
        demand="PgBouncer opens no more connections to a database than a pool and its reserve.",
        reason="`rf check` counts that many; a second user of a name would open as many again.",
        source="PgBouncer docs, max_db_connections, max_prepared_statements",
        remedy="keep max_db_connections of `rendering/database/pgbouncer_ini.py`",
        types=(CONFIG_MAP,),
        check=_bounded,
    ),
)
