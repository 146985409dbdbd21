"""Access to what stands behind a distribution: a private bucket, a private load balancer."""

from __future__ import annotations

from rf.aws.cloudfront.edge import (
    CONTROL_PLANE,
    LOCK,
    TAGGING,
    as_configuration,
    invented_edge,
)
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REFUSED, Changes, PropertyRule
from rf.shared.cards.creation import SECONDS, Creation
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.source import guide, provider, thread
from rf.shared.cards.values import by_model
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration

_ACCESS_CONTROL = Calls(
    service="cloudfront",
    create="CreateOriginAccessControl",
    read="GetOriginAccessControl",
    update="UpdateOriginAccessControl",
    delete="DeleteOriginAccessControl",
    identifier="Id",
    by={"Id": "{id}"},
    within="originAccessControlConfig",
    found="OriginAccessControl.OriginAccessControlConfig",
    lock=LOCK,
    whole=True,
    prepare=as_configuration,
)


def _invented_vpc_origin(registration: Registration) -> Computed:
    unique = f"vo_{registration.letters(22)}"
    arn = registration.arn("cloudfront", f"vpcorigin/{unique}", region="")
    return Computed(unique, {"arn": arn, "etag": f"E{registration.letters(12, 'etag')}"})


_VPC_ORIGIN = Calls(
    service="cloudfront",
    create="CreateVpcOrigin",
    read="GetVpcOrigin",
    update="UpdateVpcOrigin",
    delete="DeleteVpcOrigin",
    identifier="Id",
    by={"Id": "{id}"},
    lock=LOCK,
    whole=True,
    provider_only=("timeouts",),
    tagging=TAGGING,
)

_IN_USE = PropertyRule(
    effect=REFUSED,
    outage=(
        "none: the distribution goes over to the new origin, in minutes, before the old one goes"
    ),
    why="CloudFront changes no VPC origin while a distribution uses it, and answers 409",
    way=(
        "make another VPC origin beside it, of another name, with the new values",
        "let the distribution's origin name the new one, wait until it is Deployed, then delete"
        " the old one; `replaceOnChanges` on the VPC origin does both in one update",
    ),
)

_VPC_ORIGIN_CHANGES = Changes(
    source=(
        provider("cloudfront/vpc_origin.go (each update calls UpdateVpcOrigin)"),
        guide("CloudFront developer guide", "Restrict access with VPC origins"),
        thread("hashicorp/terraform-provider-aws#40905", "409 while a distribution uses it"),
        thread("aws/aws-cdk#35765", "409 for another tag too"),
    ),
    properties={"vpcOriginEndpointConfig": _IN_USE, "tags": _IN_USE, "timeouts": IN_PLACE},
)


CARDS = (
    Card(
        type="aws:cloudfront/originAccessControl:OriginAccessControl",
        computed=invented_edge("origin-access-control"),
        values=by_model(
            "cloudfront:CreateOriginAccessControl", "cloudfront:UpdateOriginAccessControl"
        ),
        lifecycle=_ACCESS_CONTROL.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(
                provider(
                    "cloudfront/origin_access_control.go (every input by UpdateOriginAccessControl)"
                ),
            ),
            properties={
                **dict.fromkeys(
                    (
                        "name",
                        "description",
                        "originAccessControlOriginType",
                        "signingProtocol",
                    ),
                    IN_PLACE,
                ),
                "signingBehavior": PropertyRule(
                    to={"always": IN_PLACE},
                    effect=DANGEROUS,
                    why="the private bucket refuses requests that are not signed",
                ),
            },
        ),
        price=Free(reason="part of the distribution"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("cloudfront:CreateOriginAccessControl",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:cloudfront/vpcOrigin:VpcOrigin",
        computed=_invented_vpc_origin,
        values=by_model("cloudfront:CreateVpcOrigin", "cloudfront:UpdateVpcOrigin"),
        lifecycle=_VPC_ORIGIN.lifecycle(),
        creation=Creation(
            minutes=15,
            source=(
                provider("cloudfront/vpc_origin.go, which waits for 15 minutes at most"),
                thread(
                    "terraform-aws-modules/terraform-aws-cloudfront#163",
                    "not there after 15 minutes",
                ),
            ),
        ),
        verification=NOT_COMPARED,
        changes=_VPC_ORIGIN_CHANGES,
        price=Free(reason="AWS charges nothing for a VPC origin"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "cloudfront:CreateVpcOrigin",
            ServiceLinkedRole(
                principal="vpcorigin.cloudfront.amazonaws.com",
                name="AWSServiceRoleForCloudFrontVPCOrigin",
            ),
        ),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
)
