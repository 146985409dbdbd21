"""KEDA's view of Temporal's task queue: how many workers its backlog asks for."""

from __future__ import annotations

from typing import Any

from rendering.applications.scaling_triggers import scaled_object
from rendering.workflows.temporal_names import FRONTEND_ADDRESS, FRONTEND_HOST
from scaleplan.applications.workload_settings import WorkloadSettings
from scaleplan.layers import AutoscalingPlan, WorkflowsPlan

AUTHENTICATION_KEYS = {"ca": "ca.crt", "cert": "tls.crt", "key": "tls.key"}
"""Parameters of KEDA's temporal trigger and the keys of the client's Secret (kedacore/keda v2.20.2,
pkg/scalers/temporal_scaler.go)."""


def workflow_scaled_object(
    deployment: str,
    *,
    settings: WorkloadSettings,
    plan: WorkflowsPlan,
    autoscaling: AutoscalingPlan,
    authentication: str,
) -> dict[str, Any]:
    """Spec of the ScaledObject: tasks that wait, as many a pod as the plan gives jobs, and CPU.

    Temporal counts tasks that no worker has taken. Each pod runs several at once, so their number
    needs no part in it: CPU speaks for the running ones.
    """
    spec = scaled_object(deployment, settings, autoscaling)
    spec["triggers"].append(
        {
            "type": "temporal",
            "name": "workflow_tasks",
            "metricType": "AverageValue",
            "metadata": {
                "endpoint": FRONTEND_ADDRESS,
                "namespace": plan.namespace,
                "taskQueue": plan.task_queue,
                "queueTypes": "workflow,activity",
                "targetQueueSize": str(autoscaling.keda.list_length),
                "tlsServerName": FRONTEND_HOST,
            },
            "authenticationRef": {"name": authentication},
        }
    )
    return spec


def workflow_authentication(secret_name: str) -> dict[str, Any]:
    """Spec of the TriggerAuthentication: the client's certificate."""
    return {
        "secretTargetRef": [
            {"parameter": parameter, "name": secret_name, "key": key}
            for parameter, key in AUTHENTICATION_KEYS.items()
        ]
    }
