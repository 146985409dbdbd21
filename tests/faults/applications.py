"""Faults of pods, their images, and of what scales them."""

from __future__ import annotations

from typing import Any

from policy.rules.shared import tokens
from tests.faults.change import Change, put, remove, text
from tests.faults.fault import Fault, breaks

API = f"{tokens.DEPLOYMENT}::orchestrator-workload-pods"
WORKER = f"{tokens.DEPLOYMENT}::worker-workload-pods"
MIGRATION = f"{tokens.JOB}::database-migration-job"
DISTRIBUTION = f"{tokens.CRON_JOB}::citus-distribution"
POD = "spec.template.spec"
CONTAINER = f"{POD}.containers[0]"
SCALED = f"{tokens.SCALED_OBJECT}::worker-scaling"
SOCKETS = f"{tokens.AUTOSCALER}::collaboration-autoscaler"
HPA = f"{tokens.AUTOSCALER}::orchestrator-autoscaler"


def second_autoscaler(inputs: dict[str, Any]) -> None:
    """Point an autoscaler at the API, which has one."""
    inputs["spec"]["scaleTargetRef"]["name"] = "orchestrator"


def trigger(**metadata: str) -> Change:
    """Set metadata of the first trigger that logs in."""

    def change(inputs: dict[str, Any]) -> None:
        redis_trigger = next(each for each in inputs["spec"]["triggers"] if each["type"] == "redis")
        redis_trigger["metadata"].update(metadata)

    return change


def no_login(inputs: dict[str, Any]) -> None:
    """Let the first trigger that logs in do so without TriggerAuthentication."""
    redis_trigger = next(each for each in inputs["spec"]["triggers"] if each["type"] == "redis")
    del redis_trigger["authenticationRef"]


