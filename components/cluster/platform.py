"""What applications find in the cluster: a namespace, disks, and the controllers they rely on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.cluster.handle import ClusterHandle
from components.cluster.karpenter import Karpenter, KarpenterArgs
from components.cluster.load_balancer_controller import (
    LoadBalancerController,
    LoadBalancerControllerArgs,
)
from components.cluster.namespace_capacity import NamespaceCapacity, NamespaceCapacityArgs
from components.identity.encryption import Keys
from components.network.network_policies import NetworkPolicies, NetworkPoliciesArgs
from components.shared.chart_release import (
    ON_SYSTEM_NODES,
    apart,
    chart_release,
    disruption_budget,
    resources_of,
)
from components.shared.place import Place
from rendering.network.flow import Flow
from rendering.shared.endpoints import NAMESPACE
from scaleplan.applications.quota import NamespaceQuota
from scaleplan.catalog import Architecture
from scaleplan.cluster import charts
from scaleplan.cluster.node_pools import PoolLimits
from scaleplan.sizes import NodesSettings


@dataclass(frozen=True, kw_only=True)
class PlatformArgs:
    """The cluster and the controllers in it, and what its pods may use and reach. The place's tags
    go on the machines that Karpenter buys."""

    place: Place
    keys: Keys
    cluster: ClusterHandle

    vpc_id: Input[str]
    """The VPC of the load balancer's target groups."""

    nodes: NodesSettings
    """The managed group's machines, and whether Karpenter adds others."""

    architecture: Architecture
    """The nodes' processor family."""

    replicas: int
    """How many pods each controller has."""

    keda: bool
    """Whether KEDA is there, to scale workers by their queue."""

    flows: Sequence[Flow]
    """The table of allowed connections."""

    quota: NamespaceQuota
    """What the applications' namespace may hold at most."""

    pool_limits: PoolLimits
    """CPU and memory that each of Karpenter's pools may grow to."""

    spot_workers: bool
    """Whether the workers' pool may buy machines that AWS may take back."""


