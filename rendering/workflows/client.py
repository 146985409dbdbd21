"""How an application reaches Temporal, and what its activities are held to."""

from __future__ import annotations

from rendering.shared.connection_urls import CA_FILE
from rendering.workflows.temporal_names import FRONTEND_ADDRESS, FRONTEND_HOST
from scaleplan.applications.workloads import WORKFLOW_WORKER
from scaleplan.database.connection_chain import WORKFLOW_POOL_MAX
from scaleplan.layers import WorkflowsPlan

CLIENT_CERTIFICATE = {
    "TEMPORAL_TLS_CLIENT_CERT_DATA": "tls.crt",
    "TEMPORAL_TLS_CLIENT_KEY_DATA": "tls.key",
}
"""Variables of Temporal's SDKs and the keys of the Secret that fill them (docs.temporal.io,
"Environment configuration")."""


def workflow_variables(plan: WorkflowsPlan) -> dict[str, str]:
    """Environment variables by name: Temporal's own, then the plan's limits of an activity."""
    return {
        "TEMPORAL_ADDRESS": FRONTEND_ADDRESS,
        "TEMPORAL_NAMESPACE": plan.namespace,
        "TEMPORAL_TLS": "true",
        "TEMPORAL_TLS_SERVER_NAME": FRONTEND_HOST,
        "TEMPORAL_TLS_SERVER_CA_CERT_PATH": CA_FILE,
        "TEMPORAL_TASK_QUEUE": plan.task_queue,
        "WORKFLOW_ACTIVITY_TIMEOUT_SECONDS": str(plan.start_to_close_timeout_seconds),
        "WORKFLOW_ACTIVITY_MAXIMUM_ATTEMPTS": str(plan.maximum_attempts),
    }


SERVICE_ROLE = {"SERVICE_ROLE": WORKFLOW_WORKER}
"""Tells the orchestrator's image to take tasks from Temporal instead of answering requests."""

WORKER_POOLS = {
    "DATABASE_POOL_MAX": str(WORKFLOW_POOL_MAX),
    "DATABASE_REPLICA_POOL_MAX": str(WORKFLOW_POOL_MAX),
}
"""A workflow worker's own, in the place of the API's."""
