"""The edge: CloudFront before the static bucket and, by a VPC origin, the load balancer."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.edge.access_log import AccessLog, AccessLogArgs
from components.edge.behaviors import application_behaviors, pages_behavior
from components.edge.failover_checks import FailoverChecks, FailoverChecksArgs
from components.edge.firewall import Firewall, FirewallArgs, FirewallLogArgs
from components.edge.origins import OriginsArgs, origins, pages_origin_group
from components.edge.policies import EdgePolicies, EdgePoliciesArgs
from components.edge.routers import routers
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.edge.functions import CellNames
from rendering.edge.static_bucket_policy import static_bucket_policy
from scaleplan.layers import EdgePlan
from scaleplan.sizes import EdgeSettings, WafMode


@dataclass(frozen=True, kw_only=True)
class EdgeArgs:
    """What the edge serves from where, under which name, and what it keeps out."""

    place: Place

    settings: EdgeSettings
    """The firewall, the locations that serve, Origin Shield, and how long logs are kept."""

    plan: EdgePlan
    """Behaviours, times to live and TLS towards both sides."""

    static_bucket_name: Input[str]
    """The bucket of the published files, whose policy is made here."""

    static_bucket_arn: Input[str]
    """Its ARN, for that policy."""

    static_bucket_regional_domain_name: Input[str]
    """The host that the files are read from."""

    load_balancer_arn: Input[str]
    """The internal load balancer, which a VPC origin reaches."""

    load_balancer_dns_name: Input[str]
    """The load balancer's own host."""

    load_balancer_zone_id: Input[str]
    """The zone of that host, which an alias record names."""

    origin_domain_name: Input[str]
    """The name that CloudFront gives the load balancer as Host and TLS server name:
    `origin.<domain>` or, without a domain, the load balancer's own."""

    origin_https: bool
    """Whether the load balancer speaks TLS; it has a certificate with a domain alone."""

    domain: str | None
    """The name that users type; None for the distribution's own, at cloudfront.net."""

    zone_id: Input[str] | None
    """The zone that the domain's records stand in; None exactly when there is no domain."""

    edge_certificate_arn: Input[str] | None
    """The domain's certificate, in us-east-1; None exactly when there is no domain."""

    requests_per_five_minutes: int
    """The firewall's limit of requests for one address."""

    shield_region: str
    """The region of Origin Shield, if the settings ask for it."""

    cells: CellNames | None
    """The names of other cells, for the home of several; None for any other stack."""

    failover_site_name: str | None = None
    """The name of the recovery site, where the domain may fail over to one; else None."""


