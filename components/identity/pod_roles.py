"""The roles of pods that a recovery site doesn't run while it waits, in every phase of a stack.

IAM's control plane stands in us-east-1, so a failover from there can't make a role: a waiting site
has each role already, and `active` makes and changes nothing at IAM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import Alias, ComponentResource, Input, Output, ResourceOptions, create_urn

from components.cluster.handle import ClusterHandle
from components.identity.encryption import Keys
from components.identity.pod_role import PodRole, PodRoleArgs
from components.observability.exporters import CLOUDWATCH_EXPORTER
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.applications.artifact_policies import artifact_access_policy
from rendering.citus.names import NAMESPACE as CITUS
from rendering.citus.names import service_account
from rendering.observability.cloudwatch_exporter import cloudwatch_reader_policy
from rendering.observability.prometheus_stack import ALERTMANAGER_ACCOUNT
from rendering.observability.prometheus_stack import NAMESPACE as MONITORING
from rendering.shared.endpoints import NAMESPACE as APPLICATIONS
from rendering.shared.endpoints import ORCHESTRATOR
from rendering.shared.iam_documents import policy_document, statement
from scaleplan.applications.workloads import WORKER, WORKFLOW_WORKER

_ORCHESTRATOR = (("researchflow:apps:Orchestrator", "orchestrator"),)
_WORKER = (("researchflow:apps:Worker", "worker"),)
_WORKFLOW_WORKER = (
    ("researchflow:apps:Temporal", "temporal"),
    ("researchflow:apps:WorkflowWorker", "temporal-worker"),
)
_CITUS = (
    ("researchflow:data:Citus", "citus"),
    ("researchflow:data:CitusBackups", "citus-backups"),
)
_MONITORING = ("researchflow:observability:Observability", "observability")
_ALERTMANAGER = (
    _MONITORING,
    ("researchflow:observability:PrometheusStack", "observability-stack"),
)
_CLOUDWATCH = (_MONITORING, ("researchflow:observability:Exporters", "observability-exporters"))
"""Types and names of the components that each role was in before this layer was there: the
engine finds a role that stands by them."""


@dataclass(frozen=True, kw_only=True)
class PodRolesArgs:
    """The resources that pods reach in AWS. Their names are known before they stand."""

    place: Place
    keys: Keys
    cluster: ClusterHandle

    artifacts_bucket_arn: Input[str]
    """What orchestrator and workers read and write."""

    workflows: bool
    """Whether there are workers of workflows, which reach the artifacts too."""

    sharding_stage: str
    """How far the stack is on its way to Citus, which a plan of a waiting site tells by this."""

    citus_bucket_arn: Input[str]
    """What Citus' servers write their backups to."""

    citus_groups: Sequence[str]
    """The groups of its servers, each of which runs as a service account of its own; empty where
    there is no Citus."""

    topic_names: Sequence[str]
    """How the names of the topics end that Alertmanager publishes to, the prefix before them."""


class PodRoles(ComponentResource):
    """A role for each service account. Pods get its credentials when they are admitted, so what
    runs them waits for it."""

    orchestrator: PodRole
    worker: PodRole
    workflow_worker: PodRole | None
    citus: list[PodRole]
    alertmanager: PodRole
    cloudwatch_exporter: PodRole

    def __init__(self, name: str, args: PodRolesArgs, opts: ResourceOptions | None = None) -> None:
        summary = {
            "workflows": args.workflows,
            "citusGroups": len(args.citus_groups),
            "shardingStage": args.sharding_stage,
        }
        super().__init__("researchflow:security:PodRoles", name, summary, opts)
        self._args = args
        files = {"bucket": self._files(args.artifacts_bucket_arn)}
        self.orchestrator = self._role(
            "orchestrator-artifacts", APPLICATIONS, ORCHESTRATOR.application, files, _ORCHESTRATOR
        )
        self.worker = self._role("worker-artifacts", APPLICATIONS, WORKER, files, _WORKER)
        self.workflow_worker = (
            self._role(
                "temporal-worker-artifacts",
                APPLICATIONS,
                WORKFLOW_WORKER,
                files,
                _WORKFLOW_WORKER,
            )
            if args.workflows
            else None
        )
        self.citus = self._citus()
        self.alertmanager = self._role(
            "observability-stack-alertmanager",
            MONITORING,
            ALERTMANAGER_ACCOUNT,
            {"topics": self._topics()},
            _ALERTMANAGER,
        )
        self.cloudwatch_exporter = self._role(
            "observability-exporters-cloudwatch",
            MONITORING,
            CLOUDWATCH_EXPORTER,
            # Metrics can't be limited to a stack's own.
            {"metrics": cloudwatch_reader_policy()},
            _CLOUDWATCH,
        )
        self.register_outputs({})

    def _citus(self) -> list[PodRole]:
        # What artifacts' writers may do is what WAL-G does: list, read, write and delete.
        policies = {"bucket": self._files(self._args.citus_bucket_arn)}
        return [
            self._role(f"citus-backups-{group}", CITUS, service_account(group), policies, _CITUS)
            for group in self._args.citus_groups
        ]

    def _files(self, bucket_arn: Input[str]) -> Output[str]:
        """A policy that reaches the bucket and nothing else."""
        region = self._args.place.region
        return Output.all(bucket=bucket_arn, key=self._args.keys.data_arn).apply(
            lambda arns: artifact_access_policy(arns["bucket"], arns["key"], region)
        )

    def _topics(self) -> Output[str]:
        """A policy that publishes to the stack's topics, and to nothing else."""
        place = self._args.place
        topics = [
            f"arn:aws:sns:{place.region}:{place.account_id}:{place.prefix}-{name}"
            for name in self._args.topic_names
        ]
        return computed_text(self._args.keys.logs_arn).apply(
            lambda key_arn: policy_document(
                statement("SendAlerts", ["sns:Publish"], topics),
                statement("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [key_arn]),
            )
        )

    def _role(
        self,
        name: str,
        namespace: str,
        account: str,
        policies: Mapping[str, Input[str]],
        earlier_parents: Sequence[tuple[str, str]],
    ) -> PodRole:
        parent: Output[str] | None = None
        for token, component in earlier_parents:
            parent = create_urn(component, token, parent)
        return PodRole(
            name,
            PodRoleArgs(
                place=self._args.place,
                cluster_name=self._args.cluster.name,
                namespace=namespace,
                service_account=account,
                policies=policies,
                cluster_ready=self._args.cluster.ready,
            ),
            ResourceOptions(parent=self, aliases=[Alias(parent=parent)]),
        )
