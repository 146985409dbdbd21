"""external-dns: gives names of the stack's domain to Services and Ingresses that ask for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.cluster.handle import ClusterHandle
from components.identity.pod_role import PodRole, PodRoleArgs
from components.network.network_policies import NetworkPolicies, NetworkPoliciesArgs
from components.shared.chart_release import ON_SYSTEM_NODES, chart_release, resources_of
from components.shared.place import Place
from rendering.edge.external_dns_documents import NAMESPACE, RECORD_TYPES, zone_records_policy
from rendering.network.flow import Flow
from scaleplan.cluster import charts

SERVICE_ACCOUNT = "external-dns"


@dataclass(frozen=True, kw_only=True)
class ExternalDnsArgs:
    """The zone that the controller writes to, and which names are its own."""

    place: Place
    cluster: ClusterHandle

    owner: str
    """The word that marks the records of this stack, so that none touches another's."""

    domain: str
    """The domain whose names it may write, and no other."""

    own_names: tuple[str, ...]
    """Names that the program writes itself, which the controller's role can't."""

    zone_id: Input[str]
    """The zone of the domain, and the only one that it may write to."""

    flows: Sequence[Flow]
    """The table of allowed connections."""


class ExternalDns(ComponentResource):
    """Names for what has none from the program, as a tool's Service with a hostname annotation.

    It adds and changes records and never removes one, and leaves alone what isn't marked as its
    own: whoever can write a Service must not be able to take the stack off the air.
    """

    def __init__(
        self, name: str, args: ExternalDnsArgs, opts: ResourceOptions | None = None
    ) -> None:
        chart = charts.EXTERNAL_DNS
        summary = {"chart": chart.version, "domain": args.domain}
        super().__init__("researchflow:platform:ExternalDns", name, summary, opts)
        records = Output.from_input(args.zone_id).apply(
            lambda zone_id: zone_records_policy(zone_id, args.domain, args.own_names)
        )
        role = PodRole(
            name,
            PodRoleArgs(
                place=args.place,
                cluster_name=args.cluster.name,
                namespace=NAMESPACE,
                service_account=SERVICE_ACCOUNT,
                policies={"records": records},
                cluster_ready=args.cluster.ready,
            ),
            ResourceOptions(parent=self),
        )
        release = chart_release(
            self,
            name,
            chart,
            namespace=NAMESPACE,
            images=args.place.images,
            wait_for=[role],
            values={
                "provider": {"name": "aws"},
                # Given, because pods can't ask the machine's metadata service.
                "env": [{"name": "AWS_REGION", "value": args.place.region}],
                "serviceAccount": {"name": SERVICE_ACCOUNT},
                "sources": ["service", "ingress"],
                "policy": "upsert-only",
                "registry": "txt",
                "txtOwnerId": args.owner,
                "domainFilters": [args.domain],
                "managedRecordTypes": [kind for kind in RECORD_TYPES if kind != "TXT"],
                "extraArgs": {"zone-id-filter": args.zone_id, "aws-zone-type": "public"},
                "nodeSelector": ON_SYSTEM_NODES,
                "resources": resources_of("external-dns"),
            },
        )
        NetworkPolicies(
            f"{name}-network",
            NetworkPoliciesArgs(
                namespace=NAMESPACE,
                flows=args.flows,
                closed=True,
                # Which makes the namespace.
                namespace_ready=release,
            ),
            ResourceOptions(parent=self),
        )
        self.register_outputs({})
