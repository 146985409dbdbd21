"""The VPC: three zones with public, private and data subnets, and the ways out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.identity.encryption import Keys
from components.network.private_endpoints import PrivateEndpoints, PrivateEndpointsArgs
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.network.flow_log_documents import flow_logs_policy, flow_logs_trust
from rendering.network.subnet_layout import ZONE_KEYS, ZoneKey, nat_zone, subnet_layout
from scaleplan.sizes import NetworkSettings

FLOW_LOG_RETENTION_DAYS = 90
"""A quarter: long enough to look back from an incident found late."""

_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """The VPC's addresses and zones. The zones are three, in the order of the zone keys a, b, c,
    for good; the prefix marks the subnets for the load balancer controller and for Karpenter."""

    place: Place
    keys: Keys

    vpc_cidr: IPv4Network
    """The VPC's addresses, which the subnets are cut from."""

    settings: NetworkSettings
    """How many NAT gateways there are; a zone without one goes through another's."""


@dataclass(frozen=True, kw_only=True)
class DataNetwork:
    """Where what holds data stands, and who alone reaches it."""

    vpc_id: Input[str]
    """The VPC of the security group that is made there."""

    subnet_ids: Input[Sequence[Input[str]]]
    """The data subnets, one a zone; none has a route out of the VPC."""

    client_security_group_id: Input[str]
    """The cluster's group: its nodes and pods may connect, and nobody else."""


