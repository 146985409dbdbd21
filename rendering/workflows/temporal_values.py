"""Values of Temporal's chart: four server roles on two databases, TLS on both ends of everything.

Every key is listed in `rendering.workflows.temporal_keys`, with where it was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rendering.database.rds_authority import RDS_CA_DIRECTORY, RDS_CA_FILE
from rendering.database.roles import WORKFLOW_DATABASES, WORKFLOW_ROLE
from rendering.shared.quantities import cpu, memory
from rendering.workflows import temporal_names as names
from scaleplan.applications.pod_resources import CPU_BURST_FACTOR
from scaleplan.layers import WorkflowsPlan
from scaleplan.workflows.workflows import WEB_PAGES, TemporalRoleSettings, WorkflowsSettings

USER_ID = 1000
"""`temporal` in all three images (temporalio/temporal v1.31.2, docker/targets)."""

TLS_DIRECTORY = "/etc/researchflow/temporal"
CA_FILE, CERTIFICATE_FILE, KEY_FILE = (
    f"{TLS_DIRECTORY}/{name}" for name in ("ca.crt", "tls.crt", "tls.key")
)

CREDENTIALS_ANNOTATION = "researchflow.io/credentials-versions"

SCHEMA_ATTEMPTS = 6
SCHEMA_DEADLINE_SECONDS = 540
"""Within the release's ten minutes, so that Helm tells of the Job and not of its own patience."""

CERTIFICATE_REFRESH = "1h"
"""A renewed certificate is read without a restart."""


@dataclass(frozen=True, kw_only=True)
class TemporalDeployment:
    """What the values depend on. `database_address` (host:port) and `credentials_version` may be
    known only to the deployment."""

    settings: WorkflowsSettings
    plan: WorkflowsPlan
    database_address: Any
    credentials_version: Any
    node_selector: Mapping[str, str]


def temporal_values(site: TemporalDeployment) -> dict[str, Any]:
    """All values that are given; the chart keeps its own for the rest."""
    settings = site.settings
    return {
        "serviceAccount": {"create": False, "name": names.SERVICE_ACCOUNT},
        # Both are for images before 1.30.
        "shims": {"dockerize": False, "elasticsearchTool": False},
        "server": {
            "config": _config(site),
            # No question to temporal.io from inside.
            "versionCheckDisabled": True,
            "metrics": {
                "annotations": {"enabled": False},
                "serviceMonitor": {"enabled": False},
            },
            "podAnnotations": {CREDENTIALS_ANNOTATION: site.credentials_version},
            "securityContext": _pod_security(),
            "nodeSelector": dict(site.node_selector),
            "deploymentStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
            },
            "additionalVolumes": _volumes(),
            "additionalVolumeMounts": _mounts(),
            **{name: _role(name, role) for name, role in settings.roles.items()},
        },
        # Its image and mounts serve the Jobs of schema and namespace; no pod of its own stays.
        "admintools": {
            "enabled": False,
            "nodeSelector": dict(site.node_selector),
            "additionalEnv": client_variables(),
            "additionalVolumes": _volumes(),
            "additionalVolumeMounts": _mounts(),
        },
        "schema": {
            # Before the servers, at each installation and upgrade: helm.v3.Release runs hooks.
            "useHelmHooks": True,
            "backoffLimit": SCHEMA_ATTEMPTS,
            "activeDeadlineSeconds": SCHEMA_DEADLINE_SECONDS,
            "securityContext": _pod_security(),
            "containerSecurityContext": _container_security(),
            "resources": _resources(cpu_millicores=50, memory_mib=128),
        },
        "web": _web(site) if settings.web else {"enabled": False},
    }


def client_variables() -> list[dict[str, str]]:
    """What Temporal's command line and web pages read of TLS, with the mounted certificate.

    docs.temporal.io, "Environment configuration" and "Web UI environment variables"; the shorter
    names are those of the web pages and of command lines before 1.5.
    """
    certificate = {"CA": CA_FILE, "CERT": CERTIFICATE_FILE, "KEY": KEY_FILE}
    values = {
        "TEMPORAL_TLS": "true",
        "TEMPORAL_TLS_SERVER_CA_CERT_PATH": CA_FILE,
        "TEMPORAL_TLS_CLIENT_CERT_PATH": CERTIFICATE_FILE,
        "TEMPORAL_TLS_CLIENT_KEY_PATH": KEY_FILE,
        "TEMPORAL_TLS_SERVER_NAME": names.FRONTEND_HOST,
        "TEMPORAL_TLS_ENABLE_HOST_VERIFICATION": "true",
        **{f"TEMPORAL_TLS_{name}": path for name, path in certificate.items()},
    }
    return [{"name": name, "value": value} for name, value in values.items()]


