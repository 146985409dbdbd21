"""Networks that ours could clash with, and the domain that must be the account's own."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from rf.preflight.row import Answer, PreflightRow, RowStatus, row_of
from rf.shared.account.account import Account
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.account.unreadable import GLOBAL_REGION, UnreadableError
from scaleplan.settings import SERVICE_CIDR

_OPEN = ("active", "available", "pending-acceptance", "pending", "provisioning", "modifying")


def peers(account: Account, need: Need, owner: Owner) -> Iterator[PreflightRow]:
    """Whether the VPC overlaps what it is joined to, or could be joined to in this account.

    An unconnected VPC with the same addresses breaks no deployment, but can never be peered.
    """
    ours = (need.settings.vpc_cidr, SERVICE_CIDR)
    free = "choose another vpcCidr before anything is made: it can't change later"
    yield row_of(
        "network",
        f"{ours[0]} beside networks that are joined by peering or a transit gateway",
        f"no overlap with {ours[0]} (VPC) or {ours[1]} (Services)",
        free,
        lambda: _clashes(ours, _joined(account, owner)),
    )
    yield row_of(
        "network",
        f"{ours[0]} beside the region's other VPCs",
        f"no overlap with {ours[0]}, so that they can be peered",
        free,
        lambda: _clashes(ours[:1], _other_vpcs(account, owner)),
    )


def domain(account: Account, need: Need, owner: Owner) -> Iterator[PreflightRow]:
    """That the zone is the account's and that the certificates' names lie in it."""
    name, zone_id = need.settings.domain, need.settings.hosted_zone_id
    if name is None:
        return
    if zone_id is not None:
        yield row_of(
            "domain",
            f"zone {zone_id}",
            f"a public zone of this account that holds {name}",
            "set hostedZoneId to the zone of the domain, or leave it out and delegate to a new one",
            lambda: _zone_holds(account, zone_id, name),
        )
        return
    yield row_of(
        "domain",
        f"zones named {name}",
        "none but this stack's: the parent would have to delegate to one of two",
        f"set hostedZoneId to the zone that is there, which answers for {name} already",
        lambda: _no_other_zone(account, owner, name),
    )
    yield _delegation(account, owner, name)


def _delegation(account: Account, owner: Owner, name: str) -> PreflightRow:
    """AWS can't be asked who delegates; a certificate that was issued shows that somebody did."""
    needed = "the parent zone names the zone's servers: certificates are issued only then"
    fix = (
        "delegate while `pulumi up` runs, to the output nameServers; or make the zone first and set"
        " hostedZoneId"
    )
    state = "the zone is made by the first `pulumi up`: nobody can have delegated to it"
    try:
        if any(owned for _, owned in _zones_named(account, owner, name)):
            issued = account.listed(
                "acm",
                "ListCertificates",
                "CertificateSummaryList",
                region=GLOBAL_REGION,
                CertificateStatuses=["ISSUED"],
            )
            if any(each.get("DomainName") == name for each in issued):
                return PreflightRow(
                    check="domain",
                    subject=f"delegation of {name}",
                    status=RowStatus.PASS,
                    needed=needed,
                    found="a certificate was issued",
                )
            state = "the zone is there, and no certificate was issued yet"
    except UnreadableError as error:
        state = f"could not be read: {error}"
    return PreflightRow(
        check="domain",
        subject=f"delegation of {name}",
        status=RowStatus.UNKNOWN,
        needed=needed,
        found=state,
        fix=fix,
    )


def _joined(account: Account, owner: Owner) -> dict[str, list[IPv4Network]]:
    """Networks that our VPC is, or through a transit gateway may be, routed to."""
    own = owner.vpc_ids(account)
    networks: dict[str, list[IPv4Network]] = {}
    for each in account.listed("ec2", "DescribeVpcPeeringConnections", "VpcPeeringConnections"):
        sides = (each["RequesterVpcInfo"], each["AccepterVpcInfo"])
        if each["Status"]["Code"] not in _OPEN:
            continue
        for side in sides:
            if side.get("VpcId") not in own:
                networks[f"{side.get('VpcId')} by {each['VpcPeeringConnectionId']}"] = _networks(
                    side
                )
    attached = account.listed(
        "ec2", "DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments"
    )
    gateways = {each["VpcId"]: each for each in attached if each["State"] in _OPEN}
    for vpc in account.listed("ec2", "DescribeVpcs", "Vpcs"):
        if vpc["VpcId"] in gateways and vpc["VpcId"] not in own:
            gateway = gateways[vpc["VpcId"]]["TransitGatewayId"]
            networks[f"{vpc['VpcId']} by {gateway}"] = _networks(vpc)
    return networks


def _other_vpcs(account: Account, owner: Owner) -> dict[str, list[IPv4Network]]:
    return {
        vpc["VpcId"]: _networks(vpc)
        for vpc in account.listed("ec2", "DescribeVpcs", "Vpcs")
        if not owner.tagged(vpc.get("Tags"))
    }


def _networks(vpc: dict[str, Any]) -> list[IPv4Network]:
    blocks = [vpc.get("CidrBlock")]
    blocks += [each["CidrBlock"] for each in vpc.get("CidrBlockAssociationSet") or ()]
    blocks += [each["CidrBlock"] for each in vpc.get("CidrBlockSet") or ()]
    return [IPv4Network(block) for block in dict.fromkeys(blocks) if block]


def _clashes(ours: tuple[IPv4Network, ...], others: dict[str, list[IPv4Network]]) -> Answer:
    clashes = [
        f"{name} has {network}"
        for name, networks in sorted(others.items())
        for network in networks
        if any(network.overlaps(own) for own in ours)
    ]
    return not clashes, "; ".join(clashes) or f"none of {len(others)}"


def _zone_holds(account: Account, zone_id: str, name: str) -> Answer:
    zone = account.read("route53", "GetHostedZone", Id=zone_id)["HostedZone"]
    held = zone["Name"].rstrip(".")
    private = bool((zone.get("Config") or {}).get("PrivateZone"))
    inside = name == held or name.endswith(f".{held}")
    return inside and not private, f"{'private' if private else 'public'} zone {held}"


def _no_other_zone(account: Account, owner: Owner, name: str) -> Answer:
    others = [zone_id for zone_id, owned in _zones_named(account, owner, name) if not owned]
    return not others, f"there is {', '.join(others)}" if others else "none other"


def _zones_named(account: Account, owner: Owner, name: str) -> list[tuple[str, bool]]:
    """Public zones of exactly that name, and whether each is this stack's."""
    zones: list[tuple[str, bool]] = []
    for each in account.listed("route53", "ListHostedZones", "HostedZones"):
        if each["Name"].rstrip(".") != name or (each.get("Config") or {}).get("PrivateZone"):
            continue
        zone_id = each["Id"].rpartition("/")[2]
        tags = account.listed(
            "route53",
            "ListTagsForResource",
            "ResourceTagSet.Tags",
            ResourceType="hostedzone",
            ResourceId=zone_id,
        )
        zones.append((zone_id, owner.tagged(tags)))
    return zones
