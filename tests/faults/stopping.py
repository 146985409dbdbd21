"""Faults of how pods stop, what they name, and the room that they have."""

from __future__ import annotations

from policy.rules.shared import tokens
from tests.faults.change import put, remove, text
from tests.faults.fault import Fault, breaks

API = f"{tokens.DEPLOYMENT}::orchestrator-workload-pods"
WORKER = f"{tokens.DEPLOYMENT}::worker-workload-pods"
POOLER = f"{tokens.DEPLOYMENT}::pgbouncer-deployment"
WORKFLOWS = f"{tokens.DEPLOYMENT}::temporal-worker-workload-pods"
CONFIG = f"{tokens.CONFIG_MAP}::connections-config"
BALANCER = f"{tokens.LOAD_BALANCER}::ingress-balancer"
GROUP = f"{tokens.TARGET_GROUP}::ingress-orchestrator"
POD = "spec.template.spec"
CONTAINER = f"{POD}.containers[0]"

FAULTS: tuple[Fault, ...] = (
    breaks(
        "pods-drain-in-time",
        "the worker is killed in the middle of its job",
        WORKER,
        put(f"{POD}.terminationGracePeriodSeconds", 60),
    ),
    breaks(
        "pods-drain-in-time",
        "the API drains for longer than it is given",
        API,
        put(f"{CONTAINER}.env[1].value", "120"),
    ),
    breaks(
        "pods-drain-in-time",
        "PgBouncer is killed in the middle of transactions",
        POOLER,
        remove(f"{POD}.terminationGracePeriodSeconds"),
    ),
    breaks(
        "pods-drain-in-time",
        "jobs may last longer than a worker has to stop",
        CONFIG,
        put("data.JOB_TIMEOUT_SECONDS", "900"),
    ),
    breaks(
        "pods-drain-in-time",
        "a workflow's activity is cut off",
        WORKFLOWS,
        put(f"{POD}.terminationGracePeriodSeconds", 300),
    ),
    breaks(
        "pods-waited-for",
        "Pulumi gives a workflow's worker up that ends its activity",
        WORKFLOWS,
        remove("metadata.annotations"),
    ),
    breaks(
        "pods-waited-for",
        "Pulumi gives a rollout up in which one worker after another starts",
        WORKER,
        put("metadata.annotations", {"pulumi.com/timeoutSeconds": "630"}),
    ),
    breaks(
        "balancer-drains-in-time",
        "the balancer lets requests run into the kill",
        GROUP,
        put("deregistrationDelay", 300),
    ),
    breaks(
        "balancer-drains-in-time",
        "the API stops before it is out of traffic",
        API,
        remove(f"{CONTAINER}.lifecycle"),
    ),
    breaks(
        "balancer-asks-readiness",
        "the balancer takes alive for ready",
        GROUP,
        put("healthCheck.path", "/health/live"),
    ),
    breaks(
        "balancer-closes-first",
        "the API closes connections that the balancer uses",
        API,
        put(f"{CONTAINER}.env[3].value", "65"),
    ),
    breaks(
        "liveness-not-readiness",
        "a lost database restarts the API",
        API,
        put(f"{CONTAINER}.livenessProbe.httpGet.path", "/health/ready"),
    ),
    breaks(
        "pods-find-what-they-read",
        "the API reads a key that isn't there",
        API,
        put(f"{CONTAINER}.env[4].valueFrom.secretKeyRef.key", "database-url"),
    ),
    breaks(
        "pods-find-what-they-read",
        "PgBouncer's users are gone",
        f"{tokens.CLUSTER_SECRET}::pgbouncer-users",
        drop=True,
        also=("database-urls-served",),
    ),
    breaks(
        "pods-roll-with-config",
        "a new password reaches no pod",
        API,
        remove("spec.template.metadata.annotations"),
    ),
    breaks(
        "services-find-pods",
        "the API's Service finds no pods",
        f"{tokens.SERVICE}::orchestrator-workload-service",
        put("spec.selector", {"app": "api"}),
    ),
    breaks(
        "services-find-pods",
        "requests go to a port that isn't open",
        f"{tokens.TARGET_BINDING}::orchestrator-targets",
        put("spec.serviceRef.port", 3000),
    ),
    breaks(
        "account-of-its-own",
        "the frontend has the API's rights",
        f"{tokens.DEPLOYMENT}::web-workload-pods",
        put(f"{POD}.serviceAccountName", "orchestrator"),
    ),
    breaks(
        "pods-prioritized",
        "PgBouncer's priority is unknown",
        POOLER,
        put(f"{POD}.priorityClassName", "pooling"),
    ),
    breaks(
        "quota-holds-rollout",
        "the quota stops a rollout",
        f"{tokens.RESOURCE_QUOTA}::platform-capacity-quota",
        put("spec.hard[requests.memory]", "64Gi"),
    ),
    breaks("applications-survive-machine", "one PgBouncer", POOLER, put("spec.replicas", 1)),
    breaks(
        "requests-within-limits",
        "the API requests more than it may use",
        API,
        put(f"{CONTAINER}.resources.requests.memory", "8Gi"),
        also=("quota-holds-rollout",),
    ),
    breaks(
        "answers-not-shared",
        "proxies keep patients' answers",
        CONFIG,
        text("data.CACHE_CONTROL_AUTHENTICATED", "private", "public"),
    ),
)
