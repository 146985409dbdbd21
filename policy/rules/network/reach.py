"""Rules of what is reachable, and from where."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    BROKER,
    DATABASE,
    DEFAULT_SECURITY_GROUP,
    EGRESS_RULE,
    FLOW_LOG,
    INGRESS_RULE,
    LOAD_BALANCER,
    REDIS,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    SERVICE,
    VPC,
    WEB_ACL_ASSOCIATION,
)
from ..shared.values import at, is_true, leaves, listed

WORLD = ("0.0.0.0/0", "::/0")
HTTPS = 443
_SWITCHES = ("publiclyAccessible", "associatePublicIpAddress", "mapPublicIpOnLaunch")


def _open_ingress(resource: Resource, stack: StackResources) -> Iterator[str]:
    own = [at(resource.inputs, key) for key in ("cidrIpv4", "cidrIpv6")]
    for rule in listed(resource.inputs, "ingress"):
        own += [*listed(rule, "cidrBlocks"), *listed(rule, "ipv6CidrBlocks")]
    if at(resource.inputs, "type") == "ingress":
        own += [*listed(resource.inputs, "cidrBlocks"), *listed(resource.inputs, "ipv6CidrBlocks")]
    for network in own:
        if network in WORLD and not _is_door_of_firewalled(resource, stack):
            yield f"lets in {network}"


def _is_door_of_firewalled(resource: Resource, stack: StackResources) -> bool:
    """Whether it is the HTTPS port of a load balancer with a firewall of its own, as a recovery
    site's, which has no CDN before it."""
    if {at(resource.inputs, "fromPort"), at(resource.inputs, "toPort")} != {HTTPS}:
        return False
    groups = resource.points_at.get("securityGroupId", frozenset[str]())
    return any(
        groups & balancer.points_at.get("securityGroups", frozenset[str]())
        for balancer in stack.of_type(LOAD_BALANCER)
        if _has_firewall(balancer, stack)
    )


def _has_firewall(balancer: Resource, stack: StackResources) -> bool:
    return any(True for _ in stack.pointing_at(balancer, WEB_ACL_ASSOCIATION, "resourceArn"))


def _open_egress(resource: Resource, stack: StackResources) -> Iterator[str]:
    own = [at(resource.inputs, key) for key in ("cidrIpv4", "cidrIpv6")]
    for rule in listed(resource.inputs, "egress"):
        own += [*listed(rule, "cidrBlocks"), *listed(rule, "ipv6CidrBlocks")]
    for network in own:
        if network in WORLD:
            yield f"lets out to {network}"


def _all_ports(resource: Resource, stack: StackResources) -> Iterator[str]:
    if str(at(resource.inputs, "ipProtocol")) == "-1":
        yield "lets in every protocol on every port"
        return
    first, last = at(resource.inputs, "fromPort", 0), at(resource.inputs, "toPort", 0)
    if last - first > 100:
        yield f"lets in ports {first} to {last}"


def _public_address(resource: Resource, stack: StackResources) -> Iterator[str]:
    for path, value in leaves(resource.inputs):
        if path.rsplit(".", 1)[-1] in _SWITCHES and value in (True, "true"):
            yield f"{path} gives it a public address"


