"""The configurations of the whole program that tests look at: each is recorded once, by its name.

A recording takes seconds. A test that needs another choice looks first for a row that makes it, or
that can make it too; only where none can does the table get a row. Other recordings are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from rf.shared.stacks import ANY_CAPACITY

ACTIVE = ("disasterRecovery.phase=active",)
"""A recovery site that has taken over."""

OPEN = ("disasterRecovery.phase=open",)
"""A recovery site that users are led to."""

FILLING_CITUS = ("sharding.stage=parallel",)
"""prod itself is at `serving`, whatever its size."""

HPA = ("scaling.worker=hpa", "scaling.behavior=prompt")
"""The plan's own scaler of workers, which adds them promptly."""

RABBITMQ = ("queue.engine=rabbitmq",)

ADOPTING = ("audit.guardDutyAdopted=true", "disasterRecovery.imageRulesAdopted=true")
"""In an account that has a detector and rules of replication from elsewhere."""

_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache"
COPIED_IMAGES = (
    "pullThroughCache.enabled=true",
    f"pullThroughCache.dockerHubCredential={_SECRET}/hub-a1b2c3",
    f"pullThroughCache.githubCredential={_SECRET}/github-a1b2c3",
)
"""Others' images by way of the account's own registry."""

# With jobs of every library and Temporal's pages, which no other row need be recorded for.
BEFORE_CITUS = (
    "sharding.stage=off",
    "queue.clients=[bullmq,bull,rq]",
    "workflows.web=true",
    *ADOPTING,
)

LONGER_JOBS = ("load.assumptions.jobSeconds=170",)
NEWER_KUBERNETES_AT_RISK = ("kubernetesVersion=1.36", "allowCapacityRisk=[queue]", *LONGER_JOBS)
"""With a risk that is accepted by its name."""

CARELESS = (
    "network.natGateways=1",
    "database.readReplicas=1",
    "database.multiAz=false",
    "database.backupRetentionDays=7",
    "cache.replicasPerShard=0",
    "queue.nodes=1",
    "observability.prometheusReplicas=1",
    "edge.logRetentionDays=7",
    "edge.wafMode=count",
    "orchestrator.minReplicas=1",
    "web={minReplicas: 1, maxReplicas: 1}",
)
"""Saves where it is dangerous: the settings take it, the load fits, and the policy speaks."""


@dataclass(frozen=True)
class Configuration:
    """A stack as its file says, or with another size, with overrides, or with unknown outputs."""

    stack: str
    size: str | None = None
    overrides: tuple[str, ...] = ()
    unknowns: bool = False


CONFIGURATIONS = {
    # Every stack that has a file, as that says.
    "prod": Configuration("prod"),
    "prod-us-west": Configuration("prod-us-west"),
    "prod-eu": Configuration("prod-eu"),
    "prod-dr": Configuration("prod-dr"),
    "staging": Configuration("staging"),
    "dev": Configuration("dev"),
    # A recovery site that serves.
    "active site": Configuration("prod-dr", overrides=ACTIVE),
    "open site": Configuration("prod-dr", overrides=OPEN),
    # The plan's other sizes, and each as a first real preview sees it.
    "medium": Configuration("prod", "medium"),
    "small": Configuration("prod", "small"),
    "unknown": Configuration("prod", unknowns=True),
    "medium, unknown": Configuration("prod", "medium", unknowns=True),
    "small, unknown": Configuration("prod", "small", unknowns=True),
    # The way to Citus.
    "filling Citus": Configuration("prod", overrides=FILLING_CITUS),
    "before Citus": Configuration("prod", overrides=BEFORE_CITUS),
    "medium, before Citus": Configuration("prod", "medium", BEFORE_CITUS),
    "small, before Citus": Configuration("prod", "small", BEFORE_CITUS),
    # What else may be chosen.
    "RabbitMQ": Configuration("prod", overrides=RABBITMQ),
    "RabbitMQ, unknown": Configuration("prod", overrides=RABBITMQ, unknowns=True),
    "HPA": Configuration("staging", overrides=HPA),
    "HPA, unknown": Configuration("staging", overrides=HPA, unknowns=True),
    "copied images": Configuration("prod", overrides=COPIED_IMAGES),
    "careless": Configuration("staging", overrides=CARELESS),
    "newer Kubernetes, accepted risk": Configuration("dev", overrides=NEWER_KUBERNETES_AT_RISK),
}
"""What the default suite records before all else, the longest recordings first."""

OF_THE_ENGINE = {
    **{
        f"{stack}, unknown": Configuration(stack, unknowns=True)
        for stack in ("prod-us-west", "prod-eu", "prod-dr", "staging", "dev")
    },
    **{
        f"staging, {size}, compared": Configuration("staging", size, (ANY_CAPACITY,))
        for size in ("small", "medium", "large")
    },
    "dev, medium": Configuration("dev", size="medium"),
}
"""What only the tests with Pulumi's engine look at beside: recorded when they ask for it."""
