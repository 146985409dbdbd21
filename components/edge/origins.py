"""Where the edge gets what it serves: the bucket, and by a VPC origin the load balancer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.shared.place import Place
from rendering.shared.endpoints import LONGEST_REQUEST_SECONDS
from scaleplan.layers import EdgePlan

STATIC_ORIGIN = "static"
APPLICATION_ORIGIN = "application"
PAGES_ORIGIN_GROUP = "pages"
"""The static origin, and behind it the application's web pods."""

FAILOVER_STATUS_CODES = (403, 500, 502, 503, 504)
"""On these the edge asks the web pods instead of the bucket. 403 is the bucket's answer for an
object that isn't there, so pages are served before the first publication too. Routes of the
application don't depend on it: the router has turned them into index.html by then."""

KEEPALIVE_SECONDS = 60
"""How long CloudFront keeps an idle connection to the load balancer, which keeps it for longer."""


@dataclass(frozen=True, kw_only=True)
class OriginsArgs:
    """The two origins, and how the edge reaches each."""

    place: Place

    plan: EdgePlan
    """Ports, protocol and TLS versions towards the load balancer."""

    static_domain_name: Input[str]
    """The host of the bucket of files."""

    load_balancer_arn: Input[str]
    """The internal load balancer, which a VPC origin reaches."""

    application_domain_name: Input[str]
    """The name that CloudFront gives the load balancer as Host and TLS server name."""

    application_https: bool
    """Whether the load balancer speaks TLS."""

    shield_region: str | None
    """The region of Origin Shield; None means no Origin Shield."""


def origins(
    name: str, args: OriginsArgs, parent: ComponentResource
) -> list[aws.cloudfront.DistributionOriginArgs]:
    """The bucket, reached by an origin access control, and the load balancer, by a VPC origin."""
    return [_static_origin(name, args, parent), _application_origin(name, args, parent)]


def pages_origin_group() -> aws.cloudfront.DistributionOriginGroupArgs:
    """The bucket first, then the web pods."""
    return aws.cloudfront.DistributionOriginGroupArgs(
        origin_id=PAGES_ORIGIN_GROUP,
        failover_criteria=aws.cloudfront.DistributionOriginGroupFailoverCriteriaArgs(
            status_codes=list(FAILOVER_STATUS_CODES)
        ),
        members=[
            aws.cloudfront.DistributionOriginGroupMemberArgs(origin_id=origin)
            for origin in (STATIC_ORIGIN, APPLICATION_ORIGIN)
        ],
    )


def _static_origin(
    name: str, args: OriginsArgs, parent: ComponentResource
) -> aws.cloudfront.DistributionOriginArgs:
    access = aws.cloudfront.OriginAccessControl(
        f"{name}-bucket-access",
        description=f"{args.place.prefix} static files",
        origin_access_control_origin_type="s3",
        signing_behavior="always",
        signing_protocol="sigv4",
        opts=ResourceOptions(parent=parent),
    )
    return aws.cloudfront.DistributionOriginArgs(
        origin_id=STATIC_ORIGIN,
        domain_name=args.static_domain_name,
        origin_access_control_id=access.id,
        origin_shield=_shield(args),
    )


def _application_origin(
    name: str, args: OriginsArgs, parent: ComponentResource
) -> aws.cloudfront.DistributionOriginArgs:
    plan = args.plan
    policy = plan.origin_protocol_policy if args.application_https else "http-only"
    origin = aws.cloudfront.VpcOrigin(
        f"{name}-origin",
        vpc_origin_endpoint_config=aws.cloudfront.VpcOriginVpcOriginEndpointConfigArgs(
            name=_origin_name(args, policy),
            arn=args.load_balancer_arn,
            http_port=plan.http_port,
            https_port=plan.https_port,
            origin_protocol_policy=policy,
            origin_ssl_protocols=aws.cloudfront.VpcOriginVpcOriginEndpointConfigOriginSslProtocolsArgs(
                items=list(plan.origin_tls_versions), quantity=len(plan.origin_tls_versions)
            ),
        ),
        # CloudFront changes none that a distribution uses: another one is made, the distribution
        # goes over to it, and only then is the old one deleted.
        opts=ResourceOptions(parent=parent, replace_on_changes=["vpcOriginEndpointConfig"]),
    )
    return aws.cloudfront.DistributionOriginArgs(
        origin_id=APPLICATION_ORIGIN,
        domain_name=args.application_domain_name,
        vpc_origin_config=aws.cloudfront.DistributionOriginVpcOriginConfigArgs(
            vpc_origin_id=origin.id,
            origin_read_timeout=LONGEST_REQUEST_SECONDS,
            origin_keepalive_timeout=KEEPALIVE_SECONDS,
        ),
        origin_shield=_shield(args),
    )


def _origin_name(args: OriginsArgs, protocol_policy: str) -> Output[str]:
    """A name of its own for each content, so that the next one can stand beside the one in use."""
    plan = args.plan
    settings = (plan.http_port, plan.https_port, protocol_policy, *plan.origin_tls_versions)
    tags = (f"{key}={value}" for key, value in sorted(args.place.tags.items()))
    known = (*settings, *tags)

    def named(load_balancer_arn: str) -> str:
        content = "\n".join(map(str, (load_balancer_arn, *known)))
        return f"{args.place.prefix}-origin-{hashlib.sha256(content.encode()).hexdigest()[:8]}"

    return Output.from_input(args.load_balancer_arn).apply(named)


def _shield(args: OriginsArgs) -> aws.cloudfront.DistributionOriginOriginShieldArgs | None:
    if args.shield_region is None:
        return None
    return aws.cloudfront.DistributionOriginOriginShieldArgs(
        enabled=True, origin_shield_region=args.shield_region
    )
