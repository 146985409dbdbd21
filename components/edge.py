"""The edge: CloudFront before the static bucket and, by a VPC origin, the load balancer."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.edge_behaviors import (
    APPLICATION_ORIGIN,
    PAGES_ORIGIN_GROUP,
    STATIC_ORIGIN,
    application_behaviors,
    pages_behavior,
)
from components.edge_policies import EdgePolicies, EdgePoliciesArgs
from components.firewall import Firewall, FirewallArgs
from rendering.edge_functions import spa_router_code
from rendering.endpoints import LONGEST_REQUEST_SECONDS
from rendering.static_bucket_policy import static_bucket_policy
from scaleplan.layers import EdgePlan
from scaleplan.sizes import EdgeSettings

FAILOVER_STATUS_CODES = (403, 500, 502, 503, 504)
"""On these the edge asks the web pods instead of the bucket. 403 is the bucket's answer for an
object that isn't there, so pages are served before the first publication too."""

KEEPALIVE_SECONDS = 60
"""How long CloudFront keeps an idle connection to the load balancer, which keeps it for longer."""


@dataclass(frozen=True, kw_only=True)
class EdgeArgs:
    """`origin_domain_name` is the name CloudFront gives as Host and TLS server name to the load
    balancer: `origin.<domain>` or, without a domain, the load balancer's own.

    `zone_id` and `edge_certificate_arn` are given exactly when `domain` is.
    `requests_per_five_minutes` is the firewall's limit for one address.
    """

    prefix: str
    settings: EdgeSettings
    plan: EdgePlan
    static_bucket_name: Input[str]
    static_bucket_arn: Input[str]
    static_bucket_regional_domain_name: Input[str]
    load_balancer_arn: Input[str]
    load_balancer_dns_name: Input[str]
    load_balancer_zone_id: Input[str]
    origin_domain_name: Input[str]
    origin_https: bool
    domain: str | None
    zone_id: Input[str] | None
    edge_certificate_arn: Input[str] | None
    requests_per_five_minutes: int
    protect: bool


