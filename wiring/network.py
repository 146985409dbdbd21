"""Arguments of the network, and who may connect to whom in it."""

from __future__ import annotations

from components.database.database import PORT
from components.database.pgbouncer_pod import METRICS_PORT
from components.network.network import NetworkArgs
from components.queue.broker import AMQPS_PORT
from components.redis.foundation import REDIS_PORT
from rendering.network.application_flows import StoreNetworks
from rendering.network.flow import Flow
from rendering.network.flow_table import FlowTopology, network_flows
from rendering.network.monitoring_flows import MonitoringTopology
from rendering.network.subnet_layout import subnet_layout
from scaleplan.applications.workload_settings import WorkerScaler
from scaleplan.settings import SERVICE_CIDR
from wiring.stack import Stack


def network_args(stack: Stack) -> NetworkArgs:
    """The VPC, whose subnets carry the cluster's discovery tags."""
    return NetworkArgs(
        place=stack.place,
        keys=stack.keys,
        vpc_cidr=stack.settings.vpc_cidr,
        settings=stack.settings.network,
    )


def flow_table(stack: Stack) -> list[Flow]:
    """Every allowed connection of the stack's pods, for the policies of any namespace."""
    settings = stack.settings
    subnets = subnet_layout(settings.vpc_cidr)
    # A recovery site's load balancer is public.
    balancing = subnets.public if settings.disaster_recovery.site_of else subnets.private
    return network_flows(
        FlowTopology(
            vpc=settings.vpc_cidr,
            services=SERVICE_CIDR,
            keda=settings.scaling.worker is WorkerScaler.KEDA,
            workflows=settings.workflows.enabled,
            workflow_pages=settings.workflows.web,
            citus=settings.sharding.present,
            external_dns=settings.domain is not None and not settings.disaster_recovery.site_of,
            monitoring=MonitoringTopology(
                vpc=settings.vpc_cidr,
                services=SERVICE_CIDR,
                data=tuple(subnets.data.values()),
                redis_port=REDIS_PORT,
                database_port=PORT,
                pooler_metrics_port=METRICS_PORT,
                keda=settings.scaling.worker is WorkerScaler.KEDA,
                karpenter=settings.nodes.karpenter,
                citus=settings.sharding.present,
            ),
            stores=StoreNetworks(
                balancer=tuple(balancing.values()),
                data=tuple(subnets.data.values()),
                database_port=PORT,
                cache_port=REDIS_PORT,
                session_port=REDIS_PORT,
                job_port=AMQPS_PORT if stack.has_broker else REDIS_PORT,
                pooler_port=stack.plan.pgbouncer.listen_port,
                citus=settings.sharding.serving,
            ),
        )
    )
