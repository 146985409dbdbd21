"""What the applications' namespace holds at most."""

from __future__ import annotations

from rendering.database.pgbouncer_ini import memory_needed_mib
from scaleplan.applications.pod_resources import (
    MIGRATION_JOB,
    POOLER_EXPORTER,
    PSQL_JOB,
    application_resources,
    pooler_resources,
)
from scaleplan.applications.quota import NamespaceQuota, PodLoad, namespace_quota, pods_in_rollout
from wiring.site import Site

PSQL_JOBS = 2
"""The bootstrap, and the poolers' reconnect after a migration."""


def application_quota(site: Site) -> NamespaceQuota:
    """The quota of everything that this stack puts into the namespace, all of it in a rollout."""
    settings = site.settings
    workflows = settings.workflows
    applications = (
        settings.orchestrator,
        settings.worker,
        settings.collaboration,
        settings.web,
        *((workflows.worker,) if workflows.enabled else ()),
    )
    pooler = settings.pgbouncer
    return namespace_quota(
        [
            *(
                PodLoad(
                    pods=pods_in_rollout(each.max_replicas),
                    containers=(application_resources(each),),
                )
                for each in applications
            ),
            PodLoad(
                pods=pods_in_rollout(pooler.replicas),
                containers=(
                    pooler_resources(site.plan.pgbouncer.resources, memory_needed_mib(pooler)),
                    POOLER_EXPORTER,
                ),
            ),
            # Two each, because a replaced Job's pod may still be stopping when the next one starts.
            PodLoad(pods=2 * PSQL_JOBS, containers=(PSQL_JOB,)),
            PodLoad(pods=2, containers=(MIGRATION_JOB,)),
        ]
    )