def _config(site: TemporalDeployment) -> dict[str, Any]:
    stores = dict(zip(("default", "visibility"), WORKFLOW_DATABASES, strict=True))
    return {
        "logLevel": "info",
        "logFormat": "json",
        "persistence": {
            "defaultStore": "default",
            "visibilityStore": "visibility",
            "numHistoryShards": site.plan.history_shards,
            "datastores": {store: _store(site, name) for store, name in stores.items()},
        },
        "tls": _tls(),
        "metrics": {
            "prometheus": {
                "timerType": "histogram",
                "listenAddress": f"0.0.0.0:{names.METRICS_PORT}",
            }
        },
        "namespaces": {
            "create": True,
            "namespace": [
                {
                    "name": site.plan.namespace,
                    "retention": f"{site.settings.retention_days}d",
                }
            ],
        },
    }


def _store(site: TemporalDeployment, database: str) -> dict[str, Any]:
    connections = site.settings.connections_per_store
    return {
        "sql": {
            # The bootstrap makes it: the role may create none.
            "createDatabase": False,
            "manageSchema": True,
            # Not lib/pq's, which fails on types that pgx reads (temporalio/temporal#4184).
            "pluginName": "postgres12_pgx",
            "driverName": "postgres12_pgx",
            "databaseName": database,
            "connectAddr": site.database_address,
            "connectProtocol": "tcp",
            "user": WORKFLOW_ROLE.name,
            "existingSecret": names.DATABASE_SECRET,
            "secretKey": "password",
            "maxConns": connections,
            "maxIdleConns": connections,
            "maxConnLifetime": "1h",
            "tls": {"enabled": True, "caFile": RDS_CA_FILE, "enableHostVerification": True},
        }
    }


def _tls() -> dict[str, Any]:
    """Certificates on both ends: a client without one of the in-program authority is refused."""
    server = {
        "certFile": CERTIFICATE_FILE,
        "keyFile": KEY_FILE,
        "requireClientAuth": True,
        "clientCaFiles": [CA_FILE],
    }
    frontend = {"serverName": names.FRONTEND_HOST, "rootCaFiles": [CA_FILE]}
    internode = {"serverName": names.INTERNODE_NAME, "rootCaFiles": [CA_FILE]}
    return {
        "refreshInterval": CERTIFICATE_REFRESH,
        "internode": {"server": server, "client": internode},
        "frontend": {"server": server, "client": frontend},
        "systemWorker": {
            "certFile": CERTIFICATE_FILE,
            "keyFile": KEY_FILE,
            "client": frontend,
        },
    }


def _role(name: str, role: TemporalRoleSettings) -> dict[str, Any]:
    return {
        "replicaCount": role.replicas,
        "resources": _resources(cpu_millicores=role.cpu_millicores, memory_mib=role.memory_mib),
        "containerSecurityContext": _container_security(),
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": names.role_labels(name)},
                "matchLabelKeys": ["pod-template-hash"],
            }
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
        # One may always go where there are two, and one that isn't ready always.
        "podDisruptionBudget": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        }
        if role.replicas > 1
        else {},
    }


def _web(site: TemporalDeployment) -> dict[str, Any]:
    return {
        "enabled": True,
        "replicaCount": WEB_PAGES.replicas,
        "nodeSelector": dict(site.node_selector),
        "additionalEnv": [
            *client_variables(),
            {"name": "TEMPORAL_DEFAULT_NAMESPACE", "value": site.plan.namespace},
        ],
        "additionalVolumes": [_tls_volume()],
        "additionalVolumeMounts": [_tls_mount()],
        "resources": _resources(
            cpu_millicores=WEB_PAGES.cpu_millicores, memory_mib=WEB_PAGES.memory_mib
        ),
        "securityContext": _pod_security(),
        # It writes its config at its start.
        "containerSecurityContext": {**_container_security(), "readOnlyRootFilesystem": False},
    }


def _resources(*, cpu_millicores: int, memory_mib: int) -> dict[str, dict[str, str]]:
    return {
        "requests": {"cpu": cpu(cpu_millicores), "memory": memory(memory_mib)},
        "limits": {"cpu": cpu(cpu_millicores * CPU_BURST_FACTOR), "memory": memory(memory_mib)},
    }


def _pod_security() -> dict[str, Any]:
    return {
        "runAsNonRoot": True,
        "runAsUser": USER_ID,
        "runAsGroup": USER_ID,
        "fsGroup": USER_ID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _container_security() -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def _tls_volume() -> dict[str, Any]:
    return {"name": "tls", "secret": {"secretName": names.TLS_SECRET}}


def _tls_mount() -> dict[str, Any]:
    return {"name": "tls", "mountPath": TLS_DIRECTORY, "readOnly": True}


def _volumes() -> list[dict[str, Any]]:
    authority = {"name": "rds", "configMap": {"name": names.RDS_CONFIG_MAP}}
    return [_tls_volume(), authority]


def _mounts() -> list[dict[str, Any]]:
    return [_tls_mount(), {"name": "rds", "mountPath": RDS_CA_DIRECTORY, "readOnly": True}]
