"""Invented ids and outputs of VPC resources, load balancers and DNS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rf.shared.offline.invention import ACCOUNT_ID, Computed, Invent, Registration


def _ec2(prefix: str, arn_type: str) -> Invent:
    """Resources whose id is `prefix-` and 17 hex digits (EC2's long ids)."""

    def invent(registration: Registration) -> Computed:
        resource_id = f"{prefix}-{registration.hex(17)}"
        arn = registration.arn("ec2", f"{arn_type}/{resource_id}")
        return Computed(resource_id, {"arn": arn, "ownerId": ACCOUNT_ID})

    return invent


def _vpc(registration: Registration) -> Computed:
    computed = _ec2("vpc", "vpc")(registration)
    return Computed(
        computed.id,
        {
            **computed.outputs,
            "defaultSecurityGroupId": f"sg-{registration.hex(17, 'sg')}",
            "defaultRouteTableId": f"rtb-{registration.hex(17, 'rtb')}",
            "mainRouteTableId": f"rtb-{registration.hex(17, 'rtb')}",
            "defaultNetworkAclId": f"acl-{registration.hex(17, 'acl')}",
            "dhcpOptionsId": f"dopt-{registration.hex(17, 'dopt')}",
        },
    )


def _address(registration: Registration) -> Computed:
    computed = _ec2("eipalloc", "elastic-ip")(registration)
    last = int(registration.hex(2, "address"), 16)
    # 203.0.113.0/24 is reserved for documentation (RFC 5737): nobody's real address.
    address = f"203.0.113.{last}"
    return Computed(
        computed.id, {**computed.outputs, "allocationId": computed.id, "publicIp": address}
    )


def _security_group_rule(registration: Registration) -> Computed:
    rule_id = f"sgr-{registration.hex(17)}"
    return Computed(
        rule_id,
        {
            "arn": registration.arn("ec2", f"security-group-rule/{rule_id}"),
            "securityGroupRuleId": rule_id,
        },
    )


def _security_group(registration: Registration) -> Computed:
    computed = _ec2("sg", "security-group")(registration)
    return Computed(computed.id, {**computed.outputs, "name": registration.named()})


def _vpc_endpoint(registration: Registration) -> Computed:
    computed = _ec2("vpce", "vpc-endpoint")(registration)
    host = f"{computed.id}.{registration.text('serviceName')}.vpce.amazonaws.com"
    entries = [{"dnsName": host, "hostedZoneId": f"Z{registration.letters(13)}"}]
    return Computed(
        computed.id,
        {
            **computed.outputs,
            "dnsEntries": entries,
            "prefixListId": f"pl-{registration.hex(8)}",
            "networkInterfaceIds": [f"eni-{registration.hex(17, 'eni')}"],
            "state": "available",
        },
    )


def _route(registration: Registration) -> Computed:
    return Computed(f"r-{registration.text('routeTableId')}{registration.hex(10)}", {})


def _association(prefix: str) -> Invent:
    return lambda registration: Computed(f"{prefix}-{registration.hex(17)}", {})


def _load_balancer(registration: Registration) -> Computed:
    name = registration.named()
    kind = "net" if registration.text("loadBalancerType") == "network" else "app"
    suffix = f"{kind}/{name}/{registration.hex(16)}"
    arn = registration.arn("elasticloadbalancing", f"loadbalancer/{suffix}")
    internal = "internal-" if registration.inputs.get("internal") else ""
    number = int(registration.hex(8, "dns"), 16)
    host = f"{internal}{name}-{number}.{registration.where}.elb.amazonaws.com"
    return Computed(
        arn,
        {
            "arn": arn,
            "arnSuffix": suffix,
            "name": name,
            "dnsName": host.lower(),
            "zoneId": "Z35SXDOTRQ7X7K",
            "vpcId": f"vpc-{registration.hex(17, 'vpc')}",
        },
    )


def _target_group(registration: Registration) -> Computed:
    name = registration.named()
    suffix = f"targetgroup/{name}/{registration.hex(16)}"
    arn = registration.arn("elasticloadbalancing", suffix)
    return Computed(arn, {"arn": arn, "arnSuffix": suffix, "name": name})


def _of_load_balancer(kind: str, parent_key: str) -> Invent:
    """Listeners and rules: their ARN continues that of what they belong to."""

    def invent(registration: Registration) -> Computed:
        parent = registration.text(parent_key)
        above = parent.split("/", 1)[1] if "/" in parent else registration.hex(16, "parent")
        arn = registration.arn("elasticloadbalancing", f"{kind}/{above}/{registration.hex(16)}")
        return Computed(arn, {"arn": arn})

    return invent


def _zone(registration: Registration) -> Computed:
    zone = f"Z{registration.letters(20)}"
    servers = [
        f"ns-{number}.awsdns-{number % 64:02d}.{top}"
        for number, top in ((512, "net"), (1024, "org"), (1536, "co.uk"), (0, "com"))
    ]
    arn = f"arn:aws:route53:::hostedzone/{zone}"
    outputs = {"zoneId": zone, "arn": arn, "nameServers": servers, "primaryNameServer": servers[0]}
    return Computed(zone, outputs)


def _record(registration: Registration) -> Computed:
    name, zone = registration.text("name"), registration.text("zoneId")
    record_id = f"{zone}_{name}_{registration.text('type')}"
    return Computed(record_id, {"fqdn": name.rstrip(".")})


def _certificate(registration: Registration) -> Computed:
    arn = registration.arn("acm", f"certificate/{registration.uuid()}")
    alternatives = registration.inputs.get("subjectAlternativeNames")
    others = alternatives if isinstance(alternatives, list) else []
    domains = list(dict.fromkeys([registration.text("domainName"), *map(str, others)]))
    options = [
        {
            "domainName": domain,
            "resourceRecordName": f"_{registration.hex(32, domain)}.{domain.removeprefix('*.')}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": f"_{registration.hex(32, domain + 'v')}.acm-validations.aws.",
        }
        for domain in domains
    ]
    outputs: dict[str, Any] = {
        "arn": arn,
        "domainValidationOptions": options,
        "subjectAlternativeNames": domains,
        "status": "PENDING_VALIDATION",
        "notAfter": "",
        "notBefore": "",
    }
    return Computed(arn, outputs)


def _certificate_validation(registration: Registration) -> Computed:
    return Computed(registration.text("certificateArn"), {})


REGISTRY: Mapping[str, Invent] = {
    "aws:ec2/vpc:Vpc": _vpc,
    "aws:ec2/subnet:Subnet": _ec2("subnet", "subnet"),
    "aws:ec2/internetGateway:InternetGateway": _ec2("igw", "internet-gateway"),
    "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": _ec2(
        "eigw", "egress-only-internet-gateway"
    ),
    "aws:ec2/natGateway:NatGateway": _ec2("nat", "natgateway"),
    "aws:ec2/eip:Eip": _address,
    "aws:ec2/routeTable:RouteTable": _ec2("rtb", "route-table"),
    "aws:ec2/route:Route": _route,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _association("rtbassoc"),
    "aws:ec2/networkAcl:NetworkAcl": _ec2("acl", "network-acl"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _security_group,
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _security_group_rule,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _security_group_rule,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _vpc_endpoint,
    "aws:ec2/flowLog:FlowLog": _ec2("fl", "vpc-flow-log"),
    "aws:ec2/launchTemplate:LaunchTemplate": _ec2("lt", "launch-template"),
    "aws:ec2/managedPrefixList:ManagedPrefixList": _ec2("pl", "prefix-list"),
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:lb/targetGroup:TargetGroup": _target_group,
    "aws:lb/listener:Listener": _of_load_balancer("listener", "loadBalancerArn"),
    "aws:lb/listenerRule:ListenerRule": _of_load_balancer("listener-rule", "listenerArn"),
    "aws:route53/zone:Zone": _zone,
    "aws:route53/record:Record": _record,
    "aws:acm/certificate:Certificate": _certificate,
    "aws:acm/certificateValidation:CertificateValidation": _certificate_validation,
}
