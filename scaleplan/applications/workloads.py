"""Every Deployment of the applications and of Temporal: one list, from which all else follows.

Pods and nodes, the quota, the bill, the chain of connections, repositories and alerts ask here
which there are. What charts and add-ons run besides is in `scaleplan.cluster.controllers`.
"""

from __future__ import annotations

from dataclasses import dataclass

from scaleplan.applications.workload_settings import WorkloadSettings
from scaleplan.sizes import SizeProfile
from scaleplan.workflows.workflows import WEB_PAGES, TemporalRoleSettings

APPLICATIONS_POOL = "applications"
WORKERS_POOL = "workers"
"""Karpenter's pools; without it the system nodes carry everything."""

ORCHESTRATOR, WORKER, COLLABORATION, WEB = "orchestrator", "worker", "collaboration", "web"
WORKFLOW_WORKER = "workflow-worker"


@dataclass(frozen=True, kw_only=True)
class Application:
    """One of the four programs of ResearchFlow; `name` is also its section's and its image's.

    `serves` says that it answers HTTP requests, `pooled` that its pods open the plan's connection
    pools to the databases.
    """

    name: str
    pool: str
    serves: bool
    pooled: bool

    def settings_of(self, size: SizeProfile) -> WorkloadSettings:
        """Its section of a size, or of a stack's settings."""
        return getattr(size, self.name)

    def autoscaled(self, size: SizeProfile) -> bool:
        """Whether an autoscaler stands: KEDA's or an HPA where there is a range; the workers'
        always."""
        pods = self.settings_of(size)
        return self.name == WORKER or pods.max_replicas > pods.min_replicas


APPLICATIONS = (
    Application(name=ORCHESTRATOR, pool=APPLICATIONS_POOL, serves=True, pooled=True),
    Application(name=WORKER, pool=WORKERS_POOL, serves=False, pooled=True),
    Application(name=COLLABORATION, pool=APPLICATIONS_POOL, serves=True, pooled=True),
    Application(name=WEB, pool=APPLICATIONS_POOL, serves=True, pooled=False),
)
"""In the plan's order."""

SERVED = tuple(each.name for each in APPLICATIONS if each.serves)
"""Names of the applications that answer HTTP requests."""


@dataclass(frozen=True, kw_only=True)
class PlannedWorkload:
    """A Deployment in one stack: its pool, what a pod requests, and its fewest and most pods."""

    name: str
    pool: str
    pod: WorkloadSettings | TemporalRoleSettings
    min_replicas: int
    max_replicas: int


def application(name: str) -> Application:
    """The application of that name. Raises KeyError when there is none."""
    return {each.name: each for each in APPLICATIONS}[name]


def autoscaled_workloads(size: SizeProfile) -> tuple[PlannedWorkload, ...]:
    """The Deployments of the applications' namespace that an autoscaler may scale: the four, and
    the workers of workflows where a stack has these."""
    sections = [(each.name, each.pool, each.settings_of(size)) for each in APPLICATIONS]
    if size.workflows.enabled:
        sections.append((WORKFLOW_WORKER, WORKERS_POOL, size.workflows.worker))
    return tuple(
        PlannedWorkload(
            name=name,
            pool=pool,
            pod=section,
            min_replicas=section.min_replicas,
            max_replicas=section.max_replicas,
        )
        for name, pool, section in sections
    )


def temporal_servers(size: SizeProfile) -> tuple[PlannedWorkload, ...]:
    """Temporal's server, a Deployment for each role, and its pages; none without workflows."""
    workflows = size.workflows
    if not workflows.enabled:
        return ()
    roles = {f"temporal-{name}": role for name, role in workflows.roles.items()}
    if workflows.web:
        roles["temporal-web"] = WEB_PAGES
    return tuple(
        PlannedWorkload(
            name=name,
            pool=APPLICATIONS_POOL,
            pod=role,
            min_replicas=role.replicas,
            max_replicas=role.replicas,
        )
        for name, role in roles.items()
    )


def workloads(size: SizeProfile) -> tuple[PlannedWorkload, ...]:
    """All of them."""
    return (*autoscaled_workloads(size), *temporal_servers(size))
