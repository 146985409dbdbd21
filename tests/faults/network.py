"""Faults of the network."""

from __future__ import annotations

from typing import Any

from policy.rules.shared import tokens
from tests.faults.change import put
from tests.faults.fault import Fault, breaks

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
DATABASE_DOOR = f"{INGRESS}::database-clients"
BALANCER = f"{tokens.LOAD_BALANCER}::ingress-balancer"


def open_to_world(inputs: dict[str, Any]) -> None:
    """Let in everybody in place of the cluster."""
    del inputs["referencedSecurityGroupId"]
    inputs["cidrIpv4"] = "0.0.0.0/0"


FAULTS: tuple[Fault, ...] = (
    breaks("no-open-ingress", "the database is open to the world", DATABASE_DOOR, open_to_world),
    breaks(
        "no-open-ingress",
        "the load balancer is open to the world",
        f"{INGRESS}::ingress-from-cloudfront",
        put("cidrIpv4", "0.0.0.0/0"),
    ),
    breaks(
        "no-open-ingress",
        "the cache is open to IPv6",
        f"{INGRESS}::cache-foundation-clients",
        put("cidrIpv6", "::/0"),
    ),
    breaks(
        "no-open-egress",
        "the load balancer may call anybody",
        f"{EGRESS}::ingress-to-web",
        put("cidrIpv4", "0.0.0.0/0"),
    ),
    breaks(
        "one-port-per-rule", "every port of the database", DATABASE_DOOR, put("ipProtocol", "-1")
    ),
    breaks(
        "one-port-per-rule", "all high ports of the database", DATABASE_DOOR, put("toPort", 65535)
    ),
    breaks(
        "no-public-address",
        "machines get public addresses",
        "aws:ec2/subnet:Subnet::network-private-a",
        put("mapPublicIpOnLaunch", True),
    ),
    breaks(
        "balancer-internal",
        "the load balancer faces the internet",
        BALANCER,
        put("internal", False),
    ),
    breaks(
        "service-inside",
        "the API has a load balancer of its own",
        "kubernetes:core/v1:Service::orchestrator-workload-service",
        put("spec.type", "LoadBalancer"),
    ),
    breaks(
        "default-group-closed",
        "the default group is open",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup::network-default",
        put("ingress", [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]),
    ),
    breaks(
        "vpc-flow-log",
        "nobody sees who talked to whom",
        f"{tokens.FLOW_LOG}::network-flow",
        drop=True,
    ),
    breaks(
        "vpc-flow-log",
        "only refused traffic is logged",
        f"{tokens.FLOW_LOG}::network-flow",
        put("trafficType", "REJECT"),
    ),
)
