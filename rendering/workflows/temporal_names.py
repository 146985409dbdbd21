"""Names that Temporal's chart gives its objects, and where its parts listen.

Source: temporalio/helm-charts temporal-1.6.0, templates/_helpers.tpl and values.yaml. The release
is named after the chart, so its objects begin with that name alone.
"""

from __future__ import annotations

RELEASE = "temporal"
NAMESPACE = "temporal"

FRONTEND_PORT = 7233
METRICS_PORT = 9090
GRPC_PORTS = {"frontend": FRONTEND_PORT, "history": 7234, "matching": 7235}
MEMBERSHIP_PORTS = {"frontend": 6933, "history": 6934, "matching": 6935, "worker": 6939}

FRONTEND = f"{RELEASE}-frontend"
FRONTEND_HOST = f"{FRONTEND}.{NAMESPACE}.svc.cluster.local"
FRONTEND_ADDRESS = f"{FRONTEND_HOST}:{FRONTEND_PORT}"
"""Where clients and workers in other namespaces reach it."""

FRONTEND_NAMES = (FRONTEND, f"{FRONTEND}.{NAMESPACE}", f"{FRONTEND}.{NAMESPACE}.svc", FRONTEND_HOST)
"""Every name that the chart's own parts use for it, all in its certificate."""

INTERNODE_NAME = "temporal-internode"
"""What the servers' certificate proves among themselves, who meet by address."""

SERVICE_ACCOUNT = "temporal"
DATABASE_SECRET = "temporal-database"  # noqa: S105 - the object's name
TLS_SECRET = "temporal-tls"  # noqa: S105
CLIENT_SECRET = "temporal-client"  # noqa: S105
RDS_CONFIG_MAP = "rds-authority"


def role_labels(component: str) -> dict[str, str]:
    """Labels of a part's pods, which its Service selects by."""
    return {
        "app.kubernetes.io/name": RELEASE,
        "app.kubernetes.io/instance": RELEASE,
        "app.kubernetes.io/component": component,
    }
