"""Arguments of copies in the recovery region, and of the site that grows from them."""

from __future__ import annotations

import pulumi

from components.applications.worker import APPLICATION as WORKER
from components.citus.backups import CitusBackupsArgs
from components.observability.exporters import CLOUDWATCH_EXPORTER
from components.observability.monitoring_roles import Watched
from components.observability.observability import PAGE, topic_names
from components.recovery.disaster_recovery import DisasterRecoveryArgs
from components.recovery.primary_site import PrimarySiteArgs
from components.recovery.replicated_bucket import SourceBucket
from components.recovery.standby_roles import ArtifactReader, StandbyRolesArgs
from components.workflows.worker import APPLICATION as WORKFLOW_WORKER
from rendering.observability.prometheus_stack import ALERTMANAGER_ACCOUNT
from rendering.observability.prometheus_stack import NAMESPACE as MONITORING
from rendering.shared.endpoints import ORCHESTRATOR
from scaleplan.citus.data_nodes import placements
from wiring.applications import artifact_access
from wiring.stack import Stack


def primary_site_args(stack: Stack) -> PrimarySiteArgs:
    """The stack that a recovery site takes over from: of the same project and organization."""
    settings = stack.settings
    primary = settings.disaster_recovery.site_of
    return PrimarySiteArgs(stack=f"{pulumi.get_organization()}/{settings.project}/{primary}")


def disaster_recovery_args(stack: Stack) -> DisasterRecoveryArgs | None:
    """Copies of everything that can't be made again; None without a recovery region."""
    recovery = stack.keys.recovery
    if recovery is None:
        return None
    return DisasterRecoveryArgs(
        place=stack.place,
        keys=stack.keys,
        mode=stack.settings.disaster_recovery.mode,
        recovery=recovery,
        database_arn=stack.database.primary_arn,
        page_topic_arn=stack.observability.topic_arns[PAGE],
        buckets=_buckets(stack),
        repositories=stack.registry.repositories,
    )


def _buckets(stack: Stack) -> list[SourceBucket]:
    """The buckets that hold what nothing else does, and the published frontend. One that is a copy
    itself is copied no further."""
    artifacts, static = stack.artifacts, stack.web.bucket
    backups = stack.citus.backups if stack.citus else None
    buckets: list[SourceBucket] = []
    if artifacts.versions is not None:
        buckets.append(
            SourceBucket(
                role="artifacts",
                bucket_name=artifacts.bucket_name,
                bucket_arn=artifacts.bucket_arn,
                key_arn=stack.keys.data_arn,
                versions=artifacts.versions,
            )
        )
    if static is not None:
        buckets.append(
            SourceBucket(
                role="static",
                bucket_name=static.name,
                bucket_arn=static.arn,
                key_arn=None,
                versions=static.versions,
            )
        )
    if backups is not None and backups.versions is not None:
        buckets.append(
            SourceBucket(
                role="citus",
                bucket_name=backups.bucket_name,
                bucket_arn=backups.bucket_arn,
                key_arn=stack.keys.data_arn,
                versions=backups.versions,
            )
        )
    return buckets


def roles_args(stack: Stack) -> StandbyRolesArgs:
    """The roles of the layers in `serving.py`."""
    settings = stack.settings
    watched = Watched(place=stack.place, cluster=stack.cluster.handle, namespace=MONITORING)
    topics = f"arn:aws:sns:{settings.region}:{stack.account_id}:{settings.prefix}"
    return StandbyRolesArgs(
        artifacts=artifact_access(stack),
        readers=_readers(workflows=settings.workflows.enabled),
        citus=_citus(stack),
        stage=settings.sharding.stage.value,
        watched=watched,
        alertmanager_account=ALERTMANAGER_ACCOUNT,
        topic_arns=[f"{topics}-{name}" for name in topic_names()],
        topics_key_arn=stack.keys.logs_arn,
        exporter_account=CLOUDWATCH_EXPORTER,
    )


def _readers(*, workflows: bool) -> list[ArtifactReader]:
    found = [
        ArtifactReader(
            around=[("researchflow:apps:Orchestrator", "orchestrator")],
            role="orchestrator-artifacts",
            service_account=ORCHESTRATOR.application,
        ),
        ArtifactReader(
            around=[("researchflow:apps:Worker", "worker")],
            role="worker-artifacts",
            service_account=WORKER,
        ),
    ]
    if workflows:
        found.append(
            ArtifactReader(
                around=[
                    ("researchflow:apps:Temporal", "temporal"),
                    ("researchflow:apps:WorkflowWorker", "temporal-worker"),
                ],
                role="temporal-worker-artifacts",
                service_account=WORKFLOW_WORKER,
            )
        )
    return found


def _citus(stack: Stack) -> CitusBackupsArgs | None:
    settings, primary = stack.settings, stack.primary_site
    if not settings.sharding.present or primary is None:
        return None
    return CitusBackupsArgs(
        place=stack.place,
        keys=stack.keys,
        cluster=stack.cluster.handle,
        groups=[group.name for group in placements(settings.citus, settings.availability_zones)],
        copy_name=primary.citus_bucket,
    )
