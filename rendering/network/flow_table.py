"""The one table of allowed connections: NetworkPolicies, documentation and tests are made of it.

To allow a connection, add a row to one of the lists that `network_flows` joins, or a list of your
own in a file named after the layer. Then `python -m tools.reference.flows > docs/network-flows.md`.
A layer with a namespace of its own makes that namespace's policies with `NetworkPolicies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from rendering.network.application_flows import StoreNetworks, application_flows
from rendering.network.citus_flows import citus_flows
from rendering.network.controller_flows import keda_flows, metrics_server_flows
from rendering.network.external_dns_flows import external_dns_flows
from rendering.network.flow import Flow
from rendering.network.monitoring_flows import MonitoringTopology, monitoring_flows
from rendering.network.temporal_flows import temporal_flows


@dataclass(frozen=True, kw_only=True)
class FlowTopology:
    """What rows depend on: the networks, and which layers a stack has.

    `citus` says that its servers are there, `stores.citus` that tenants' data is on them.
    """

    vpc: IPv4Network
    services: IPv4Network
    stores: StoreNetworks
    keda: bool
    monitoring: MonitoringTopology
    citus: bool = False
    external_dns: bool = False
    workflows: bool = False
    workflow_pages: bool = False


def network_flows(site: FlowTopology) -> list[Flow]:
    """All rows of a stack."""
    return [
        *application_flows(site.stores),
        *(keda_flows(site.vpc, site.services, site.stores.job_port) if site.keda else ()),
        *metrics_server_flows(site.vpc, site.services),
        *monitoring_flows(site.monitoring),
        *(citus_flows(site.vpc, site.services) if site.citus else ()),
        *(external_dns_flows(site.vpc, site.services) if site.external_dns else ()),
        *(
            temporal_flows(site.stores, keda=site.keda, web=site.workflow_pages)
            if site.workflows
            else ()
        ),
    ]
