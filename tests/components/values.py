"""What every layer is handed, with values of a test's stack."""

from collections.abc import Mapping, Sequence

import pulumi_kubernetes as kubernetes
from pulumi import Input, Resource

from components.applications.pod_template import ApplicationPods
from components.applications.workload import TargetGroup
from components.cluster.handle import ClusterHandle
from components.identity.encryption import Keys, RecoveryKey
from components.network.network import DataNetwork
from components.shared.place import Place
from scaleplan.model import load_plan
from scaleplan.sizes import WorkloadSettings

ACCOUNT = "123456789012"
REGION = "us-east-1"
PREFIX = "researchflow-test"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key"


def place(
    *,
    prefix: str = PREFIX,
    account_id: str = ACCOUNT,
    region: str = REGION,
    availability_zones: tuple[str, ...] = ("us-east-1a", "us-east-1b", "us-east-1c"),
    tags: Mapping[str, str] | None = None,
    protect: bool = True,
) -> Place:
    """Where a test's layer stands."""
    return Place(
        prefix=prefix,
        account_id=account_id,
        region=region,
        availability_zones=availability_zones,
        tags=tags or {"stack": "test"},
        protect=protect,
    )


def keys(
    *,
    data_arn: Input[str] = f"{KEY}/data",
    cluster_arn: Input[str] = f"{KEY}/cluster",
    logs_arn: Input[str] = f"{KEY}/logs",
    recovery: RecoveryKey | None = None,
) -> Keys:
    """Customer keys."""
    return Keys(data_arn=data_arn, cluster_arn=cluster_arn, logs_arn=logs_arn, recovery=recovery)


def cluster_handle(
    ready: Resource,
    *,
    name: str = PREFIX,
    kubernetes_version: str = "1.35",
    security_group_id: Input[str] = "sg-cluster",
    node_role_arn: Input[str] = f"arn:aws:iam::{ACCOUNT}:role/node",
    node_role_name: Input[str] = "node",
) -> ClusterHandle:
    """A cluster that stands when `ready` does."""
    return ClusterHandle(
        name=name,
        kubernetes_version=kubernetes_version,
        ready=ready,
        machines_wait_for=(),
        security_group_id=security_group_id,
        node_role_arn=node_role_arn,
        node_role_name=node_role_name,
    )


def data_network(
    *,
    vpc_id: Input[str] = "vpc-0a1b2c3d4e5f60718",
    subnet_ids: Sequence[Input[str]] = ("subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"),
    client_security_group_id: Input[str] = "sg-0c1c2c3c4c5c6c7c8",
) -> DataNetwork:
    """Two data subnets, open to one group."""
    return DataNetwork(
        vpc_id=vpc_id,
        subnet_ids=list(subnet_ids),
        client_security_group_id=client_security_group_id,
    )


def application_pods(
    settings: WorkloadSettings,
    image: str,
    *,
    environment: Sequence[kubernetes.core.v1.EnvVarArgs] = (),
    annotations: Mapping[str, str] | None = None,
    ca_config_map: str | None = "researchflow-ca",
    node_selector: Mapping[str, str] | None = None,
) -> ApplicationPods:
    """An application's pods, as the plan scales them."""
    return ApplicationPods(
        namespace="researchflow",
        image=image,
        settings=settings,
        autoscaling=load_plan().autoscaling,
        environment=list(environment),
        annotations=annotations or {},
        ca_config_map=ca_config_map,
        node_selector=node_selector,
    )


def target_group(arn: str, controller_ready: Resource) -> TargetGroup:
    """The load balancer's group of an application."""
    return TargetGroup(arn=arn, controller_ready=controller_ready)
