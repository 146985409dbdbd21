"""The networks of a stack, as the flow table's rows need them."""

from ipaddress import IPv4Network

from rendering.network.application_flows import StoreNetworks
from rendering.network.flow_table import FlowTopology
from rendering.network.monitoring_flows import MonitoringTopology
from rendering.network.subnet_layout import subnet_layout

VPC = IPv4Network("10.0.0.0/16")


def stack(*, keda=True, citus=False, job_port=6379, external_dns=False):
    subnets = subnet_layout(VPC)
    return FlowTopology(
        vpc=VPC,
        services=IPv4Network("172.20.0.0/16"),
        keda=keda,
        citus=citus,
        external_dns=external_dns,
        stores=StoreNetworks(
            balancer=tuple(subnets.private.values()),
            data=tuple(subnets.data.values()),
            database_port=5432,
            cache_port=6379,
            session_port=6379,
            job_port=job_port,
            pooler_port=6432,
            citus=citus,
        ),
        monitoring=MonitoringTopology(
            vpc=VPC,
            services=IPv4Network("172.20.0.0/16"),
            data=tuple(subnets.data.values()),
            redis_port=6379,
            database_port=5432,
            pooler_metrics_port=9127,
            keda=keda,
            karpenter=True,
            citus=citus,
        ),
    )
