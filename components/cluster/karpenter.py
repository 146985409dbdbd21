"""Karpenter: buys the machines that waiting pods need, and gives back those nobody needs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Output, ResourceOptions

from components.cluster.handle import ClusterHandle
from components.identity.encryption import Keys
from components.identity.pod_role import PodRole, PodRoleArgs
from components.shared import versions
from components.shared.chart_release import (
    ON_SYSTEM_NODES,
    chart_release,
    definitions_release,
    resources_of,
)
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.cluster.documents import volume_key_use
from rendering.cluster.karpenter_documents import (
    controller_policy,
    event_patterns,
    interruption_queue_policy,
)
from rendering.cluster.node_pools import NODE_CLASS, node_class_spec, node_pool_spec
from scaleplan.applications.workloads import APPLICATIONS_POOL, WORKERS_POOL
from scaleplan.catalog import Architecture
from scaleplan.cluster import charts
from scaleplan.cluster.node_pools import PoolLimits

NAMESPACE = "kube-system"
"""Where the API server's priority levels keep the controller served when it is busy (Karpenter's
reference, "Getting started")."""

SERVICE_ACCOUNT = "karpenter"
MESSAGE_RETENTION_SECONDS = 300
"""A warning older than five minutes is about a machine that is gone (Karpenter's reference)."""


@dataclass(frozen=True, kw_only=True)
class KarpenterArgs:
    """The machines that Karpenter may buy, and how many. They get the role of the managed group,
    which EKS has let into the cluster already, and the place's tags, as do their disks."""

    place: Place
    keys: Keys
    cluster: ClusterHandle

    disk_gib: int
    """The root disk of a machine, in GiB."""

    architecture: Architecture
    """The machines' processor family."""

    pool_limits: PoolLimits
    """CPU and memory that each of the two pools may grow to."""

    spot_workers: bool
    """Whether the workers' pool may buy machines that AWS may take back."""

    replicas: int
    """How many pods the controller has, of which one leads."""


class Karpenter(ComponentResource):
    """Controller, the queue that warns it, and two pools: applications and workers."""

    def __init__(self, name: str, args: KarpenterArgs, opts: ResourceOptions | None = None) -> None:
        summary = {
            "chart": charts.KARPENTER.version,
            "applicationsCpu": args.pool_limits.applications.cpu_millicores // 1000,
            "workersCpu": args.pool_limits.workers.cpu_millicores // 1000,
            "spotWorkers": args.spot_workers,
        }
        super().__init__("researchflow:platform:Karpenter", name, summary, opts)
        self._name, self._args = name, args
        queue = self._interruption_queue()
        role = self._controller_role(queue)
        definitions = definitions_release(
            self,
            f"{name}-crds",
            charts.KARPENTER_DEFINITIONS,
            namespace=NAMESPACE,
            protect=args.place.protect,
            wait_for=[args.cluster.ready],
        )
        release = chart_release(
            self,
            name,
            charts.KARPENTER,
            namespace=NAMESPACE,
            images=args.place.images,
            wait_for=[role, definitions],
            values={
                "replicas": args.replicas,
                "nodeSelector": ON_SYSTEM_NODES,
                "serviceAccount": {"name": SERVICE_ACCOUNT},
                "settings": {
                    "clusterName": args.cluster.name,
                    "eksControlPlane": True,
                    "interruptionQueue": queue.name,
                },
                "controller": {"resources": resources_of("karpenter")},
            },
        )
        self._node_class(release)
        self._node_pool(APPLICATIONS_POOL, release)
        self._node_pool(WORKERS_POOL, release)
        self.register_outputs({})

    def _interruption_queue(self) -> aws.sqs.Queue:
        child = ResourceOptions(parent=self)
        queue = aws.sqs.Queue(
            f"{self._name}-interruptions",
            message_retention_seconds=MESSAGE_RETENTION_SECONDS,
            # Machine ids only, and EventBridge can't use a customer key without being named in it.
            sqs_managed_sse_enabled=True,
            opts=child,
        )
        rules: list[aws.cloudwatch.EventRule] = []
        for event, pattern in event_patterns(spot=self._args.spot_workers).items():
            rule = aws.cloudwatch.EventRule(
                f"{self._name}-{event}",
                description=f"{self._args.cluster.name}: {event} events of machines to Karpenter",
                event_pattern=pattern,
                opts=child,
            )
            aws.cloudwatch.EventTarget(
                f"{self._name}-{event}", rule=rule.name, arn=queue.arn, opts=child
            )
            rules.append(rule)
        aws.sqs.QueuePolicy(
            f"{self._name}-interruptions",
            queue_url=queue.url,
            policy=Output.all(
                queue_arn=computed_text(queue.arn),
                rule_arns=[computed_text(rule.arn) for rule in rules],
            ).apply(lambda known: interruption_queue_policy(**known)),
            opts=child,
        )
        return queue

    def _controller_role(self, queue: aws.sqs.Queue) -> PodRole:
        args = self._args
        machines = Output.all(
            node_role_arn=computed_text(args.cluster.node_role_arn),
            queue_arn=computed_text(queue.arn),
        ).apply(
            lambda known: controller_policy(
                args.place.region,
                args.place.account_id,
                args.cluster.name,
                **known,
                spot=args.spot_workers,
            )
        )
        return PodRole(
            self._name,
            PodRoleArgs(
                place=args.place,
                cluster_name=args.cluster.name,
                namespace=NAMESPACE,
                service_account=SERVICE_ACCOUNT,
                policies={
                    "machines": machines,
                    "disks": Output.from_input(args.keys.data_arn).apply(volume_key_use),
                },
                cluster_ready=args.cluster.ready,
            ),
            ResourceOptions(parent=self),
        )

    def _node_class(self, release: pulumi.Resource) -> None:
        args = self._args
        profile = aws.iam.InstanceProfile(
            f"{self._name}-node",
            role=args.cluster.node_role_name,
            opts=ResourceOptions(parent=self),
        )
        kubernetes.apiextensions.CustomResource(
            f"{self._name}-nodes",
            api_version="karpenter.k8s.aws/v1",
            kind="EC2NodeClass",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=NODE_CLASS),
            spec=node_class_spec(
                cluster_name=args.cluster.name,
                image_alias=versions.NODE_IMAGE_ALIAS,
                disk_gib=args.disk_gib,
                data_key_arn=args.keys.data_arn,
                profile=profile.name,
                tags=args.place.tags,
            ),
            opts=ResourceOptions(parent=self, depends_on=[release]),
        )

    def _node_pool(self, pool: str, release: pulumi.Resource) -> None:
        limits = self._args.pool_limits
        workers = pool == WORKERS_POOL
        kubernetes.apiextensions.CustomResource(
            f"{self._name}-{pool}",
            api_version="karpenter.sh/v1",
            kind="NodePool",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=pool),
            spec=node_pool_spec(
                pool,
                self._args.architecture,
                limits.workers if workers else limits.applications,
                spot=workers and self._args.spot_workers,
            ),
            opts=ResourceOptions(parent=self, depends_on=[release]),
        )
