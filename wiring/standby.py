"""Arguments of what a recovery site has while it waits, beside the layers of every stack."""

from __future__ import annotations

from components.applications.worker import APPLICATION as WORKER
from components.citus.backups import CitusBackupsArgs
from components.observability.exporters import CLOUDWATCH_EXPORTER
from components.observability.monitoring_roles import Watched
from components.observability.observability import topic_names
from components.recovery.standby_roles import ArtifactReader, StandbyRolesArgs
from components.workflows.worker import APPLICATION as WORKFLOW_WORKER
from rendering.observability.prometheus_stack import ALERTMANAGER_ACCOUNT
from rendering.observability.prometheus_stack import NAMESPACE as MONITORING
from rendering.shared.endpoints import ORCHESTRATOR
from scaleplan.citus.data_nodes import placements
from wiring.applications import artifact_access
from wiring.standing import Standing


def roles_args(on: Standing) -> StandbyRolesArgs:
    """The roles of the layers in `serving.py`."""
    site, settings = on.site, on.site.settings
    watched = Watched(
        region=settings.region,
        account_id=site.account_id,
        cluster_name=on.cluster.cluster_name,
        cluster_ready=on.cluster.ready,
        namespace=MONITORING,
    )
    topics = f"arn:aws:sns:{settings.region}:{site.account_id}:{settings.prefix}"
    return StandbyRolesArgs(
        artifacts=artifact_access(site, on.encryption, on.cluster, on.artifacts),
        readers=_readers(workflows=settings.workflows.enabled),
        citus=_citus(on),
        stage=settings.sharding.stage.value,
        watched=watched,
        alertmanager_account=ALERTMANAGER_ACCOUNT,
        topic_arns=[f"{topics}-{name}" for name in topic_names()],
        topics_key_arn=on.encryption.logs_key_arn,
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


def _citus(on: Standing) -> CitusBackupsArgs | None:
    settings = on.site.settings
    if not settings.sharding.present or on.primary is None:
        return None
    return CitusBackupsArgs(
        prefix=settings.prefix,
        account_id=on.site.account_id,
        region=settings.region,
        cluster_name=on.cluster.cluster_name,
        cluster_ready=on.cluster.ready,
        data_key_arn=on.encryption.data_key_arn,
        groups=[group.name for group in placements(settings.citus, settings.availability_zones)],
        protect=settings.protect_data,
        copy_name=on.primary.citus_bucket,
    )