class Edge(ComponentResource):
    """One distribution: files from the bucket or the web pods, /api and /collab from the pods.

    Without a domain it answers on its own cloudfront.net name with CloudFront's certificate, whose
    minimum TLS version can't be chosen.
    """

    distribution_id: Output[str]
    distribution_domain_name: Output[str]
    url: Output[str]
    organization_directory_arn: Output[str] | None
    site_check_id: Output[str] | None

    def __init__(self, name: str, args: EdgeArgs, opts: ResourceOptions | None = None) -> None:
        summary = {
            "domain": args.domain or "cloudfront.net",
            "firewall": args.settings.waf_mode.value if args.settings.waf else "none",
            "otherCells": list(args.cells.others) if args.cells else [],
            "priceClass": args.settings.price_class.value,
        }
        super().__init__("researchflow:edge:Edge", name, summary, opts)
        self._name = name
        distribution = self._distribution(args)
        self._log_access(args, distribution)
        self._admit_to_bucket(args, distribution)
        self._records(args, distribution)
        self.distribution_id = distribution.id
        self.distribution_domain_name = distribution.domain_name
        self.url = Output.concat("https://", args.domain or computed_text(distribution.domain_name))
        self.register_outputs({"distributionId": self.distribution_id, "url": self.url})

    def _distribution(self, args: EdgeArgs) -> aws.cloudfront.Distribution:
        policies = EdgePolicies(
            f"{self._name}-policies",
            EdgePoliciesArgs(plan=args.plan, domain=args.domain),
            ResourceOptions(parent=self),
        )
        functions = routers(
            self._name, args.place.prefix, args.cells, self, protect=args.place.protect
        )
        self.organization_directory_arn = functions.directory
        return aws.cloudfront.Distribution(
            f"{self._name}-distribution",
            comment=args.place.prefix,
            enabled=True,
            aliases=[args.domain] if args.domain else None,
            default_root_object=args.plan.default_root_object,
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class=args.settings.price_class.value,
            web_acl_id=self._firewall(args),
            origins=origins(self._name, self._origins_args(args), self),
            origin_groups=[pages_origin_group()],
            default_cache_behavior=pages_behavior(args.plan, policies, functions.pages),
            ordered_cache_behaviors=application_behaviors(
                args.plan, policies, functions.application
            ),
            restrictions=aws.cloudfront.DistributionRestrictionsArgs(
                geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(
                    restriction_type=args.plan.geo_restriction
                )
            ),
            viewer_certificate=_viewer_certificate(args),
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )

    def _origins_args(self, args: EdgeArgs) -> OriginsArgs:
        return OriginsArgs(
            place=args.place,
            plan=args.plan,
            static_domain_name=args.static_bucket_regional_domain_name,
            load_balancer_arn=args.load_balancer_arn,
            application_domain_name=args.origin_domain_name,
            application_https=args.origin_https,
            shield_region=args.shield_region if args.settings.origin_shield else None,
        )

    def _firewall(self, args: EdgeArgs) -> Output[str] | None:
        settings = args.settings
        if not settings.waf:
            return None
        log = FirewallLogArgs(
            place=args.place,
            retention_days=settings.log_retention_days,
        )
        firewall = Firewall(
            f"{self._name}-firewall",
            FirewallArgs(
                requests_per_five_minutes=args.requests_per_five_minutes,
                blocks=settings.waf_mode is WafMode.BLOCK,
                log=log if settings.waf_logs else None,
            ),
            ResourceOptions(parent=self),
        )
        return firewall.web_acl_arn

    def _log_access(self, args: EdgeArgs, distribution: aws.cloudfront.Distribution) -> None:
        AccessLog(
            f"{self._name}-access-log",
            AccessLogArgs(
                place=args.place,
                distribution_arn=distribution.arn,
                retention_days=args.settings.log_retention_days,
            ),
            ResourceOptions(parent=self),
        )

    def _admit_to_bucket(self, args: EdgeArgs, distribution: aws.cloudfront.Distribution) -> None:
        policy = Output.all(
            bucket_arn=args.static_bucket_arn, distribution_arn=distribution.arn
        ).apply(lambda arns: static_bucket_policy(arns["bucket_arn"], arns["distribution_arn"]))
        aws.s3.BucketPolicy(
            f"{self._name}-bucket-policy",
            bucket=args.static_bucket_name,
            policy=policy,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )

    def _records(self, args: EdgeArgs, distribution: aws.cloudfront.Distribution) -> None:
        self.site_check_id = None
        if args.domain is None or args.zone_id is None:
            return
        checks = self._failover_checks(args, distribution)
        # The recovery site has no IPv6, and an AAAA record alone would go on leading to the lost
        # site: with one, the domain is IPv4's.
        for record_type in ("A",) if checks else ("A", "AAAA"):
            self._alias(
                args.zone_id,
                record_type,
                args.domain,
                role="domain",
                target=distribution.domain_name,
                target_zone_id=distribution.hosted_zone_id,
                primary_check_id=checks.primary_check_id if checks else None,
            )
        # Private addresses under a public name: they show the layout to nobody who could use it.
        self._alias(
            args.zone_id,
            "A",
            args.origin_domain_name,
            role="origin",
            target=args.load_balancer_dns_name,
            target_zone_id=args.load_balancer_zone_id,
        )

    def _failover_checks(
        self, args: EdgeArgs, distribution: aws.cloudfront.Distribution
    ) -> FailoverChecks | None:
        if args.failover_site_name is None:
            return None
        checks = FailoverChecks(
            f"{self._name}-failover",
            FailoverChecksArgs(
                place=args.place,
                endpoint=distribution.domain_name,
                site_name=args.failover_site_name,
            ),
            ResourceOptions(parent=self),
        )
        self.site_check_id = checks.site_check_id
        return checks

    def _alias(
        self,
        zone_id: Input[str],
        record_type: str,
        record: Input[str],
        *,
        role: str,
        target: Input[str],
        target_zone_id: Input[str],
        primary_check_id: Input[str] | None = None,
    ) -> None:
        fails_over = primary_check_id is not None
        aws.route53.Record(
            f"{self._name}-{role}-{record_type.lower()}",
            zone_id=zone_id,
            name=record,
            type=record_type,
            aliases=[
                aws.route53.RecordAliasArgs(
                    name=target, zone_id=target_zone_id, evaluate_target_health=False
                )
            ],
            set_identifier="primary" if fails_over else None,
            health_check_id=primary_check_id,
            failover_routing_policies=[aws.route53.RecordFailoverRoutingPolicyArgs(type="PRIMARY")]
            if fails_over
            else None,
            # Route 53 takes no failover record beside a simple one of the same name.
            opts=ResourceOptions(parent=self, delete_before_replace=fails_over or None),
        )


def _viewer_certificate(args: EdgeArgs) -> aws.cloudfront.DistributionViewerCertificateArgs:
    if args.edge_certificate_arn is None:
        return aws.cloudfront.DistributionViewerCertificateArgs(cloudfront_default_certificate=True)
    return aws.cloudfront.DistributionViewerCertificateArgs(
        acm_certificate_arn=args.edge_certificate_arn,
        ssl_support_method=args.plan.ssl_support_method,
        minimum_protocol_version=args.plan.viewer_tls_version,
    )
