"""Rules of those who connect to PostgreSQL: whom they believe, and where their names lead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..shared.objects import containers_of, has_variable, variable
from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    CLUSTER_SECRET,
    CONFIG_MAP,
    CRON_JOB,
    DEPLOYMENT,
    JOB,
    SCALED_OBJECT,
    STATEFUL_SET,
)
from ..shared.values import at, ini, is_true, leaves, listed

INI = "data[pgbouncer.ini]"
POOLER = "pgbouncer."
"""How the pooler's name begins, in its namespace and outside."""

_IN_CLUSTER = (".svc", ".cluster.local")
_SSL_MODE = re.compile(r"\bsslmode=([a-z-]+)")
_LOOPBACK = re.compile(r"@(127\.0\.0\.1|localhost|\[::1\])[:/]")
_BLIND = re.compile(r"skip-(tls|ssl)-verif|insecure-skip-verify|NODE_TLS_REJECT_UNAUTHORIZED")


def _verifies(resource: Resource, stack: StackResources) -> Iterator[str]:
    for path, value in leaves(resource.inputs):
        if not isinstance(value, str) or _LOOPBACK.search(value):
            continue
        weak = [mode for mode in _SSL_MODE.findall(value) if mode != "verify-full"]
        if weak:
            yield f"{path} asks for sslmode {weak[0]}: any server in the way is believed"
        if _BLIND.search(value):
            yield f"{path} skips the server's certificate"
    for container in containers_of(resource):
        mode = variable(container, "PGSSLMODE")
        if has_variable(container, "PGSSLMODE") and mode != "verify-full":
            yield f"{at(container, 'name')} has PGSSLMODE {mode or 'by reference'}"
    for trigger in listed(resource.inputs, "spec.triggers"):
        if is_true(trigger, "metadata.unsafeSsl"):
            yield f"trigger {at(trigger, 'name', at(trigger, 'type'))} skips the certificate"


def _urls(secret: Resource) -> Iterator[tuple[str, SplitResult]]:
    for key, value in at(secret.inputs, "stringData", {}).items():
        if isinstance(value, str) and value.startswith("postgresql://"):
            yield key, urlsplit(value)


def _served(stack: StackResources) -> Mapping[str, str]:
    """What PgBouncer has behind each name; empty where there is none."""
    for each in stack.of_type(CONFIG_MAP):
        text = at(each.inputs, INI)
        if text is not None:
            return ini(text.partition("[pgbouncer]")[0])
    return {}


def _users(stack: StackResources) -> str:
    lists = (at(each.inputs, "stringData[userlist.txt]") for each in stack.of_type(CLUSTER_SECRET))
    return next((text for text in lists if text), "")


def _urls_served(resource: Resource, stack: StackResources) -> Iterator[str]:
    served, users = _served(stack), _users(stack)
    for key, url in _urls(resource):
        if not (url.hostname or "").startswith(POOLER):
            continue
        if url.path.lstrip("/") not in served:
            yield f"{key} names database {url.path.lstrip('/')}, which PgBouncer doesn't serve"
        if f'"{url.username}" ' not in users:
            yield f"{key} logs in as {url.username}, whom PgBouncer doesn't know"


def _host_behind(url: SplitResult, served: Mapping[str, Any]) -> str:
    """The server that a URL leads to in the end."""
    host = url.hostname or ""
    if not host.startswith(POOLER):
        return host
    line = served.get(url.path.lstrip("/"), "")
    found = re.search(r"\bhost=(\S+)", line)
    return found[1] if found else ""


def _system_on_rds(resource: Resource, stack: StackResources) -> Iterator[str]:
    for key, url in _urls(resource):
        host = _host_behind(url, _served(stack))
        if key == "system-url" and host.endswith(_IN_CLUSTER):
            yield "has a system-url that leads to Citus, where the system's tables aren't"


RULES = (
    Rule(
        id="clients-verify-servers",
        layer=RuleLayer.DATABASE,
        demand="Who connects to a store verifies its certificate, of PostgreSQL the name too.",
        reason="TLS towards whoever answers hands the password to whoever stands in the way.",
        source="PostgreSQL docs, 34.19.3, sslmode; RDS user guide, Using SSL with PostgreSQL",
        remedy="say sslmode=verify-full, as `rendering/shared/connection_urls.py` does",
        types=(CLUSTER_SECRET, CONFIG_MAP, CRON_JOB, DEPLOYMENT, JOB, SCALED_OBJECT, STATEFUL_SET),
        check=_verifies,
    ),
    Rule(
        id="database-urls-served",
        layer=RuleLayer.DATABASE,
        demand="Applications are told of databases and users that PgBouncer has.",
        reason="Every pod starts, and every request fails.",
        source="PgBouncer docs, Section [databases], and Authentication file format",
        remedy="take names from `rendering/database/pgbouncer_ini.py`",
        types=(CLUSTER_SECRET,),
        check=_urls_served,
        whole_stack=True,
    ),
    Rule(
        id="system-database-on-rds",
        layer=RuleLayer.DATABASE,
        demand="The system's own database stays on RDS, also where Citus serves the tenants'.",
        reason="On Citus its tables are missing or empty: logins and settings of all are gone.",
        source="docs/sharding.md; scale plan, Phase 3",
        remedy="keep `system` in `rendering/database/pgbouncer_ini.py` with the primary",
        types=(CLUSTER_SECRET,),
        check=_system_on_rds,
        whole_stack=True,
    ),
)
