"""Writes `docs/network-flows.md`: the table of allowed connections, for people.

`python -m tools.reference.flows` prints it; a test compares it with the committed file.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from ipaddress import IPv4Network

from rendering.network.application_flows import StoreNetworks
from rendering.network.flow import Flow, Networks, Peer
from rendering.network.flow_table import FlowTopology, network_flows
from rendering.network.monitoring_flows import MonitoringTopology
from rendering.network.subnet_layout import subnet_layout
from scaleplan.model import load_plan
from scaleplan.settings import SERVICE_CIDR
from tools.reference.markdown import table

_OPENING = """\
# Network flows

Who may open a connection to whom. This page is generated from the table in
`rendering/network/flow_table.py` (`python -m tools.reference.flows > docs/network-flows.md`), as
are the NetworkPolicies themselves: the row's source is let out, its destination lets it in, and
what no row names is refused in both directions. In the namespaces of the program and of its charts
that holds for every pod, whatever its labels (`default-deny-flows`); in `citus` and `kube-system`,
which hold pods of others, for those that the table names.

It is written for VPC 10.0.0.0/16 with every layer that has rows: KEDA, RabbitMQ, Temporal,
external-dns, and Citus serving tenants' data. A stack without one of them lacks its rows.

"""

_CLOSING = """
## What the table can't say

- The load balancer and the API server are no pods, so a policy knows them by subnet. Pods have
  addresses in the private subnets too; that a pod of another namespace may try the applications'
  ports is a limit of NetworkPolicies here. Inside `researchflow` no pod is let out to them.
- Databases, caches and brokers admit the cluster's security group and nobody else; the rows keep
  those pods away from them that have nothing to ask.
- The VPC CNI applies a policy within seconds of a pod's start, and until then all is open to it
  (EKS user guide, "Limit pod traffic with Kubernetes network policies").
- Whom Citus' servers and the operator's Jobs beside them ask is open: Patroni needs the API server,
  backups S3, groups one another, and what else StackGres makes them do is listed nowhere. Who asks
  them is not: `components/citus/sharded_cluster.py` has that policy. In `monitoring-nodes` there is
  none, because its pods are on their machines' own network, which policies don't reach.
- A kubelet's probes come from the pod's own node and are never refused.
"""

_VPC = IPv4Network("10.0.0.0/16")
_EXAMPLE_PORTS = {
    "database_port": 5432,
    "cache_port": 6379,
    "session_port": 6379,
    "job_port": 5671,
}


def render() -> str:
    """The whole page."""
    subnets = subnet_layout(_VPC)
    site = FlowTopology(
        vpc=_VPC,
        services=SERVICE_CIDR,
        keda=True,
        workflows=True,
        workflow_pages=True,
        citus=True,
        external_dns=True,
        stores=StoreNetworks(
            balancer=tuple(subnets.private.values()),
            data=tuple(subnets.data.values()),
            pooler_port=load_plan().pgbouncer.listen_port,
            citus=True,
            **_EXAMPLE_PORTS,
        ),
        monitoring=MonitoringTopology(
            vpc=_VPC,
            services=SERVICE_CIDR,
            data=tuple(subnets.data.values()),
            redis_port=_EXAMPLE_PORTS["cache_port"],
            database_port=_EXAMPLE_PORTS["database_port"],
            pooler_metrics_port=9127,
            keda=True,
            karpenter=True,
            citus=True,
        ),
    )
    flows = network_flows(site)
    return f"{_OPENING}{_flows_table(flows)}\n## Names\n\n{_ends_table(flows)}{_CLOSING}"


def _flows_table(flows: Sequence[Flow]) -> str:
    """Rows that differ in source or protocol alone share a line."""
    alike: dict[tuple[str, str, str], list[Flow]] = {}
    for flow in flows:
        ports = ", ".join(str(port) for port in flow.ports)
        alike.setdefault((flow.destination.name, ports, flow.why), []).append(flow)
    rows = [
        (
            ", ".join(dict.fromkeys(flow.source.name for flow in same)),
            destination,
            f"{'/'.join(dict.fromkeys(flow.protocol for flow in same))} {ports}",
            why,
        )
        for (destination, ports, why), same in alike.items()
    ]
    return table(("from", "to", "ports", "why"), rows)


def _ends_table(flows: Sequence[Flow]) -> str:
    ends = dict.fromkeys(end for flow in flows for end in (flow.source, flow.destination))
    return table(("name", "what it is"), [(end.name, _described(end)) for end in ends])


def _described(peer: Peer) -> str:
    if isinstance(peer, Networks):
        networks = ", ".join(f"`{network}`" for network in peer.networks)
        without = ", ".join(f"`{network}`" for network in peer.without)
        return f"{networks} without {without}" if without else networks
    labels = ", ".join(f"`{key}={value}`" for key, value in peer.labels) or "all"
    guarded = "" if peer.guarded else "; no policy of this table"
    return f"pods of namespace `{peer.namespace}`: {labels}{guarded}"


if __name__ == "__main__":
    sys.stdout.write(render())