FAULTS: tuple[Fault, ...] = (
    breaks(
        "images-immutable",
        "a tag can be moved",
        "aws:ecr/repository:Repository::registry-worker",
        put("imageTagMutability", "MUTABLE"),
    ),
    breaks(
        "images-immutable",
        "images are not scanned",
        "aws:ecr/repository:Repository::registry-worker",
        put("imageScanningConfiguration.scanOnPush", False),
    ),
    breaks(
        "urls-say-tls",
        "a queue's URL without TLS",
        "kubernetes:core/v1:Secret::connections-orchestrator",
        put("stringData.QUEUE_URL", "redis://queue:6379/0"),
    ),
    breaks(
        "pods-unprivileged",
        "the API is privileged",
        API,
        put(f"{CONTAINER}.securityContext.privileged", True),
    ),
    breaks(
        "pods-unprivileged",
        "the worker is on the machine's network",
        WORKER,
        put(f"{POD}.hostNetwork", True),
    ),
    breaks(
        "pods-unprivileged",
        "the worker mounts the machine",
        WORKER,
        put(f"{POD}.volumes", [{"name": "host", "hostPath": {"path": "/"}}]),
    ),
    breaks(
        "pods-unprivileged",
        "the API keeps its capabilities",
        API,
        remove(f"{CONTAINER}.securityContext.capabilities"),
    ),
    breaks(
        "pods-non-root",
        "the worker runs as root",
        WORKER,
        put(f"{POD}.securityContext.runAsNonRoot", False),
    ),
    breaks(
        "pods-non-root",
        "the API without a seccomp profile",
        API,
        remove(f"{POD}.securityContext.seccompProfile"),
    ),
    breaks(
        "pods-read-only",
        "the API may change its own code",
        API,
        put(f"{CONTAINER}.securityContext.readOnlyRootFilesystem", False),
    ),
    breaks(
        "pods-limited",
        "the worker without a memory limit",
        WORKER,
        remove(f"{CONTAINER}.resources.limits.memory"),
    ),
    breaks(
        "pods-limited", "the API without requests", API, remove(f"{CONTAINER}.resources.requests")
    ),
    breaks(
        "pods-probed",
        "the API is never asked whether it is ready",
        API,
        remove(f"{CONTAINER}.readinessProbe"),
    ),
    breaks("pods-probed", "a hung worker stays", WORKER, remove(f"{CONTAINER}.livenessProbe")),
    breaks("image-not-latest", "the API runs latest", API, put(f"{CONTAINER}.image", "api:latest")),
    breaks(
        "image-not-latest",
        "the migration runs an image without a tag",
        MIGRATION,
        put(f"{CONTAINER}.image", "registry.example.com:5000/orchestrator"),
    ),
    breaks(
        "no-api-token",
        "the API gets a token of the cluster",
        API,
        put(f"{POD}.automountServiceAccountToken", True),
    ),
    breaks(
        "jobs-end-and-are-kept",
        "a migration without a deadline",
        MIGRATION,
        remove("spec.activeDeadlineSeconds"),
    ),
    breaks(
        "jobs-end-and-are-kept",
        "a migration that deletes itself",
        MIGRATION,
        put("spec.ttlSecondsAfterFinished", 60),
    ),
    breaks(
        "jobs-end-and-are-kept",
        "the distribution runs twice at once",
        DISTRIBUTION,
        put("spec.concurrencyPolicy", "Allow"),
    ),
    breaks(
        "jobs-end-and-are-kept",
        "failed distributions leave nothing",
        DISTRIBUTION,
        put("spec.failedJobsHistoryLimit", 0),
    ),
    breaks(
        "no-readable-secret",
        "a password in a ConfigMap",
        f"{tokens.CONFIG_MAP}::connections-config",
        put("data.DATABASE_URL", "postgresql://ros:hunter22@db:5432/ros"),
    ),
    breaks(
        "no-readable-secret",
        "a password among a pod's variables",
        API,
        put(f"{CONTAINER}.env[0]", {"name": "P", "value": "password=correcthorse"}),
    ),
    breaks(
        "pods-spread",
        "the API may stand in one zone",
        API,
        remove(f"{POD}.topologySpreadConstraints"),
    ),
    breaks(
        "rollout-keeps-capacity",
        "a rollout stops the API",
        API,
        put("spec.strategy", {"type": "Recreate"}),
    ),
    breaks(
        "pods-in-a-namespace",
        "the worker in the namespace default",
        WORKER,
        remove("metadata.namespace"),
        also=("autoscaler-finds-pods", "pods-have-flows"),
    ),
    breaks("no-replicas-under-autoscaler", "replicas under KEDA", WORKER, put("spec.replicas", 10)),
    breaks("no-replicas-under-autoscaler", "replicas under an HPA", API, put("spec.replicas", 5)),
    breaks(
        "one-autoscaler",
        "two autoscalers of the API",
        f"{tokens.AUTOSCALER}::web-autoscaler",
        second_autoscaler,
    ),
    breaks("autoscaler-bounded", "the API may shrink to one pod", HPA, put("spec.minReplicas", 1)),
    breaks(
        "autoscaler-bounded",
        "a thousand workers",
        SCALED,
        put("spec.maxReplicaCount", 1000),
        also=("pods-waited-for", "quota-holds-rollout"),
    ),
    breaks(
        "autoscaler-calm",
        "workers go at once",
        SCALED,
        put(
            "spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown"
            ".stabilizationWindowSeconds",
            0,
        ),
    ),
    breaks("autoscaler-login", "KEDA without a TriggerAuthentication", SCALED, no_login),
    breaks(
        "autoscaler-login",
        "the queue's password in the trigger",
        SCALED,
        trigger(password="correcthorse"),
    ),
    breaks(
        "autoscaler-login",
        "KEDA without TLS, as the plan writes it",
        SCALED,
        trigger(enableTLS="false"),
    ),
    breaks(
        "autoscaler-login",
        "the TriggerAuthentication is gone",
        f"{tokens.TRIGGER_AUTHENTICATION}::worker-queue-login",
        drop=True,
    ),
    breaks(
        "autoscaler-fallback",
        "workers shrink when the queue is silent",
        SCALED,
        remove("spec.fallback"),
    ),
    breaks(
        "disruption-budget",
        "the API's disruption budget is gone",
        f"{tokens.DISRUPTION_BUDGET}::orchestrator-workload-budget",
        drop=True,
    ),
    breaks(
        "budget-lets-go",
        "no machine of the API can be drained",
        f"{tokens.DISRUPTION_BUDGET}::orchestrator-workload-budget",
        put("spec.maxUnavailable", 0),
    ),
    breaks(
        "autoscaler-fallback",
        "busy workers go when the queue is silent",
        SCALED,
        put("spec.fallback.behavior", "static"),
    ),
    breaks(
        "autoscaler-fallback",
        "fewer workers than the minimum when the queue is silent",
        SCALED,
        put("spec.fallback.replicas", 1),
    ),
    breaks(
        "autoscaler-fallback",
        "the queue may be silent for an hour",
        SCALED,
        put("spec.fallback.failureThreshold", 240),
    ),
    breaks(
        "autoscaler-counts-all",
        "the longest queue stands for all",
        SCALED,
        remove("spec.advanced.scalingModifiers"),
    ),
    breaks(
        "autoscaler-counts-all",
        "running jobs aren't counted",
        SCALED,
        put("spec.advanced.scalingModifiers.formula", "float((analysis_wait) / 10)"),
    ),
    breaks(
        "autoscaler-may-read",
        "Redis refuses KEDA a queue",
        f"{tokens.REDIS_USER}::queue-foundation-keda",
        text("accessString", "~bull:analysis:wait ", ""),
    ),
    breaks(
        "autoscaler-finds-pods",
        "workers are renamed and scaled by nobody",
        SCALED,
        put("spec.scaleTargetRef.name", "workers"),
    ),
    breaks(
        "autoscaler-calm",
        "the API shrinks by all pods at once",
        HPA,
        remove("spec.behavior.scaleDown.policies"),
    ),
    breaks(
        "sockets-leave-slowly",
        "pods with sockets go two a minute",
        SOCKETS,
        put(
            "spec.behavior.scaleDown.policies[0]", {"type": "Pods", "value": 2, "periodSeconds": 60}
        ),
    ),
    breaks(
        "budget-lets-go",
        "a drain takes half of the API",
        f"{tokens.DISRUPTION_BUDGET}::orchestrator-workload-budget",
        put("spec.maxUnavailable", "50%"),
    ),
    breaks(
        "budget-lets-go",
        "a broken pod keeps its machine",
        f"{tokens.DISRUPTION_BUDGET}::worker-workload-budget",
        remove("spec.unhealthyPodEvictionPolicy"),
    ),
    breaks(
        "pods-spread",
        "the API spreads other pods than its own",
        API,
        put(f"{POD}.topologySpreadConstraints[0].labelSelector.matchLabels", {"app": "api"}),
    ),
    breaks(
        "no-api-token",
        "the worker's account hands out tokens of the cluster",
        f"{tokens.SERVICE_ACCOUNT}::worker-workload-account",
        put("automountServiceAccountToken", True),
    ),
)
