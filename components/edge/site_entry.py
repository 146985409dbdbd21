"""The way into a recovery site: its firewall, its own name, and the other answer of the domain."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, ResourceOptions

from components.edge.firewall import Firewall, FirewallArgs


@dataclass(frozen=True, kw_only=True)
class SiteEntryArgs:
    """The site's names, and the load balancer that they lead to, which is public because a second
    distribution can't have the domain's name."""

    domain: str
    """The domain that may fail over to the site."""

    site_name: str
    """The name that always leads to the site."""

    zone_id: Input[str]
    """The zone of the stack that the site takes over from, where both names stand."""

    site_check_id: Input[str]
    """The health check of the site's name, which decides whether the domain leads here."""

    load_balancer_arn: Input[str]
    """The site's load balancer, which the firewall stands before."""

    load_balancer_dns_name: Input[str]
    """The load balancer's host, which the names lead to."""

    load_balancer_zone_id: Input[str]
    """The zone of that host, which an alias record names."""

    requests_per_five_minutes: int
    """The firewall's limit of requests for one address."""

    blocks: bool
    """Whether the firewall blocks what a rule matches, or only counts it."""


class SiteEntry(ComponentResource):
    """A firewall before the load balancer, the site's own name, and the domain's other answer.

    All of it stands before it is needed, and a failover changes none of it: Route 53's control
    plane is in us-east-1, its answers are not.
    """

    def __init__(self, name: str, args: SiteEntryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("researchflow:edge:SiteEntry", name, {"name": args.site_name}, opts)
        firewall = Firewall(
            f"{name}-firewall",
            FirewallArgs(
                requests_per_five_minutes=args.requests_per_five_minutes,
                blocks=args.blocks,
                log=None,
                regional=True,
            ),
            ResourceOptions(parent=self),
        )
        aws.wafv2.WebAclAssociation(
            f"{name}-firewall",
            web_acl_arn=firewall.web_acl_arn,
            resource_arn=args.load_balancer_arn,
            # A balancer has one: the old one's deletion would take the new one away.
            opts=ResourceOptions(parent=self, delete_before_replace=True),
        )
        target = aws.route53.RecordAliasArgs(
            name=args.load_balancer_dns_name,
            zone_id=args.load_balancer_zone_id,
            evaluate_target_health=False,
        )
        aws.route53.Record(
            f"{name}-site",
            zone_id=args.zone_id,
            name=args.site_name,
            type="A",
            aliases=[target],
            opts=ResourceOptions(parent=self),
        )
        aws.route53.Record(
            f"{name}-domain",
            zone_id=args.zone_id,
            name=args.domain,
            type="A",
            aliases=[target],
            set_identifier="secondary",
            health_check_id=args.site_check_id,
            failover_routing_policies=[
                aws.route53.RecordFailoverRoutingPolicyArgs(type="SECONDARY")
            ],
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({"siteName": args.site_name})