class Platform(ComponentResource):
    """The applications' namespace, the disks' class, and the controllers.

    Depend on `keda_ready` or `load_balancer_controller_ready` before using their kinds. The former
    is None where the stack goes without KEDA.
    """

    namespace: Output[str]
    keda_ready: pulumi.Resource | None
    load_balancer_controller_ready: pulumi.Resource

    def __init__(self, name: str, args: PlatformArgs, opts: ResourceOptions | None = None) -> None:
        summary = {
            "karpenter": args.nodes.karpenter,
            "keda": args.keda,
            "controllerReplicas": args.replicas,
        }
        super().__init__("researchflow:platform:Platform", name, summary, opts)
        self._name, self._args = name, args
        namespace = self._namespace()
        self.namespace = NamespaceCapacity(
            f"{name}-capacity",
            NamespaceCapacityArgs(namespace=namespace.metadata.name.apply(str), quota=args.quota),
            ResourceOptions(parent=self),
        ).namespace
        self._storage_class()
        metrics_server = self._metrics_server()
        self.keda_ready = self._keda(namespace) if args.keda else None
        self._network_policies(namespace, metrics_server)
        self.load_balancer_controller_ready = LoadBalancerController(
            f"{name}-load-balancer-controller",
            LoadBalancerControllerArgs(
                place=args.place,
                cluster=args.cluster,
                vpc_id=args.vpc_id,
                watch_namespace=self.namespace,
                replicas=args.replicas,
            ),
            ResourceOptions(parent=self),
        ).release
        if args.nodes.karpenter:
            self._karpenter()
        self.register_outputs({"namespace": self.namespace})

    def _namespace(self) -> kubernetes.core.v1.Namespace:
        return kubernetes.core.v1.Namespace(
            f"{self._name}-{NAMESPACE}",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name=NAMESPACE,
                labels={
                    **{
                        f"pod-security.kubernetes.io/{mode}": "restricted"
                        for mode in ("enforce", "audit", "warn")
                    },
                    # A new pod counts as ready only when the load balancer finds it healthy too.
                    "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled",
                },
            ),
            # Deleting a namespace deletes all in it.
            opts=ResourceOptions(
                parent=self, protect=self._args.place.protect, depends_on=[self._args.cluster.ready]
            ),
        )

    def _storage_class(self) -> None:
        kubernetes.storage.v1.StorageClass(
            f"{self._name}-gp3",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name="gp3",
                annotations={"storageclass.kubernetes.io/is-default-class": "true"},
            ),
            provisioner="ebs.csi.aws.com",
            parameters={
                "type": "gp3",
                "encrypted": "true",
                "kmsKeyId": self._args.keys.data_arn,
            },
            # A volume lives in one zone: it is made where its pod was put.
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            reclaim_policy="Delete",
            opts=ResourceOptions(parent=self, depends_on=[self._args.cluster.ready]),
        )

    def _metrics_server(self) -> pulumi.Resource:
        replicas = self._args.replicas
        # Its own short-lived certificate stays: the one that the chart would make lasts a year and
        # is never renewed, and with it would go every HorizontalPodAutoscaler.
        return chart_release(
            self,
            f"{self._name}-metrics-server",
            charts.METRICS_SERVER,
            namespace="kube-system",
            images=self._args.place.images,
            wait_for=[self._args.cluster.ready],
            values={
                "replicas": replicas,
                "nodeSelector": ON_SYSTEM_NODES,
                "topologySpreadConstraints": apart("metrics-server"),
                "podDisruptionBudget": {"enabled": replicas > 1, **disruption_budget(replicas)},
                "resources": resources_of("metrics-server"),
            },
        )

    def _keda(self, namespace: kubernetes.core.v1.Namespace) -> pulumi.Resource:
        replicas = self._args.replicas
        # The chart's template takes no other key (2.20.2, poddisruptionbudget.yaml).
        budget = disruption_budget(replicas, unready_may_go=False)
        return chart_release(
            self,
            f"{self._name}-keda",
            charts.KEDA,
            namespace="keda",
            # The chart puts role bindings into the namespace that it watches.
            images=self._args.place.images,
            wait_for=[self._args.cluster.ready, namespace],
            values={
                "watchNamespace": self.namespace,
                # Its CRDs are among its templates: without it they would go with the release.
                **charts.KEDA.keeping_definitions,
                # Only the metrics: the monitor's kind is defined later, by Prometheus' chart.
                "prometheus": {"operator": {"enabled": True}},
                "nodeSelector": ON_SYSTEM_NODES,
                "operator": {"replicaCount": replicas},
                "metricsServer": {"replicaCount": replicas},
                "webhooks": {"replicaCount": replicas},
                "topologySpreadConstraints": {
                    "operator": apart("keda-operator"),
                    "metricsServer": apart("keda-operator-metrics-apiserver"),
                    "webhooks": apart("keda-admission-webhooks"),
                },
                "resources": {
                    "operator": resources_of("keda-operator"),
                    "metricServer": resources_of("keda-operator-metrics-apiserver"),
                    "webhooks": resources_of("keda-admission-webhooks"),
                },
                "podDisruptionBudget": {
                    "operator": budget,
                    "metricServer": budget,
                    "webhooks": budget,
                },
            },
        )

    def _network_policies(
        self, applications: kubernetes.core.v1.Namespace, metrics_server: pulumi.Resource
    ) -> None:
        self._flows(NAMESPACE, applications, closed=True)
        # After the release, which makes the namespace.
        if self.keda_ready is not None:
            self._flows("keda", self.keda_ready, closed=True)
        self._flows("kube-system", metrics_server, closed=False)

    def _flows(self, namespace: str, after: pulumi.Resource, *, closed: bool) -> None:
        NetworkPolicies(
            f"{self._name}-{namespace}-network",
            NetworkPoliciesArgs(
                namespace=namespace,
                flows=self._args.flows,
                closed=closed,
                namespace_ready=after,
            ),
            ResourceOptions(parent=self),
        )

    def _karpenter(self) -> None:
        args = self._args
        Karpenter(
            f"{self._name}-karpenter",
            KarpenterArgs(
                place=args.place,
                keys=args.keys,
                cluster=args.cluster,
                disk_gib=args.nodes.system.disk_gib,
                architecture=args.architecture,
                pool_limits=args.pool_limits,
                spot_workers=args.spot_workers,
                replicas=args.replicas,
            ),
            ResourceOptions(parent=self),
        )