def _internet_facing(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_true(resource.inputs, "internal") and not _has_firewall(resource, stack):
        yield "faces the internet, past CloudFront and its firewall"


def _service_outside(resource: Resource, stack: StackResources) -> Iterator[str]:
    kind = at(resource.inputs, "spec.type", "ClusterIP")
    if kind != "ClusterIP":
        yield f"is a {kind}: a door of its own into the cluster"


def _default_group(resource: Resource, stack: StackResources) -> Iterator[str]:
    for key in ("ingress", "egress"):
        if listed(resource.inputs, key):
            yield f"has {key} rules, so that whatever is put there by mistake can talk"


def _flow_log(resource: Resource, stack: StackResources) -> Iterator[str]:
    logs = list(stack.pointing_at(resource, FLOW_LOG, "vpcId"))
    if not any(at(each.inputs, "trafficType") == "ALL" for each in logs):
        yield "has no flow log of all its traffic"


STORE_GROUPS = {
    DATABASE: "vpcSecurityGroupIds",
    REDIS: "securityGroupIds",
    BROKER: "securityGroups",
}
"""Which input of a store names the security groups before it."""


def _door_of(rule: Resource) -> frozenset[str]:
    return rule.points_at.get("securityGroupId", frozenset[str]())


def _store_door(resource: Resource, stack: StackResources) -> Iterator[str]:
    others = [key for key in ("cidrIpv4", "cidrIpv6", "prefixListId") if key in resource.inputs]
    if not others and at(resource.inputs, "referencedSecurityGroupId"):
        return
    for store in stack.of_type(*STORE_GROUPS):
        groups = store.points_at.get(STORE_GROUPS[store.type], frozenset[str]())
        if groups & _door_of(resource):
            yield f"lets a block of addresses reach {store.name}, not the cluster alone"


def _balancer_door(resource: Resource, stack: StackResources) -> Iterator[str]:
    for balancer in stack.of_type(LOAD_BALANCER):
        groups = balancer.points_at.get("securityGroups", frozenset[str]())
        inside = is_true(balancer.inputs, "internal")
        if inside and groups & _door_of(resource) and not at(resource.inputs, "prefixListId"):
            yield "lets others than CloudFront reach the load balancer, past the firewall"


RULES = (
    Rule(
        id="no-open-ingress",
        layer=RuleLayer.NETWORK,
        demand="No security group lets in the whole internet, but HTTPS of a firewalled balancer.",
        reason="CloudFront alone is public; it reaches the load balancer inside the network.",
        source="AWS Security Hub, EC2.18, EC2.19; CIS AWS Foundations, 5.2 and 5.3",
        remedy="name a security group or a prefix list as the source",
        types=(
            INGRESS_RULE,
            SECURITY_GROUP,
            SECURITY_GROUP_RULE,
            DEFAULT_SECURITY_GROUP,
        ),
        check=_open_ingress,
        whole_stack=True,
    ),
    Rule(
        id="no-open-egress",
        layer=RuleLayer.NETWORK,
        demand="No security group of the program lets out to the whole internet.",
        reason="What a store or balancer need not reach, a thief could carry data to.",
        source="NIST SP 800-53, SC-7(5), deny by default",
        remedy="name the security group that is talked to",
        types=(
            EGRESS_RULE,
            SECURITY_GROUP,
        ),
        check=_open_egress,
    ),
    Rule(
        id="one-port-per-rule",
        layer=RuleLayer.NETWORK,
        demand="A security group's rule names the port that is used, not all of them.",
        reason="A range admits what nobody meant to serve: a debugger, a metrics page, SSH.",
        source="AWS Security Hub, EC2.18; AWS Well-Architected, SEC05-BP02",
        remedy="set fromPort and toPort to the service's port",
        types=(INGRESS_RULE,),
        check=_all_ports,
    ),
    Rule(
        id="no-public-address",
        layer=RuleLayer.NETWORK,
        demand="Nothing asks for a public address: no database, broker, machine or subnet.",
        reason="An address on the internet is found by scanners within minutes.",
        source="AWS Security Hub, RDS.2, EC2.9, EC2.15",
        remedy="remove the switch; NAT gateways alone have public addresses",
        check=_public_address,
    ),
    Rule(
        id="balancer-internal",
        layer=RuleLayer.NETWORK,
        demand="The load balancer is internal, or has a firewall of its own.",
        reason="Requests that go past CloudFront meet no firewall and no rate limit.",
        source="CloudFront developer guide, VPC origins",
        remedy="set `internal: true` and reach it by a VPC origin",
        types=(LOAD_BALANCER,),
        check=_internet_facing,
        whole_stack=True,
    ),
    Rule(
        id="service-inside",
        layer=RuleLayer.NETWORK,
        demand="Every Service is a ClusterIP.",
        reason="A LoadBalancer or NodePort is a second way in, which no rule of the edge covers.",
        source="EKS best practices, Network security",
        remedy="use ClusterIP and a TargetGroupBinding",
        types=(SERVICE,),
        check=_service_outside,
    ),
    Rule(
        id="default-group-closed",
        layer=RuleLayer.NETWORK,
        demand="The VPC's default security group has no rules.",
        reason="What names no group gets this one; AWS makes it open among its members.",
        source="AWS Security Hub, EC2.2; CIS AWS Foundations, 5.4",
        remedy="keep `ingress` and `egress` empty",
        types=(DEFAULT_SECURITY_GROUP,),
        check=_default_group,
    ),
    Rule(
        id="vpc-flow-log",
        layer=RuleLayer.NETWORK,
        demand="The VPC logs all its traffic.",
        reason="After an incident it is the only record of who talked to whom.",
        source="AWS Security Hub, EC2.6; HIPAA Security Rule, 45 CFR 164.312(b)",
        remedy="keep the flow log with trafficType ALL",
        types=(VPC,),
        check=_flow_log,
        whole_stack=True,
    ),
    Rule(
        id="stores-open-to-cluster-alone",
        layer=RuleLayer.NETWORK,
        demand="A store's security group lets in other groups alone, no block of addresses.",
        reason="A block admits whatever gets an address in it next: a bastion, a peered network.",
        source="AWS Well-Architected, SEC05-BP02; VPC user guide, Security group rules",
        remedy="set referencedSecurityGroupId to the cluster's group",
        types=(INGRESS_RULE,),
        check=_store_door,
        whole_stack=True,
    ),
    Rule(
        id="balancer-behind-cloudfront",
        layer=RuleLayer.NETWORK,
        demand="An internal load balancer takes requests from CloudFront's servers alone.",
        reason="The firewall and the limits of addresses stand at CloudFront.",
        source="CloudFront developer guide, Restrict access with VPC origins",
        remedy="set prefixListId to CloudFront's origin-facing list",
        types=(INGRESS_RULE,),
        check=_balancer_door,
        whole_stack=True,
    ),
)
