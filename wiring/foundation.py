"""Arguments of what everything stands on: keys, network, registry, bucket, cluster, platform."""

from __future__ import annotations

from components.applications.artifacts import Artifacts, ArtifactsArgs
from components.applications.registry import RegistryArgs
from components.cluster.cluster import Cluster, ClusterArgs
from components.cluster.platform import Platform, PlatformArgs
from components.identity.audit import AuditArgs
from components.identity.authority import AuthorityArgs
from components.identity.encryption import Encryption, EncryptionArgs
from components.network.network import Network, NetworkArgs
from components.recovery.primary_site import PrimarySite
from rendering.shared.endpoints import NAMESPACE
from scaleplan.applications.scaling import WorkerScaler
from scaleplan.cluster.controllers import controller_replicas
from scaleplan.cluster.node_pools import pool_limits
from wiring.flows import flow_table
from wiring.quota import application_quota
from wiring.site import Site, stack_tags


def encryption_args(site: Site, primary: PrimarySite | None) -> EncryptionArgs:
    """Keys of the stack; a recovery site goes on with the replica of the other one's data key."""
    return EncryptionArgs(
        prefix=site.settings.prefix,
        account_id=site.account_id,
        region=site.settings.region,
        protect=site.settings.protect_data,
        recovery_region=site.settings.disaster_recovery.region,
        adopted_data_key_arn=primary.data_key_arn if primary else None,
    )


def network_args(site: Site, encryption: Encryption) -> NetworkArgs:
    """The VPC, whose subnets carry the cluster's discovery tags."""
    settings = site.settings
    return NetworkArgs(
        prefix=settings.prefix,
        region=settings.region,
        availability_zones=settings.availability_zones,
        vpc_cidr=settings.vpc_cidr,
        settings=settings.network,
        logs_key_arn=encryption.logs_key_arn,
        cluster_name=settings.prefix,
        protect=settings.protect_data,
    )


def registry_args(site: Site, encryption: Encryption) -> RegistryArgs:
    """The applications' image repositories."""
    return RegistryArgs(
        prefix=site.settings.prefix,
        data_key_arn=encryption.data_key_arn,
        protect=site.settings.protect_data,
        copies_at=_copies_at(site),
    )


def _copies_at(site: Site) -> str | None:
    """Where ECR keeps its copies of the images of the stack that a recovery site takes over."""
    settings = site.settings
    if not settings.disaster_recovery.site_of:
        return None
    host = f"{site.account_id}.dkr.ecr.{settings.region}.amazonaws.com"
    return f"{host}/{settings.project}-{settings.disaster_recovery.site_of}"


def artifacts_args(
    site: Site, encryption: Encryption, primary: PrimarySite | None
) -> ArtifactsArgs:
    """The bucket of what analyses read and write."""
    return ArtifactsArgs(
        prefix=site.settings.prefix,
        account_id=site.account_id,
        region=site.settings.region,
        data_key_arn=encryption.data_key_arn,
        protect=site.settings.protect_data,
        copy_name=primary.artifacts_bucket if primary else None,
    )


def audit_args(site: Site, encryption: Encryption, artifacts: Artifacts) -> AuditArgs:
    """CloudTrail of the account, which sees every access to an artifact."""
    settings = site.settings
    return AuditArgs(
        prefix=settings.prefix,
        region=settings.region,
        account_id=site.account_id,
        logs_key_arn=encryption.logs_key_arn,
        artifacts_bucket_arn=artifacts.bucket_arn,
        guard_duty=settings.audit.guard_duty,
        protect=settings.protect_data,
    )


def cluster_args(site: Site, encryption: Encryption, network: Network) -> ClusterArgs:
    """EKS in the private subnets."""
    settings = site.settings
    return ClusterArgs(
        prefix=settings.prefix,
        region=settings.region,
        account_id=site.account_id,
        kubernetes_version=settings.kubernetes_version,
        private_subnet_ids=network.private_subnet_ids,
        cluster_key_arn=encryption.cluster_key_arn,
        logs_key_arn=encryption.logs_key_arn,
        data_key_arn=encryption.data_key_arn,
        settings=settings.nodes,
        architecture=settings.architecture,
        public_api_cidrs=settings.public_api_cidrs,
        access=settings.access,
        viewed_namespace=NAMESPACE,
        tags=stack_tags(settings),
        protect=settings.protect_data,
    )


def platform_args(
    site: Site, encryption: Encryption, network: Network, cluster: Cluster
) -> PlatformArgs:
    """Controllers: two replicas of each where Karpenter may move machines under them."""
    settings = site.settings
    return PlatformArgs(
        prefix=settings.prefix,
        region=settings.region,
        account_id=site.account_id,
        cluster_name=cluster.cluster_name,
        vpc_id=network.vpc_id,
        node_role_arn=cluster.node_role_arn,
        node_role_name=cluster.node_role_name,
        data_key_arn=encryption.data_key_arn,
        nodes=settings.nodes,
        architecture=settings.architecture,
        replicas=controller_replicas(karpenter=settings.nodes.karpenter),
        keda=settings.scaling.worker is WorkerScaler.KEDA,
        flows=flow_table(site),
        quota=application_quota(site),
        pool_limits=pool_limits(settings),
        spot_workers=settings.scaling.spot,
        tags=stack_tags(settings),
        cluster_ready=cluster.ready,
    )


def authority_args(site: Site, platform: Platform) -> AuthorityArgs:
    """The authority of TLS inside the cluster."""
    return AuthorityArgs(namespace=platform.namespace, organization=site.settings.prefix)