class Edge(ComponentResource):
    """One distribution: files from the bucket or the web pods, /api and /collab from the pods.

    Without a domain it answers on its own cloudfront.net name with CloudFront's certificate, whose
    minimum TLS version can't be chosen.
    """

    distribution_id: Output[str]
    distribution_domain_name: Output[str]
    url: Output[str]

    def __init__(self, name: str, args: EdgeArgs, opts: ResourceOptions | None = None) -> None:
        summary = {
            "domain": args.domain or "cloudfront.net",
            "firewall": args.settings.waf,
            "priceClass": args.settings.price_class.value,
        }
        super().__init__("researchflow:edge:Edge", name, summary, opts)
        self._name = name
        distribution = self._distribution(args)
        self._admit_to_bucket(args, distribution)
        self._records(args, distribution)
        self.distribution_id = distribution.id
        self.distribution_domain_name = distribution.domain_name
        self.url = Output.concat("https://", args.domain or distribution.domain_name)
        self.register_outputs({"distributionId": self.distribution_id, "url": self.url})

    def _distribution(self, args: EdgeArgs) -> aws.cloudfront.Distribution:
        policies = EdgePolicies(
            f"{self._name}-policies",
            EdgePoliciesArgs(plan=args.plan, domain=args.domain),
            ResourceOptions(parent=self),
        )
        return aws.cloudfront.Distribution(
            f"{self._name}-distribution",
            comment=args.prefix,
            enabled=True,
            aliases=[args.domain] if args.domain else None,
            default_root_object=args.plan.default_root_object,
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class=args.settings.price_class.value,
            web_acl_id=self._firewall(args),
            origins=[self._static_origin(args), self._application_origin(args)],
            origin_groups=[
                aws.cloudfront.DistributionOriginGroupArgs(
                    origin_id=PAGES_ORIGIN_GROUP,
                    failover_criteria=aws.cloudfront.DistributionOriginGroupFailoverCriteriaArgs(
                        status_codes=list(FAILOVER_STATUS_CODES)
                    ),
                    members=[
                        aws.cloudfront.DistributionOriginGroupMemberArgs(origin_id=origin)
                        for origin in (STATIC_ORIGIN, APPLICATION_ORIGIN)
                    ],
                )
            ],
            default_cache_behavior=pages_behavior(args.plan, policies, self._router()),
            ordered_cache_behaviors=application_behaviors(args.plan, policies),
            restrictions=aws.cloudfront.DistributionRestrictionsArgs(
                geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(
                    restriction_type=args.plan.geo_restriction
                )
            ),
            viewer_certificate=_viewer_certificate(args),
            opts=ResourceOptions(parent=self, protect=args.protect),
        )

    def _firewall(self, args: EdgeArgs) -> Output[str] | None:
        if not args.settings.waf:
            return None
        firewall = Firewall(
            f"{self._name}-firewall",
            FirewallArgs(requests_per_five_minutes=args.requests_per_five_minutes),
            ResourceOptions(parent=self),
        )
        return firewall.web_acl_arn

    def _static_origin(self, args: EdgeArgs) -> aws.cloudfront.DistributionOriginArgs:
        access = aws.cloudfront.OriginAccessControl(
            f"{self._name}-bucket-access",
            description=f"{args.prefix} static files",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=ResourceOptions(parent=self),
        )
        return aws.cloudfront.DistributionOriginArgs(
            origin_id=STATIC_ORIGIN,
            domain_name=args.static_bucket_regional_domain_name,
            origin_access_control_id=access.id,
        )

    def _application_origin(self, args: EdgeArgs) -> aws.cloudfront.DistributionOriginArgs:
        plan = args.plan
        origin = aws.cloudfront.VpcOrigin(
            f"{self._name}-origin",
            vpc_origin_endpoint_config=aws.cloudfront.VpcOriginVpcOriginEndpointConfigArgs(
                name=f"{args.prefix}-origin",
                arn=args.load_balancer_arn,
                http_port=plan.http_port,
                https_port=plan.https_port,
                origin_protocol_policy=(
                    plan.origin_protocol_policy if args.origin_https else "http-only"
                ),
                origin_ssl_protocols=aws.cloudfront.VpcOriginVpcOriginEndpointConfigOriginSslProtocolsArgs(
                    items=list(plan.origin_tls_versions), quantity=len(plan.origin_tls_versions)
                ),
            ),
            opts=ResourceOptions(parent=self),
        )
        return aws.cloudfront.DistributionOriginArgs(
            origin_id=APPLICATION_ORIGIN,
            domain_name=args.origin_domain_name,
            vpc_origin_config=aws.cloudfront.DistributionOriginVpcOriginConfigArgs(
                vpc_origin_id=origin.id,
                origin_read_timeout=LONGEST_REQUEST_SECONDS,
                origin_keepalive_timeout=KEEPALIVE_SECONDS,
            ),
        )

    def _router(self) -> Output[str]:
        router = aws.cloudfront.Function(
            f"{self._name}-spa-router",
            comment="Routes of the single-page application get index.html",
            runtime="cloudfront-js-2.0",
            code=spa_router_code(),
            publish=True,
            opts=ResourceOptions(parent=self),
        )
        return router.arn

    def _admit_to_bucket(self, args: EdgeArgs, distribution: aws.cloudfront.Distribution) -> None:
        policy = Output.all(
            bucket_arn=args.static_bucket_arn, distribution_arn=distribution.arn
        ).apply(lambda arns: static_bucket_policy(arns["bucket_arn"], arns["distribution_arn"]))
        aws.s3.BucketPolicy(
            f"{self._name}-bucket-policy",
            bucket=args.static_bucket_name,
            policy=policy,
            opts=ResourceOptions(parent=self),
        )

    def _records(self, args: EdgeArgs, distribution: aws.cloudfront.Distribution) -> None:
        if args.domain is None or args.zone_id is None:
            return
        for record_type in ("A", "AAAA"):
            self._alias(
                args.zone_id,
                record_type,
                args.domain,
                role="domain",
                target=distribution.domain_name,
                target_zone_id=distribution.hosted_zone_id,
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

    def _alias(
        self,
        zone_id: Input[str],
        record_type: str,
        record: Input[str],
        *,
        role: str,
        target: Input[str],
        target_zone_id: Input[str],
    ) -> None:
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
            opts=ResourceOptions(parent=self),
        )


def _viewer_certificate(args: EdgeArgs) -> aws.cloudfront.DistributionViewerCertificateArgs:
    if args.edge_certificate_arn is None:
        return aws.cloudfront.DistributionViewerCertificateArgs(cloudfront_default_certificate=True)
    return aws.cloudfront.DistributionViewerCertificateArgs(
        acm_certificate_arn=args.edge_certificate_arn,
        ssl_support_method=args.plan.ssl_support_method,
        minimum_protocol_version=args.plan.viewer_tls_version,
    )