class Network(ComponentResource):
    """The VPC and its subnets.

    Public subnets hold the NAT gateways alone, private ones nodes and pods, data ones databases;
    these have no route out of the VPC. A private route table stands in each zone in every size, so
    that more NAT gateways change the target of a route and nothing else.
    """

    vpc_id: Output[str]
    vpc_cidr: str
    public_subnet_ids: Output[list[str]]
    private_subnet_ids: Output[list[str]]
    data_subnet_ids: Output[list[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        summary = {
            "cidr": str(args.vpc_cidr),
            "zones": len(args.place.availability_zones),
            "natGateways": args.settings.nat_gateways,
        }
        super().__init__("researchflow:network:Network", name, summary, opts)
        self._name, self._args = name, args
        self._zones = dict(zip(ZONE_KEYS, args.place.availability_zones, strict=True))
        self._vpc = self._build_vpc()
        self._log_flows()

        layout = subnet_layout(args.vpc_cidr)
        discovery = {"karpenter.sh/discovery": args.place.prefix}
        public = self._subnets("public", layout.public, {"kubernetes.io/role/elb": "1"})
        private = self._subnets(
            "private", layout.private, {"kubernetes.io/role/internal-elb": "1", **discovery}
        )
        data = self._subnets("data", layout.data, {})
        gateways = self._way_out(public)
        private_tables = self._private_routes(private, gateways)
        self._data_routes(data)
        # Endpoints stand where NAT gateways stand: one zone in a small stack, to save their price.
        PrivateEndpoints(
            f"{name}-endpoints",
            PrivateEndpointsArgs(
                place=args.place,
                vpc_id=self._vpc.id,
                vpc_cidr=args.vpc_cidr,
                subnet_ids=[private[zone].id for zone in gateways],
                route_table_ids=[table.id for table in private_tables],
            ),
            ResourceOptions(parent=self),
        )

        self.vpc_id = self._vpc.id
        self.vpc_cidr = str(args.vpc_cidr)
        self.public_subnet_ids = _ids(public)
        self.private_subnet_ids = _ids(private)
        self.data_subnet_ids = _ids(data)
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "privateSubnetIds": self.private_subnet_ids,
                "dataSubnetIds": self.data_subnet_ids,
            }
        )

    def _build_vpc(self) -> aws.ec2.Vpc:
        vpc = aws.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=str(self._args.vpc_cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,  # private DNS of the endpoints needs both
            tags=self._tags("vpc"),
            opts=ResourceOptions(parent=self, protect=self._args.place.protect),
        )
        # Whatever is launched without a security group of its own gets this one: let it do nothing.
        aws.ec2.DefaultSecurityGroup(
            f"{self._name}-default",
            vpc_id=vpc.id,
            ingress=[],
            egress=[],
            tags=self._tags("default-closed"),
            opts=ResourceOptions(parent=self),
        )
        return vpc

    def _subnets(
        self, tier: str, networks: dict[ZoneKey, IPv4Network], tags: dict[str, str]
    ) -> dict[ZoneKey, aws.ec2.Subnet]:
        return {
            zone: aws.ec2.Subnet(
                f"{self._name}-{tier}-{zone}",
                vpc_id=self._vpc.id,
                availability_zone=self._zones[zone],
                cidr_block=str(network),
                map_public_ip_on_launch=False,
                tags={**self._tags(f"{tier}-{zone}"), **tags},
                opts=ResourceOptions(parent=self, protect=self._args.place.protect),
            )
            for zone, network in networks.items()
        }

    def _way_out(self, public: dict[ZoneKey, aws.ec2.Subnet]) -> dict[ZoneKey, aws.ec2.NatGateway]:
        """Internet gateway, public routes, and a NAT gateway in each zone that gets one."""
        child = ResourceOptions(parent=self)
        internet = aws.ec2.InternetGateway(
            f"{self._name}-internet", vpc_id=self._vpc.id, tags=self._tags("internet"), opts=child
        )
        table = aws.ec2.RouteTable(
            f"{self._name}-public", vpc_id=self._vpc.id, tags=self._tags("public"), opts=child
        )
        aws.ec2.Route(
            f"{self._name}-public-internet",
            route_table_id=table.id,
            destination_cidr_block=_ANYWHERE,  # the route of a public subnet is by definition this
            gateway_id=internet.id,
            opts=child,
        )
        for zone, subnet in public.items():
            self._associate("public", zone, subnet, table)
        gateways: dict[ZoneKey, aws.ec2.NatGateway] = {}
        for zone in ZONE_KEYS[: self._args.settings.nat_gateways]:
            address = aws.ec2.Eip(
                f"{self._name}-nat-{zone}",
                domain="vpc",
                tags=self._tags(f"nat-{zone}"),
                opts=child,
            )
            gateways[zone] = aws.ec2.NatGateway(
                f"{self._name}-nat-{zone}",
                subnet_id=public[zone].id,
                allocation_id=address.id,
                tags=self._tags(f"nat-{zone}"),
                # Nothing in the gateway's inputs names the internet gateway that it sends through.
                # The next one can't have the address while the last one has it.
                opts=ResourceOptions(
                    parent=self, depends_on=[internet], delete_before_replace=True
                ),
            )
        return gateways

    def _private_routes(
        self,
        private: dict[ZoneKey, aws.ec2.Subnet],
        gateways: dict[ZoneKey, aws.ec2.NatGateway],
    ) -> list[aws.ec2.RouteTable]:
        tables: list[aws.ec2.RouteTable] = []
        for zone, subnet in private.items():
            table = aws.ec2.RouteTable(
                f"{self._name}-private-{zone}",
                vpc_id=self._vpc.id,
                tags=self._tags(f"private-{zone}"),
                opts=ResourceOptions(parent=self),
            )
            gateway = gateways[nat_zone(zone, self._args.settings.nat_gateways)]
            aws.ec2.Route(
                f"{self._name}-private-{zone}-internet",
                route_table_id=table.id,
                destination_cidr_block=_ANYWHERE,  # outbound only: nothing can open a way in
                nat_gateway_id=gateway.id,
                opts=ResourceOptions(parent=self),
            )
            self._associate("private", zone, subnet, table)
            tables.append(table)
        return tables

    def _data_routes(self, data: dict[ZoneKey, aws.ec2.Subnet]) -> None:
        table = aws.ec2.RouteTable(
            f"{self._name}-data",
            vpc_id=self._vpc.id,
            tags=self._tags("data"),
            opts=ResourceOptions(parent=self),
        )
        for zone, subnet in data.items():
            self._associate("data", zone, subnet, table)

    def _associate(
        self, tier: str, zone: ZoneKey, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable
    ) -> None:
        aws.ec2.RouteTableAssociation(
            f"{self._name}-{tier}-{zone}",
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=ResourceOptions(parent=self),
        )

    def _log_flows(self) -> None:
        child = ResourceOptions(parent=self)
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-flow",
            name=f"/aws/vpc/{self._args.place.prefix}-flow",
            retention_in_days=FLOW_LOG_RETENTION_DAYS,
            kms_key_id=self._args.keys.logs_arn,
            opts=child,
        )
        role = aws.iam.Role(
            f"{self._name}-flow",
            assume_role_policy=flow_logs_trust(self._args.place.account_id),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-flow",
            role=role.id,
            policy=computed_text(group.arn).apply(flow_logs_policy),
            opts=child,
        )
        aws.ec2.FlowLog(
            f"{self._name}-flow",
            vpc_id=self._vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags=self._tags("flow"),
            # AWS takes no second log of the same traffic to the same place.
            opts=ResourceOptions(parent=self, depends_on=[policy], delete_before_replace=True),
        )

    def _tags(self, role: str) -> dict[str, str]:
        return {"Name": f"{self._args.place.prefix}-{role}"}


def _ids(subnets: dict[ZoneKey, aws.ec2.Subnet]) -> Output[list[str]]:
    return Output.all(*[subnet.id for subnet in subnets.values()])
