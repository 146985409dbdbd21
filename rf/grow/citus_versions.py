"""Raising StackGres, PostgreSQL's minor and Citus: in which order, and which steps are none.

The order is the operator's own: after it was raised every cluster gets a security upgrade, and
knows only then the minors that came with it. A minor is set on the cluster and taken by a restart:
of 1.18 SGShardedDbOps has `resharding`, `restart` and `securityUpgrade` alone. Up to 1.17 the
operator's validator refused every change of a cluster whose version it had resolved to another
minor; from 1.18 on that minor comes unasked, with the next restart (StackGres 1.17.4,
PostgresConfigValidator; 1.18.6, DefaultPostgresVersionMutator, SGShardedDbOps.yaml, docs "Upgrade
via Helm" and "Rollout").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rendering.citus.names import CLUSTER, NAMESPACE
from rf.grow.classify import ResourceChange
from rf.grow.upgrade_part import UpgradePart
from rf.kubernetes.helm import RELEASE
from rf.kubernetes.stackgres import SHARDED_CLUSTER
from scaleplan.versions.fitting import OPERATOR

_EXTENSION = re.compile(r"spec\.postgres\.extensions\[citus\]\.version")

ONE_BY_ONE = "one instance after another, a failover of seconds for each group"
"""In place: each instance fills its machine, so that none has room for one more beside it."""


def upgrade_parts(changes: Iterable[ResourceChange], stack: str) -> Iterator[UpgradePart]:
    """The order of what a step raises of Citus; nothing where it raises none of it.

    Each part ends before the next begins; where several came in one revision, the later ones are
    held back by config until their turn.
    """
    raised = _raised(changes)
    operator, minor, extension = (raised.get(key) for key in ("operator", "minor", "extension"))
    if operator:
        yield _operator(operator, minor, stack)
        yield _security_upgrade(operator[1])
    if minor and "." not in minor[0]:
        yield _pinned(minor[1], stack)
    elif minor:
        yield _minor(minor, stack, held=operator is not None)
    if extension and extension[0] is not None:
        yield _extension(extension)


def _raised(changes: Iterable[ResourceChange]) -> Mapping[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for change in changes:
        for each in change.properties:
            path, values = each.change.path, (each.change.old, each.change.new)
            if change.type == RELEASE and change.physical_name == OPERATOR and path == "version":
                found["operator"] = values
            elif change.type == SHARDED_CLUSTER and path == "spec.postgres.version":
                found["minor"] = (str(values[0]), str(values[1]))
            elif change.type == SHARDED_CLUSTER and _EXTENSION.fullmatch(path):
                found["extension"] = values
    return found


def _operator(versions: tuple[Any, Any], minor: tuple[Any, Any] | None, stack: str) -> UpgradePart:
    old, new = versions
    hold = ()
    if minor is not None:
        hold = (_set_minor(stack, minor[0]),)
    return UpgradePart(
        title=f"Citus, first the operator: StackGres {old} -> {new}",
        commands=(
            # Else a cluster is left behind two operators.
            f"kubectl -n {NAMESPACE} wait sgclusters --all --for=condition=PendingUpgrade=false"
            " --timeout=10s",
            *hold,
            f"pulumi up --stack {stack}",
        ),
        verify=(
            "kubectl -n stackgres rollout status deployment/stackgres-operator; the operator raises"
            " its kinds itself, and no server restarts yet",
            f"kubectl -n {NAMESPACE} get sgshardedcluster {CLUSTER}"
            " -o jsonpath='{.spec.postgres.version}': as before",
        ),
    )


def _security_upgrade(operator: Any) -> UpgradePart:
    name = f"security-upgrade-{str(operator).replace('.', '-')}"
    return UpgradePart(
        title="Citus, then the security upgrade: the servers get the new operator's images",
        commands=_operation(name, "securityUpgrade", {"method": "InPlace"}),
        windows=(f"{CLUSTER}: {ONE_BY_ONE}",),
        verify=(
            f"kubectl -n {NAMESPACE} get sgclusters: PendingUpgrade false on each",
            "SELECT * FROM citus_check_cluster_node_health(): true everywhere; SHOW server_version"
            " as before",
        ),
    )


def _pinned(minor: str, stack: str) -> UpgradePart:
    return UpgradePart(
        title="Citus: name the minor that runs already",
        commands=(
            f"kubectl -n {NAMESPACE} get sgshardedcluster {CLUSTER}"
            " -o jsonpath='{.spec.postgres.version}'",
            f"{_set_minor(stack, '<what that says>')}  # where it says another than {minor}",
            f"pulumi up --stack {stack}",
        ),
        verify=("no server restarts: the operator had written that very minor itself",),
    )


def _minor(versions: tuple[Any, Any], stack: str, *, held: bool) -> UpgradePart:
    old, new = versions
    name = f"minor-{str(new).replace('.', '-')}"
    freed = (_set_minor(stack, new),) if held else ()
    return UpgradePart(
        title=f"Citus, last the minor version: PostgreSQL {old} -> {new}",
        commands=(
            *freed,
            f"pulumi up --stack {stack}",
            *_operation(name, "restart", {"method": "InPlace", "onlyPendingRestart": True}),
        ),
        windows=(f"{CLUSTER}: {ONE_BY_ONE}",),
        verify=(
            f"SHOW server_version: {new} on every server",
            "SELECT * FROM citus_check_cluster_node_health(): true everywhere",
        ),
    )


def _extension(versions: tuple[Any, Any]) -> UpgradePart:
    old, new = versions
    return UpgradePart(
        title=f"Citus' own tables: {old} -> {new}",
        commands=(
            *_operation(
                f"citus-{str(new).replace('.', '-')}",
                "restart",
                {"method": "InPlace", "onlyPendingRestart": True},
            ),
            "psql, on every server that is a primary: ALTER EXTENSION citus UPDATE",
            "psql, on the coordinator: CALL citus_finish_citus_upgrade()",
        ),
        windows=(f"{CLUSTER}: {ONE_BY_ONE}; until ALTER EXTENSION ran, Citus refuses its queries",),
        verify=(f"SELECT citus_version(): {new}", "\\dx citus: the same on every server"),
    )


def _set_minor(stack: str, minor: Any) -> str:
    return (
        f"pulumi config set --stack {stack} --path 'researchflow:citus.postgresVersion' '{minor}'"
    )


def _operation(name: str, operation: str, options: Mapping[str, Any]) -> tuple[str, str]:
    """An SGShardedDbOps as a command, and the wait for its end."""
    document = {
        "apiVersion": "stackgres.io/v1",
        "kind": "SGShardedDbOps",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"sgShardedCluster": CLUSTER, "op": operation, operation: dict(options)},
    }
    return (
        f"echo '{json.dumps(document)}' | kubectl create -f -",
        f"kubectl -n {NAMESPACE} wait sgshardeddbops/{name} --for=condition=Completed --timeout=2h",
    )
