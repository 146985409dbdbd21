"""Arguments of the cluster, and of the controllers in it."""

from __future__ import annotations

from components.cluster.cluster import ClusterArgs
from components.cluster.platform import PlatformArgs
from rendering.shared.endpoints import NAMESPACE
from scaleplan.applications.workload_settings import WorkerScaler
from scaleplan.cluster.controllers import controller_replicas
from scaleplan.cluster.node_pools import pool_limits
from wiring.applications import application_quota
from wiring.network import flow_table
from wiring.stack import Stack


def cluster_args(stack: Stack) -> ClusterArgs:
    """EKS in the private subnets."""
    settings = stack.settings
    return ClusterArgs(
        place=stack.place,
        keys=stack.keys,
        kubernetes_version=settings.kubernetes_version,
        private_subnet_ids=stack.network.private_subnet_ids,
        settings=settings.nodes,
        architecture=settings.architecture,
        public_api_cidrs=settings.public_api_cidrs,
        access=settings.access,
        viewed_namespace=NAMESPACE,
        image_copies=settings.pull_through_cache.credentials,
    )


def platform_args(stack: Stack) -> PlatformArgs:
    """Controllers: two replicas of each where Karpenter may move machines under them."""
    settings = stack.settings
    return PlatformArgs(
        place=stack.place,
        keys=stack.keys,
        cluster=stack.cluster.handle,
        vpc_id=stack.network.vpc_id,
        nodes=settings.nodes,
        architecture=settings.architecture,
        replicas=controller_replicas(karpenter=settings.nodes.karpenter),
        keda=settings.scaling.worker is WorkerScaler.KEDA,
        flows=flow_table(stack),
        quota=application_quota(stack),
        pool_limits=pool_limits(settings),
        spot_workers=settings.scaling.spot,
    )
